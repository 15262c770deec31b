"""ORJSONResponse and UJSONResponse."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Call, Project, Span
from fastlint.rule import Finding, Rule

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
                    yield self._finding(call, min(names), keyword.span)

    @staticmethod
    def _finding(call: Call, name: str, span: Span | None = None) -> Finding:
        last = name.rpartition(".")[2]
        message = f"`{last}` is deprecated: with a response model, FastAPI itself writes JSON faster"
        return Finding(call.path, span or call.node.func.span, message, symbol=call.scope.qualname)
