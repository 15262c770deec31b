"""An object that every signed-in user can fetch by its number."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project, Route
from fastlint.project.security.ownership import Ownership
from fastlint.rule import Finding, Level, Rule


class ObjectWithoutOwnerCheck(Rule[Route]):
    """A row fetched by an id from the path, with the user known and not asked about.

    ## What it does

    Reports routes that somebody signed in calls, that fetch a row of a class with an owner's column by the id in the
    path, in the handler or in a function it calls, and that never look at the user. Dependencies that take the id or
    ask for scopes are believed to check.

    ## Why it matters

    Ids are numbers that can be counted up. Every user then reads, changes or deletes what belongs to the others.

    ## Instead

    Make the owner part of the query, `where(Invoice.id == invoice_id, Invoice.owner_id == user.id)`, or compare it
    afterwards and answer 404.

    ## Known gaps

    Off by default: whether objects are shared is known to the application's authors only.
    """

    code = "FST536"
    name = "object-without-owner-check"
    since = "0.1"
    level = Level.WARNING
    default = False

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        found = Ownership(project).unchecked(route)
        if found is None or route.handler is None or project.handlers.routes_of[route.handler][0] is not route:
            return
        parameter, cls = found
        message = f"`{route.handler.short}` fetches `{cls.name}` by `{parameter}` and never asks whose it is"
        yield Finding(route.handler.path, route.handler.node.name_span, message, symbol=route.handler.qualname)
