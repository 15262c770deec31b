"""A response model that filters nothing."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project, Route
from fastlint.rule import Finding, Level, Rule


class GenericResponseModel(Rule[Route]):
    """`-> dict`, `-> Any`, `-> object` or `-> list[dict]` as response model.

    ## What it does

    Reports path operations whose response model, declared or from the return annotation, describes nothing.

    ## Why it matters

    Such a model filters nothing: objects inside are sent with all their attributes, exactly as without a model. The
    documentation shows an empty object, and generated clients get no types.

    ## Instead

    Declare what is sent: a Pydantic model, a `TypedDict`, or `dict[str, Price]` where the keys are data.
    """

    code = "FST205"
    name = "generic-response-model"
    since = "0.1"
    status = "stable"
    level = Level.INFO

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or not self._generic(route, project):
            return
        if any(self._generic(other, project) for other in project.handlers.earlier(route)):
            return
        returned = project.returns.of(handler)
        if not returned or all(project.returns.only_responses(r.value, handler) for r in returned):  # type: ignore[arg-type]
            return
        message = f"the response model of `{handler.short}` describes nothing: nothing is filtered or documented"
        yield Finding(handler.path, handler.node.name_span, message, symbol=handler.qualname)

    @staticmethod
    def _generic(route: Route, project: Project) -> bool:
        if (
            route.kind != "http"
            or route.handler is None
            or route.handler.is_generator
            or project.handlers.hidden(route)
        ):
            return False
        return project.shapes.shapeless(route.response.model) and project.handlers.sends_json(route) is True
