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
from fastlint.project.event_loop.reach import Reach
from fastlint.project.event_loop.runs import Run, Runs
from fastlint.project.event_loop.threads import Threads
from fastlint.project.language import values as v
from fastlint.project.language.callers import Callers
from fastlint.project.language.scopes import Function
from fastlint.source import Span

__all__ = ["Loop", "LoopCall", "Root"]


@dataclass(frozen=True, slots=True)
class LoopCall:
    """A run on the event loop that blocks.

    It stands in `function`, an `async def` (or a plain function that FastAPI runs on the loop); `chain` leads from
    there to the blocking call, `entry` is what blocks. `titles` name the routes (or other roots) that get there, the
    nearest first; `way` are the functions from that one to `function`. `startup`: only the lifespan gets there.
    """

    function: Function
    run: Run
    entry: Blocking
    chain: tuple[Hop, ...]
    titles: tuple[str, ...]
    way: tuple[Function, ...]
    startup: bool
    cost: int = 1
    """The length of the chain, where steps under conditions or after an error count more than one."""

    @property
    def kind(self) -> str:
        return self.entry.kind

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
        return len(self.chain) == 1


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
        """All blocking runs on the loop by the function they stand in, one for each kind of work."""
        found: dict[Function, list[LoopCall]] = {}
        for function in self._on_loop():
            calls = list(self._calls(function))
            if calls:
                found[function] = calls
        return found

    @cached_property
    def reentrant(self) -> bool:
        """Whether the project lets loops run within loops."""
        return any("nest_asyncio" in module.facts.imports for module in self.inference.names.modules)

    def calls(self) -> Iterator[LoopCall]:
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
        blocked = {(run.node, kind) for run, ways in entries for kind in ways}
        seen: set[tuple[s.Node, str]] = set()
        for run, ways in entries:
            for kind, way in ways.items():
                if (run.node, kind) in seen or (kind == "file" and self._opened_here(run, function)):
                    continue
                taken = self.following.taken(function, way)
                if taken is None:
                    continue
                seen.add((run.node, kind))
                if not any((inner, kind) in blocked for inner in _receivers(run.call)):
                    titles, steps, startup = self._reached(function)
                    chain, entry = hops(function, taken), taken[-1].entry
                    cost = self.following.cost(taken)
                    yield LoopCall(function, run, entry, chain, titles, steps, startup, cost)

    def _reached(self, function: Function) -> tuple[tuple[str, ...], tuple[Function, ...], bool]:
        contexts = self.contexts
        bound = contexts.loop_bound.get(function)
        if bound is not None:
            return (bound.title,), (function,), bound.kind == "startup"
        titles = contexts.titles(function)
        startup = not titles and function in contexts.nearest
        return titles or (("lifespan",) if startup else ()), contexts.way(function), startup

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
