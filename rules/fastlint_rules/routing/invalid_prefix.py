"""A prefix that FastAPI refuses, and an empty path without prefix."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.application import Inclusion, Route
from fastlint.project.language.frames import Bound
from fastlint.project.model import Project, Router, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class InvalidPrefix(Rule[Router]):
    """A prefix without leading or with trailing slash, or nothing at all for a path.

    ## What it does

    Reports the `prefix` of `APIRouter` and `include_router` when it does not begin with a slash or ends with one, and
    routes with an empty path that are included without any prefix or stand on the application itself.

    ## Why it matters

    FastAPI raises while the module is imported: the application does not start. On the application itself an empty
    path is accepted and never matches.

    ## Instead

    Write `prefix="/users"`; leave the prefix out rather than writing `"/"`; call the root `/`.

    ## Fix safety

    What was there fails at import, so that nothing that worked can change (repair).
    """

    code = "FST306"
    name = "invalid-prefix"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, router: Router, project: Project, /) -> Iterator[Finding]:
        seen: set[syntax.Node] = set()
        given = router.arguments.get(None, "prefix") if not router.is_app else None
        found = [self._prefix(given, project, seen)]
        for entry in router.entries:
            if isinstance(entry, Inclusion) and not entry.mounted:
                found.append(self._prefix(entry.arguments.get(None, "prefix"), project, seen))
                found += self._empty(entry, seen)
            elif isinstance(entry, Route) and router.is_app and entry.template == "" and not entry.plain:
                found.append(_nothing(entry, seen, "is empty: no request has this path"))
        yield from (finding for finding in found if finding is not None)

    @staticmethod
    def _prefix(given: Bound | None, project: Project, seen: set[syntax.Node]) -> Finding | None:
        text = None if given is None else project.constants.of(given)
        if given is None or not isinstance(text, str) or not text or given.expr in seen:
            return None
        seen.add(given.expr)
        if text.startswith("/") and not text.endswith("/"):
            return None
        fault = "ends with a slash" if text.startswith("/") else "does not begin with a slash"
        message = f"the prefix `{text}` {fault}"
        return Finding(given.scope.module.path, given.expr.span, message, subject=text)

    @staticmethod
    def _empty(inclusion: Inclusion, seen: set[syntax.Node]) -> list[Finding | None]:
        inner = inclusion.router
        if inner is None or inclusion.prefix != "" or inner.prefix != "":
            return []
        return [
            _nothing(route, seen, "is empty, and so is the prefix")
            for route in inner.routes
            if route.template == "" and not route.plain
        ]

    def fix(self, finding: Finding, edit: Edits, /) -> Fix | None:
        text = finding.subject
        written = edit.text(finding.path, finding.span)
        if text is None or written[1:-1] != text or written[0] not in "\"'":
            return None
        inner = text.strip("/")
        new = f"{written[0]}{'/' + inner if inner else ''}{written[0]}"
        return Fix(f"Write `{new}`", Applicability.REPAIR, (edit.replace(finding.path, finding.span, new),))


def _nothing(route: Route, seen: set[syntax.Node], fault: str) -> Finding | None:
    if route.call in seen:
        return None
    seen.add(route.call)
    name = route.handler.short if route.handler is not None else "the route"
    symbol = route.handler.qualname if route.handler is not None else ""
    return Finding(route.path, route.span, f"the path of `{name}` {fault}", symbol=symbol)
