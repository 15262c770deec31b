"""Which diagnostics concern which route, and by which chain of calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from fastlint.diagnostic import Diagnostic
from fastlint.facts import syntax as s
from fastlint.project.application.application import Effective
from fastlint.project.language import values as v
from fastlint.project.model import Function, LoopCall, Project
from fastlint.source import Span


@dataclass(frozen=True, slots=True)
class Step:
    """One step from a route to a blocking call: `name` goes on at this line. `kind` is route, function or blocking."""

    kind: str
    name: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Concern:
    """A diagnostic as it concerns one route; `chain` is empty when the diagnostic is not about a call on the loop."""

    diagnostic: Diagnostic
    chain: tuple[Step, ...] = ()


class RouteFindings:
    """Asked once for each route."""

    def __init__(self, project: Project, diagnostics: Sequence[Diagnostic]) -> None:
        self.project = project
        self.contexts = project.loop.contexts
        self.attached: set[Diagnostic] = set()
        self._ordered = {diagnostic: number for number, diagnostic in enumerate(diagnostics)}
        self._known: dict[Function, list[Diagnostic]] = {}
        self._symbols: dict[tuple[str, str], list[Diagnostic]] = {}
        self._places: dict[str, list[tuple[int, Diagnostic]]] = {}
        self._others: dict[str, list[tuple[int, Diagnostic]]] = {}
        self._calls: dict[str, list[tuple[Diagnostic, LoopCall]]] = {}
        on_loop = {diagnostic: call for diagnostic in diagnostics for call in self._call_of(diagnostic)}
        for diagnostic in diagnostics:
            self._symbols.setdefault((diagnostic.path, diagnostic.symbol), []).append(diagnostic)
            self._places.setdefault(diagnostic.path, []).append((diagnostic.span.line, diagnostic))
            if diagnostic not in on_loop:  # the other places of those are what the call goes through
                for place in diagnostic.related:
                    self._others.setdefault(place.path, []).append((place.span.line, diagnostic))
        for diagnostic, call in on_loop.items():
            for title in call.titles:
                self._calls.setdefault(title, []).append((diagnostic, call))

    def of(self, entry: Effective) -> list[Concern]:
        """What concerns the route: in its registration, its handler, its dependencies, and on the loop below them.

        The other places of a diagnostic count in registration and handler only: a dependency that many routes share
        is such a place of what is reported on each of them.
        """
        route, functions = entry.route, self._functions(entry)
        named = [one for function in functions for one in self._in_function(function)]
        own = [(route.path, route.call.span), *([] if route.handler is None else [_place(route.handler)])]
        placed = [
            one for path, span in own for places in (self._places, self._others) for one in _in(places, path, span)
        ]
        found = {one: Concern(one) for one in (*named, *placed)}
        calls = self._calls.get(route.title, [])
        before = self._reached(functions, {call.function for _, call in calls}) if calls else {}
        for one, call in calls:
            found[one] = Concern(one, tuple(self._chain(entry, call, before)))
        self.attached.update(found)
        return sorted(found.values(), key=lambda c: (-c.diagnostic.level, self._ordered[c.diagnostic]))

    def _functions(self, entry: Effective) -> list[Function]:
        """The code of the route: the handler, what wraps it, and all dependencies."""
        found = [entry.route.handler, *(i.function for d in entry.dependencies for i in d.walk())]
        functions = [function for function in found if function is not None]
        wrapped = [self.contexts.runs.wrapper(one) for one in functions if one.node.decorators]
        return list(dict.fromkeys([*functions, *(one for one in wrapped if one is not None)]))

    def _in_function(self, function: Function) -> list[Diagnostic]:
        """What is said of a function by name, or of a line of it."""
        if function not in self._known:
            named = self._symbols.get((function.path, function.qualname), ())
            self._known[function] = list(dict.fromkeys([*named, *_in(self._places, *_place(function))]))
        return self._known[function]

    def _call_of(self, diagnostic: Diagnostic) -> Iterator[LoopCall]:
        """The call on the loop that a diagnostic is about."""
        for call in self._loop_calls.get((diagnostic.path, diagnostic.span[:2]), ()):
            if call.blocks and call.span == diagnostic.span and diagnostic.message.startswith(f"`{call.entry.name}`"):
                yield call

    @cached_property
    def _loop_calls(self) -> dict[tuple[str, tuple[int, ...]], list[LoopCall]]:
        """What may block on the loop by where it begins."""
        found: dict[tuple[str, tuple[int, ...]], list[LoopCall]] = {}
        for call in self.project.loop.candidates():
            found.setdefault((call.path, call.node.span[:2]), []).append(call)
        return found

    # the way from the route to the call

    def _reached(self, roots: list[Function], wanted: set[Function]) -> dict[Function, Function | None]:
        """The function before each on the shortest way from the route; None before those that it runs itself."""
        before: dict[Function, Function | None] = dict.fromkeys(roots)
        queue, missing = deque(roots), wanted - before.keys()
        while queue and missing:
            function = queue.popleft()
            for other in self.contexts.sites.of(function):
                if other not in before:
                    before[other] = function
                    queue.append(other)
                    missing.discard(other)
        return before

    def _chain(self, entry: Effective, call: LoopCall, before: dict[Function, Function | None]) -> Iterator[Step]:
        way: list[Function] = []
        current: Function | None = call.function
        while current is not None:
            way.append(current)
            current = before.get(current)
        way.reverse()
        route = entry.route
        yield Step("route", route.title, route.path, route.span.line)
        for function, following in pairwise(way):
            yield Step("function", function.short, function.path, self._line(function, following))
        for number, hop in enumerate(call.chain):
            name = hop.caller if number else call.function.short
            yield Step("function", name, hop.path, hop.span.line)
        last = call.chain[-1]
        yield Step("blocking", call.entry.name, last.path, last.span.line)

    def _line(self, caller: Function, callee: Function) -> int:
        """Where the one runs the other or hands it on."""
        for run in self.project.runs.of(caller):
            if callee in run.targets:
                return run.node.line
        for call in caller.body.all(s.Call):
            for expr in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
                if isinstance(expr, s.Name | s.Attribute):
                    values = self.project.infer(expr, caller)
                    if any(isinstance(value, v.FunctionValue) and value.function is callee for value in values):
                        return call.line
        return caller.node.line


def _place(function: Function) -> tuple[str, Span]:
    """Where a function stands, decorators included."""
    node = function.node
    first = min([node.line, *(decorator.line for decorator in node.decorators)])
    return function.path, Span(first, 1, node.end_line, 1)


def _in(places: Mapping[str, list[tuple[int, Diagnostic]]], path: str, span: Span) -> Iterator[Diagnostic]:
    for line, diagnostic in places.get(path, ()):
        if span.line <= line <= span.end_line:
            yield diagnostic
