"""Status constants under their old names."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.fallbacks import written_for_both
from fastlint.project.model import Module, Project, Scope, Span, scopes, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Rule

RENAMED = {
    "HTTP_413_REQUEST_ENTITY_TOO_LARGE": "HTTP_413_CONTENT_TOO_LARGE",
    "HTTP_414_REQUEST_URI_TOO_LONG": "HTTP_414_URI_TOO_LONG",
    "HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE": "HTTP_416_RANGE_NOT_SATISFIABLE",
    "HTTP_422_UNPROCESSABLE_ENTITY": "HTTP_422_UNPROCESSABLE_CONTENT",
}
MODULES = ("fastapi.status.", "starlette.status.")


class RenamedStatus(Rule[Module]):
    """A status constant that has a new name.

    ## What it does

    Reports `HTTP_413_REQUEST_ENTITY_TOO_LARGE`, `HTTP_414_REQUEST_URI_TOO_LONG`,
    `HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE` and `HTTP_422_UNPROCESSABLE_ENTITY` of `fastapi.status` and
    `starlette.status`.

    ## Why it matters

    Starlette 0.48 took over the names of RFC 9110; the old ones warn, and will go.

    ## Instead

    `HTTP_413_CONTENT_TOO_LARGE`, `HTTP_414_URI_TOO_LONG`, `HTTP_416_RANGE_NOT_SATISFIABLE`,
    `HTTP_422_UNPROCESSABLE_CONTENT`, or the number.

    ## Fix safety

    Safe where all versions that the project may run on have the new name: the number is the same. A constant that is
    imported by name is left to you.
    """

    code = "FST708"
    name = "renamed-status"
    since = "0.1"
    status = "stable"
    applies = "starlette>=0.48"

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        for scope in scopes(module):
            if not any(scope.body.spells(name) for name in RENAMED):
                continue
            for node in scope.body.all(syntax.Attribute):
                if node.attr not in RENAMED or written_for_both(node, scope.body):
                    continue
                if _is_status(node, scope, project):
                    yield self._finding(module, node.attr, node.attr_span, scope, project, fixable=True)
        for statement in module.body.all(syntax.ImportFrom):
            both = statement.level or written_for_both(statement, module.body)
            if f"{statement.module}." in MODULES and not both:
                for name, _ in statement.names:
                    if name in RENAMED:
                        yield self._finding(module, name, statement.span, module, project, fixable=False)

    @staticmethod
    def _finding(module: Module, name: str, span: Span, scope: Scope, project: Project, *, fixable: bool) -> Finding:
        message = f"`{name}` is called `{RENAMED[name]}` now"
        subject = RENAMED[name] if fixable and project.gate("starlette>=0.48") == "all" else None
        return Finding(module.path, span, message, subject=subject, symbol=scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        edits = (edit.replace(finding.path, finding.span, finding.subject),)
        return Fix("Use the new name", Applicability.SAFE, edits)


def _is_status(node: syntax.Attribute, scope: Scope, project: Project) -> bool:
    names = project.names(node, scope)
    return bool(names) and all(name.startswith(MODULES) for name in names)
