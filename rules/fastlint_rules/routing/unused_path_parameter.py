"""A placeholder that nothing takes."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.placeholders import unclaimed
from fastlint.project.model import Project, Route
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule, Span


class UnusedPathParameter(Rule[Route]):
    """A placeholder of the path that neither the handler nor any dependency takes.

    ## What it does

    Reports routes whose full path, prefixes included, has a placeholder that is a parameter of neither the handler nor
    any dependency, at whatever depth: of the signature, the decorator, the router, the inclusion, the application.

    ## Why it matters

    The request is answered whatever stands there, the value is dropped, and the OpenAPI document does not mention it.
    `DELETE /users/{user_id}` that does not look at `user_id` deletes the wrong thing.

    ## Instead

    Take the value as a parameter of that name, or remove the placeholder.

    ## Fix safety

    The fix adds a parameter `name: str` to the handler: it appears in the OpenAPI document, and whoever calls the
    function by hand must pass it. Unsafe.

    ## Known gaps

    Silent when a dependency is not known, and when the handler or a dependency may read `request.path_params`; about a
    handler that only raises; and about `GET /app/{rest:path}` where nothing takes a path or query parameter: one page
    for a whole tree of addresses.
    """

    code = "FST303"
    name = "unused-path-parameter"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, route: Route, project: Project, /) -> Iterator[Finding]:
        missing, mistaken = unclaimed(route, project)
        for name in missing:
            if name in mistaken:
                continue
            handler = route.handler
            assert handler is not None
            message = f"`{{{name}}}` of the path is taken by neither `{handler.short}` nor its dependencies"
            yield Finding(route.path, route.span, message, subject=(route, name), symbol=handler.qualname)

    def fix(self, finding: Finding, edit: Edits, /) -> Fix | None:
        route, name = finding.subject
        handler = route.handler
        nodes = handler.node.parameters
        title = f"Take `{name}: str`"
        if not nodes:
            end = handler.node.name_span
            if edit.text(handler.path, _after(end)) != "(":
                return None
            return Fix(
                title,
                Applicability.UNSAFE,
                (edit.insert(handler.path, end.end_line, end.end_column + 1, f"{name}: str"),),
            )
        if handler.cls is not None or any(node.kind == "/" for node in nodes) or nodes[0].kind != " ":
            return None
        start = nodes[0].span
        return Fix(
            title, Applicability.UNSAFE, (edit.insert(handler.path, start.line, start.column, f"{name}: str, "),)
        )


def _after(span: Span) -> Span:
    """The character behind a span."""
    return Span(span.end_line, span.end_column, span.end_line, span.end_column + 1)
