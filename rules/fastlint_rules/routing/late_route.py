"""A route that is registered after its router was included."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.application import Inclusion, Route
from fastlint.project.model import Project, Router
from fastlint.rule import Finding, Level, Related, Rule


class LateRoute(Rule[Project]):
    """A route or router added to a router that has been included already.

    ## What it does

    Reports what is registered on a router after the last `include_router` that includes it.

    ## Why it matters

    Before FastAPI 0.137 `include_router` copied the routes that were there; what came later was never served. Since
    0.137 included routers are live.

    ## Instead

    Include routers after all of their routes are registered.

    ## Known gaps

    What functions register that nobody in the project calls is left out: when it happens is not known.
    """

    code = "FST308"
    name = "late-route"
    since = "0.1"
    level = Level.ERROR
    applies = "fastapi<0.137"

    def check(self, project: Project, _: Project, /) -> Iterator[Finding]:
        last: dict[Router, Inclusion] = {}
        for router in project.routers:
            for inclusion in router.inclusions:
                inner = inclusion.router
                if inner is None or inclusion.mounted or inner.is_app:
                    continue
                if inner not in last or last[inner].event.number < inclusion.event.number:
                    last[inner] = inclusion
        for router, inclusion in last.items():
            if not inclusion.event.timed:
                continue
            for entry in router.entries:
                if entry.event.timed and entry.event.number > inclusion.event.number:
                    yield self._finding(router, entry, inclusion)

    @staticmethod
    def _finding(router: Router, entry: Route | Inclusion, inclusion: Inclusion) -> Finding:
        hop = Related(inclusion.path, inclusion.call.span, "included here")
        decorated = isinstance(entry, Route) and entry.event.handler is not None
        span = entry.span if isinstance(entry, Route) and decorated else entry.call.span
        what = "route" if isinstance(entry, Route) else "router" if not entry.mounted else "mount"
        message = f"this {what} comes too late: `{router.name}` has been included"
        return Finding(entry.path, span, message, (hop,))
