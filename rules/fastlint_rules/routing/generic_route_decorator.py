"""Starlette's `route` decorator on FastAPI's objects."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.values import Instance
from fastlint.project.model import Project, Route, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

INSTEAD = {"route": "api_route", "websocket_route": "websocket"}


class GenericRouteDecorator(Rule[Route]):
    """`@app.route` or `@router.route` on an application or router of FastAPI.

    ## What it does

    Reports the decorators `route` and `websocket_route` on objects of `FastAPI` and `APIRouter`. `add_route` is left
    alone: it is rarely written by mistake.

    ## Why it matters

    The decorators come from Starlette. Applications have lost them: the module does not even import. On a router the
    route is served without the router's prefix, without its dependencies - authentication too - and does not appear in
    the OpenAPI document.

    ## Instead

    `@router.get(...)`, `@router.api_route(..., methods=[...])` or `@router.websocket(...)`.

    ## Fix safety

    The route gets the prefix, the dependencies and a place in the OpenAPI document: unsafe.
    """

    code = "FST309"
    name = "generic-route-decorator"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, route: Route, project: Project, /) -> Iterator[Finding]:
        verb, owner = route.event.verb, route.owner
        if verb not in INSTEAD or not isinstance(route.call.func, syntax.Attribute):
            return
        if not any(self._of_fastapi(value, project) for value in project.infer(route.call.func.value, route.scope)):
            return
        symbol = route.handler.qualname if route.handler is not None else ""
        if owner.is_app and _on_app(route.call.func.value):
            message = f"`{verb}` is no method of an application: use `{INSTEAD[verb]}`"
        else:
            message = f"`{verb}` leaves out prefix, dependencies and OpenAPI: use `{INSTEAD[verb]}`"
        yield Finding(route.path, route.span, message, subject=route, symbol=symbol)

    @staticmethod
    def _of_fastapi(value: object, project: Project) -> bool:
        if not isinstance(value, Instance):
            return False
        names = (value.of,) if isinstance(value.of, str) else project.inference.classes.ancestry(value.of)
        return any(name in ("fastapi.FastAPI", "fastapi.APIRouter") for name in names)

    def fix(self, finding: Finding, edit: Edits, /) -> Fix | None:
        route = finding.subject
        func = route.call.func
        new = INSTEAD[route.event.verb]
        change = edit.replace(finding.path, func.attr_span, new)
        return Fix(f"Use `{new}`", Applicability.UNSAFE, (change,))


def _on_app(owner: syntax.Expr) -> bool:
    return not (isinstance(owner, syntax.Attribute) and owner.attr == "router")
