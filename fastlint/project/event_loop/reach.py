"""Which blocking work each function reaches, by the shortest way.

Blocking facts flow up the graph of project functions from the calls that block, the nearest first, so that the first
way found is the shortest, and cycles end. A call with several possible targets blocks when all of them do, or one of
those that the code itself names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappop, heappush
from itertools import count

from fastlint.facts import syntax as s
from fastlint.project.event_loop.blocking import Blocking, Catalogue
from fastlint.project.event_loop.filling import ONCE
from fastlint.project.event_loop.handed import Handing
from fastlint.project.event_loop.runs import LOCKS, Code, Run, Runs, Target
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Function, Scope

LETTING_GO = frozenset(f"threading.Condition.{name}" for name in ("wait", "wait_for"))
"""What waits without the lock that it is called under."""
NEAR = ONCE // 2
"""How far the work under a lock may be: what is done under several conditions, or once, does not hold it for long."""
MANAGED = "contextlib.contextmanager"
LOCK_MODULES = frozenset({"threading", "multiprocessing"})


@dataclass(slots=True, eq=False)
class Way:
    """How a function reaches blocking work: the run in its body, and the function it goes on in (None: the leaf).

    `cost` counts the steps; those that only run under a condition or after an error count more.
    """

    run: Run
    entry: Blocking
    following: Code | None
    cost: int = 1


def _anywhere(function: Function) -> bool:
    return False


class Reach:
    """Asked through Project; one per project."""

    def __init__(self, runs: Runs, catalogue: Catalogue, locks: bool = True) -> None:
        self.runs = runs
        self.catalogue = catalogue
        self.locks = locks
        self.only_on_loop: Callable[[Function], bool] = _anywhere
        """Set by Loop, which knows what runs where."""
        self.handing = Handing(runs.inference, runs.constants, runs.objects)
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
                found.append((run, {kind: replace(way, cost=way.cost - _nearer(run)) for kind, way in ways.items()}))
        return found

    def ways(self, function: Function) -> dict[str, Way]:
        """What running the function blocks on, by kind of work."""
        self._explore([Run(function.node, (function,), True)])
        return self._ways.get(function, {})

    def way(self, code: Code, kind: str) -> Way:
        """The nearest way of a function that was explored, and is known to have one."""
        return self._ways[code][kind]

    def every_way(self, code: Code, kind: str) -> Iterator[Way]:
        """All steps in a function's body that lead to this kind of work."""
        for run in self.runs.of(code):
            yield from self._blocked(run, kind).values()

    @cached_property
    def contended(self) -> frozenset[s.Call]:
        """The locks (by the call that makes them) that some `with` of the project holds for long.

        It awaits or yields while it holds the lock, or blocks in a thread: what blocks on the loop lets nobody else run
        who could wait. A lock that only guards a few assignments is never waited for to speak of, nor is one that is
        held for long only the first time.
        """
        plain = Reach(self.runs, self.catalogue, locks=False)
        plain.only_on_loop = self.only_on_loop
        return frozenset(
            run.lock
            for module in self.runs.inference.names.modules
            if module.facts.imports & LOCK_MODULES
            for function in module.functions()
            if function.name != "__init__" and function.body.all(s.With)
            for run in self.runs.of(function)
            if run.lock is not None and LOCKS.intersection(run.targets) and plain.held_long(function, run)
        )

    def held_long(self, function: Function, run: Run) -> bool:
        """Whether the `with` entered at `run` blocks, awaits or yields before it ends."""
        statement = function.body.enclosing(run.node, s.With)
        if statement is None:
            return False
        yields = any(_inside(node, statement) for node in function.body.all(s.Yield))
        if yields and MANAGED in self.runs.inference.results.decorators(function):
            return any(self._takes_long(user, inner, None) for user, inner in self._users(function))
        return self._takes_long(function, statement, run)

    def _users(self, manager: Function) -> list[tuple[Function, s.With]]:
        """The `with` statements whose bodies run where a context manager of the project yields."""
        return [
            (function, statement)
            for module in self.runs.inference.names.modules
            if not module.is_test and manager.name in module.facts.calls
            for function in module.functions()
            if manager.name in function.node.calls
            for statement in function.body.all(s.With)
            for item in statement.items
            for value in self.runs.inference.infer(item.context, function)
            if isinstance(value, v.Manager) and value.function is manager
        ]

    def _takes_long(self, function: Function, statement: s.With, run: Run | None) -> bool:
        """Whether the body of a `with` statement, but for what `run` enters, blocks, awaits or yields."""
        if any(_inside(node, statement) for kind in (s.Await, s.Yield) for node in function.body.all(kind)):
            return True
        return any(
            (run is None or entry.node is not run.node)
            and _inside(entry.node, statement)
            and not LETTING_GO.intersection(entry.targets)
            and any(
                way.cost + entry.weight - entry.seldom - 1 <= NEAR for kind, way in ways.items() if kind != "metadata"
            )
            for entry, ways in self.entries(function)
        ) and not self.only_on_loop(function)

    def _leaf(self, name: str, run: Run) -> Blocking | None:
        if name in LOCKS and not (self.locks and run.lock in self.contended):
            return None
        entry = self.catalogue.find(name)
        if entry is None:
            return None
        waits = self.catalogue.applies(entry, run.call) and not (run.lock is not None and _tries_once(run.lock))
        if name.startswith("filelock."):
            return entry if waits else Blocking(entry.name, "file", "use asyncio.to_thread")  # opens its file at least
        return entry if self.catalogue.applies(entry, run.call) else None

    def _blocked(self, run: Run, only: str | None = None) -> dict[str, Way]:
        """The kinds of work on which all targets of a run block, or of these one."""
        if not run.certain:
            return {}
        if len(run.targets) == 1:
            return self._target_ways(run.targets[0], run, only)
        if run.each:
            found = [self._target_ways(target, run, only).items() for target in run.targets]
            return dict(sorted((item for items in found for item in items), key=lambda item: -item[1].cost))
        common: dict[str, Way] | None = None
        for target in run.targets:
            ways = self._target_ways(target, run, only)
            if common is not None:
                ways = {kind: max(common[kind], way, key=_cost) for kind, way in ways.items() if kind in common}
            common = ways
        return common or {}

    def _target_ways(self, target: Target, run: Run, only: str | None) -> dict[str, Way]:
        if isinstance(target, str):
            entry = self._leaf(target, run)
            return {entry.kind: Way(run, entry, None, run.weight)} if entry and only in (None, entry.kind) else {}
        ways = self._ways.get(target)
        if not ways:
            return {}
        return {
            kind: Way(run, way.entry, target, way.cost + run.weight)
            for kind, way in ways.items()
            if only is None or kind == only
        }

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
        """Give the fresh functions their ways, the nearest first, so that what is settled stays."""
        callers: dict[Code, list[tuple[Code, Run]]] = {}
        queue: list[tuple[int, int, Code, str, Way]] = []
        number = count()

        def offer(code: Code, run: Run, only: str | None = None) -> None:
            known = self._ways.setdefault(code, {})
            for kind, way in self._blocked(run, only).items():
                if kind not in known:
                    heappush(queue, (way.cost, next(number), code, kind, way))

        new = set(fresh)
        for code in fresh:
            for run in self.runs.of(code):
                functions = [target for target in run.targets if not isinstance(target, str)]
                for target in functions:
                    callers.setdefault(target, []).append((code, run))
                if not new.issuperset(functions) or not functions:
                    offer(code, run)
        while queue:
            _, _, code, kind, way = heappop(queue)
            if kind not in self._ways[code]:
                self._ways[code][kind] = way
                for caller, run in callers.get(code, ()):
                    offer(caller, run, kind)


def _tries_once(made: s.Call) -> bool:
    """Whether a file lock was made to raise at once where another holds it."""
    timeout, waits = made.argument(1, "timeout"), made.keyword("blocking")
    return (isinstance(timeout, s.Constant) and timeout.value == 0) or (
        isinstance(waits, s.Constant) and not waits.value
    )


def _nearer(run: Run) -> int:
    """What conditions add to the weight of a run: where a chain begins they do not count."""
    return run.weight - run.seldom - 1


def _cost(way: Way) -> int:
    return way.cost


def _inside(node: s.Node, statement: s.Stmt) -> bool:
    return statement.start < node.start and node.end_line <= statement.end_line
