"""The blocking calls made on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.application.application import Applications
from fastlint.project.application.roots import Root
from fastlint.project.event_loop.awaiting import Awaiting
from fastlint.project.event_loop.blocking import Blocking
from fastlint.project.event_loop.contexts import Contexts
from fastlint.project.event_loop.entering import Entering
from fastlint.project.event_loop.following import Following, Hop, hops
from fastlint.project.event_loop.reach import Reach, Way
from fastlint.project.event_loop.runs import Run, Runs
from fastlint.project.event_loop.started import STARTUP_TASK, ends_with_cancellation
from fastlint.project.event_loop.threads import Threads
from fastlint.project.language import values as v
from fastlint.project.language.callers import Callers
from fastlint.project.language.scopes import Function
from fastlint.source import Span

__all__ = ["Loop", "LoopCall", "Root"]


@dataclass(slots=True, eq=False)
class LoopCall:
    """Something that runs on the event loop and blocks there, as far as its nearest ways to blocking work tell.

    It stands in `function`, an `async def` (or a plain function that FastAPI runs on the loop), at `node`. `nearest`
    are the ways to one kind of work, the first that what is given on the way leaves open counts. Whether there is one
    is only known when it has been followed, which is not cheap: ask `within` for the depth that matters, or `blocks`,
    before anything else is asked of the call.
    """

    function: Function
    kind: str
    nearest: list[Way]
    loop: Loop
    _steps: list[Way] | None = None
    _followed: bool = False

    def within(self, depth: int) -> bool:
        """Whether it blocks, by a chain of at most this length; see `cost`."""
        return min(way.cost for way in self.nearest) <= depth and self.blocks and self.cost <= depth

    @property
    def blocks(self) -> bool:
        """Whether one of the ways is open."""
        if not self._followed:
            taken = (self.loop.following.taken(self.function, way) for way in self.nearest)
            self._steps = next((steps for steps in taken if steps is not None), None)
            self._followed = True
        return self._steps is not None

    @property
    def steps(self) -> list[Way]:
        """The steps from here to the blocking call; an error where it does not block."""
        if not self.blocks or self._steps is None:
            raise LookupError(f"no way is open from {self.function.qualname}, line {self.node.line}")
        return self._steps

    @property
    def node(self) -> s.Node:
        return self.nearest[0].run.node

    @property
    def run(self) -> Run:
        """What runs at the node: where none of the ways is open, or none was followed, that of the first of them."""
        return (self._steps or self.nearest)[0].run

    @property
    def entry(self) -> Blocking:
        """What blocks."""
        return self.steps[-1].entry

    @property
    def chain(self) -> tuple[Hop, ...]:
        """The steps from the function to the blocking call, as people read them."""
        return hops(self.function, self.steps)

    @property
    def cost(self) -> int:
        """The length of the chain, where steps under conditions or after an error count more than one."""
        return self.loop.following.cost(self.steps)

    @property
    def titles(self) -> tuple[str, ...]:
        """The routes (or other roots) that get there, the nearest first."""
        return self.loop.titles(self.function, self.node)

    @property
    def way(self) -> tuple[Function, ...]:
        """The functions from the nearest route to the one it stands in."""
        return self.loop.way(self.function)

    @property
    def startup(self) -> bool:
        """Whether only the lifespan gets there."""
        return self.loop.at_startup(self.function, self.node)

    @property
    def path(self) -> str:
        return self.function.path

    @property
    def span(self) -> Span:
        """The callee as written, the smallest span that begins where the call does."""
        return self.run.call.func.span if self.run.call is not None else self.run.node.span

    @property
    def reached(self) -> bool:
        return bool(self.titles)

    @property
    def direct(self) -> bool:
        """Whether the call itself blocks, not something further on."""
        return len(self.steps) == 1


class Loop:
    """Asked through Project; one per project."""

    def __init__(self, applications: Applications, runs: Runs, reach: Reach, callers: Callers) -> None:
        self.inference = runs.inference
        self.reach = reach
        self.contexts = Contexts(applications, runs, callers)
        self.reach.only_on_loop = Threads(self.contexts).only_on_loop
        self.following = Following(reach, Entering(self.contexts, reach.handing).brought)
        self.awaiting = Awaiting(runs, self.contexts)

    @cached_property
    def by_function(self) -> dict[Function, list[LoopCall]]:
        """What may block on the loop by the function it stands in, one call for each kind of work."""
        found: dict[Function, list[LoopCall]] = {}
        for function in self._on_loop():
            calls = list(self._calls(function))
            if calls:
                found[function] = calls
        return found

    def at(self, function: Function, node: s.Node) -> Iterator[LoopCall]:
        """The kinds of work on which one node of a function blocks."""
        return (call for call in self.by_function.get(function, ()) if call.node is node and call.blocks)

    @cached_property
    def reentrant(self) -> bool:
        """Whether the project lets loops run within loops."""
        return any("nest_asyncio" in module.facts.imports for module in self.inference.names.modules)

    def candidates(self) -> Iterator[LoopCall]:
        """What may block on the loop, each still to be asked whether it does."""
        for calls in self.by_function.values():
            yield from calls

    def _on_loop(self) -> Iterator[Function]:
        """The functions whose bodies run on an application's event loop, or may do so."""
        contexts = self.contexts
        for module in self.inference.names.modules:
            if module.is_test:
                continue
            served = module in contexts.served
            for function in module.functions():
                if function in contexts.loop_bound or (
                    function.is_async
                    and (function in contexts.nearest or (served and function not in contexts.scripts))
                ):
                    yield function

    def _calls(self, function: Function) -> Iterator[LoopCall]:
        entries = self.reach.entries(function)
        if function in self.contexts.loop_bound:  # on the loop only for the async functions it is put around
            entries = [(run, ways) for run, ways in entries if not run.wrapped]
        found: dict[tuple[s.Node, str], LoopCall] = {}
        for run, ways in entries:
            for kind, way in ways.items():
                if kind == "file" and self._opened_here(run, function):
                    continue
                if (call := found.get((run.node, kind))) is not None:
                    call.nearest.append(way)
                else:
                    found[run.node, kind] = LoopCall(function, kind, [way], self)
        blocked = {(run.node, kind) for run, ways in entries for kind in ways}
        for (_, kind), call in found.items():
            if not any((inner, kind) in blocked for inner in _receivers(call.nearest[0].run.call)):
                yield call

    def titles(self, function: Function, node: s.Node) -> tuple[str, ...]:
        """What people call that by which FastAPI gets to a node of a function, the nearest first."""
        bound = self.contexts.loop_bound.get(function)
        if bound is not None:
            return (bound.title,)
        return ("lifespan",) if self.at_startup(function, node) else self.contexts.titles(function)

    def way(self, function: Function) -> tuple[Function, ...]:
        """The functions from the one that FastAPI calls to this one; empty when no root is known to get there."""
        return (function,) if function in self.contexts.loop_bound else self.contexts.way(function)

    def at_startup(self, function: Function, node: s.Node) -> bool:
        """Whether only the start of the application gets to a node of a function, or its end."""
        bound = self.contexts.loop_bound.get(function)
        if bound is not None:
            return bound.kind == "startup"
        titles = self.contexts.titles(function)
        if titles == (STARTUP_TASK,) and ends_with_cancellation(node, function, self.inference):
            return True
        return function in self.contexts.nearest and not titles

    def _opened_here(self, run: Run, function: Function) -> bool:
        """A method of a file that the same function opened: the opening is what is reported."""
        call = run.call
        if call is None:
            return False
        objects = [*call.args, *([call.func.value] if isinstance(call.func, s.Attribute) else [])]
        return any(
            isinstance(value, v.Instance)
            and value.site is not None
            and value.site.scope is function
            and _opens(value.site.call)
            for expr in objects
            for value in self.inference.infer(expr, function)
        )


def _receivers(call: s.Call | None) -> Iterator[s.Call]:
    """The calls on whose results a call is chained: `db.execute(...)` of `db.execute(...).all()`."""
    current: s.Expr | None = call.func if call is not None else None
    while isinstance(current, s.Attribute | s.Call):
        if isinstance(current, s.Call):
            yield current
            current = current.func
        else:
            current = current.value


def _opens(call: s.Call) -> bool:
    name = (
        call.func.attr if isinstance(call.func, s.Attribute) else call.func.id if isinstance(call.func, s.Name) else ""
    )
    return name in ("open", "fdopen", "ZipFile", "TarFile") or name.endswith("TemporaryFile")
