"""A lifespan that is no async context manager."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.lifespans import ASYNC_MANAGER, MANAGER, Lifespan
from fastlint.project.model import Project
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class LifespanWithoutYield(Rule[Lifespan]):
    """A function given as `lifespan=` that has no `yield`, is not `async` or lacks its decorator.

    ## What it does

    Reports lifespan functions without `yield`, under `@contextmanager`, and plain functions under
    `@asynccontextmanager`. Generator functions without a decorator are info.

    ## Why it matters

    The application does not start: `TypeError: 'coroutine' object does not support the asynchronous context manager
    protocol` or the like. A generator function without decorator works in FastAPI, which adds it; plain Starlette calls
    that deprecated, and type checkers reject it.

    ## Instead

    ```python
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        ...  # startup
        yield
        ...  # shutdown
    ```

    ## Fix safety

    `@asynccontextmanager` is added to `async def` generator functions that nothing else calls. FastAPI does the same at
    run time.
    """

    code = "FST417"
    name = "lifespan-without-yield"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, lifespan: Lifespan, project: Project) -> Iterator[Finding]:
        problem, level = self._problem(lifespan)
        if problem:
            message = f"the lifespan `{lifespan.name}` {problem}"
            symbol = lifespan.function.qualname
            subject = lifespan, project
            yield Finding(lifespan.path, lifespan.span, message, level=level, subject=subject, symbol=symbol)

    def _problem(self, lifespan: Lifespan) -> tuple[str, Level | None]:
        function = lifespan.function
        if lifespan.decorator == MANAGER:
            return "is under `@contextmanager`: it must be an `async def` under `@asynccontextmanager`", None
        if lifespan.decorator == ASYNC_MANAGER:
            if not function.is_generator:
                return "never yields: the application does not start", None
            return ("", None) if function.is_async else ("is not `async`: the application does not start", None)
        if lifespan.decorator:
            return "", None
        if function.is_generator:
            kind = "an async generator" if function.is_async else "a generator"
            return f"is {kind} without `@asynccontextmanager`", Level.INFO
        if function.is_async or lifespan.gives_nothing:
            return "never yields: the application does not start", None
        return "", None

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        lifespan, project = finding.subject
        function = lifespan.function
        if lifespan.decorator or not (function.is_async and function.is_generator) or project.calls_of(function):
            return None
        name, imports = edit.add_import(function.path, "contextlib", "asynccontextmanager")
        line = edit.insert_before(function.path, function.node.span, f"@{name}")
        return Fix("Add `@asynccontextmanager`", Applicability.SAFE, (*imports, line))
