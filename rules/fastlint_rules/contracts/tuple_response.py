"""A tuple of body and status."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.shapes import SEQUENCES
from fastlint.project.model import Function, Project, Route, syntax, v
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Rule


class TupleResponse(Rule[Route]):
    """`return body, 404`, as in Flask.

    ## What it does

    Reports path operations that return a tuple of a body and a status code, or of body, status code and headers.

    ## Why it matters

    FastAPI does not take the tuple apart. The client gets status 200 and a JSON array with the body and the number.

    ## Instead

    `raise HTTPException(404)` for errors, `status_code=` on the decorator for the usual status, or
    `return JSONResponse(body, status_code=404)`.

    ## Fix safety

    The answer changes from 200 with an array to what was meant; whether an exception suits better is a decision.
    """

    code = "FST215"
    name = "tuple-response"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or project.handlers.earlier(route):
            return
        if any(member.name in SEQUENCES or member.kind == "unknown" for member in route.response.model.members):
            return
        for statement in handler.body.all(syntax.Return):
            for pair in _ways(statement.value):
                if isinstance(pair, syntax.Tuple) and (status := _status(pair, handler, project)) is not None:
                    message = (
                        f"`{handler.short}` returns a tuple: the client gets 200 with an array, not status {status}"
                    )
                    span = statement.span if pair is statement.value else pair.span
                    subject = (pair, handler, project)
                    yield Finding(handler.path, span, message, subject=subject, symbol=handler.qualname)
                    break

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        pair, handler, project = finding.subject
        body = pair.elements[0]
        if any(project.applications.responses.is_response_value(value) for value in project.infer(body, handler)):
            return None
        path = finding.path
        name, imports = edit.add_import(path, "fastapi.responses", "JSONResponse")
        edits: list[Edit] = [*imports]
        content = edit.text(path, body.span)
        if not _json_ready(body, handler, project):
            encode, more = edit.add_import(path, "fastapi.encoders", "jsonable_encoder")
            edits += more
            content = f"{encode}({content})"
        arguments = [content, f"status_code={edit.text(path, pair.elements[1].span)}"]
        if len(pair.elements) == 3:
            arguments.append(f"headers={edit.text(path, pair.elements[2].span)}")
        edits.append(edit.replace(path, pair.span, f"{name}({', '.join(arguments)})"))
        return Fix("Return a JSONResponse with that status", Applicability.UNSAFE, tuple(edits))


def _ways(value: syntax.Expr | None) -> Iterator[syntax.Expr]:
    """What is returned, both ways of `body, 404 if missing else ...`."""
    match value:
        case syntax.Conditional(body=body, orelse=orelse):
            yield from _ways(body)
            yield from _ways(orelse)
        case syntax.Expr():
            yield value


def _status(pair: syntax.Tuple, handler: Function, project: Project) -> int | None:
    """The status code, when the tuple is a body with one (and headers)."""
    elements = pair.elements
    if len(elements) not in (2, 3) or any(isinstance(element, syntax.Starred) for element in elements):
        return None
    status = project.constant(elements[1], handler)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status < 600:
        return None
    if len(elements) == 3 and not _is_mapping(elements[2], handler, project):
        return None
    body = project.infer(elements[0], handler)
    if not body or any(isinstance(value, v.Const) and not isinstance(value.value, str) for value in body):
        return None
    known = all(isinstance(value, v.Display | v.Instance | v.Const | v.Elements) for value in body)
    return int(status) if known or not isinstance(elements[1], syntax.Constant) else None


def _is_mapping(expr: syntax.Expr, handler: Function, project: Project) -> bool:
    values = project.infer(expr, handler)
    return all(
        (isinstance(x, v.Display) and isinstance(x.node, syntax.Dict))
        or (isinstance(x, v.Instance) and x.of == "builtins.dict")
        for x in values
    )


def _json_ready(expr: syntax.Expr, handler: Function, project: Project) -> bool:
    """Whether `json.dumps` takes the value as it stands."""
    match expr:
        case syntax.Constant() | syntax.FString():
            return True
        case syntax.Dict():
            return all(part is not None and _json_ready(part, handler, project) for part in (*expr.keys, *expr.values))
        case syntax.List():
            return all(_json_ready(part, handler, project) for part in expr.elements)
    return project.types(expr, handler) <= {"builtins.str", "builtins.int", "builtins.bool"} and bool(
        project.types(expr, handler)
    )
