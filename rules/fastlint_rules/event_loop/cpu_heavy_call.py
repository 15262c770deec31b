"""Long computation on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._blocking import blocking, concerns, in_threadpool


@dataclass
class CpuHeavyCall(Rule[LoopCall]):
    """Long computation on the event loop.

    ## What it does

    Reports password hashing and key derivation (error) and imaging, data frames, model inference, archives and
    compression (warning) on the event loop.

    The call is followed through functions, methods, properties, constructors, context managers and dependencies of
    the project; the finding sits where the `async def` enters blocking code, and names the chain and the first route.
    In code that no route is known to reach it is one level lower.

    ## Why it matters

    The event loop runs one piece of Python at a time. Until the call returns no other request is answered, no
    websocket is read and no timeout fires: one slow answer stops the whole worker.

    ## Instead

    Use `run_in_threadpool` for libraries that release the interpreter lock (hashing, imaging, numpy), a
    `ProcessPoolExecutor` or a worker queue for the rest. A plain `def` route runs in the threadpool.

    ## Fix safety

    `await run_in_threadpool(...)` is unsafe: other requests now run in between, and the called code runs in another
    thread, which not every library allows. Comprehensions, lambdas and `with` are left alone.

    ## Known gaps

    How much work a call does depends on its input, which cannot be seen.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 12 by default. A call counts two more for each
      condition it stands under, and four more in an `except`.
    """

    code = "FST108"
    name = "cpu-heavy-call"
    since = "0.1"
    level = Level.WARNING
    status = "stable"

    call_depth: int = 12

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if concerns(call, project, self.call_depth, "password", "cpu"):
            yield blocking(call, project, Level.ERROR if call.kind == "password" else self.level)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, project = finding.subject
        return in_threadpool(call, project, edit)
