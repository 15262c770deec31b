"""Which functions of the project a body gets to, and by which calls: what `Contexts` follows from the roots."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.event_loop.run_targets import Around, Given, Target
from fastlint.project.event_loop.runs import Runs
from fastlint.project.language import values as v
from fastlint.project.language.callers import last_name
from fastlint.project.language.scopes import Class, Function, Scope

RUNNERS = frozenset(
    {
        *("asyncio.run", "anyio.run", "trio.run", "uvloop.run", "asyncio.Runner.run", "asgiref.sync.async_to_sync"),
        "asyncio.AbstractEventLoop.run_until_complete",
    }
)
RUNNING = frozenset(name.rpartition(".")[2] for name in RUNNERS)
NOWHERE: dict[Function, tuple[s.Call | None, ...]] = {}
"""For the functions that get to no other, which are many."""
OTHERWISE = (None,)


class Sites:
    """Asked through Contexts; one per project."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self.inference = runs.inference
        self.classes = runs.inference.classes
        self._known: dict[Function, dict[Function, tuple[s.Call | None, ...]]] = {}

    def of(self, function: Function) -> dict[Function, tuple[s.Call | None, ...]]:
        """The project functions that a body calls, hands on, enters or iterates, async or not, each with its calls.

        None among the calls stands for another way; there is none at all to what is only entered or defined there.
        """
        known = self._known.get(function)
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
            self._known[function] = known or NOWHERE
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
                yield from self.around(function)
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

    def around(self, function: Function) -> list[Function]:
        """The wrapper that a project decorator puts around a function."""
        wrapper = self.runs.wrapper(function)
        return [] if wrapper is None else [wrapper]


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
