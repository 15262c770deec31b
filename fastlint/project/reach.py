"""Which blocking work each function reaches, by the shortest way.

Blocking facts flow up the graph of project functions from the calls that block: breadth first, so that the first way
found is the shortest, and cycles end. A call with several possible targets blocks when all of them do.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.blocking import Blocking, Catalogue
from fastlint.project.runs import LOCKS, Code, Run, Runs, Target
from fastlint.project.scopes import Function, Scope
from fastlint.source import Span

LOCK_MODULES = frozenset({"threading", "multiprocessing"})


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
    following: Code | None


class Reach:
    """Asked through Project; one per project."""

    def __init__(self, runs: Runs, catalogue: Catalogue, locks: bool = True) -> None:
        self.runs = runs
        self.catalogue = catalogue
        self.locks = locks
        self._ways: dict[Code, dict[str, Way]] = {}
        self._seen: set[Code] = set()

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

    @cached_property
    def contended(self) -> frozenset[s.Call]:
        """The locks (by the call that makes them) that some `with` of the project holds while it blocks or awaits.

        A lock that only guards a few assignments is never waited for to speak of.
        """
        plain = Reach(self.runs, self.catalogue, locks=False)
        return frozenset(
            run.lock
            for module in self.runs.inference.names.modules
            if module.facts.imports & LOCK_MODULES
            for function in module.functions()
            if function.body.all(s.With)
            for run in self.runs.of(function)
            if run.lock is not None and LOCKS.intersection(run.targets) and plain.held_long(function, run)
        )

    def held_long(self, function: Function, run: Run) -> bool:
        """Whether the `with` entered at `run` blocks, awaits or yields before it ends."""
        statement = function.body.enclosing(run.node, s.With)
        if statement is None:
            return False
        if any(_inside(node, statement) for kind in (s.Await, s.Yield) for node in function.body.all(kind)):
            return True
        return any(
            entry.node is not run.node and _inside(entry.node, statement) and ways.keys() - {"metadata"}
            for entry, ways in self.entries(function)
        )

    def _leaf(self, name: str, run: Run) -> Blocking | None:
        if name in LOCKS and not (self.locks and run.lock in self.contended):
            return None
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
        fresh: list[Code] = []
        stack = [target for run in runs for target in run.targets if not isinstance(target, str)]
        while stack:
            code = stack.pop()
            if code in self._seen:
                continue
            self._seen.add(code)
            fresh.append(code)
            stack += [t for run in self.runs.of(code) for t in run.targets if not isinstance(t, str)]
        if fresh:
            self._settle(fresh)

    def _settle(self, fresh: list[Code]) -> None:
        callers: dict[Code, list[tuple[Code, Run]]] = {}
        older: dict[Code, None] = {}
        new = set(fresh)
        for code in fresh:
            for run in self.runs.of(code):
                for target in run.targets:
                    if not isinstance(target, str):
                        callers.setdefault(target, []).append((code, run))
                        if target not in new and self._ways.get(target):
                            older[target] = None
        direct = [code for code in fresh if self._improve(code, [r for r in self.runs.of(code) if _external(r)])]
        queue = deque([*direct, *older])
        while queue:
            for code, run in callers.get(queue.popleft(), ()):
                if self._improve(code, [run]):
                    queue.append(code)

    def _improve(self, code: Code, runs: list[Run]) -> bool:
        ways = self._ways.setdefault(code, {})
        found = False
        for run in runs:
            for kind, way in self._blocked(run).items():
                if kind not in ways:
                    ways[kind] = way
                    found = True
        return found


def _inside(node: s.Node, statement: s.Stmt) -> bool:
    return statement.start < node.start and node.end_line <= statement.end_line


def _external(run: Run) -> bool:
    return all(isinstance(target, str) for target in run.targets)
