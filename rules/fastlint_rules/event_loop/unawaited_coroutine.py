"""A coroutine that is never awaited."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class UnawaitedCoroutine(Rule[Function]):
    """A coroutine that is never awaited.

    ## What it does

    Reports calls of coroutine functions (`async def` of the project, and those of FastAPI, Starlette, asyncio, async
    database drivers and HTTP clients) whose coroutine is dropped, or used as if it were the result: compared, tested,
    formatted, indexed, returned by a path operation.

    ## Why it matters

    Calling an `async def` only makes a coroutine. Nothing in it runs until it is awaited: the mail is not sent, the
    session is not committed, and `if is_member(...)` is always true. A path operation that returns a coroutine
    answers 500.

    ## Instead

    Await it, or hand it to `asyncio.create_task`, `asyncio.gather` or a task group.

    ## Fix safety

    A repair: inserts `await` in an `async def`. What was there did nothing, or failed.

    ## Known gaps

    A coroutine that is passed on, returned by a helper or kept in an attribute is taken to be awaited there.
    """

    code = "FST111"
    name = "unawaited-coroutine"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if function.module.is_test:
            return
        for lost in project.loop.awaiting.lost(function):
            what = "is never awaited and does not run" if lost.dropped else "is used as a value without being awaited"
            message = f"the coroutine of `{lost.name}` {what}"
            yield Finding(function.path, lost.call.func.span, message, subject=lost, symbol=function.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        lost = finding.subject
        around = lost.function.body.ancestors(lost.call)
        if not lost.function.is_async or any(isinstance(node, syntax.Comprehension) for node in around):
            return None
        return Fix("Await the coroutine", Applicability.REPAIR, (edit.awaited(finding.path, lost.call.span),))
