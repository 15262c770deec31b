"""Validators in the style of Pydantic 1."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Class, Function, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

FIELD, ROOT = "pydantic.validator", "pydantic.root_validator"
GONE = frozenset({"field", "config"})


class PydanticV1Validator(Rule[Class]):
    """`@validator` and `@root_validator`.

    ## What it does

    Reports methods of classes that are decorated with Pydantic's `validator` or `root_validator`, and functions that
    are made a validator by calling them: `_check = validator("name")(check_name)`.

    ## Why it matters

    Both are deprecated and warn at import; version 3 removes them. Some forms fail already: `root_validator` without
    `pre=True` or `skip_on_failure=True`, and validators that take `field` or `config`. These are errors.

    ## Instead

    `@field_validator("name")` over `@classmethod`, with `mode="before"` for `pre=True`;
    `@model_validator(mode="before")` or `mode="after"` for root validators.

    ## Fix safety

    Safe where the method takes the class and the value only, and nothing but `pre` and `check_fields` is given: it is
    called as before, with the same errors.
    """

    code = "FST710"
    name = "pydantic-v1-validator"
    since = "0.1"
    status = "stable"
    applies = "pydantic>=2.0"

    def check(self, cls: Class, project: Project) -> Iterator[Finding]:
        for method in cls.methods.values():
            for decorator in method.node.decorators:
                target = decorator.func if isinstance(decorator, syntax.Call) else decorator
                names = project.names(target, cls)
                if names not in ({FIELD}, {ROOT}):
                    continue
                name = min(names)
                broken = _broken(name, decorator, method)
                short = name.rpartition(".")[2]
                message = f"`@{short}` of `{method.short}` {broken or 'is deprecated since Pydantic 2'}"
                level = Level.ERROR if broken else Level.WARNING
                subject = None if broken else (name, decorator, method)
                yield Finding(
                    cls.module.path, decorator.span, message, level=level, subject=subject, symbol=method.qualname
                )

        for assigned in cls.body.all(syntax.Assign):
            if isinstance(assigned.value, syntax.Call) and isinstance(made := assigned.value.func, syntax.Call):
                names = project.names(made.func, cls)
                if names in ({FIELD}, {ROOT}):
                    short = min(names).rpartition(".")[2]
                    message = f"`{short}` of `{cls.name}` is deprecated since Pydantic 2"
                    yield Finding(cls.module.path, made.span, message, symbol=cls.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        name, decorator, method = finding.subject
        parameters = [p.kind for p in method.node.parameters]
        if not isinstance(decorator, syntax.Call) or parameters != [" ", " "] or len(method.node.decorators) != 1:
            return None
        new = _arguments(name, decorator, finding.path, edit)
        if new is None or edit.text(finding.path, decorator.span).count("\n"):
            return None
        imported = "field_validator" if name == FIELD else "model_validator"
        used, imports = edit.add_import(finding.path, "pydantic", imported)
        indentation = " " * (decorator.span.column - 2)
        content = f"{used}({new})\n{indentation}@classmethod"
        edits = (edit.replace(finding.path, decorator.span, content), *imports)
        return Fix(f"Make it a `{imported}`", Applicability.SAFE, edits)


def _broken(name: str, decorator: syntax.Expr, method: Function) -> str:
    """What fails at import; empty when nothing does."""
    if name == FIELD:
        taken = {p.name for p in method.node.parameters} & GONE
        return f"takes `{min(taken)}`, which Pydantic 2 no longer gives: it fails at import" if taken else ""
    if not isinstance(decorator, syntax.Call):
        return "needs `skip_on_failure=True` since Pydantic 2: it fails at import"
    known = {keyword.arg for keyword in decorator.keywords}
    if None in known or known & {"pre", "skip_on_failure"}:
        return ""
    return "needs `skip_on_failure=True` since Pydantic 2: it fails at import"


def _arguments(name: str, decorator: syntax.Call, path: str, edit: Edits) -> str | None:
    """The arguments of the new decorator; None where they cannot be carried over."""
    parts = []
    for argument in decorator.args:
        if name == ROOT or not isinstance(argument, syntax.Constant):
            return None
        parts.append(edit.text(path, argument.span))
    pre = False
    for keyword in decorator.keywords:
        if keyword.arg == "pre" and isinstance(keyword.value, syntax.Constant):
            pre = bool(keyword.value.value)
        elif keyword.arg == "check_fields" and name == FIELD:
            parts.append(edit.text(path, keyword.span))
        elif keyword.arg != "allow_reuse":
            return None
    if name == ROOT and not pre:
        return None
    return ", ".join([*parts, 'mode="before"'] if pre else parts)
