"""A route that is registered after its router was included."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.application import Inclusion, Route
from fastlint.project.model import Project, Router, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Related, Rule


class LateRoute(Rule[Project]):
    """A route or router added to a router that has been included already.

    ## What it does

    Reports what is registered on a router after the last `include_router` that includes it.

    ## Why it matters

    Before FastAPI 0.137 `include_router` copied the routes that were there; what came later was never served. Since
    0.137 included routers are live.

    ## Instead

    Include routers after all of their routes are registered.

    ## Fix safety

    The statement that includes the router moves behind the last of its routes, in the same file. Routes that were not
    served are, and may take requests of others: unsafe.

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
            number, run = inclusion.event.number, inclusion.event.run
            late = [e for e in router.entries if e.event.number > number]
            if inclusion.event.timed:
                late = [e for e in late if e.event.timed]
            else:
                late = [e for e in late if e.event.run is run]
            for entry in late:
                yield self._finding(router, entry, inclusion, late)

    @staticmethod
    def _finding(
        router: Router, entry: Route | Inclusion, inclusion: Inclusion, late: list[Route | Inclusion]
    ) -> Finding:
        hop = Related(inclusion.path, inclusion.call.span, "included here")
        decorated = isinstance(entry, Route) and entry.event.handler is not None
        span = entry.span if isinstance(entry, Route) and decorated else entry.call.span
        what = "route" if isinstance(entry, Route) else "router" if not entry.mounted else "mount"
        message = f"this {what} comes too late: {router.label} has been included"
        return Finding(entry.path, span, message, (hop,), subject=(inclusion, late))

    def fix(self, finding: Finding, edit: Edits, /) -> Fix | None:
        inclusion, late = finding.subject
        path, body = inclusion.path, inclusion.scope.body
        including = body.statement(inclusion.call)
        last: list[syntax.Stmt] = []
        for entry in late:
            statement = _statement(entry, inclusion)
            if statement is None or body.parents.get(statement) is not body.parents.get(including):
                return None
            last.append(statement)
        if not isinstance(including, syntax.ExprStmt) or including.value is not inclusion.call:
            return None
        target = max(last, key=lambda item: item.end_line)
        lines = edit.text(path, including.span)
        if "\n" in lines or "\r" in lines or including.line >= target.end_line:
            return None
        edits = (edit.delete_statement(path, including.span), edit.insert_after(path, target.span, lines))
        return Fix("Include the router behind its routes", Applicability.UNSAFE, edits)


def _statement(entry: Route | Inclusion, inclusion: Inclusion) -> syntax.Stmt | None:
    """The statement that registers a late route, where it stands in the scope of the inclusion."""
    if entry.path != inclusion.path:
        return None
    handler = entry.event.handler if isinstance(entry, Route) else None
    if handler is not None and entry.call in handler.node.decorators:
        return handler.node if handler.parent is inclusion.scope else None
    found: syntax.Stmt | None = inclusion.scope.body.statement(entry.call)
    return found
