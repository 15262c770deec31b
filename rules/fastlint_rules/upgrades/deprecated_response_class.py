"""ORJSONResponse and UJSONResponse."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Call, Project, Route, Span
from fastlint.rule import Applicability, Edits, Finding, Fix, Rule

REGISTERING = tuple(
    f"fastapi.{owner}.{verb}"
    for owner in ("FastAPI", "APIRouter")
    for verb in (
        *("get", "put", "post", "delete", "options", "head", "patch", "trace", "api_route", "add_api_route"),
        "include_router",
    )
)
CLASSES = ("fastapi.responses.ORJSONResponse", "fastapi.responses.UJSONResponse")
KEYWORDS = ("response_class", "default_response_class")


class DeprecatedResponseClass(Rule[Call]):
    """`ORJSONResponse` and `UJSONResponse` are deprecated.

    ## What it does

    Reports FastAPI's `ORJSONResponse` and `UJSONResponse` where they are made, and where they are given as
    `response_class=` or `default_response_class=`.

    ## Why it matters

    FastAPI warns each time one is made. Since 0.130 a route with a response model is written by Pydantic itself, which
    is faster than both; a response class switches that off.

    ## Instead

    Give the route a response model or return annotation and no response class. Where there is no model, mind that
    orjson writes some values differently from `JSONResponse` (dates, UUIDs, NaN).

    ## Fix safety

    `response_class=ORJSONResponse` is removed from a route with a response model, where no router and no application
    names another class. Both write the same bytes then; an integer beyond 64 bits, at which orjson fails, is sent. The
    fix is unsafe where a type of the model is not known or may be NaN, and for `UJSONResponse`, which escapes slashes.
    Without a model, and for a `default_response_class`, there is none: only orjson may write what the routes return.
    """

    code = "FST705"
    name = "deprecated-response-class"
    since = "0.1"
    status = "stable"
    applies = "fastapi>=0.131"
    callees = (*CLASSES, "fastapi.FastAPI", "fastapi.APIRouter", *REGISTERING)

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        if call.names <= frozenset(CLASSES) and project.names(call.node.func, call.scope) == call.names:
            yield self._finding(call, call.name)
            return
        for keyword in call.node.keywords:
            if keyword.arg in KEYWORDS:
                names = project.names(keyword.value, call.scope)
                if names and names <= frozenset(CLASSES):
                    fixable = keyword.arg == "response_class"
                    subject = (call, keyword.span, min(names), project) if fixable else None
                    yield self._finding(call, min(names), keyword.span, subject)

    @staticmethod
    def _finding(call: Call, name: str, span: Span | None = None, subject: object = None) -> Finding:
        last = name.rpartition(".")[2]
        message = f"`{last}` is deprecated: with a response model, FastAPI itself writes JSON faster"
        place = span or call.node.func.span
        return Finding(call.path, place, message, subject=subject, symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        call, keyword, name, project = finding.subject
        routes: list[Route] = project.handlers.declared_by.get(call.node, [])
        if not routes or not all(_written_by_model(route, project) for route in routes):
            return None
        models = (route.response.model for route in routes)
        safe = name.endswith(".ORJSONResponse") and all(project.returns.exact(model) for model in models)
        applicability = Applicability.SAFE if safe else Applicability.UNSAFE
        return Fix(
            "Remove `response_class`", applicability, (edit.remove_argument(call.path, call.node.span, keyword),)
        )


def _written_by_model(route: Route, project: Project) -> bool:
    """Whether FastAPI serializes the answer with the route's model once the route names no class."""
    response = route.response
    if route.kind != "http" or route.call.spread or response.disabled or response.streams or not route.effective:
        return False
    return response.model.kind not in ("missing", "any", "unknown") and (
        project.handlers.response_class_around(route) is None
    )
