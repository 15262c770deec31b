"""A second event loop started where one is running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._blocking import blocking, movable

AWAITABLE_FIRST = frozenset({"asyncio.run", "asyncio.AbstractEventLoop.run_until_complete", "asyncio.Runner.run"})


@dataclass
class NestedEventLoop(Rule[LoopCall]):
    """A second event loop started where one is running.

    ## What it does

    Reports `asyncio.run`, `loop.run_until_complete`, `asyncio.Runner.run` and `anyio.run` that run on the event loop,
    directly in an `async def` or through plain functions that it calls.

    ## Why it matters

    It always raises `RuntimeError`: a loop cannot be started in a thread in which one is running. The coroutine that
    was passed never runs.

    ## Instead

    Await the coroutine. A plain function that has to wait for a coroutine must become `async def`.

    ## Fix safety

    A repair: `asyncio.run(f())` becomes `await f()` where it stands directly in an `async def`, which always failed.

    ## Known gaps

    Functions that first ask whether a loop is running, and projects that use `nest_asyncio`, are left alone.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 8 by default. A call counts two more for each
      condition it stands under, and four more in an `except`.
    """

    code = "FST110"
    name = "nested-event-loop"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    call_depth: int = 8

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if call.kind == "nested" and call.within(self.call_depth) and not project.loop.reentrant:
            yield blocking(call, project, self.level, "cannot run where an event loop is running")

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call: LoopCall = finding.subject[0]
        node = movable(call)
        if node is None or not call.direct or call.entry.name not in AWAITABLE_FIRST:
            return None
        if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], syntax.Call):
            return None
        coroutine = edit.text(call.path, node.args[0].span)
        edits = (edit.awaited(call.path, node.span, coroutine),)
        return Fix("Await the coroutine", Applicability.REPAIR, edits)
