"""A middleware function that is no coroutine."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.awaitables import gives_no_awaitable
from fastlint.project.model import Dispatcher, Function, Project, syntax
from fastlint.rule import Finding, Level, Rule


class SyncMiddlewareDispatch(Rule[Dispatcher]):
    """A `def` middleware.

    ## What it does

    Reports plain functions under `@app.middleware("http")` and plain `dispatch` methods that give a response, or use
    what `call_next` gives without awaiting it.

    ## Why it matters

    Starlette awaits what the function gives. A response cannot be awaited, and `call_next` gives a coroutine that has
    no headers: every request is answered with 500.

    ## Instead

    `async def dispatch(self, request, call_next)`, with `response = await call_next(request)`.
    """

    code = "FST424"
    name = "sync-middleware-dispatch"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, dispatcher: Dispatcher, project: Project) -> Iterator[Finding]:
        function = dispatcher.function
        if not dispatcher.awaited or function.is_async or self._wrapped(function):
            return
        if gives_no_awaitable(function, project.inference) or self._uses_coroutine(function):
            message = f"the middleware `{function.short}` is not `async`: each request is answered with 500"
            yield Finding(function.path, dispatcher.span, message, symbol=function.qualname)

    @staticmethod
    def _wrapped(function: Function) -> bool:
        return any(not isinstance(decorator, syntax.Call) for decorator in function.node.decorators)

    @staticmethod
    def _uses_coroutine(function: Function) -> bool:
        """Whether an attribute is asked of what `call_next(...)` gives."""
        parameters = [p.name for p in function.node.parameters]
        if not parameters:
            return False
        responses = {
            target.id
            for assign in function.body.all(syntax.Assign)
            if isinstance(assign.value, syntax.Call)
            and isinstance(assign.value.func, syntax.Name)
            and assign.value.func.id == parameters[-1]
            for target in assign.targets
            if isinstance(target, syntax.Name)
        }
        return any(
            isinstance(attribute.value, syntax.Name) and attribute.value.id in responses
            for attribute in function.body.all(syntax.Attribute)
        )
