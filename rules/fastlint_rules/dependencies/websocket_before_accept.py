"""A websocket that is used before it is accepted."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.websockets import Handshake
from fastlint.project.model import Endpoint, Project, syntax
from fastlint.rule import Finding, Level, Rule


class WebsocketBeforeAccept(Rule[Endpoint]):
    """Sending or receiving before `accept`.

    ## What it does

    Reports the first `send_...`, `receive_...` or `async for` over a websocket that an endpoint reaches without
    `await websocket.accept()`, in its own body or in a function that it hands the websocket.

    ## Why it matters

    Starlette raises `RuntimeError: WebSocket is not connected. Need to call "accept" first`, and the client is refused.

    ## Instead

    Call `await websocket.accept()` first. To refuse a client, `close` or `send_denial_response` may come before.

    ## Known gaps

    Endpoints with a dependency that takes the websocket, or a decorator of their own, are left alone.
    """

    code = "FST421"
    name = "websocket-before-accept"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, endpoint: Endpoint, project: Project) -> Iterator[Finding]:
        if endpoint.wrapped or len(endpoint.sockets) != 1 or endpoint.may_be_accepted_before:
            return
        name = endpoint.sockets[0]
        answer, call = Handshake(project.inference).first_use(endpoint.handler, name)
        if answer != "early" or call is None:
            return
        what = call.func.attr if isinstance(call.func, syntax.Attribute) else getattr(call.func, "id", "it")
        message = f"`{what}` uses `{name}` before `{name}.accept()`: it raises RuntimeError"
        yield Finding(endpoint.path, call.span, message, symbol=endpoint.handler.qualname)
