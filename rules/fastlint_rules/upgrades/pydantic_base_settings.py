"""BaseSettings from Pydantic itself."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.fallbacks import written_for_both
from fastlint.project.model import Module, Project, scopes, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

MODULES = ("pydantic", "pydantic.env_settings")


class PydanticBaseSettings(Rule[Module]):
    """`from pydantic import BaseSettings`.

    ## What it does

    Reports imports of `BaseSettings` from `pydantic`, and `pydantic.BaseSettings`.

    ## Why it matters

    It moved to a package of its own with Pydantic 2: the import raises `PydanticImportError`.

    ## Instead

    `from pydantic_settings import BaseSettings`, with `pydantic-settings` among the dependencies.

    ## Fix safety

    A repair: what was there does not import. Offered where a manifest requires `pydantic-settings`.
    """

    code = "FST715"
    name = "pydantic-base-settings"
    since = "0.1"
    status = "stable"
    level = Level.ERROR
    applies = "pydantic>=2.0"

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        for statement in module.body.all(syntax.ImportFrom):
            if statement.module not in MODULES or statement.level:
                continue
            if any(name == "BaseSettings" for name, _ in statement.names) and not written_for_both(
                statement, module.body
            ):
                message = "`pydantic` has no `BaseSettings` since version 2: the import fails"
                subject = (statement, _declared(project))
                yield Finding(module.path, statement.span, message, subject=subject, symbol=module.qualname)
        for scope in scopes(module):
            for node in scope.body.all(syntax.Attribute):
                if node.attr != "BaseSettings" or written_for_both(node, scope.body):
                    continue
                if project.names(node, scope) == {"pydantic.BaseSettings"}:
                    message = "`pydantic` has no `BaseSettings` since version 2: it raises"
                    yield Finding(module.path, node.span, message, symbol=scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        statement, declared = finding.subject
        text = edit.text(finding.path, statement.span)
        if not declared or len(statement.names) != 1 or "#" in text:
            return None
        content = text.replace("from pydantic import", "from pydantic_settings import", 1)
        edits = (edit.replace(finding.path, statement.span, content),)
        return Fix("Import it from `pydantic_settings`", Applicability.REPAIR, edits) if content != text else None


def _declared(project: Project) -> bool:
    return any(requirement.name == "pydantic-settings" for requirement in project.manifests.requirements)
