"""A process waited for on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._blocking import blocking, concerns, in_threadpool


@dataclass
class BlockingSubprocess(Rule[LoopCall]):
    """A process waited for on the event loop.

    ## What it does

    Reports `subprocess.run`, `call`, `check_output`, `Popen.wait` and `communicate`, `os.system`, `os.wait` and the
    like on the event loop. Starting a process without waiting (`subprocess.Popen`) is a warning: it takes milliseconds.

    The call is followed through functions, methods, properties, constructors, context managers and dependencies of
    the project; the finding sits where the `async def` enters blocking code, and names the chain and the first route.
    In code that no route is known to reach it is one level lower.

    ## Why it matters

    The event loop runs one piece of Python at a time. Until the call returns no other request is answered, no
    websocket is read and no timeout fires: one slow answer stops the whole worker.

    ## Instead

    Use `asyncio.create_subprocess_exec` and await `process.communicate()`.

    ## Fix safety

    `await run_in_threadpool(...)` is unsafe: other requests now run in between, and the called code runs in another
    thread, which not every library allows. Comprehensions, lambdas and `with` are left alone.

    ## Known gaps

    A process object that comes from an untyped place is not known as one.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 12 by default. A call counts two more for each
      condition it stands under, and four more in an `except`.
    """

    code = "FST104"
    name = "blocking-subprocess"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    call_depth: int = 12

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if concerns(call, project, self.call_depth, "subprocess", "spawn"):
            yield blocking(call, project, Level.WARNING if call.kind == "spawn" else self.level)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, project = finding.subject
        return in_threadpool(call, project, edit)
