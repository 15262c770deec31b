"""A websocket loop that never ends once the client has left."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.websockets import DISCONNECT, is_socket, receives
from fastlint.project.language.control_flow import EVERYTHING, UNKNOWN, caught, is_endless, ways_out
from fastlint.project.model import Function, Project, syntax
from fastlint.rule import Finding, Level, Rule

LEAVING = frozenset({"raise", "return", "break"})
GONE = frozenset({"builtins.RuntimeError", "starlette.websockets.WebSocketDisconnected"})
"""What a receive raises when the client had already left."""


class WebsocketBusyLoop(Rule[Function]):
    """`except` inside a receive loop that goes on.

    ## What it does

    Reports handlers inside `while True` around a receive of a websocket that catch the client's leave, and what each
    later receive raises, and do not leave the loop.

    ## Why it matters

    After the client has left, every receive raises at once. The loop turns without ever waiting: one client that closes
    its browser takes the event loop, and all others with it.

    ## Instead

    Catch `WebSocketDisconnect` first, and leave the loop with `break` or `return`.
    """

    code = "FST420"
    name = "websocket-busy-loop"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if not function.is_async or not function.body.all(syntax.While):
            return
        seen: set[syntax.Handler] = set()
        for call in function.body.all(syntax.Call):
            handler = self._turning(call, function, project)
            if handler is not None and handler not in seen:
                seen.add(handler)
                message = (
                    f"`{function.short}` goes on when the client has left: each receive raises, and the loop spins"
                )
                span = handler.span._replace(end_line=handler.line, end_column=handler.column + 7)
                yield Finding(function.path, span, message, symbol=function.qualname)

    def _turning(self, call: syntax.Call, function: Function, project: Project) -> syntax.Handler | None:
        """The handler that keeps the loop going."""
        loop = function.body.enclosing(call, syntax.While)
        if loop is None or not is_endless(loop) or not isinstance(function.body.parents.get(call), syntax.Await):
            return None
        if not receives(call, function, project.inference):
            return None
        first = self._catching(call, loop, function, project, frozenset({DISCONNECT}))
        if first is None or self._leaves(first, function, project):
            return None
        later = self._catching(call, loop, function, project, GONE)
        return None if later is None or self._leaves(later, function, project) else later

    def _catching(
        self, call: syntax.Call, loop: syntax.While, function: Function, project: Project, wanted: frozenset[str]
    ) -> syntax.Handler | None:
        """The first handler within the loop that catches one of the exceptions."""
        inner: syntax.Node = call
        for ancestor in function.body.ancestors(call):
            if ancestor is loop:
                return None
            if isinstance(ancestor, syntax.With):
                return None
            if isinstance(ancestor, syntax.Try) and any(item is inner for item in ancestor.body):
                for handler in ancestor.handlers:
                    names = caught(handler, function, project.inference)
                    if UNKNOWN in names:
                        return None
                    if names & (EVERYTHING | wanted):
                        return handler
            inner = ancestor
        return None

    def _leaves(self, handler: syntax.Handler, function: Function, project: Project) -> bool:
        """Whether some way through the handler leaves the loop; what it sends to the client raises, too."""
        if ways_out(handler.body) & LEAVING:
            return True
        return any(
            isinstance(call.func, syntax.Attribute) and is_socket(call.func.value, function, project.inference)
            for call in function.body.all(syntax.Call)
            if handler in function.body.ancestors(call)
        )
