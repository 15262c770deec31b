"""The fix that several rules offer for a secret in the source: read it from the settings or the environment."""

from __future__ import annotations

import re

from fastlint.project.model import Class, Module, Project, syntax, v
from fastlint.project.security.credentials import Literal
from fastlint.project.security.secrets import variable
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix

SETTINGS = "pydantic_settings.BaseSettings"
IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\.*[\w.]*)", re.MULTILINE)

NOT_ALONE = (syntax.Compare, syntax.FString, syntax.Binary, syntax.List, syntax.Set, syntax.Tuple, syntax.Dict)
"""What a secret is only a part of: a variable of that name does not hold it."""


def from_environment(literal: Literal, finding: Finding, edit: Edits, project: Project) -> Fix | None:
    """Put a look-up in the literal's place, or make a field of the settings required.

    Where the project has one settings object, the secret becomes a field of its class; else it is read from the
    environment variable of its name.
    """
    name = variable(literal.name)
    if not name or not isinstance(literal.node.value, str) or isinstance(literal.owner, NOT_ALONE):
        return None
    if isinstance(literal.scope, Class) and project.is_a(literal.scope, SETTINGS):
        return _required(literal, finding, edit)
    found = _settings(project)
    if found is not None and (fix := _as_setting(name.lower(), found, literal, finding, edit, project)) is not None:
        return fix
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


def _settings(project: Project) -> tuple[Module, str, Class] | None:
    """The one settings object that a module of the project makes: the module, its name there, its class."""
    found = []
    for module in project.modules:
        if module.is_test:
            continue
        for name, bindings in module.body.bindings.items():
            if len(bindings) != 1 or not isinstance(bindings[0].value, syntax.Call) or bindings[0].path:
                continue
            values = project.infer(bindings[0].value, module)
            cls = values[0].of if len(values) == 1 and isinstance(values[0], v.Instance) else None
            if isinstance(cls, Class) and project.is_a(cls, SETTINGS):
                found.append((module, name, cls))
    return found[0] if len(found) == 1 else None


def _as_setting(
    field: str, settings: tuple[Module, str, Class], literal: Literal, finding: Finding, edit: Edits, project: Project
) -> Fix | None:
    module, name, cls = settings
    edits: list[Edit] = []
    if module.path == finding.path:
        if literal.node.start < module.body.bindings[name][0].start:  # the object is made further down
            return None
    else:
        if _imports_project(module, edit, project):  # the two might import each other
            return None
        name, imports = edit.add_import(finding.path, module.name, name)
        edits += imports
    fields = {
        item.target.id: item
        for item in cls.node.body
        if isinstance(item, syntax.AnnAssign) and isinstance(item.target, syntax.Name)
    }
    known = fields.get(field)
    value = f"{name}.{field}"
    if known is not None:
        written = edit.text(cls.module.path, known.annotation.span)
        if written not in ("str", "SecretStr"):
            return None
        value += ".get_secret_value()" if written == "SecretStr" else ""
    elif fields:
        last = max(fields.values(), key=lambda item: item.end_line)
        edits.append(edit.insert_after(cls.module.path, last.span, f"{field}: str"))
    else:
        return None
    edits.append(edit.replace(finding.path, finding.span, value))
    return Fix(f"Read it from the setting `{field}`", Applicability.UNSAFE, tuple(edits))


def _imports_project(module: Module, edit: Edits, project: Project) -> bool:
    """Whether the module imports another one of the project."""
    own = {other.name.partition(".")[0] for other in project.modules}
    names = IMPORT.findall(edit.source(module.path).text)
    return any(name.startswith(".") or name.partition(".")[0] in own for name in names)
