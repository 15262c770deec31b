"""A router with routes that no application serves."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.orphans import orphans
from fastlint.project.model import Project, Router
from fastlint.rule import Finding, Level, Rule


class OrphanRouter(Rule[Project]):
    """A router that has routes and is included nowhere.

    ## What it does

    Reports routers with routes that neither an application nor a router of one includes. Of routers that include one
    another only the topmost is reported.

    ## Why it matters

    Its routes are answered with 404. Most often the `include_router` call was forgotten, or has been removed and the
    file was left.

    ## Instead

    Include the router, or delete it.

    ## Known gaps

    Silent in projects without application, and when anything may include the router that cannot be seen: modules that
    are imported by name, an `include_router` of something unknown, files that cannot be read, a router that is handed
    to a function, stored, or put into a collection.
    """

    code = "FST307"
    name = "orphan-router"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, project: Project, _: Project, /) -> Iterator[Finding]:
        for router in orphans(project):
            count = _count(router, set())
            routes = "one route" if count == 1 else f"{count} routes"
            yield Finding(
                router.path,
                router.span,
                f"`{router.name}` is included nowhere: its {routes} cannot be reached",
                symbol=f"{router.scope.qualname}.{router.name}",
            )


def _count(router: Router, seen: set[Router]) -> int:
    if router in seen:
        return 0
    seen.add(router)
    return len(router.routes) + sum(_count(i.router, seen) for i in router.inclusions if i.router is not None)
