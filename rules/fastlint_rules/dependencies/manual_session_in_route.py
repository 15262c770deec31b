"""A session that a handler opens for itself."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.sessions import enters_session, is_session, opens_session
from fastlint.project.model import Function, Project, Route, syntax
from fastlint.rule import Finding, Level, Rule


class ManualSessionInRoute(Rule[Route]):
    """A database session opened in a path operation.

    ## What it does

    Reports `SessionLocal()`, `Session(engine)` and calls of project functions that give a new session, by `return` or
    as a context manager, in the body of a path operation. Background tasks, startup code and websockets need sessions
    of their own and are left alone, and so are sessions that are closed before the handler goes on to wait for
    something else.

    ## Why it matters

    Each handler repeats when to open, roll back and close. Tests cannot put their own session in with
    `dependency_overrides`, and a dependency of the same request works in another transaction.

    ## Instead

    Depend on a session: `SessionDep = Annotated[Session, Depends(get_session)]`.
    """

    code = "FST409"
    name = "manual-session-in-route"
    since = "0.1"
    level = Level.WARNING

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or project.handlers.routes_of[handler][0] is not route:
            return
        if self._has_session(handler, project):
            return
        for call in handler.body.all(syntax.Call):
            if handler.body.in_lambda(call) or self._short(call, handler):
                continue
            if any(ask(call, handler, project.inference) for ask in (opens_session, enters_session)):
                message = f"`{handler.short}` opens a database session of its own: depend on one"
                yield Finding(handler.path, call.span, message, symbol=handler.qualname)
                return

    @staticmethod
    def _has_session(handler: Function, project: Project) -> bool:
        """Whether the handler depends on a session already: another one beside it has a reason."""
        given = (project.inference.results.of_parameter(handler, p) for p in handler.node.parameters)
        return any(values and all(is_session(value) for value in values) for values in given)

    @staticmethod
    def _short(call: syntax.Call, handler: Function) -> bool:
        """Whether the session is closed on purpose before the request ends: in a loop, or before an `await`."""
        body = handler.body
        if body.enclosing(call, (syntax.For, syntax.While)) is not None:
            return True
        block = body.enclosing(call, syntax.With)
        if block is None or not any(item.context is call for item in block.items):
            return False
        after = (block.end_line, block.end_column)
        later: list[syntax.Expr] = [
            node for node in (*body.all(syntax.Await), *body.all(syntax.Call)) if node.start > after
        ]
        return any(isinstance(node, syntax.Await) or _last(node).endswith("StreamingResponse") for node in later)


def _last(expr: syntax.Expr) -> str:
    match expr.func if isinstance(expr, syntax.Call) else expr:
        case syntax.Name(id=name) | syntax.Attribute(attr=name):
            return name
    return ""
