"""An HTTPException where nothing answers it."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.raised import http_exceptions
from fastlint.project.model import Dispatcher, Project, syntax
from fastlint.rule import Finding, Level, Related, Rule


class ExceptionInMiddleware(Rule[Dispatcher]):
    """`raise HTTPException` in a middleware.

    ## What it does

    Reports `HTTPException` raised in a function under `@app.middleware("http")`, in `dispatch`, or in `__call__` of a
    middleware class, directly or by a function that it calls, when nothing in it catches the exception.

    ## Why it matters

    Exception handlers are inside the middleware: nothing turns the exception into its answer. The client gets 500 in
    place of 401 or 403, and the log a traceback for each.

    ## Instead

    Return the response, `return JSONResponse({"detail": "Wrong key"}, status_code=401)`, or check in a dependency,
    where raising is right.
    """

    code = "FST423"
    name = "exception-in-middleware"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, dispatcher: Dispatcher, project: Project) -> Iterator[Finding]:
        function = dispatcher.function
        for raised in http_exceptions(function, project.inference):
            if isinstance(raised.node, syntax.Raise):
                message = f"the middleware `{function.short}` raises an HTTPException: the client gets 500"
            else:
                callee = raised.way[0][0].short
                message = (
                    f"`{callee}` raises an HTTPException in the middleware `{function.short}`: the client gets 500"
                )
            hops = tuple(Related(item.path, node.span, f"in `{item.short}`") for item, node in raised.way)
            yield Finding(function.path, raised.node.span, message, hops, symbol=function.qualname)
