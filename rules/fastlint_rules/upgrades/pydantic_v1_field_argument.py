"""Arguments of fields that Pydantic 2 refuses."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Call, Project, Span
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

FIELD = "pydantic.Field"
REMOVED = {
    FIELD: {"regex": "pattern", "const": "", "allow_mutation": "", "unique_items": ""},
    "pydantic.constr": {"regex": "pattern", "curtail_length": ""},
    "pydantic.conlist": {"min_items": "min_length", "max_items": "max_length", "unique_items": ""},
    "pydantic.conset": {"min_items": "min_length", "max_items": "max_length", "unique_items": ""},
    "pydantic.confrozenset": {"min_items": "min_length", "max_items": "max_length", "unique_items": ""},
}
DEPRECATED = {FIELD: {"min_items": "min_length", "max_items": "max_length"}}


class PydanticV1FieldArgument(Rule[Call]):
    """An argument of `Field` or a constrained type that was Pydantic 1's.

    ## What it does

    Reports `regex=`, `const=`, `unique_items=`, `allow_mutation=`, `min_items=` and `max_items=` given to `Field`, and
    the like given to `constr`, `conlist`, `conset` and `confrozenset`.

    ## Why it matters

    Pydantic 2 raises at import (`regex`, `const`, `unique_items`, and `min_items` of `conlist`), or warns that the name
    is deprecated (`min_items`, `max_items`, `allow_mutation` of `Field`).

    ## Instead

    `pattern=`, `min_length=`, `max_length=`; a `Literal` type for `const`; `frozen=True` for `allow_mutation=False`; a
    `set` for unique items.

    ## Fix safety

    Renaming what raises is a repair, and renaming what is deprecated is safe: both names mean the same.
    """

    code = "FST714"
    name = "pydantic-v1-field-argument"
    since = "0.1"
    status = "stable"
    level = Level.ERROR
    applies = "pydantic>=2.0"
    callees = tuple(REMOVED)

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        if len(call.names) != 1:
            return
        deprecated = DEPRECATED.get(call.name, {})
        callee = call.name.rpartition(".")[2]
        for keyword in call.node.keywords:
            name = keyword.arg or ""
            if name in deprecated or (name == "allow_mutation" and call.name == FIELD):
                message, level = f"`{callee}({name}=...)` is deprecated since Pydantic 2", Level.WARNING
            elif name in REMOVED[call.name]:
                message, level = f"`{callee}({name}=...)` was removed in Pydantic 2: it fails at import", Level.ERROR
            else:
                continue
            new = deprecated.get(name) or REMOVED[call.name].get(name, "")
            subject = (call, name, new, level)
            yield Finding(call.path, keyword.span, message, level=level, subject=subject, symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, old, new, level = finding.subject
        if not new or call.node.keyword(new) is not None:
            return None
        start = finding.span
        name = Span(start.line, start.column, start.line, start.column + len(old))
        applicability = Applicability.REPAIR if level is Level.ERROR else Applicability.SAFE
        return Fix(f"Call it `{new}`", applicability, (edit.replace(finding.path, name, new),))
