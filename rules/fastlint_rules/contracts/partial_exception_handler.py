"""A handler that misses the router's own errors."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.raises import FASTAPI, STARLETTE
from fastlint.project.model import App, Project, Scope, syntax, v
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

ROUTER_STATUSES = frozenset({404, 405})


class PartialExceptionHandler(Rule[App]):
    """An exception handler for FastAPI's `HTTPException` alone.

    ## What it does

    Reports applications that handle `fastapi.HTTPException` but neither Starlette's `HTTPException` nor the statuses
    404 and 405.

    ## Why it matters

    The router raises Starlette's `HTTPException` when no path or method fits, and FastAPI's is a class derived from it.
    A handler for the derived class never sees those: `GET /no/such/path` still answers `{"detail": "Not Found"}` where
    all other errors have the form of the application.

    ## Instead

    Register the handler for `starlette.exceptions.HTTPException`, which covers both.

    ## Fix safety

    Other answers to unknown paths are its purpose: unsafe.
    """

    code = "FST225"
    name = "partial-exception-handler"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, app: App, project: Project) -> Iterator[Finding]:
        handled = list(self._handled(app, project))
        kinds = [kind for _, _, kinds in handled for kind in kinds]
        if STARLETTE in kinds or None in kinds or set(kinds) >= ROUTER_STATUSES:
            return
        for expr, scope, names in handled:
            if FASTAPI in names:
                path = scope.module.path
                message = "this handler misses the router's own 404 and 405: they are Starlette's HTTPException"
                yield Finding(path, expr.span, message, subject=expr, symbol=scope.qualname)

    def _handled(self, app: App, project: Project) -> Iterator[tuple[syntax.Expr, Scope, set[str | int | None]]]:
        """What the application has handlers for: expression, scope, and its classes or statuses; None: unknown."""
        for event in app.events:
            if event.verb in ("exception_handler", "add_exception_handler"):
                expr = event.call.argument(0, "exc_class_or_status_code")
                if expr is not None:
                    yield expr, event.scope, self._kinds(expr, event.scope, project)
        given = app.argument("exception_handlers")
        if given is None:
            return
        for value in project.infer(*given):
            if isinstance(value, v.Display) and isinstance(value.node, syntax.Dict):
                for key in value.node.keys:
                    if key is not None:
                        yield key, value.scope, self._kinds(key, value.scope, project)
                    else:
                        yield given[0], given[1], {None}
            else:
                yield given[0], given[1], {None}

    @staticmethod
    def _kinds(expr: syntax.Expr, scope: Scope, project: Project) -> set[str | int | None]:
        status = project.constant(expr, scope)
        if isinstance(status, int):
            return {status}
        found: set[str | int | None] = set()
        for value in project.infer(expr, scope):
            match value:
                case v.External(name):
                    found.add(name)
                case v.ClassValue(cls):
                    found.add(cls.qualname)
                case _:
                    found.add(None)
        return found

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        name, imports = edit.add_import(finding.path, "starlette.exceptions", "HTTPException", "StarletteHTTPException")
        edits = (*imports, edit.replace(finding.path, finding.span, name))
        return Fix("Register it for Starlette's HTTPException", Applicability.UNSAFE, edits)
