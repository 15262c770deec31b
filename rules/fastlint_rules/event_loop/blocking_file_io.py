"""Files read, written or looked up on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._blocking import blocking, concerns, in_threadpool


@dataclass
class BlockingFileIo(Rule[LoopCall]):
    """Files read, written or looked up on the event loop.

    ## What it does

    Reports opening files, reading and writing with `pathlib.Path`, `shutil`, walking trees (warning), and looking at
    metadata such as `exists`, `stat`, `mkdir` (info) on the event loop. A file is reported where it is opened, not
    again at each read.

    The call is followed through functions, methods, properties, constructors, context managers and dependencies of
    the project; the finding sits where the `async def` enters blocking code, and names the chain and the first route.
    In code that no route is known to reach it is one level lower.

    ## Why it matters

    The event loop runs one piece of Python at a time. Until the call returns no other request is answered, no
    websocket is read and no timeout fires: one slow answer stops the whole worker.

    ## Instead

    Use `anyio.open_file`, `anyio.Path` or `aiofiles`, or move the work into a `def` function that runs in the
    threadpool. Read what never changes once, at import or in the lifespan.

    ## Fix safety

    `await run_in_threadpool(...)` is unsafe: other requests now run in between, and the called code runs in another
    thread, which not every library allows. Comprehensions, lambdas and `with` are left alone.

    ## Known gaps

    How fast the disk is cannot be seen: a small file on a local disk takes microseconds, the same call on a network
    share seconds.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 6 by default. A call counts two more for each
      condition it stands under, and four more in an `except`. Metadata is followed half as far.
    """

    code = "FST105"
    name = "blocking-file-io"
    since = "0.1"
    level = Level.WARNING
    status = "stable"

    call_depth: int = 6

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if concerns(call, project, self.call_depth, "file"):
            yield blocking(call, project, self.level)
        if concerns(call, project, self.call_depth // 2, "metadata"):
            yield blocking(call, project, Level.INFO)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, project = finding.subject
        return in_threadpool(call, project, edit)
