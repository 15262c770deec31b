"""A status that the documentation does not name."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.documented import documented
from fastlint.project.application.raises import Raised
from fastlint.project.catalogue.statuses import phrase
from fastlint.project.model import Project, Route
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule, related
from fastlint_rules.contracts._quotes import quoted


class UndocumentedHttpException(Rule[Route]):
    """An `HTTPException` with a status that `responses=` does not name.

    ## What it does

    Reports path operations that raise an `HTTPException`, themselves, in a function they call or in a dependency, with
    a status that is in no `responses=` of the route, its routers or the application.

    ## Why it matters

    Clients that are generated from the documentation do not expect the answer.

    ## Instead

    `responses={404: {"description": "No such item"}}` on the route, or on the router for all of its routes.

    ## Fix safety

    The entry changes the documentation only, but the description is a guess: unsafe.
    """

    code = "FST221"
    name = "undocumented-http-exception"
    since = "0.1"
    level = Level.INFO
    default = False

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or route.call.spread or project.handlers.hidden(route):
            return
        known = documented(route, project.handlers, project.constants)
        if known is None:
            return
        raised = list(project.raises.of(handler))
        for dependency in project.handlers.dependencies(route):
            if dependency.function is not None:
                raised += project.raises.of(dependency.function)
        missing: dict[int, Raised] = {}
        for item in raised:
            if (
                item.status is not None
                and item.status >= 400
                and not {str(item.status), f"{item.status // 100}XX", "default"} & known
            ):
                missing.setdefault(item.status, item)
        if not missing:
            return
        statuses = ", ".join(str(status) for status in sorted(missing))
        message = f"`{handler.short}` may answer {statuses}, which `responses=` does not name"
        places = related(
            [
                (r.path, r.node.span, f"{status} is raised in `{r.function.short}`")
                for status, r in sorted(missing.items())
            ]
        )
        yield Finding(
            handler.path,
            handler.node.name_span,
            message,
            places,
            subject=(route, sorted(missing)),
            symbol=handler.qualname,
        )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        route, statuses = finding.subject
        if (
            route.path != finding.path
            or route.keyword("responses") is not None
            or any(phrase(s) is None for s in statuses)
        ):
            return None
        source = edit.source(finding.path)
        description = quoted("description", source)
        entries = ", ".join(
            f"{status}: {{{description}: {quoted(phrase(status) or '', source)}}}" for status in statuses
        )
        edits = (edit.set_keyword(finding.path, route.call.span, "responses", f"{{{entries}}}"),)
        return Fix("Document the statuses", Applicability.UNSAFE, edits)
