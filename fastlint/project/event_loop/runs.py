"""What runs when a function's body runs: calls, and what Python calls for it.

A property read, a `with`, an iteration and a construction run code too. What is only referred to (handed to a thread,
kept for later) does not run here; nor do the bodies of lambdas and nested functions, nor a coroutine or a generator
that is only made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.catalogue.conditions import LAZY, ON_LOOP
from fastlint.project.event_loop.blocking import NESTED, Catalogue
from fastlint.project.event_loop.callbacks import Callbacks
from fastlint.project.event_loop.callees import Callees, deferred
from fastlint.project.event_loop.choosing import all_there, asked_about, asked_for
from fastlint.project.event_loop.collaborators import Collaborators
from fastlint.project.event_loop.fallbacks import asking, without_loop
from fastlint.project.event_loop.filling import ONCE, once_filled
from fastlint.project.event_loop.given import Constants
from fastlint.project.event_loop.glances import glances
from fastlint.project.event_loop.iterating import Iterating, consumed, held, joined, unpacked
from fastlint.project.event_loop.lasting import Lasting
from fastlint.project.event_loop.leads import CONSUMERS, COPIERS, Leads
from fastlint.project.event_loop.objects import Objects
from fastlint.project.event_loop.operators import METHODS, Operation, operations
from fastlint.project.event_loop.run_targets import Around, Code, Given, Inherited, Run, Target
from fastlint.project.event_loop.settled import settled
from fastlint.project.event_loop.weights import weight_of
from fastlint.project.language import values as v
from fastlint.project.language.accessors import uses
from fastlint.project.language.callers import Callers
from fastlint.project.language.inference import Inference
from fastlint.project.language.results import ENTERING
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.values import Values

if TYPE_CHECKING:
    from fastlint.project.language.questions import Questions

DEEPEST_LAMBDA = 12
"""Lambdas that are followed from one into the next."""
LOOP_CHECKS = frozenset({"get_running_loop", "_get_running_loop", "is_running", "current_async_library"})
UPLOADED = "fastapi.UploadFile.file"

LOCKS = frozenset(
    f"{module}.{name}.__enter__"
    for module in ("threading", "multiprocessing.synchronize")
    for name in ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore")
)

__all__ = ["LOCKS", "Around", "Code", "Inherited", "Run", "Runs", "Target", "consumed"]


class Runs(Callees):
    """Asked through Project; one per project."""

    def __init__(
        self,
        inference: Inference,
        catalogue: Catalogue,
        offloaders: Iterable[str] = (),
        callers: Callers | None = None,
    ) -> None:
        super().__init__(inference, offloaders)
        self.catalogue = catalogue
        self.leads = Leads(inference, catalogue)
        self.callbacks = Callbacks(inference)
        self.iterating = Iterating(inference)
        self.constants = Constants()
        self.objects = Objects(inference, self.constants)
        self.collaborators = None if callers is None else Collaborators(callers)
        self.lasting = None if callers is None else Lasting(callers)
        self.questions: Questions | None = None
        self.asked_about: frozenset[str] = frozenset()
        """Set by Project: whom to ask about callees that are open, and the names worth a question."""
        self._of: dict[Scope | Inherited | Around | Given, list[Run]] = {}
        self._open: list[s.Lambda] = []

    @cached_property
    def answers(self) -> dict[s.Call, Values]:
        """What astroid was found to know of callees that inference leaves open."""
        return {} if self.questions is None else self.questions.answers(self.asked_about)

    @cached_property
    def askers(self) -> frozenset[Function]:
        """The functions of the project that tell whether a loop runs."""
        return asking(self.inference)

    @cached_property
    def properties(self) -> frozenset[str]:
        """The names of all properties in the project: a sieve for attribute reads."""
        found = set()
        for module in self.inference.names.modules:
            for cls in module.classes():
                found |= {
                    name
                    for name, method in cls.methods.items()
                    if method.node.decorators and self.inference.classes.is_property(method)
                }
        return frozenset(found)

    @cached_property
    def operators(self) -> frozenset[str]:
        """The methods behind operators that classes of the project define: a sieve."""
        classes = (cls for module in self.inference.names.modules for cls in module.classes())
        return frozenset(name for cls in classes for name in METHODS & cls.methods.keys())

    def of(self, scope: Scope | Inherited | Around | Given) -> list[Run]:
        """What running the scope's own body runs, in source order."""
        if scope not in self._of:
            if isinstance(scope, Inherited):
                self._of[scope] = sorted(self._bound(scope), key=lambda run: run.node.start)
            elif isinstance(scope, Given):
                left_out = self.constants.left_out(scope)
                body = scope.function.body
                self._of[scope] = [
                    run for run in self.of(scope.function) if left_out.isdisjoint((run.node, *body.ancestors(run.node)))
                ]
            elif isinstance(scope, Around):
                runs = self.of(scope.wrapper)
                self._of[scope] = [run for run in runs if not run.wrapped or run.targets == (scope.function,)]
            else:
                found = sorted(
                    [run for run in self._on_loop(scope) if self._counts(run)], key=lambda run: run.node.start
                )
                more = self._per_key(scope)
                filled = once_filled(scope) if isinstance(scope, Function) else {}
                self._of[scope] = [self._weighed(run, scope, filled, more) for run in found]
        return self._of[scope]

    def _counts(self, run: Run) -> bool:
        """Whether it runs code of the project, or something outside that the catalogue knows."""
        return any(not isinstance(target, str) or self.catalogue.find(target) is not None for target in run.targets)

    def _weighed(self, run: Run, scope: Scope, filled: Mapping[s.Node, int], more: int) -> Run:
        """The run with its weight; what is not certain, or may run what does not block, needs none."""
        find = self.catalogue.find
        leads = run.certain and all(not isinstance(item, str) or find(item) is not None for item in run.targets)
        weight, seldom = weight_of(run.node, scope, filled) if leads else (1, 0)
        return run if weight + more == 1 or not leads else replace(run, weight=weight + more, seldom=seldom + more)

    def _per_key(self, scope: Scope) -> int:
        """What a cached function adds to the weight of what it runs: once for each key, or once where there is one."""
        if not isinstance(scope, Function) or not scope.node.decorators:
            return 0
        if not self.caching.cached(scope):
            return 0
        return ONCE if self.lasting is not None and self.lasting.always_alike(scope) else ONCE // 2

    def varies(self, cls: Class) -> bool:
        return self.collaborators is not None and self.collaborators.varies(cls)

    def _bound(self, bound: Inherited) -> Iterator[Run]:
        """What a method runs on an object: what the object was given counts, where it is known."""
        runs = self.of(bound.method)
        if bound.made is None or self.collaborators is None:
            yield from (self._rebound(run, bound) for run in runs)
            return
        given: dict[s.Call, Values] = {}
        for call in bound.method.body.all(s.Call):
            if not bound.method.body.in_lambda(call) and (
                values := self.collaborators.at(call, bound.method, bound.made)
            ):
                given[call] = values
                run = self._run(call, values, call)
                if self._counts(run):
                    yield run
        yield from (self._rebound(run, bound) for run in runs if run.call is None or run.call not in given)

    def _rebound(self, run: Run, bound: Inherited) -> Run:
        """The run with what it calls on `self` looked up in the class of the object."""
        member = run.call.func if run.call is not None else run.node
        me = bound.node.parameters[0].name
        if not (isinstance(member, s.Attribute) and isinstance(member.value, s.Name) and member.value.id == me):
            return run
        method = self.inference.classes.method(bound.cls, member.attr)
        if method is None:
            return run
        targets = tuple(self.implementations(method, bound.made or v.Instance(bound.cls)))
        return replace(run, targets=targets, certain=bool(targets))

    def _on_loop(self, scope: Scope) -> Iterator[Run]:
        """What runs in a scope, but for what it does only where no loop runs."""
        apart = without_loop(scope, self.inference, self.askers) if isinstance(scope, Function) else frozenset()
        for run in self._collect(scope):
            if not apart or apart.isdisjoint((run.node, *scope.body.ancestors(run.node))):
                yield run

    def _collect(self, scope: Scope) -> Iterator[Run]:
        body = scope.body
        idle = self.iterating.idle(scope)
        for call in body.all(s.Call):
            if self.leads.anywhere(call, scope) and not body.in_lambda(call) and not _decorates(call, scope):
                if not idle or not held(call, idle, scope):
                    yield from self.of_call(call, scope)
            if (text := joined(call)) is not None and not body.in_lambda(call):
                yield from self._iterating(text, scope, call)
        for item in body.all(s.WithItem):
            statement = body.parents[item]
            if isinstance(statement, s.With) and not statement.is_async:
                yield from self._entering(item.context, scope)
        for loop in body.all(s.For):
            if not loop.is_async:
                yield from self._iterating(loop.iterable, scope)
        for generator in body.all(s.Generator):
            if not generator.is_async and not body.in_lambda(generator) and body.parents.get(generator) not in idle:
                yield from self._iterating(generator.iterable, scope)
        for value in unpacked(body.all(s.Assign)):
            yield from self._iterating(value, scope)
        spreads: list[s.Starred | s.YieldFrom] = [*body.all(s.Starred), *body.all(s.YieldFrom)]
        for spread in spreads:
            if not body.in_lambda(spread) and not isinstance(body.parents.get(spread), s.Assign):
                yield from self._iterating(spread.value, scope)
        for attribute in body.all(s.Attribute):
            if attribute.attr in self.properties and not body.in_lambda(attribute):
                yield from self._reading(attribute, scope)
        for operation in operations(body, self.operators):
            if not body.in_lambda(operation.node):
                yield from self._operating(operation, scope)

    def of_call(self, call: s.Call, scope: Scope) -> Iterator[Run]:
        """What one call runs: the callee, and a generator that it consumes."""
        values = v.without_none(self.inference.infer(call.func, scope))
        if self.questions is not None:
            values = self.answers.get(call, values)
        names = {value.name for value in values if isinstance(value, v.External)}
        if names & COPIERS and call.args and self.inference.external_names(call.args[0], scope) == {UPLOADED}:
            yield Run(call, (f"{UPLOADED}.read",), True, call)
        elif (names & NESTED.keys() and _asks_for_a_loop(scope)) or settled(call, names, scope):
            pass
        elif glances(call, names, scope, self.inference):
            pass  # opened, but never decoded
        elif not (names & LAZY) or consumed(call, scope):
            given: Values = ()
            apart = False
            if self.collaborators is not None:
                values = self.collaborators.objects(call, values, scope) or values
                given, apart = self.collaborators.callee(call, values, scope)
            values, told = asked_for(given or values, self.constants, self.inference)
            run = self._run(call, values, call)
            if run.each and (apart or told or (len(values) > 1 and asked_about(call, scope))):
                run = replace(run, each=False)
            if run.targets:
                yield replace(run, certain=False) if run.certain and _awaited(call, run, scope) else run
        yield from self._decorated(call, scope)
        for argument in self.callbacks.run_by(call, values):
            yield self._run(call, v.without_none(self.inference.infer(argument, scope)), None)
        if names & ENTERING and call.args:
            yield from self._entering(call.args[0], scope)
        if names & CONSUMERS and call.args:
            yield from self._iterating(call.args[0], scope, call)
        for name in names:
            index = ON_LOOP.get(name)
            if index is not None and index < len(call.args):
                yield self._run(call, self.inference.infer(call.args[index], scope), None)

    def _decorated(self, call: s.Call, scope: Scope) -> Iterator[Run]:
        """A decorator's wrapper that calls what it wraps runs each function it is put around."""
        if isinstance(scope, Function):
            for function in self.decorating.runs_wrapped(call, scope):
                if not deferred(function):
                    yield Run(call, (function,), True, call, wrapped=True)

    def _run(self, node: s.Node, values: Values, call: s.Call | None) -> Run:
        targets: list[Target] = []
        certain = bool(values)
        for value in values:
            found = self._targets(value)
            targets += found or ()
            if call is not None and len(targets) == 1 and isinstance(target := targets[0], Function):
                receiver = value.receiver if isinstance(value, v.FunctionValue) else value
                of_object = partial(self.objects.known, receiver)
                targets = [self.constants.target(target, call, receiver is not None, of_object)]
            certain = certain and bool(found)  # what only makes a coroutine runs nothing here
        certain = certain and bool(targets)
        each = certain and len(targets) > 1 and all_there(values, self._blocks)
        return Run(node, tuple(targets), certain, call, each=each)

    def _blocks(self, name: str) -> bool:
        return self.catalogue.find(name) is not None

    def _targets(self, value: v.Value) -> list[Target] | None:
        """What calling the value runs: nothing (an empty list), or None when nobody knows."""
        match value:
            case v.External(name):
                return [name]
            case v.FunctionValue(function, receiver):
                return self.implementations(function, receiver)
            case v.ClassValue(cls):
                return self.constructed(cls)
            case v.Instance(Class() as cls):
                method = self.inference.classes.method(cls, "__call__")
                return None if method is None else self.implementations(method, value)
            case v.Instance(str() as name):
                return [f"{name}.__call__"]
            case v.LambdaValue(node, scope):
                return self._in_lambda(node, scope)
            case v.Partial(function):
                return self._targets(function)
            case _:
                return None

    def _in_lambda(self, node: s.Lambda, scope: Scope) -> list[Target] | None:
        """What a lambda's body surely runs; None when it comes back to itself, or only after many others."""
        if node in self._open or len(self._open) >= DEEPEST_LAMBDA:
            return None
        self._open.append(node)
        try:
            return [
                target
                for call in scope.body.all(s.Call)
                if _inside(call, node, scope)
                for run in self.of_call(call, scope)
                if run.certain
                for target in run.targets
                if not isinstance(target, str) or self._waits(target, run.call)
            ]
        finally:
            self._open.pop()

    def _waits(self, name: str, call: s.Call | None) -> bool:
        """Whether something outside blocks as it is called here: `shutdown(wait=False)` does not."""
        entry = self.catalogue.find(name)
        return entry is None or self.catalogue.applies(entry, call)

    def _entering(self, context: s.Expr, scope: Scope) -> Iterator[Run]:
        for value in v.without_none(self.inference.infer(context, scope)):
            match value:
                case v.Manager(function=function) if not function.is_async:
                    yield Run(context, (function,), True)
                case v.Instance(Class() as cls):
                    for name in ("__enter__", "__exit__"):
                        method = self.inference.classes.method(cls, name)
                        if method is not None:
                            called = self._called(method)
                            if name == "__enter__":
                                called = [self._given_nothing(target, context, value) for target in called]
                            yield Run(context, tuple(called), True)
                case v.Instance(str() as name, site):
                    yield Run(context, (f"{name}.__enter__",), True, None, None if site is None else site.call)

    def _given_nothing(self, target: Target, node: s.Expr, receiver: v.Instance) -> Target:
        """A method as the interpreter runs it on an object, so that its parameters have their defaults."""
        if not isinstance(target, Function):
            return target
        call = s.Call(*node.start, node.end_line, node.end_column, node, (), ())
        return self.constants.target(target, call, True, partial(self.objects.known, receiver))

    def _iterating(self, iterable: s.Expr, scope: Scope, node: s.Node | None = None) -> Iterator[Run]:
        for source in self.iterating.sources(iterable, scope):
            if isinstance(source, s.Call):
                for value in self.inference.infer(source.func, scope):
                    if (
                        isinstance(value, v.FunctionValue)
                        and value.function.is_generator
                        and not value.function.is_async
                    ):
                        yield Run(node or iterable, (value.function,), True)
            called = self.callbacks.run_lazily(source, scope)
            if called is not None:
                yield self._run(node or iterable, v.without_none(self.inference.infer(called, scope)), None)
        for value in v.without_none(self.inference.infer(iterable, scope)):
            match value:
                case v.Instance(Class() as cls):
                    for name in ("__iter__", "__next__"):
                        method = self.inference.classes.method(cls, name)
                        if method is not None:
                            yield Run(node or iterable, (method,), True)
                case v.Instance(str() as name):
                    yield Run(node or iterable, (f"{name}.__iter__",), True)

    def _operating(self, operation: Operation, scope: Scope) -> Iterator[Run]:
        targets: list[Target] = []
        for value in v.without_none(self.inference.infer(operation.operand, scope)):
            match value:
                case v.Instance(Class() as cls):
                    method = self.inference.classes.method(cls, operation.method)
                    targets += [] if method is None else self.implementations(method, value)
                case v.Instance(str() as name):
                    targets.append(f"{name}.{operation.method}")
                case _:
                    return
        if targets:
            yield Run(operation.node, tuple(targets), True)

    def _reading(self, attribute: s.Attribute, scope: Scope) -> Iterator[Run]:
        for value in v.without_none(self.inference.infer(attribute.value, scope)):
            if isinstance(value, v.Instance) and isinstance(value.of, Class):
                for use in uses(attribute, scope.body):
                    method = self.inference.classes.accessor(value.of, attribute.attr, use)
                    if method is not None and not deferred(method):
                        yield Run(attribute, (method,), True)


def _awaited(call: s.Call, run: Run, scope: Scope) -> bool:
    """Whether the result is awaited, and so came from something other than a call that blocks and returns."""
    if not isinstance(scope.body.parents.get(call), s.Await):
        return False
    return not all(not isinstance(target, str) and _unbranched(target) for target in run.targets)


def _unbranched(target: Code) -> bool:
    if isinstance(target, Inherited):
        target = target.method
    function = target.function if isinstance(target, Around | Given) else target
    return not function.body.all(s.If) and not function.body.all(s.Conditional)


def _asks_for_a_loop(scope: Scope) -> bool:
    """Whether the function looks if a loop is running before it starts one."""
    return isinstance(scope, Function) and bool(scope.node.calls & LOOP_CHECKS)


def _decorates(call: s.Call, scope: Scope) -> bool:
    parent = scope.body.parents.get(call)
    return isinstance(parent, s.FunctionDef | s.ClassDef)


def _inside(node: s.Node, outer: s.Node, scope: Scope) -> bool:
    return any(ancestor is outer for ancestor in scope.body.ancestors(node))
