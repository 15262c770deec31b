"""The configuration of models as a class."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.shapes import MODELS
from fastlint.project.model import Class, Project, Span, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

RENAMED = {
    "orm_mode": "from_attributes",
    "schema_extra": "json_schema_extra",
    "allow_population_by_field_name": "populate_by_name",
    "anystr_strip_whitespace": "str_strip_whitespace",
    "anystr_lower": "str_to_lower",
    "anystr_upper": "str_to_upper",
    "min_anystr_length": "str_min_length",
    "max_anystr_length": "str_max_length",
    "keep_untouched": "ignored_types",
    "validate_all": "validate_default",
}
REMOVED = frozenset(
    {"allow_mutation", "error_msg_templates", "fields", "getter_dict", "smart_union", "underscore_attrs_are_private"}
    | {"json_loads", "json_dumps", "copy_on_model_validation", "post_init_call"}
)
SETTINGS = "pydantic_settings.BaseSettings"
CONFIGS = frozenset({"pydantic.ConfigDict", "pydantic_settings.SettingsConfigDict", "builtins.dict"})


class PydanticV1Config(Rule[Class]):
    """`class Config:` in a model, or its Pydantic 1 keys in `model_config`.

    ## What it does

    Reports a nested `class Config` in Pydantic models and settings, and keys of Pydantic 1 in `model_config`.

    ## Why it matters

    Pydantic 2 warns at import, and version 3 will not read it. Keys that were renamed are ignored now: with
    `orm_mode = True` the model does not read attributes. Beside `model_config`, the class fails at import.

    ## Instead

    `model_config = ConfigDict(from_attributes=True)`, for settings `SettingsConfigDict(...)`.

    ## Fix safety

    Safe where all keys are those of Pydantic 2. Renaming others gives them their effect back, which changes what the
    model does: unsafe. Classes with comments, methods or bases are left to you.
    """

    code = "FST711"
    name = "pydantic-v1-config"
    since = "0.1"
    status = "stable"
    applies = "pydantic>=2.0"

    def check(self, cls: Class, project: Project) -> Iterator[Finding]:
        nested = next((m for m in cls.members.values() if isinstance(m, Class) and m.name == "Config"), None)
        configured = cls.body.bindings.get("model_config", [])
        if not (nested or configured) or not project.is_a(cls, *MODELS):
            return
        if nested is None:
            yield from _old_keys(cls, configured[-1].value, project)
            return
        keys = set(nested.body.bindings)
        symbol, path = cls.qualname, cls.module.path
        if "model_config" in cls.body.bindings:
            message = f"`{cls.name}` has both `class Config` and `model_config`: it fails at import"
            yield Finding(path, nested.node.name_span, message, level=Level.ERROR, symbol=symbol)
            return
        ignored = sorted(keys & (RENAMED.keys() | REMOVED))
        what = f"Pydantic 2 ignores `{ignored[0]}`" if ignored else "use `model_config`"
        message = f"`class Config` of `{cls.name}` is Pydantic 1's form: {what}"
        yield Finding(path, nested.node.name_span, message, subject=(cls, nested, project), symbol=symbol)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        cls, nested, project = finding.subject
        node = nested.node
        if node.bases or node.keywords or node.decorators or "#" in edit.text(finding.path, node.span):
            return None
        renamed, parts = False, []
        for statement in node.body:
            if not isinstance(statement, syntax.Assign) or len(statement.targets) != 1:
                return None
            target = statement.targets[0]
            if (
                not isinstance(target, syntax.Name)
                or target.id in REMOVED
                or isinstance(statement.value, syntax.Lambda)
            ):
                return None
            renamed |= target.id in RENAMED
            parts.append(f"{RENAMED.get(target.id, target.id)}={edit.text(finding.path, statement.value.span)}")
        if not parts or '"""' in edit.text(finding.path, node.span) or _reads_own_names(node):
            return None
        settings = project.is_a(cls, SETTINGS)
        module, name = ("pydantic_settings", "SettingsConfigDict") if settings else ("pydantic", "ConfigDict")
        used, imports = edit.add_import(finding.path, module, name)
        content = f"model_config = {used}({', '.join(parts)})"
        applicability = Applicability.UNSAFE if renamed else Applicability.SAFE
        return Fix("Make it `model_config`", applicability, (edit.replace(finding.path, node.span, content), *imports))


def _old_keys(cls: Class, config: syntax.Expr | None, project: Project) -> Iterator[Finding]:
    """The keys of `model_config` that Pydantic 2 ignores, written out in a dictionary or in `ConfigDict(...)`."""
    written: list[tuple[str, Span]] = []
    if isinstance(config, syntax.Dict):
        keys = [key for key in config.keys if isinstance(key, syntax.Constant)]
        written = [(key.value, key.span) for key in keys if isinstance(key.value, str)]
    elif isinstance(config, syntax.Call) and project.names(config.func, cls) & CONFIGS:
        written = [(keyword.arg, keyword.span) for keyword in config.keywords if keyword.arg is not None]
    for key, span in written:
        if key in RENAMED or key in REMOVED:
            instead = f"it is `{RENAMED[key]}` now" if key in RENAMED else "it was removed"
            message = f"Pydantic 2 ignores `{key}` in `model_config`: {instead}"
            yield Finding(cls.module.path, span, message, symbol=cls.qualname)


def _reads_own_names(node: syntax.ClassDef) -> bool:
    """Whether a value uses a name that the class itself binds."""
    bound = {t.id for s in node.body if isinstance(s, syntax.Assign) for t in s.targets if isinstance(t, syntax.Name)}
    values = [s.value for s in node.body if isinstance(s, syntax.Assign)]
    return any(isinstance(n, syntax.Name) and n.id in bound for value in values for n in syntax.walk(value))
