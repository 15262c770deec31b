"""An HTTPException where nothing answers it."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.raised import http_exceptions
from fastlint.project.catalogue.statuses import phrase
from fastlint.project.model import Dispatcher, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Related, Rule


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

    ## Fix safety

    `raise` in a function that takes `call_next` becomes the JSON answer that FastAPI would have made of the exception:
    unsafe, as the client gets another status.
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
            subject = (raised.node, function, project)
            yield Finding(function.path, raised.node.span, message, hops, subject=subject, symbol=function.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        node, function, project = finding.subject
        parameters = [p for p in function.node.parameters if p.name not in ("self", "cls")]
        if not isinstance(node, syntax.Raise) or not isinstance(node.exception, syntax.Call) or len(parameters) != 2:
            return None
        if not function.is_async or function.is_generator or "#" in edit.text(finding.path, node.span):
            return None
        call, path = node.exception, finding.path
        status, detail = call.argument(0, "status_code"), call.argument(1, "detail")
        headers = call.argument(2, "headers")
        if call.spread or status is None:
            return None
        if detail is None:
            reason = phrase(project.constant(status, function))
            if reason is None:
                return None
            text = f'"{reason}"'
        else:
            text = edit.text(path, detail.span)
        name, imports = edit.add_import(path, "fastapi.responses", "JSONResponse")
        more = f", headers={edit.text(path, headers.span)}" if headers is not None else ""
        content = f'return {name}({{"detail": {text}}}, status_code={edit.text(path, status.span)}{more})'
        return Fix("Return the answer", Applicability.UNSAFE, (*imports, edit.replace(path, node.span, content)))
