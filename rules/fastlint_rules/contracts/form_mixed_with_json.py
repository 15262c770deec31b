"""A JSON body beside form fields."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Annotation, Parameter, Project, Route
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule, related

FORM = frozenset({"form", "file"})


class FormMixedWithJson(Rule[Parameter]):
    """A model or dictionary as JSON body on a route that also takes a form or files.

    ## What it does

    Reports body parameters that are models or dictionaries where the same route, or one of its dependencies, has
    `Form()`, `File()` or `UploadFile` parameters.

    ## Why it matters

    A request has one body. With a form field on the route, FastAPI reads the whole body as a form, and the model, which
    arrives as text, can never validate: every request is answered with 422.

    ## Instead

    Make the model a form too, `Annotated[Caption, Form()]`, or take it as JSON text in a form field:
    `Annotated[Json[Caption], Form()]`.

    ## Fix safety

    The parameter becomes a form field that holds JSON text. Clients have to send it so, and the documentation says
    another thing: unsafe.
    """

    code = "FST213"
    name = "form-mixed-with-json"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        if parameter.kind != "body" or not self._keyed(parameter.annotation, project):
            return
        for use in project.handlers.uses[parameter.node]:
            field = self._form_field(use.route, project)
            if field is not None and use.parameter.kind == "body":
                owner = parameter.owner
                name = parameter.node.name
                message = f"`{name}` of `{owner.short}` is JSON, but `{field.node.name}` makes the body a form"
                places = related(
                    [(field.path, field.span, f"`{field.node.name}` is read from the form of {use.route.title}")]
                )
                yield Finding(parameter.path, parameter.span, message, places, subject=parameter, symbol=owner.qualname)
                return

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        parameter: Parameter = finding.subject
        annotation = parameter.node.annotation
        if annotation is None or parameter.marker is not None or parameter.annotation.metadata:
            return None
        path = finding.path
        annotated, imports = edit.add_import(path, "typing", "Annotated")
        json, more = edit.add_import(path, "pydantic", "Json")
        form, others = edit.add_import(path, "fastapi", "Form")
        content = f"{annotated}[{json}[{edit.text(path, annotation.span)}], {form}()]"
        edits = (*imports, *more, *others, edit.replace(path, annotation.span, content))
        return Fix("Take it as JSON in a form field", Applicability.UNSAFE, edits)

    @staticmethod
    def _keyed(annotation: Annotation, project: Project) -> bool:
        """Whether JSON text is no value of the type: a model, a dataclass or a mapping."""
        members = annotation.bare().members
        return bool(members) and all(project.shapes.is_keyed(member) for member in members)

    @staticmethod
    def _form_field(route: Route, project: Project) -> Parameter | None:
        for parameter in [*route.parameters, *(p for d in project.handlers.dependencies(route) for p in d.parameters)]:
            if parameter.kind in FORM:
                return parameter
        return None
