"""A session that a handler opens for itself."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project, Route, syntax
from fastlint.project.sessions import opens_session
from fastlint.rule import Finding, Level, Rule


class ManualSessionInRoute(Rule[Route]):
    """A database session opened in a path operation.

    ## What it does

    Reports `SessionLocal()`, `Session(engine)` and calls of project functions that give a new session, in the body of a
    path operation. Background tasks, startup code and websockets need sessions of their own and are left alone.

    ## Why it matters

    Each handler repeats when to open, roll back and close. Tests cannot put their own session in with
    `dependency_overrides`, and a dependency of the same request works in another transaction.

    ## Instead

    Depend on a session: `SessionDep = Annotated[Session, Depends(get_session)]`.

    ## Known gaps

    Sessions that a context manager of the project opens are not seen.
    """

    code = "FST409"
    name = "manual-session-in-route"
    since = "0.1"
    level = Level.WARNING

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or project.handlers.routes_of[handler][0] is not route:
            return
        for call in handler.body.all(syntax.Call):
            if not handler.body.in_lambda(call) and opens_session(call, handler, project.inference):
                message = f"`{handler.short}` opens a database session of its own: depend on one"
                yield Finding(handler.path, call.span, message, symbol=handler.qualname)
                return
