"""Models of pydantic.v1 in routes."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.annotations import Annotation
from fastlint.project.model import Class, Function, Project, Route, Span
from fastlint.rule import Finding, Level, Rule

SUPPLIED = frozenset({"dependency", "injected"})
V1 = ("pydantic.v1.BaseModel", "pydantic.v1.main.BaseModel")


class PydanticV1Model(Rule[Route]):
    """A `pydantic.v1` model as a parameter or response of a route.

    ## What it does

    Reports path operations with a parameter, return annotation or `response_model=` whose class derives from
    `pydantic.v1.BaseModel`, and dependencies with such a parameter.

    ## Why it matters

    FastAPI 0.128 dropped these models: the route raises `PydanticV1NotSupportedError` when it is registered.

    ## Instead

    Derive from `pydantic.BaseModel`.
    """

    code = "FST713"
    name = "pydantic-v1-model"
    since = "0.1"
    status = "stable"
    level = Level.ERROR
    applies = "fastapi>=0.128"

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or project.handlers.earlier(route):
            return
        parameters = [*route.parameters, *(p for d in project.handlers.dependencies(route) for p in d.parameters)]
        for parameter in dict.fromkeys(parameters):
            if parameter.kind in SUPPLIED or project.handlers.uses[parameter.node][0].route is not route:
                continue  # what a dependency gives is not read from the request
            cls = _v1(parameter.annotation, project)
            if cls is not None:
                yield self._finding(parameter.owner, parameter.span, f"`{parameter.node.name}`", cls)
        cls = _v1(route.response.model, project)
        if cls is not None:
            span = (
                handler.node.returns.span
                if not route.response.explicit and handler.node.returns
                else handler.node.name_span
            )
            yield self._finding(handler, span, "the response", cls)

    @staticmethod
    def _finding(owner: Function, span: Span, what: str, cls: Class) -> Finding:
        message = f"{what} of `{owner.short}` is the `pydantic.v1` model `{cls.name}`: it fails at import"
        return Finding(owner.path, span, message, symbol=owner.qualname)


def _v1(annotation: Annotation, project: Project) -> Class | None:
    """The class of pydantic.v1 that an annotation is, or is a list or union of."""
    if annotation.cls is not None:
        return annotation.cls if project.is_a(annotation.cls, *V1) else None
    return next((found for inner in annotation.arguments if (found := _v1(inner, project)) is not None), None)
