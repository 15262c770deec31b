"""An ORM object returned without model."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Class, Project, Route
from fastlint.rule import Finding, Level, Rule, related

NO_CONTENT = frozenset({204, 205, 304})


class UnfilteredOrmResponse(Rule[Route]):
    """An object of a table class returned by a route that has no response model.

    ## What it does

    Reports path operations without response model (also with `response_model=None`) that return SQLAlchemy or SQLModel
    objects, alone, in a list or inside a dictionary.

    ## Why it matters

    FastAPI sends every column that is loaded: hashes, tokens, internal notes. A column that is added tomorrow is public
    tomorrow.

    ## Instead

    Declare a response model with the columns that clients may see: `response_model=UserOut`, or `-> UserOut` and
    `UserOut.model_validate(user)`.
    """

    code = "FST208"
    name = "unfiltered-orm-response"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None:
            return
        cls = self._sent(route, project)
        if cls is None or any(self._sent(other, project) for other in project.handlers.earlier(route)):
            return
        message = f"`{handler.short}` returns `{cls.name}` objects with no response model: every column is sent"
        places = related([(cls.module.path, cls.node.name_span, f"the table class `{cls.name}`")])
        yield Finding(handler.path, handler.node.name_span, message, places, symbol=handler.qualname)

    @staticmethod
    def _sent(route: Route, project: Project) -> Class | None:
        """The table class whose objects the route sends as they are."""
        if route.handler is None or route.kind != "http" or route.call.spread or route.response.model.kind != "missing":
            return None
        if route.response.status in NO_CONTENT or project.handlers.sends_json(route) is not True:
            return None
        for statement in project.returns.of(route.handler):
            assert statement.value is not None
            cls = project.returns.row(statement.value, route.handler)
            if cls is not None:
                return cls
        return None
