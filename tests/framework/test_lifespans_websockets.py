"""What the rules on startup, websockets and middleware say is true of the installed FastAPI."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import suppress
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from .run_fixture import run_fixture

ROOM = "dependencies"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:coroutine .* was never awaited")


def run(case: str) -> Any:
    return run_fixture(f"{ROOM}/{case}")


def client_of(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


def test_on_event_is_ignored_beside_a_lifespan() -> None:
    with run("ignored_on_event/bad.py") as fixture:
        assert fixture.client.get("/started").json() == ["lifespan"]
        started = fixture.module.started
    assert started == ["lifespan"]  # nothing at the end either
    with run("ignored_on_event/bad_other_modules") as fixture:
        assert fixture.client.get("/connected").json() is False
        app = fixture.app
    assert app.state.ready is True  # nor does the router's handler run
    with run("ignored_on_event/bad_application_factory") as fixture, TestClient(fixture.app):
        assert not hasattr(fixture.app.state, "warm")
    with run("ignored_on_event/good.py") as fixture:
        assert fixture.client.get("/started").json() == ["lifespan", "router"]
        with TestClient(fixture.module.old), TestClient(fixture.module.plain):
            assert fixture.module.started[2:] == ["old", "plain"]
    with run("ignored_on_event/good_router_lifespan") as fixture, TestClient(fixture.app):
        assert fixture.module.started == ["app", "router", "lifespan"]


def starts(app: FastAPI) -> bool:
    try:
        with TestClient(app):
            return True
    except TypeError:
        return False


def test_lifespan_without_yield_fails_at_startup() -> None:
    names = ("app", "plain", "shop", "stock", "files")
    with run("lifespan_without_yield/bad.py") as fixture:
        # A generator function runs without the decorator: FastAPI adds it, and a plain Starlette warns.
        assert [starts(getattr(fixture.module, name)) for name in names] == [True, True, False, False, False]
        for lifespan in (fixture.module.lifespan, fixture.module.plain_lifespan):
            with pytest.warns(match="generator function lifespans are deprecated"):
                Starlette(lifespan=lifespan)
    with run("lifespan_without_yield/fixed.py") as fixture:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Starlette(lifespan=fixture.module.lifespan)
        with TestClient(fixture.app):
            assert fixture.module.rates == {"USD": 1.1}
        assert fixture.module.rates == {}
    with run("lifespan_without_yield/bad_other_module") as fixture:
        assert not starts(fixture.app)
    with run("lifespan_without_yield/good.py") as fixture:
        apps = [value for value in vars(fixture.module).values() if isinstance(value, FastAPI)]
        assert len(apps) == 8
        assert all(starts(app) for app in apps)


class StopLoop(BaseException):
    """Ends a loop that would not end."""


async def talk(app: FastAPI, path: str, incoming: list[str]) -> list[dict[str, Any]]:
    """A websocket client that sends some texts and leaves: what it was sent."""
    events = [{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": text} for text in incoming)]
    outgoing: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0) if events else {"type": "websocket.disconnect", "code": 1006}

    async def send(message: Any) -> None:
        outgoing.append(message)

    scope = {"type": "websocket", "path": path, "headers": [], "query_string": b"", "subprotocols": [], "app": app}
    await app(scope, receive, send)
    return outgoing


def receives(case: str, path: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a handler tries to receive: it is stopped at 200."""
    count = 0
    receive = WebSocket.receive

    async def counted(websocket: WebSocket) -> Any:
        nonlocal count
        count += 1
        if count == 200:
            raise StopLoop
        return await receive(websocket)

    with monkeypatch.context() as patch, run(case) as fixture:
        patch.setattr(WebSocket, "receive", counted)
        with suppress(StopLoop):
            asyncio.run(talk(fixture.app, path, ["1", "2"]))
    return count


def test_websocket_busy_loop_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = "websocket_busy_loop/bad.py", "websocket_busy_loop/good.py"
    for path in ("/echo", "/quiet", "/silent"):
        assert receives(bad, path, monkeypatch) == 200
    assert receives("websocket_busy_loop/bad_other_module", "/read", monkeypatch) == 200
    for path in ("/broken", "/returned", "/ordered", "/ended", "/parsed", "/narrow", "/watched"):
        assert receives(good, path, monkeypatch) <= 5


