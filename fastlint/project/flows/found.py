"""Request data that reaches SQL text, a shell, a file path, an HTTP client, a redirect or a page."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.flows.arguments import arguments
from fastlint.project.flows.sinks import Sink, Sinks
from fastlint.project.flows.sources import Sources
from fastlint.project.flows.steps import OPEN, PARAMETER, REQUEST, STORED, Origin, Step
from fastlint.project.flows.text import Hole, Texts
from fastlint.project.flows.tracer import Tracer
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Function, Scope
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.application.handlers import Handlers
    from fastlint.project.language.callers import Callers
    from fastlint.project.language.modules import Modules

RUNNERS = {
    **dict.fromkeys(
        ("add_task", "run_in_threadpool", "to_thread", "submit", "run_sync", "apply_async", "create_task"), 0
    ),
    "run_in_executor": 1,
}
"""Calls that run a function given to them, by the index of that function."""
FARTHEST = 6
"""Hops of one way; objects of one class are not told apart, so that longer ways are mostly made up."""
MAKERS = 4
"""Places that may make objects of a class whose attributes are followed to all of them."""
WIDEST = 200
"""Places looked at on the way up from one sink."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Something not constant reaches a sink.

    `source` is where it comes from (None: nobody knows, the text is only built); `steps` lead from there to the sink.
    `holes` are the places of a text into which it is put.
    """

    sink: Sink
    source: Origin | None
    steps: tuple[Step, ...]
    holes: tuple[Hole, ...] = ()

    @property
    def kind(self) -> str:
        return self.sink.kind

    @property
    def path(self) -> str:
        return self.sink.scope.module.path

    @property
    def span(self) -> Span:
        return self.sink.span

    @property
    def scope(self) -> Scope:
        return self.sink.scope

    @property
    def symbol(self) -> str:
        return self.sink.scope.qualname

    @property
    def guard(self) -> str | None:
        """The dependency that lets only administrators send this data, where every way in has one."""
        return self.source.guard if self.source is not None else None

    @property
    def places(self) -> list[tuple[str, Span, str]]:
        """The source and the hops, in order."""
        if self.source is None:
            return []
        start = self.source.scope.module.path, self.source.node.span, f"{self.source.text} comes in here"
        return [start, *((step.path, step.span, step.text) for step in self.steps)]


class Flows:
    """Asked through Project; one per project."""

    def __init__(self, modules: Modules, handlers: Handlers, callers: Callers) -> None:
        self.modules = modules
        self.callers = callers
        self.constants = handlers.constants
        self.inference = handlers.constants.inference
        self.sources = Sources(handlers, self.inference)
        self.sinks = Sinks(handlers, self.constants)
        self.texts = Texts(self.constants)
        self._tracers: dict[str, Tracer] = {}

    def tracer(self, kind: str) -> Tracer:
        if kind not in self._tracers:
            self._tracers[kind] = Tracer(self.sources, self.constants, kind)
        return self._tracers[kind]

    @cached_property
    def found(self) -> list[Flow]:
        """One flow a sink, the shortest, in the order of files and lines."""
        flows: dict[tuple[str, s.Node], Flow] = {}
        for sink in (*self.sinks.everywhere, *self.sinks.of_routes()):
            flow = self.of(sink)
            if flow is not None:
                flows.setdefault((sink.kind, sink.node), flow)
        return sorted(flows.values(), key=lambda flow: (flow.path, flow.span))

    def of(self, sink: Sink) -> Flow | None:
        """The flow into a sink, if there is one."""
        origins = self.tracer(sink.kind).trace(sink.expr, sink.scope)
        if not origins:
            return None
        source, steps = self._reached(origins, sink.kind)
        if source is not None and (source.kind != STORED or self._built(sink)):
            return Flow(sink, source, steps, tuple(self._holes(sink)))
        if sink.kind == "sql":
            return self._unknown(sink)
        return None

    def _holes(self, sink: Sink) -> list[Hole]:
        """The places of the text into which something is put that may do harm."""
        tracer = self.tracer(sink.kind)
        return [hole for hole in self.texts.holes(sink.expr, sink.scope) if tracer.trace(hole.expr, hole.scope)]

    def _built(self, sink: Sink) -> bool:
        """Whether the sink's text is put together, not taken as a whole."""
        return any(hole.expr is not sink.expr and hole.text for hole in self._holes(sink))

    def _unknown(self, sink: Sink) -> Flow | None:
        """SQL into which a value is put that is not known to be harmless, where a bound parameter belongs."""
        if "alembic" in {name.partition(".")[0] for name in sink.scope.module.facts.imports}:
            return None
        tracer = self.tracer(sink.kind)
        holes = [hole for hole in self._holes(sink) if hole.is_value]
        loose = tuple(hole for hole in holes if self._is_open(tracer.trace(hole.expr, hole.scope), sink.kind))
        return Flow(sink, None, (), loose) if loose else None

    def _is_open(self, origins: tuple[Origin, ...], kind: str) -> bool:
        """Whether something unknown is among what the value can be, callers asked."""
        return any(self._climb(origins, kind, {OPEN, REQUEST}))

    def _reached(self, origins: tuple[Origin, ...], kind: str) -> tuple[Origin | None, tuple[Step, ...]]:
        return next(self._climb(origins, kind, {REQUEST, STORED}), (None, ()))

    def _climb(
        self, origins: tuple[Origin, ...], kind: str, wanted: set[str]
    ) -> Iterator[tuple[Origin, tuple[Step, ...]]]:
        """The wanted origins, nearest first: parameters are followed to all callers."""
        queue: deque[tuple[Origin, tuple[Step, ...]]] = deque((origin, origin.steps) for origin in origins)
        seen: set[tuple[s.Node, bool, str | None, str]] = set()
        while queue:
            origin, steps = queue.popleft()
            if origin.kind in wanted:
                yield origin, steps
            place = origin.node, origin.keys, origin.part, origin.text if _options(origin) else ""
            if origin.kind != PARAMETER or place in seen or len(seen) > WIDEST or len(steps) >= FARTHEST:
                continue
            seen.add(place)
            sent = self.sources.sent(origin, kind)
            if sent is not None:
                yield sent, steps
                continue
            queue.extend(self._from_callers(origin, steps, kind))
            if OPEN in wanted and not self._calls(origin.scope):
                yield origin, steps

    def _from_callers(
        self, origin: Origin, steps: tuple[Step, ...], kind: str
    ) -> Iterator[tuple[Origin, tuple[Step, ...]]]:
        assert isinstance(origin.node, s.Parameter)
        calls = self._calls(origin.scope)
        if origin.scope.name == "__init__" and len(calls) > MAKERS:
            return
        for call, scope, skip in calls:
            assert isinstance(origin.scope, Function)
            step = Step(scope.module.path, call.span, f"passed to `{origin.scope.short}` as `{origin.node.name}`")
            for expr in arguments(call, origin.scope, origin, skip):
                for item in self.tracer(kind).filled(expr, origin, scope):
                    yield item, (*item.steps, step, *steps)

    def _calls(self, scope: Scope) -> list[tuple[s.Call, Scope, int]]:
        """The calls of a function, those of what it overrides, and those that have it run elsewhere; none of tests."""
        if not isinstance(scope, Function):
            return []
        found = [(call, where, 0) for call, where in self.callers.of(scope)]
        if scope.cls is not None and scope.name != "__init__":
            for cls in self.inference.classes.ancestry(scope.cls)[1:]:
                method = cls.methods.get(scope.name) if not isinstance(cls, str) else None
                if method is not None:
                    found += [(call, where, 0) for call, where in self.callers.of(method)]
        every = [*found, *self._run_elsewhere.get(scope, ())]
        return [item for item in every if not item[1].module.is_test]

    @cached_property
    def _run_elsewhere(self) -> dict[Function, list[tuple[s.Call, Scope, int]]]:
        found: dict[Function, list[tuple[s.Call, Scope, int]]] = {}
        for name, index in RUNNERS.items():
            for call, scope in self.callers.named(name):
                if index < len(call.args):
                    for value in self.inference.infer(call.args[index], scope):
                        if isinstance(value, v.FunctionValue):
                            found.setdefault(value.function, []).append((call, scope, index + 1))
        return found


def _options(origin: Origin) -> bool:
    return isinstance(origin.node, s.Parameter) and origin.node.kind == "**"
