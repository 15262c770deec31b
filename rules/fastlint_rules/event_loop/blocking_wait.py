"""Waiting for a thread, lock, queue or person on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project
from fastlint.rule import Finding, Level, Rule
from fastlint_rules.event_loop._blocking import blocking, concerns


@dataclass
class BlockingWait(Rule[LoopCall]):
    """Waiting for a thread, lock, queue or person on the event loop.

    ## What it does

    Reports `Thread.join`, `Lock.acquire`, `with lock`, `Event.wait`, `queue.Queue.get`, `Future.result`, `input()` and
    the like on the event loop. Calls that do not wait (`acquire(blocking=False)`, `get_nowait`, `timeout=0`) are not
    reported.

    The call is followed through functions, methods, properties, constructors, context managers and dependencies of
    the project; the finding sits where the `async def` enters blocking code, and names the chain and the first route.
    In code that no route is known to reach it is one level lower.

    ## Why it matters

    The event loop runs one piece of Python at a time. Until the call returns no other request is answered, no
    websocket is read and no timeout fires: one slow answer stops the whole worker.

    ## Instead

    Use the primitives of `asyncio` (`asyncio.Lock`, `asyncio.Queue`, `asyncio.Event`), await
    `asyncio.wrap_future(future)`, or wait in a thread.

    ## Known gaps

    `with lock:` is reported where somebody holds the lock for long: across an `await` or `yield`, or while blocking in
    a thread. Whether the two ever meet cannot be seen. A lock that only the event loop itself holds while it blocks, or
    that is held for long only the first time, is not reported.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 6 by default. A call counts two more for each
      condition it stands under, and four more in an `except`.
    """

    code = "FST107"
    name = "blocking-wait"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    call_depth: int = 6

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if concerns(call, project, self.call_depth, "wait"):
            yield blocking(call, project, self.level)
