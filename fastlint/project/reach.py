"""Which blocking work each function reaches, by the shortest way.

Blocking facts flow up the graph of project functions from the calls that block: breadth first, so that the first way
found is the shortest, and cycles end. A call with several possible targets blocks when all of them do.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from fastlint.project.blocking import Blocking, Catalogue
from fastlint.project.runs import Run, Runs, Target
from fastlint.project.scopes import Function, Scope
from fastlint.source import Span


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a chain: at `span` in `path`, `caller` runs `callee`."""

    path: str
    span: Span
    caller: str
    callee: str


@dataclass(frozen=True, slots=True)
class Way:
    """How a function reaches blocking work: the run in its body, and the function it goes on in (None: the leaf)."""

    run: Run
    entry: Blocking
    following: Function | None


class Reach:
    """Asked through Project; one per project."""

    def __init__(self, runs: Runs, catalogue: Catalogue) -> None:
        self.runs = runs
        self.catalogue = catalogue
        self._ways: dict[Function, dict[str, Way]] = {}
        self._seen: set[Function] = set()

    def entries(self, scope: Scope) -> list[tuple[Run, dict[str, Way]]]:
        """The runs in a scope's own body that block, each with one way per kind of work."""
        runs = self.runs.of(scope)
        self._explore(runs)
        found = []
        for run in runs:
            ways = self._blocked(run)
            if ways:
                found.append((run, ways))
        return found

    def ways(self, function: Function) -> dict[str, Way]:
        """What running the function blocks on, by kind of work."""
        self._explore([Run(function.node, (function,), True)])
        return self._ways.get(function, {})

    def chain(self, scope: Scope, way: Way) -> list[Hop]:
        """The hops from a run in `scope` to the blocking call."""
        hops: list[Hop] = []
        current, name = way, scope.qualname
        path = scope.module.path
        while True:
            callee = current.following
            shown = callee.short if callee is not None else current.entry.name
            hops.append(Hop(path, current.run.node.span, name, shown))
            if callee is None or len(hops) > 50:
                return hops
            name, path = callee.short, callee.path
            current = self._ways[callee][way.entry.kind]

    def _leaf(self, name: str, run: Run) -> Blocking | None:
        entry = self.catalogue.find(name)
        return entry if entry is not None and self.catalogue.applies(entry, run.call) else None

    def _blocked(self, run: Run) -> dict[str, Way]:
        """The kinds of work on which all targets of a run block."""
        if not run.certain:
            return {}
        common: dict[str, Way] | None = None
        for target in run.targets:
            ways = self._target_ways(target, run)
            common = ways if common is None else {kind: way for kind, way in common.items() if kind in ways}
        return common or {}

    def _target_ways(self, target: Target, run: Run) -> dict[str, Way]:
        if isinstance(target, str):
            entry = self._leaf(target, run)
            return {entry.kind: Way(run, entry, None)} if entry is not None else {}
        return {kind: Way(run, way.entry, target) for kind, way in self._ways.get(target, {}).items()}

    def _explore(self, runs: list[Run]) -> None:
        """Bring the ways of all functions that the runs can reach up to date."""
        fresh: list[Function] = []
        stack = [target for run in runs for target in run.targets if isinstance(target, Function)]
        while stack:
            function = stack.pop()
            if function in self._seen:
                continue
            self._seen.add(function)
            fresh.append(function)
            stack += [t for run in self.runs.of(function) for t in run.targets if isinstance(t, Function)]
        if fresh:
            self._settle(fresh)

    def _settle(self, functions: list[Function]) -> None:
        callers: dict[Function, list[tuple[Function, Run]]] = {}
        older: dict[Function, None] = {}
        fresh = set(functions)
        for function in functions:
            for run in self.runs.of(function):
                for target in run.targets:
                    if isinstance(target, Function):
                        callers.setdefault(target, []).append((function, run))
                        if target not in fresh and self._ways.get(target):
                            older[target] = None
        direct = [
            function
            for function in functions
            if self._improve(function, [r for r in self.runs.of(function) if all(isinstance(t, str) for t in r.targets)])
        ]
        queue = deque([*direct, *older])
        while queue:
            for function, run in callers.get(queue.popleft(), ()):
                if self._improve(function, [run]):
                    queue.append(function)

    def _improve(self, function: Function, runs: list[Run]) -> bool:
        ways = self._ways.setdefault(function, {})
        found = False
        for run in runs:
            for kind, way in self._blocked(run).items():
                if kind not in ways:
                    ways[kind] = way
                    found = True
        return found

