"""Where functions run: on the event loop, in the threadpool, or only under a script.

FastAPI calls the roots; what they call, hand on, enter or iterate runs where they do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.application.application import Applications, Route
from fastlint.project.application.roots import Root, Roots
from fastlint.project.event_loop.run_targets import Around, Given, Target
from fastlint.project.event_loop.runs import Runs
from fastlint.project.language import values as v
from fastlint.project.language.callers import Callers, last_name
from fastlint.project.language.names import Names
from fastlint.project.language.scopes import Class, Function, Module, Scope

RUNNERS = frozenset(
    {
        *("asyncio.run", "anyio.run", "trio.run", "uvloop.run", "asyncio.Runner.run", "asgiref.sync.async_to_sync"),
        "asyncio.AbstractEventLoop.run_until_complete",
    }
)
RUNNING = frozenset(name.rpartition(".")[2] for name in RUNNERS)
RESPONSES = ("fastapi.Response", "starlette.responses.Response")
VALIDATORS = frozenset(
    f"pydantic.{name}" for name in ("field_validator", "model_validator", "validator", "root_validator")
)
NOWHERE: dict[Function, tuple[s.Call | None, ...]] = {}
"""The sites of functions that get to no other, which are many."""
OTHERWISE = (None,)


class Contexts(Roots):
    """Asked through Loop; one per project."""

    def __init__(self, applications: Applications, runs: Runs, callers: Callers) -> None:
        super().__init__(applications, runs.inference, callers)
        self.runs = runs
        self._sites: dict[Function, dict[Function, tuple[s.Call | None, ...]]] = {}
        self._named: dict[tuple[int, str], tuple[str, ...]] = {}

    # what the roots reach

    @cached_property
    def nearest(self) -> dict[Function, tuple[Root, Function | None]]:
        """The functions that roots get to: the nearest root, and the function before (None: it is the root)."""
        found: dict[Function, tuple[Root, Function | None]] = {}
        for startup in (False, True):
            queue: deque[Function] = deque()
            for root in self.roots:
                if (root.kind == "startup") is startup:
                    for function in (root.function, *self._around(root.function)):
                        if function not in found:
                            found[function] = root, None
                            queue.append(function)
            while queue:
                function = queue.popleft()
                for other in self.mentions(function):
                    if other not in found:
                        found[other] = found[function][0], function
                        queue.append(other)
        return found

    def way(self, function: Function) -> tuple[Function, ...]:
        """The functions from the nearest root to this one; empty when no root is known to get there."""
        steps: list[Function] = []
        current: Function | None = function
        while current is not None and current in self.nearest:
            steps.append(current)
            current = self.nearest[current][1]
        return tuple(reversed(steps))

    def titles(self, function: Function) -> tuple[str, ...]:
        """What people call the roots that get to a function, the nearest first; those at startup do not count."""
        titles, masks = self._titles
        mask = masks.get(function, 0)
        if not mask:
            return ()
        first = self.nearest[function][0].title if function in self.nearest else ""
        key = mask, first
        if key not in self._named:
            names = (titles[bit] for bit in _bits(mask))
            self._named[key] = tuple(sorted(names, key=lambda name: name != first))
        return self._named[key]

    def serves(self, function: Function) -> bool:
        """Whether a root other than the start of the application gets to the function."""
        return function in self._titles[1]

    @cached_property
    def _titles(self) -> tuple[list[str], dict[Function, int]]:
        """All titles, and for each function the set of those that get there as the bits of a number."""
        serving = [root for root in self.roots if root.kind != "startup"]
        titles = list(dict.fromkeys(root.title for root in serving))
        bits = {title: 1 << index for index, title in enumerate(titles)}
        masks: dict[Function, int] = {}
        for root in serving:
            for function in (root.function, *self._around(root.function)):
                masks[function] = masks.get(function, 0) | bits[root.title]
        order = self._order()
        fresh = set(masks)
        while fresh:  # one round for each loop within a loop of calls
            for function in order:
                if function in fresh:
                    fresh.remove(function)
                    mask = masks[function]
                    for other in self.mentions(function):
                        known = masks.get(other, 0)
                        if known | mask != known:
                            masks[other] = known | mask
                            fresh.add(other)
        return titles, masks

    def _order(self) -> list[Function]:
        """What is reached, callers before what they call as far as there are no cycles."""
        done: list[Function] = []
        seen: set[Function] = set()
        for start in self.nearest:
            stack = [(start, iter(self.mentions(start)))] if start not in seen else []
            seen.add(start)
            while stack:
                following = next((other for other in stack[-1][1] if other not in seen), None)
                if following is None:
                    done.append(stack.pop()[0])
                else:
                    seen.add(following)
                    stack.append((following, iter(self.mentions(following))))
        return done[::-1]

    def _around(self, function: Function) -> list[Function]:
        """The wrapper that a project decorator puts around a root."""
        wrapper = self.runs.wrapper(function)
        return [] if wrapper is None else [wrapper]

    def mentions(self, function: Function) -> Iterable[Function]:
        """The project functions that a body calls, hands on, enters or iterates, async or not."""
        return self.sites(function)

    def sites(self, function: Function) -> dict[Function, tuple[s.Call | None, ...]]:
        """The calls by which a body gets to each project function; None stands for another way than a call of it.

        Nothing in particular leads to what is only entered or defined in the body.
        """
        known = self._sites.get(function)
        if known is None:
            known = {}
            for other, call in self._collect(function):
                before = known.get(other)
                if before is None:
                    known[other] = OTHERWISE if call is None else (call,)
                elif before[-1] is not call:
                    known[other] = (*before, call)
            for other in self._without_call(function):
                known.setdefault(other, ())
            self._sites[function] = known or NOWHERE
        return known

    def _collect(self, function: Function) -> Iterator[tuple[Function, s.Call | None]]:
        leads, body = self.runs.leads, function.body
        calls = body.all(s.Call)
        own_loop = self._on_own_loop(function) if calls and not function.is_async else set()
        written: set[tuple[Function, s.Call]] = set()
        for call in calls:
            if call in own_loop:
                continue
            if leads.to_project(call, function):
                way = None if body.in_lambda(call) else call
                for value in self.inference.infer(call.func, function):
                    for other in self.called(value):
                        written.add((other, call))
                        yield other, way
            for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
                inner = argument.value if isinstance(argument, s.Starred) else argument
                if leads.hands_on(inner, function):
                    for value in self.inference.infer(inner, function):
                        if isinstance(value, v.FunctionValue | v.Partial):
                            yield from ((other, None) for other in self.called(value))
        for run in self.runs.of(function):
            for target in run.targets:
                for other in _functions(target):
                    if run.call is None or (other, run.call) not in written:
                        yield other, None

    def _without_call(self, function: Function) -> Iterator[Function]:
        """What a body enters or defines, whether it is called there or not."""
        for item in function.body.all(s.WithItem):
            yield from self._entered(item.context, function)
        for member in function.members.values():
            if isinstance(member, Function) and (member.is_async or member.is_generator):
                yield member

    def _on_own_loop(self, function: Function) -> set[s.Node]:
        """The calls whose coroutine a plain function runs on a loop that it starts itself."""
        return {
            call.args[0]
            for call in function.body.all(s.Call)
            if call.args
            and isinstance(call.args[0], s.Call)
            and last_name(call) in RUNNING
            and self.inference.external_names(call.func, function) & RUNNERS
        }

    def _entered(self, context: s.Expr, scope: Scope) -> Iterator[Function]:
        for value in self.inference.infer(context, scope):
            if isinstance(value, v.Manager):
                yield value.function
            if isinstance(value, v.Instance) and isinstance(value.of, Class):
                for name in ("__aenter__", "__aexit__"):
                    method = self.classes.method(value.of, name)
                    if method is not None:
                        yield method

    def called(self, value: v.Value) -> Iterator[Function]:
        """The functions that a call of the value may run, implementations and overrides included."""
        match value:
            case v.FunctionValue(function, receiver):
                yield function
                yield from self._around(function)
                for target in self.runs.implementations(function, receiver):
                    if isinstance(target, Function | Around):
                        yield target if isinstance(target, Function) else target.function
                if function.cls is not None:
                    for cls in self.classes.subclasses(function.cls):
                        if (method := cls.methods.get(function.name)) is not None:
                            yield method
            case v.Partial(inner):
                yield from self.called(inner)
            case v.Instance(Class() as cls):
                if (method := self.classes.method(cls, "__call__")) is not None:
                    yield method
            case v.ClassValue(cls):
                if (method := self.classes.method(cls, "__init__")) is not None:
                    yield method

    # what only scripts run, and what applications import

    @cached_property
    def scripts(self) -> set[Function]:
        """Functions that a script, a command line, a worker or a test runs on a loop of its own."""
        found: set[Function] = set()
        stack: list[Function] = []
        for name in ("run", "run_until_complete", "async_to_sync"):
            for call, scope in self.callers.named(name):
                if call.args and self.inference.external_names(call.func, scope) & RUNNERS:
                    inner = call.args[0].func if isinstance(call.args[0], s.Call) else call.args[0]
                    for value in self.inference.infer(inner, scope):
                        stack += list(self.called(value))
        while stack:
            function = stack.pop()
            if function not in found:
                found.add(function)
                stack += self.mentions(function)
        return found

    @cached_property
    def served(self) -> set[Module]:
        """The modules that a module with an application or router imports, directly or not."""
        stack = [router.scope.module for router in self.applications.routers]
        found: set[Module] = set()
        while stack:
            module = stack.pop()
            if module not in found:
                found.add(module)
                for statement in module.body.all(s.Import):
                    stack += _imported(statement, module, self.inference.names)
                for statement_from in module.body.all(s.ImportFrom):
                    stack += _imported(statement_from, module, self.inference.names)
        return found

    # plain functions on the loop

    @cached_property
    def loop_bound(self) -> dict[Function, Root]:
        """Plain functions that FastAPI runs on the loop all the same.

        Startup handlers; validators of models that requests are read into and `render` of response classes (neither
        ever leaves the loop); and a `def` wrapper that `wraps` an async endpoint, through which FastAPI looks.
        """
        found: dict[Function, Root] = {}
        for root in self.roots:
            if root.kind == "startup" and not root.function.is_async and not root.function.is_generator:
                found.setdefault(root.function, root)
            for wrapper in self._around(root.function) if root.function.is_async else ():
                if not wrapper.is_async and "functools.wraps" in self.inference.results.decorators(wrapper):
                    found[wrapper] = root
        for route in self.applications.routes:
            if route.handler is not None:
                found.update(self._validating(route, route.handler))
        for cls in (cls for module in self.served for cls in module.classes()):
            method = cls.methods.get("render")
            if method is not None and self._is_response(cls):
                found[method] = Root(method, f"rendering {cls.name}")
        return found

    def _validating(self, route: Route, handler: Function) -> Iterator[tuple[Function, Root]]:
        for parameter in route.parameters:
            for member in (parameter.annotation, *parameter.annotation.arguments):
                for validator in self._validators(member.cls) if member.cls is not None else ():
                    yield validator, Root(handler, route.title, route)

    def _is_response(self, cls: Class) -> bool:
        return any(
            isinstance(base, str)
            and (base in RESPONSES or (base.startswith(("fastapi.", "starlette.")) and base.endswith("Response")))
            for base in self.classes.ancestry(cls)
        )

    def _validators(self, cls: Class) -> list[Function]:
        return [
            method
            for item in self.classes.ancestry(cls)
            if isinstance(item, Class)
            for method in item.methods.values()
            if method.node.decorators and self.inference.results.decorators(method) & VALIDATORS
        ]


def _functions(target: Target) -> tuple[Function, ...]:
    """The functions whose bodies a target of a run is."""
    match target:
        case Function():
            return (target,)
        case Around(function, wrapper):
            return wrapper, function
        case Given(function):
            return (function,)
    return ()


def _bits(mask: int) -> Iterator[int]:
    """The places of the bits that are set, the lowest first; as many steps as there are of these."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _imported(statement: s.Import | s.ImportFrom, module: Module, names: Names) -> Iterable[Module]:
    found: list[object] = []
    if isinstance(statement, s.Import):
        found += [names.modules.resolve(dotted, module) for dotted, _ in statement.names]
    else:
        if statement.level:
            source = names.modules.relative(statement.module, statement.level, module)
        else:
            source = names.modules.resolve(statement.module, module)
        found.append(source)
        for name, _ in statement.names:
            if isinstance(source, Module) and source.is_package and name not in source.body.bindings:
                found.append(names.modules.submodule(source.path.removesuffix("__init__.py"), name))
            elif isinstance(source, str):
                found.append(names.modules.submodule(source, name))
    return [item for item in found if isinstance(item, Module)]
