"""The fix that several rules offer for a secret in the source: read it from the environment."""

from __future__ import annotations

from fastlint.project.model import Class, Project, syntax
from fastlint.project.security.credentials import Literal
from fastlint.project.security.secrets import variable
from fastlint.rule import Applicability, Edits, Finding, Fix

NOT_ALONE = (syntax.Compare, syntax.FString, syntax.Binary, syntax.List, syntax.Set, syntax.Tuple, syntax.Dict)
"""What a secret is only a part of: a variable of that name does not hold it."""


def from_environment(literal: Literal, finding: Finding, edit: Edits, project: Project) -> Fix | None:
    """Put a look-up in the literal's place, or make a field of the settings required."""
    name = variable(literal.name)
    if not name or not isinstance(literal.node.value, str) or isinstance(literal.owner, NOT_ALONE):
        return None
    if isinstance(literal.scope, Class) and project.is_a(literal.scope, "pydantic_settings.BaseSettings"):
        return _required(literal, finding, edit)
    module, imports = edit.add_import(finding.path, "os")
    swap = edit.replace(finding.path, finding.span, f'{module}.environ["{name}"]')
    return Fix(f"Read it from the environment variable {name}", Applicability.UNSAFE, (swap, *imports))


def _required(literal: Literal, finding: Finding, edit: Edits) -> Fix | None:
    """A field of the settings without its default is read from the environment."""
    field = literal.owner
    if not isinstance(field, syntax.AnnAssign) or field.value is not literal.node:
        return None
    end = field.annotation.span
    span = finding.span._replace(line=end.end_line, column=end.end_column)
    return Fix("Make the setting required", Applicability.UNSAFE, (edit.delete(finding.path, span),))