def test_unhandled_websocket_disconnect_is_raised() -> None:
    for case, paths in (("bad.py", ["/echo"]), ("bad_hub", ["/rooms", "/rooms/blue", "/relay"])):
        with run(f"unhandled_websocket_disconnect/{case}") as fixture:
            for path in paths:
                with pytest.raises(WebSocketDisconnect):
                    asyncio.run(talk(fixture.app, path, ["1", "2"]))
    with run("unhandled_websocket_disconnect/fixed.py") as fixture:
        sent = asyncio.run(talk(fixture.app, "/echo", ["1", "2"]))
        assert [message.get("text") for message in sent] == [None, "1", "2"]
    for case, names in (
        ("good.py", ["echo", "inner", "wide", "iterated", "pumped", "decorated", "raw", "once"]),
        ("good_other_module", ["relay"]),
    ):
        with run(f"unhandled_websocket_disconnect/{case}") as fixture:
            for name in names:
                asyncio.run(talk(fixture.app, f"/{name}", ["1", "2"]))
    with run("unhandled_websocket_disconnect/good_other_module") as fixture:
        asyncio.run(talk(fixture.module.other, "/echo", ["1"]))


def test_websocket_before_accept_raises() -> None:
    for case, paths in (("bad.py", ["/hello", "/echo", "/numbers"]), ("bad_other_module", ["/greetings"])):
        with run(f"websocket_before_accept/{case}") as fixture:
            for path in paths:
                with (
                    pytest.raises(RuntimeError, match="accept"),
                    TestClient(fixture.app).websocket_connect(path) as socket,
                ):
                    socket.receive_text()
    for case, paths in (
        (
            "good.py",
            ["/hello", "/hub", "/accepted", "/decorated", "/members?token=t", "/protocols", "/headers", "/raw"],
        ),
        ("good_other_module", ["/started", "/opened", "/waited"]),
    ):
        with run(f"websocket_before_accept/{case}") as fixture:
            for path in paths:
                with TestClient(fixture.app).websocket_connect(path) as socket:
                    assert socket.receive_text()


def test_sync_websocket_fails_when_it_returns() -> None:
    for case, fails in (("bad.py", True), ("fixed.py", False)):
        with run(f"sync_websocket/{case}") as fixture:
            for path in ("/visits", "/rooms/blue"):
                if fails:
                    with pytest.raises(TypeError, match="await"):
                        asyncio.run(talk(fixture.app, path, []))
                else:
                    asyncio.run(talk(fixture.app, path, []))
            assert fixture.module.visitors == ["/visits", "blue"]
    with run("sync_websocket/good.py") as fixture:
        for path in ("/hello", "/again", "/traced", "/partial", "/class"):
            with TestClient(fixture.app).websocket_connect(path) as socket:
                assert socket.receive_text() == "hello"


def test_exception_in_middleware_answers_500() -> None:
    with run("exception_in_middleware/bad.py") as fixture:
        assert fixture.client.get("/users").status_code == 500
        assert fixture.client.get("/users", headers={"x-key": "key", "x-maintenance": "1"}).status_code == 500
        assert fixture.client.get("/users", headers={"x-key": "key"}).status_code == 200
    with run("exception_in_middleware/bad_other_module") as fixture:
        asked: list[dict[str, str]] = [{}, {"x-key": "key", "user-agent": "robot"}]
        assert [fixture.client.get("/users", headers=headers).status_code for headers in asked] == [500, 500]
        assert fixture.client.get("/admin", headers={"x-key": "key"}).status_code == 500
    with run("exception_in_middleware/good.py") as fixture:
        key = {"x-key": "key"}
        assert fixture.client.get("/users?name=ada").status_code == 401
        assert fixture.client.get("/users?name=ada", headers={"x-maintenance": "1", **key}).status_code == 503
        found = [fixture.client.get(f"/users?name={name}", headers=key).status_code for name in ("ada", "nobody", "")]
        assert found == [200, 404, 400]
        assert fixture.client.get("/users?name=guarded", headers=key).status_code == 403
        assert fixture.client.get("/users?name=ada", headers={"content-length": "2000", **key}).status_code == 413
    with run("exception_in_middleware/good_other_module") as fixture:
        assert fixture.client.get("/users").status_code == 401


def test_sync_dispatch_fails_on_each_request() -> None:
    with run("sync_middleware_dispatch/bad.py") as fixture:
        apps = [fixture.module.app, fixture.module.admin, fixture.module.reports]
        assert [client_of(app).get("/").status_code for app in apps] == [500, 500, 500]
    with run("sync_middleware_dispatch/bad_other_module") as fixture:
        assert fixture.client.get("/").status_code == 500
    with run("sync_middleware_dispatch/good.py") as fixture:
        answer = fixture.client.get("/")
        assert (answer.json(), answer.headers["x-version"], answer.headers["x-owner"]) == ("ROOT", "1", "ada")
