"""A body where requests have none."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.shapes import SEQUENCES
from fastlint.project.model import Parameter, Project, Route
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

BODILESS = frozenset({"GET", "HEAD", "DELETE"})


class BodyOnGet(Rule[Parameter]):
    """A model, dictionary or list as body of a `GET`, `HEAD` or `DELETE` route.

    ## What it does

    Reports parameters of path operations and dependencies that FastAPI reads from the body of a `GET` or `HEAD`
    request. A body on `DELETE` is reported as info.

    ## Why it matters

    Browsers, the interactive documentation and many proxies cannot send or pass on such a body. What looks like a list
    or model of query parameters is none: the query string is ignored and the client gets 422.

    ## Instead

    `Annotated[list[int], Query()]`, or `Annotated[Filter, Query()]` for a model of query parameters; `POST` for what
    needs a body.

    ## Fix safety

    The parameter moves from the body to the query, which is its purpose and changes the contract: unsafe.
    """

    code = "FST212"
    name = "body-on-get"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        if parameter.kind != "body":
            return
        routes = [use.route for use in project.handlers.uses[parameter.node] if use.parameter.kind == "body"]
        concerned = [
            route for route in routes if route.kind == "http" and route.methods and set(route.methods) <= BODILESS
        ]
        if not concerned:
            return
        verbs = sorted(
            {verb for route in concerned for verb in route.methods or ()}, key=["GET", "HEAD", "DELETE"].index
        )
        owner = parameter.owner
        message = f"`{parameter.node.name}` of `{owner.short}` is the body of a {verbs[0]} request"
        level = Level.INFO if verbs == ["DELETE"] else None
        subject = (parameter, self._queryable(parameter, routes, project))
        yield Finding(parameter.path, parameter.span, message, level=level, subject=subject, symbol=owner.qualname)

    @staticmethod
    def _queryable(parameter: Parameter, routes: list[Route], project: Project) -> bool:
        """Whether all of it can be read from the query of GET requests instead."""
        if parameter.marker is not None or any(route.methods != ("GET",) for route in routes):
            return False
        for member in parameter.annotation.bare().members:
            if member.cls is not None and project.shapes.is_model(member.cls):
                continue
            if member.name not in SEQUENCES or not all(project.shapes.scalar(inner) for inner in member.arguments):
                return False
        return True

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        parameter, queryable = finding.subject
        annotation = parameter.node.annotation
        if not queryable or annotation is None:
            return None
        annotated, imports = edit.add_import(finding.path, "typing", "Annotated")
        query, more = edit.add_import(finding.path, "fastapi", "Query")
        content = f"{annotated}[{edit.text(finding.path, annotation.span)}, {query}()]"
        return Fix(
            "Take it from the query",
            Applicability.UNSAFE,
            (*imports, *more, edit.replace(finding.path, annotation.span, content)),
        )
