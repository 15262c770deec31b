"""A default inside `Annotated`."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Parameter, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class DefaultInsideAnnotated(Rule[Parameter]):
    """`Annotated[int, Query(3)]`: the default stands in the wrong place.

    ## What it does

    Reports parameters of path operations and dependencies whose `Query`, `Path`, `Header`, `Cookie`, `Body`, `Form` or
    `File` inside `Annotated` has a default.

    ## Why it matters

    The application does not start: FastAPI raises an `AssertionError` when the route is registered.

    ## Instead

    Write the default after the annotation: `limit: Annotated[int, Query(le=100)] = 10`. `default_factory=` and `...`
    may stand inside.

    ## Fix safety

    What was there does not import.
    """

    code = "FST217"
    name = "default-inside-annotated"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        marker = parameter.marker
        if marker is None or not marker.in_annotation or marker.kind in ("depends", "security"):
            return
        default = marker.call.argument(0, "default")
        if default is None or (isinstance(default, syntax.Constant) and default.value is ...):
            return
        if any(name.endswith("Undefined") for name in project.names(default, marker.scope)):
            return
        owner = parameter.owner
        message = f"`{parameter.node.name}` of `{owner.short}` has its default inside `Annotated`: it fails at import"
        yield Finding(parameter.path, parameter.span, message, subject=parameter, symbol=owner.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        parameter: Parameter = finding.subject
        marker, annotation = parameter.marker, parameter.node.annotation
        if (
            marker is None
            or annotation is None
            or marker.kind == "path"
            or not any(n is marker.call for n in syntax.walk(annotation))
        ):
            return None
        default = marker.call.argument(0, "default")
        if default is None or (parameter.node.default is None and not parameter.may_have_default):
            return None
        argument = next((k.span for k in marker.call.keywords if k.arg == "default"), default.span)
        edits = [edit.remove_argument(finding.path, marker.call.span, argument)]
        if parameter.node.default is None:
            end = annotation.span
            edits.append(
                edit.insert(finding.path, end.end_line, end.end_column, f" = {edit.text(finding.path, default.span)}")
            )
        return Fix("Write the default after the annotation", Applicability.REPAIR, tuple(edits))
