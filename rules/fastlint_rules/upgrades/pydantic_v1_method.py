"""Methods of models under their Pydantic 1 names."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.shapes import MODELS
from fastlint.project.language.fallbacks import written_for_both
from fastlint.project.model import Call, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Rule

RENAMED = {
    "dict": "model_dump",
    "json": "model_dump_json",
    "copy": "model_copy",
    "parse_obj": "model_validate",
    "parse_raw": "model_validate_json",
    "construct": "model_construct",
    "schema": "model_json_schema",
    "update_forward_refs": "model_rebuild",
}
OTHER = {
    "from_orm": "`model_validate` with `from_attributes=True` in the model's configuration",
    "schema_json": "`json.dumps` of `model_json_schema`",
    "parse_file": "`model_validate_json` of the file's text",
}
SAME_ARGUMENTS = {
    "dict": frozenset({"include", "exclude", "by_alias", "exclude_unset", "exclude_defaults", "exclude_none"}),
    "copy": frozenset({"update", "deep"}),
    "parse_obj": frozenset({"obj"}),
    "construct": None,
    "schema": frozenset({"by_alias", "ref_template"}),
}
"""Methods whose new name takes these arguments alike; `json` writes other spaces, `parse_raw` takes other arguments."""
POSITIONAL = frozenset({"parse_obj", "construct"})
PARSING = "pydantic.parse_obj_as"


class PydanticV1Method(Rule[Call]):
    """`.dict()`, `.parse_obj()` and other Pydantic 1 names on a model.

    ## What it does

    Reports `dict`, `json`, `copy`, `parse_obj`, `parse_raw`, `parse_file`, `from_orm`, `construct`, `schema`,
    `schema_json` and `update_forward_refs` called on what surely is a Pydantic model, and `parse_obj_as`.

    ## Why it matters

    Pydantic 2 warns at each call; version 3 removes them.

    ## Instead

    `model_dump`, `model_dump_json`, `model_copy`, `model_validate`, `model_validate_json`, `model_construct`,
    `model_json_schema`, `model_rebuild`; `TypeAdapter(...).validate_python` for `parse_obj_as`.

    ## Fix safety

    Safe: the old methods call the new ones. `json` is left to you, since `model_dump_json` writes no spaces, and so is
    what has no twin of the same arguments.

    ## Known gaps

    Objects whose class is not known are left alone: `response.json()` is no model.
    """

    code = "FST712"
    name = "pydantic-v1-method"
    since = "0.1"
    status = "stable"
    applies = "pydantic>=2.0"
    callees = (PARSING, *(f"{base}.{name}" for base in MODELS for name in (*RENAMED, *OTHER)))

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        method, func = call.name.rpartition(".")[2], call.node.func
        if len(call.names) != 1 or written_for_both(call.node, call.scope.body):
            return
        if call.name == PARSING:
            message = "`parse_obj_as` is Pydantic 1's: use `TypeAdapter(...).validate_python`"
            yield Finding(call.path, func.span, message, symbol=call.scope.qualname)
            return
        if not isinstance(func, syntax.Attribute):
            return
        instead = OTHER.get(method) or f"`{RENAMED[method]}`"
        message = f"`.{method}()` of a model is Pydantic 1's name: use {instead}"
        yield Finding(call.path, func.attr_span, message, subject=call, symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        call = finding.subject
        method = call.name.rpartition(".")[2]
        if method not in SAME_ARGUMENTS or call.node.spread or (call.node.args and method not in POSITIONAL):
            return None
        known = SAME_ARGUMENTS[method]
        if known is not None and any(keyword.arg not in known for keyword in call.node.keywords):
            return None
        edits = (edit.replace(finding.path, finding.span, RENAMED[method]),)
        return Fix(f"Call `{RENAMED[method]}`", Applicability.SAFE, edits)
