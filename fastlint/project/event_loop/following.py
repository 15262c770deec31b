"""A way to blocking work followed step by step, with what each call hands to the next function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from fastlint.facts import syntax as s
from fastlint.project.event_loop.handed import MAKERS, Handed
from fastlint.project.event_loop.path_branches import PathBranches
from fastlint.project.event_loop.reach import Reach, Way
from fastlint.project.event_loop.run_targets import Around, Code, Given, Inherited
from fastlint.project.language.callers import last_name
from fastlint.project.language.scopes import Function, Scope
from fastlint.source import Span

SHOWN = 50
"""Steps of a chain that are told."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a chain: at `span` in `path`, `caller` runs `callee`."""

    path: str
    span: Span
    caller: str
    callee: str


class Following:
    """Asked through Loop; one per project. `brought` says what those who call a function give it."""

    def __init__(self, reach: Reach, brought: Callable[[Function], Handed]) -> None:
        self.reach = reach
        self.runs = reach.runs
        self.handing = reach.handing
        self.brought = brought
        self.branches = PathBranches(reach.runs.inference)

    def taken(self, scope: Scope, way: Way) -> list[Way] | None:
        """The steps from a run in `scope` to the blocking call that what is given at each step leaves open.

        None where there are none. Where a function does not get to its nearest step, another of the same kind is taken.
        A lock that a constructor on the way has just made is nobody else's.
        """
        handed, current, inside = self.brought(scope) if isinstance(scope, Function) else Handed(), way, scope
        if isinstance(scope, Function) and self._left_out(way, scope, handed):
            return None
        steps = [way]
        outer: tuple[s.Call, Scope, Handed] | None = None  # the call that a decorator's wrapper hands on
        made: list[Function] = []
        passed: set[Code] = set()
        while (code := current.following) is not None:
            function, caller, given = _function(code), inside, handed
            call = current.run.call if current.run.call is not None else _iterated(current.run.node, function)
            if outer is not None and current.run.wrapped:
                call, caller, given = outer
            outer = (call, caller, given) if isinstance(code, Around) and call is not None else None
            if function is None or call is None:
                handed = Handed()
            else:
                handed = self.handing.into(function, call, caller, given)
            inside = code.wrapper if isinstance(code, Around) else function or inside
            if function is not None and function.name in MAKERS:
                made.append(function)
            following = self._step(code, way.entry.kind, function, handed, call, caller)
            if following is None or code in passed:
                return None  # another way than the nearest may come round again
            passed.add(code)
            current = following
            steps.append(current)
        lock = current.run.lock
        own = lock is not None and any(call is lock for maker in made for call in maker.body.all(s.Call))
        return None if own else steps

    def _step(
        self, code: Code, kind: str, function: Function | None, handed: Handed, call: s.Call | None, caller: Scope
    ) -> Way | None:
        """The nearest way that a function goes on where it is given this."""
        nearest = self.reach.way(code, kind)
        if function is None or self._open(nearest, function, handed, call, caller):
            return nearest
        others = (way for way in self.reach.every_way(code, kind) if way.run.node is not nearest.run.node)
        left = [way for way in others if self._open(way, function, handed, call, caller)]
        return min(left, key=lambda way: way.cost, default=None)

    def _open(self, way: Way, function: Function, handed: Handed, call: s.Call | None, caller: Scope) -> bool:
        if self._left_out(way, function, handed):
            return False
        return call is None or not self.branches.left_out(way.run.node, function, call, caller)

    def _left_out(self, way: Way, function: Function, handed: Handed) -> bool:
        """Whether a step in a function's body does not run where the function is given this."""
        if not handed.constants:
            return False
        left_out = self.runs.constants.left_out(Given(function, tuple(handed.constants.items())))
        return not left_out.isdisjoint((way.run.node, *function.body.ancestors(way.run.node)))

    def cost(self, steps: list[Way]) -> int:
        """How far the steps lead: as far as the first says, and more where a farther one than the nearest is taken."""
        farther = 0
        for before, step in pairwise(steps):
            assert before.following is not None
            farther += step.cost - self.reach.way(before.following, step.entry.kind).cost
        return steps[0].cost + farther


def hops(scope: Scope, steps: list[Way]) -> tuple[Hop, ...]:
    """The steps as people read them."""
    found: list[Hop] = []
    name, path = scope.qualname, scope.module.path
    for step in steps[:SHOWN]:
        callee = step.following
        found.append(Hop(path, step.run.node.span, name, callee.short if callee is not None else step.entry.name))
        if callee is not None:
            name, path = callee.short, callee.path
    return tuple(found)


def _iterated(node: s.Node, generator: Function | None) -> s.Call | None:
    """The call that makes the generator which is iterated at `node`: `for x in rows(path)`, `list(rows(path))`."""
    if generator is None or not generator.is_generator or not isinstance(node, s.Call):
        return None
    inner = node.args[0] if node.args else None
    return next((x for x in (node, inner) if isinstance(x, s.Call) and last_name(x) == generator.name), None)


def _function(code: Code) -> Function | None:
    """The function whose parameters a call fills; None for a wrapper, which takes anything."""
    match code:
        case Function():
            return code
        case Given(function):
            return function
        case Inherited(method):
            return method
    return None
