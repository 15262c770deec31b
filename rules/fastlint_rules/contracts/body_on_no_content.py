"""A body where the status allows none."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Project, Route, syntax, v
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Rule

EMPTY = frozenset({*range(100, 200), 204, 205, 304})
UNFRAMED = EMPTY - {205}
"""Statuses after which servers send no length, so that any body breaks the connection."""


class BodyOnNoContent(Rule[Route]):
    """A model or a body with status 204, 205 or 304.

    ## What it does

    Reports path operations whose status has no content but that declare a model or return a value, and returned
    Responses that have both content and such a status.

    ## Why it matters

    A declared model raises an `AssertionError` at import. A returned value without a model is dropped silently. A
    `JSONResponse(..., status_code=204)` sends bytes that must not be there: uvicorn closes the connection and the
    client sees an error.

    ## Instead

    Return nothing and annotate `-> None`, or answer 200. `Response(status_code=204)` is fine.

    ## Fix safety

    Values that are dropped anyway are removed when computing them does nothing else. With 205 that is unsafe: the
    length of the value is told to the client though the value is not sent. A declared model is removed with them: what
    was there does not import."""

    code = "FST211"
    name = "body-on-no-content"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or route.call.spread:
            return
        status = route.response.status
        if status in EMPTY and route.response.model.kind not in ("missing", "unknown") and not handler.is_generator:
            message = (
                f"`{handler.short}` declares a response model, but status {status} has no content: it fails at import"
            )
            yield Finding(handler.path, handler.node.name_span, message, subject=route, symbol=handler.qualname)
            return
        repeated = bool(project.handlers.earlier(route))
        for statement in project.returns.of(handler):
            assert statement.value is not None
            if status in EMPTY and self._certain(statement.value, handler, project):
                message = f"`{handler.short}` returns a value, but status {status} has no content: it is dropped"
                yield Finding(
                    handler.path, statement.span, message, subject=(statement, status), symbol=handler.qualname
                )
            elif not repeated and (given := _broken_response(statement.value, handler, project)) is not None:
                message = f"`{handler.short}` sends content with status {given}, which has none: the connection breaks"
                yield Finding(handler.path, statement.span, message, symbol=handler.qualname)

    @staticmethod
    def _certain(expr: syntax.Expr, handler: Function, project: Project) -> bool:
        """Whether the value surely is something to send: not None, no Response, nothing unknown."""
        values = project.infer(expr, handler)
        for value in values:
            if value in (v.NONE, v.UNKNOWN) or project.applications.responses.is_response_value(value):
                return False
            if isinstance(value, v.Instance) and isinstance(value.of, str) and value.of.endswith("()"):
                return False
        return bool(values) and all(
            isinstance(value, v.Const | v.Display | v.Elements | v.Instance) for value in values
        )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if isinstance(finding.subject, tuple):
            statement, status = finding.subject
            if not _idle(statement):
                return None
            safe = Applicability.SAFE if status in UNFRAMED else Applicability.UNSAFE
            return Fix("Return nothing", safe, (_emptied(finding.path, statement, edit),))
        route = finding.subject
        if not isinstance(route, Route) or route.handler is None or route.path != finding.path:
            return None
        edits: list[Edit] = []
        for keyword in route.call.keywords:
            if keyword.arg == "response_model":
                edits.append(edit.remove_argument(finding.path, route.call.span, keyword.span))
        if route.handler.node.returns is not None:
            edits.append(edit.returns(finding.path, route.handler.node.span, "None"))
            for statement in route.handler.body.all(syntax.Return):
                if statement.value is not None:
                    if not _idle(statement):
                        return None
                    edits.append(_emptied(finding.path, statement, edit))
        return Fix("Declare no response model and return nothing", Applicability.REPAIR, tuple(edits))


def _emptied(path: str, statement: syntax.Return, edit: Edits) -> Edit:
    return edit.replace(path, statement.span, "return")


def _idle(statement: syntax.Return) -> bool:
    """Whether computing the value does nothing but make it."""
    kinds = (
        syntax.Call,
        syntax.Await,
        syntax.Yield,
        syntax.YieldFrom,
        syntax.NamedExpr,
        syntax.Comprehension,
        syntax.Subscript,
    )
    return statement.value is not None and not any(isinstance(node, kinds) for node in syntax.walk(statement.value))


def _broken_response(expr: syntax.Expr, handler: Function, project: Project) -> int | None:
    """The status of a Response that is made with content although the status has none."""
    if not isinstance(expr, syntax.Call) or expr.spread:
        return None
    values = project.infer(expr, handler)
    if not values or not all(project.applications.responses.is_response_value(value) for value in values):
        return None
    if not project.names(expr.func, handler):
        return None
    status = project.constant(expr.argument(1, "status_code"), handler)
    content = expr.argument(0, "content")
    if not isinstance(status, int) or status not in UNFRAMED or content is None:
        return None
    if not any(name.endswith("JSONResponse") for name in project.names(expr.func, handler)):
        text = project.constant(content, handler)
        if not isinstance(text, str | bytes) or not text:
            return None
    return int(status)
