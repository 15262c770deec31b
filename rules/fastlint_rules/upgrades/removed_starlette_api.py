"""What Starlette 1.0 removed."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.fallbacks import written_for_both
from fastlint.project.model import Call, Project
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

METHODS = {
    "fastapi.FastAPI.add_event_handler": "use `lifespan=`",
    "fastapi.FastAPI.add_websocket_route": "use `add_api_websocket_route`",
}
ARGUMENTS = {
    "fastapi.responses.FileResponse": frozenset({"method"}),
    "starlette.responses.FileResponse": frozenset({"method"}),
}
TEMPLATES = ("fastapi.templating.Jinja2Templates", "starlette.templating.Jinja2Templates")
TEMPLATE_ARGUMENTS = frozenset({"directory", "context_processors", "env"})


class RemovedStarletteApi(Rule[Call]):
    """Something that Starlette 1.0 removed.

    ## What it does

    Reports `add_event_handler` and `add_websocket_route` of a FastAPI application, `FileResponse(method=...)`, and
    options of Jinja's environment given to `Jinja2Templates`.

    ## Why it matters

    The methods are gone (`AttributeError` at import) and the arguments are refused (`TypeError`). FastAPI 0.133 and
    later run on Starlette 1.0.

    ## Instead

    A `lifespan`; `app.websocket` or `add_api_websocket_route`; no `method` (it had no effect);
    `Jinja2Templates(env=Environment(...))`.

    ## Fix safety

    Removing `method=` is a repair: the call raises, and the argument never changed the answer's content. The other
    cases have no fix here.
    """

    code = "FST707"
    name = "removed-starlette-api"
    since = "0.1"
    status = "stable"
    level = Level.ERROR
    applies = "starlette>=1.0"
    callees = (*METHODS, *ARGUMENTS, *TEMPLATES)

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        if project.names(call.node.func, call.scope) != call.names or len(call.names) != 1:
            return  # a subclass may have its own
        if written_for_both(call.node, call.scope.body):
            return
        if call.name in METHODS:
            method = call.name.rpartition(".")[2]
            message = f"`{method}` is gone: AttributeError ({METHODS[call.name]})"
            yield Finding(call.path, call.node.func.span, message, symbol=call.scope.qualname)
            return
        for keyword in call.node.keywords:
            if keyword.arg is not None and self._refused(call.name, keyword.arg):
                callee = call.name.rpartition(".")[2]
                message = f"`{callee}` no longer takes `{keyword.arg}`: TypeError"
                yield Finding(call.path, keyword.span, message, subject=call, symbol=call.scope.qualname)

    @staticmethod
    def _refused(callee: str, argument: str) -> bool:
        if callee in TEMPLATES:
            return argument not in TEMPLATE_ARGUMENTS
        return argument in ARGUMENTS[callee]

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call = finding.subject
        if call is None or call.name not in ARGUMENTS:
            return None
        edits = (edit.remove_argument(finding.path, call.span, finding.span),)
        return Fix("Remove the argument", Applicability.REPAIR, edits)
