"""The same method and path twice."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.application import Effective
from fastlint.project.model import Project, Route
from fastlint.rule import Finding, Level, Related, Rule


class DuplicateRoute(Rule[Project]):
    """The same method and full path twice in one application.

    ## What it does

    Reports a route whose method and full path an earlier one has already, and the inclusion that brings the routes of
    a router to the same place a second time. A second route to the same function that only puts it into the OpenAPI
    document, which the first is kept out of, is fine.

    ## Why it matters

    The first one answers all requests, while the OpenAPI document describes the last: clients are made for a function
    that never runs.

    ## Instead

    Remove one of the two, or give it a path or method of its own.
    """

    code = "FST302"
    name = "duplicate-route"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, project: Project, _: Project, /) -> Iterator[Finding]:
        twice: set[int] = set()
        for shadow in project.applications.shadows:
            later, earlier = shadow.later, shadow.earlier
            if not shadow.same or not isinstance(later, Effective) or not isinstance(earlier, Effective):
                continue
            if _documents(later.route, earlier.route):
                continue
            shown = "WEBSOCKET" if later.route.kind == "websocket" else "|".join(later.route.methods or ())
            if later.route.call is not earlier.route.call:
                symbol = later.route.handler.qualname if later.route.handler is not None else ""
                hop = Related(earlier.route.path, earlier.route.span, "this one answers")
                message = f"`{shown} {later.path}` is registered already"
                yield Finding(later.route.path, later.route.span, message, (hop,), symbol=symbol)
                continue
            pairs = zip(earlier.inclusions, later.inclusions, strict=False)
            first, second = next(((a, b) for a, b in pairs if a is not b), (None, None))
            if first is None or second is None or first.call is second.call or id(second) in twice:
                continue
            twice.add(id(second))
            what = "the router" if second.router is None else second.router.label
            message = f"{what} is included here already: its routes are registered twice"
            hop = Related(first.path, first.call.span, "included before")
            yield Finding(second.path, second.call.span, message, (hop,))


def _documents(later: Route, earlier: Route) -> bool:
    """Whether the later route is there for the document: the same function, which the earlier one does not show."""
    return later.handler is not None and later.handler is earlier.handler and not earlier.in_schema and later.in_schema
