"""An optional parameter that is required."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Parameter, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

KINDS = frozenset({"query", "header", "cookie", "body", "form", "file"})


class OptionalWithoutDefault(Rule[Parameter]):
    """`X | None` without a default: required all the same.

    ## What it does

    Reports parameters of path operations and dependencies whose type allows None and that have no default.

    ## Why it matters

    `Optional` says which values are allowed, not that the parameter may be left out. A request without it is answered
    with 422. Pydantic 1 and old FastAPI gave such parameters the default None, so that code which was right then is
    wrong now.

    ## Instead

    Write `= None`. `Query(...)` says that the parameter is required on purpose.

    ## Fix safety

    The parameter becomes optional, which changes the contract: unsafe.
    """

    code = "FST218"
    name = "optional-without-default"
    since = "0.1"
    status = "stable"
    level = Level.INFO

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        if parameter.kind not in KINDS or not parameter.annotation.optional or parameter.annotation.kind == "none":
            return
        marker = parameter.marker
        if parameter.node.default is not None and (marker is None or marker.in_annotation):
            return
        if marker is not None and (marker.call.spread or marker.call.args or marker.call.keyword("default_factory")):
            return
        if marker is not None and marker.call.keyword("default") is not None:
            return
        if any(use.parameter.kind == "path" for use in project.handlers.uses[parameter.node]):
            return
        owner = parameter.owner
        message = f"`{parameter.node.name}` of `{owner.short}` allows None but has no default: it is required"
        yield Finding(parameter.path, parameter.span, message, subject=parameter, symbol=owner.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        parameter: Parameter = finding.subject
        annotation: syntax.Expr | None = parameter.node.annotation
        if annotation is None or parameter.node.default is not None or not parameter.may_have_default:
            return None
        end = annotation.span
        edits = (edit.insert(finding.path, end.end_line, end.end_column, " = None"),)
        return Fix("Give it the default None", Applicability.UNSAFE, edits)
