"""`with` on what only `async with` can enter."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class SyncWithOnAsyncClient(Rule[Function]):
    """`with` on what only `async with` can enter.

    ## What it does

    Reports `with` on objects that have `__aenter__` and no `__enter__`: `httpx.AsyncClient`, `AsyncSession`,
    `asyncio.Lock`, `asyncio.timeout`, functions under `@asynccontextmanager` and classes of the project.

    ## Why it matters

    It always raises `TypeError`.

    ## Instead

    `async with`.

    ## Fix safety

    A repair: adds `async` where all that the statement enters is asynchronous and the function is an `async def`. What
    was there always failed.
    """

    code = "FST118"
    name = "sync-with-on-async-client"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if function.module.is_test:
            return
        for statement in function.body.all(syntax.With):
            for item in () if statement.is_async else statement.items:
                name = project.loop.awaiting.async_only(item.context, function)
                if name is not None:
                    message = f"`{name}` can only be entered by `async with`"
                    subject = function, statement, project
                    yield Finding(function.path, item.context.span, message, subject=subject, symbol=function.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        function, statement, project = finding.subject
        asynchronous = [project.loop.awaiting.async_only(item.context, function) for item in statement.items]
        if not function.is_async or None in asynchronous:
            return None
        edits = (edit.insert(function.path, statement.line, statement.column + 1, "async "),)
        return Fix("Use `async with`", Applicability.REPAIR, edits)
