"""A collection without element type."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Parameter, Project, Route
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

BODILESS = frozenset({"GET", "HEAD"})


class BareCollectionBody(Rule[Parameter]):
    """A parameter annotated `list`, `set`, `tuple` or the like, without element type.

    ## What it does

    Reports parameters of path operations and dependencies whose annotation is a collection without element type, or a
    named tuple, and that say neither `Body()` nor `Query()`.

    ## Why it matters

    FastAPI looks at the element types to tell uploads from JSON, and finds none that is no upload: the parameter
    becomes a *multipart file*. A JSON array is answered with 422, or silently ignored when the parameter has a default.
    Without `python-multipart` the application does not even start.

    ## Instead

    Name the element type (`list[int]`, `list[Any]`), or say where the value comes from: `Annotated[list, Body()]`.

    ## Fix safety

    The fix changes what the route accepts, which is its purpose, and what OpenAPI says: unsafe.
    """

    code = "FST203"
    name = "bare-collection-body"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        if parameter.kind != "file" or parameter.marker is not None:
            return
        if not project.shapes.bare_collection(parameter.annotation) or parameter.node.annotation is None:
            return
        owner = parameter.owner
        routes = [use.route for use in project.handlers.uses[parameter.node]]
        message = (
            f"`{parameter.node.name}` of `{owner.short}` has no element type: FastAPI takes it for an uploaded file"
        )
        yield Finding(
            parameter.path, parameter.span, message, subject=(parameter, _marker(routes)), symbol=owner.qualname
        )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        parameter, marker = finding.subject
        annotation = parameter.node.annotation
        annotated, imports = edit.add_import(finding.path, "typing", "Annotated")
        called, more = edit.add_import(finding.path, "fastapi", marker)
        content = f"{annotated}[{edit.text(finding.path, annotation.span)}, {called}()]"
        edits = (*imports, *more, edit.replace(finding.path, annotation.span, content))
        return Fix(
            f"Take it from the {'query' if marker == 'Query' else 'body'}: `{marker}()`", Applicability.UNSAFE, edits
        )


def _marker(routes: list[Route]) -> str:
    """Query where every route has no body, else Body."""
    return "Query" if routes and all(route.methods and set(route.methods) <= BODILESS for route in routes) else "Body"
