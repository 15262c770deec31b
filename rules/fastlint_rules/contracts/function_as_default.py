"""A function as a default value."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Parameter, Project, v
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule, related


class FunctionAsDefault(Rule[Parameter]):
    """A parameter whose default is a function: `Depends` was forgotten.

    ## What it does

    Reports parameters of path operations and dependencies whose default is a function of the project.

    ## Why it matters

    FastAPI does not call it. The parameter becomes an optional part of the request whose default is the function
    object: an authentication written like this lets everybody in.

    ## Instead

    `user: Annotated[User, Depends(get_user)]`.

    ## Fix safety

    The dependency begins to run, so that requests may be refused: unsafe.
    """

    code = "FST219"
    name = "function-as-default"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        default = parameter.node.default
        if default is None or parameter.marker is not None or parameter.kind in ("injected", "path"):
            return
        if any(member.name == "collections.abc.Callable" for member in parameter.annotation.members):
            return
        values = project.infer(default, parameter.owner.parent)
        functions = [value for value in values if isinstance(value, v.FunctionValue | v.LambdaValue)]
        if not functions or len(functions) < len(values):
            return
        what, places = "a lambda", related([])
        if isinstance(functions[0], v.FunctionValue):
            called = functions[0].function
            what = f"the function `{called.name}`"
            places = related([(called.path, called.node.name_span, f"`{called.name}` is never called")])
        message = f"the default of `{parameter.node.name}` is {what} itself: `Depends` is missing"
        yield Finding(
            parameter.path, parameter.span, message, places, subject=parameter, symbol=parameter.owner.qualname
        )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        default = finding.subject.node.default
        name, imports = edit.add_import(finding.path, "fastapi", "Depends")
        content = f"{name}({edit.text(finding.path, default.span)})"
        return Fix(
            "Wrap it in `Depends`", Applicability.UNSAFE, (*imports, edit.replace(finding.path, default.span, content))
        )
