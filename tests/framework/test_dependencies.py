"""What the rules on dependencies, background tasks and decorators say is true of the installed FastAPI."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from .run_fixture import RunningFixture, import_errors, run_fixture

ROOM = "dependencies"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:coroutine .* was never awaited")


def run(case: str) -> Any:
    return run_fixture(f"{ROOM}/{case}")


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_called_dependency_fails_at_import() -> None:
    errors = import_errors(f"{ROOM}/called_dependency/bad.py")
    assert errors.keys() == {"read_prices", "read_orders", "read_reports"}
    assert all("callable" in str(error) for error in errors.values())
    with pytest.raises(TypeError, match="callable"), run("called_dependency/bad_other_module"):
        pass
    with run("called_dependency/fixed.py") as fixture:
        assert fixture.client.get("/orders").json() == ["connection", "ada"]
        assert [fixture.client.get("/reports", headers=sent).status_code for sent in ({}, {"x-token": "t"})] == [
            401,
            200,
        ]
    with run("called_dependency/good.py") as fixture:
        headers = {"x-role": "admin", "x-scope": "reports", "authorization": "Bearer token"}
        assert (
            fixture.client.get("/reports", headers=headers).status_code == 403
        )  # `role("editor")` is a dependency too
        headers["x-role"] = "editor"
        assert fixture.client.get("/reports", headers=headers).status_code == 403
        assert fixture.client.get("/guards").json() == "verified"
    with run("called_dependency/good_factories") as fixture:
        assert fixture.client.get("/admin").json() == "admin editor 3"


def test_untyped_depends_becomes_two_query_parameters() -> None:
    with run("untyped_depends/bad.py") as fixture:
        for path in ("/items", "/orders", "/me"):
            answer = fixture.client.get(path)
            assert answer.status_code == 422
            assert [error["loc"] for error in answer.json()["detail"]] == [["query", "args"], ["query", "kwargs"]]
    with run("untyped_depends/bad_other_module") as fixture:
        assert fixture.client.get("/items").status_code == 422
    with run("untyped_depends/good.py") as fixture:
        for path in ("/items", "/orders", "/quoted", "/me", "/named"):
            assert fixture.client.get(path).status_code == 200


class Resource:
    """Stands in for a session: knows only whether it was closed."""

    opened: list[Resource]

    def __init__(self) -> None:
        self.closed = False
        Resource.opened.append(self)

    def close(self) -> None:
        self.closed = True

    def commit(self) -> None:
        pass


def left_open(case: str, user_id: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int, int]:
    """Sessions, HTTP clients and files that stay open after one request."""
    clients: list[httpx.AsyncClient] = []
    start = httpx.AsyncClient.__init__

    def remember(client: httpx.AsyncClient, *args: Any, **kwargs: Any) -> None:
        start(client, *args, **kwargs)
        clients.append(client)

    Resource.opened = []
    with monkeypatch.context() as patch, run(case) as fixture:
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.setattr(httpx.AsyncClient, "__init__", remember)
        patch.setattr(fixture.module, "SessionLocal", Resource)
        assert fixture.client.get(f"/users/{user_id}").status_code == (200 if user_id else 404)
    assert len(Resource.opened) == 2
    assert len(clients) == 1
    sessions = sum(not resource.closed for resource in Resource.opened)
    return sessions, sum(not client.is_closed for client in clients), len(list(folder.iterdir()))


def test_unprotected_cleanup_is_skipped_on_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, fixed = "unprotected_cleanup/bad.py", "unprotected_cleanup/fixed.py"
    assert left_open(bad, 1, tmp_path, monkeypatch) == (0, 0, 0)
    assert left_open(fixed, 0, tmp_path, monkeypatch) == (1, 0, 0)  # the one with a commit is not fixed
    assert left_open(bad, 0, tmp_path, monkeypatch) == (2, 1, 1)


def test_unprotected_cleanup_elsewhere() -> None:
    with run("unprotected_cleanup/bad_other_module") as fixture:
        channel = fixture.submodule("database").Channel
        assert [fixture.client.get(f"/users/{user}").status_code for user in (1, 0)] == [200, 404]
        assert channel.opened == 1


def test_swallowed_exception_turns_404_into_500() -> None:
    found = {}
    for case in ("bad.py", "fixed.py", "good.py"):
        with run(f"swallowed_exception_in_dependency/{case}") as fixture:
            assert fixture.client.get("/users/1").status_code == 200
            found[case] = fixture.client.get("/users/0").status_code
    assert found == {"bad.py": 500, "fixed.py": 404, "good.py": 404}
    with run("swallowed_exception_in_dependency/bad_other_module") as fixture:
        assert fixture.client.get("/accounts/0").status_code == 500


def test_raise_after_yield_does_not_reach_the_client() -> None:
    with run("raise_after_yield/bad.py") as fixture:
        assert fixture.client.post("/uploads/11").status_code == 200
        assert fixture.client.post("/baskets/bomb").status_code == 200
        with pytest.raises(RuntimeError, match="response already started"):
            TestClient(fixture.app).post("/uploads/11")
    with run("raise_after_yield/bad_other_module") as fixture:
        assert fixture.client.post("/uploads/11").status_code == 200
    with run("raise_after_yield/good.py") as fixture:
        assert [fixture.client.post(f"/uploads/{size}").status_code for size in (1, 11, 0)] == [200, 429, 400]


def fail_to_commit(fixture: RunningFixture, engine: Any) -> dict[str, int]:
    def fail(connection: object) -> None:
        raise RuntimeError("the disk is full")

    event.listen(engine, "commit", fail)
    return {path: fixture.client.post(path).status_code for path in ("/users", "/orders")}


def test_commit_after_yield_hides_its_failure() -> None:
    with run("commit_after_yield/bad.py") as fixture:
        assert fail_to_commit(fixture, fixture.module.engine) == {"/users": 200, "/orders": 200}
    with run("commit_after_yield/bad_other_module") as fixture:
        assert fail_to_commit(fixture, fixture.submodule("database").engine) == {"/users": 200, "/orders": 200}


def test_commit_in_the_route_or_in_function_scope_shows_its_failure() -> None:
    with run("commit_after_yield/good.py") as fixture:
        engine = fixture.module.engine
        fixture.app.dependency_overrides[fixture.module.get_seeded_session] = lambda: None  # commits before `yield`
        assert fail_to_commit(fixture, engine) == {"/users": 500, "/orders": 500}


def test_context_manager_as_dependency_answers_500() -> None:
    found = {}
    for case in ("bad.py", "fixed.py"):
        with run(f"context_manager_dependency/{case}") as fixture:
            ask = fixture.client
            answers = [ask.get("/dialect"), ask.post("/jobs/print"), ask.get("/version")]
            found[case] = [answer.status_code for answer in answers]
            assert fixture.module.dialect() == "sqlite"
    assert found == {"bad.py": [500, 500, 500], "fixed.py": [200, 200, 500]}  # the last is also used in `with`
    with run("context_manager_dependency/bad_other_module") as fixture:
        assert [fixture.client.get(path).status_code for path in ("/connections", "/transactions")] == [500, 500]
    for case, path in (("good.py", "/dialect"), ("good_other_contextmanager", "/me")):
        with run(f"context_manager_dependency/{case}") as fixture:
            assert fixture.client.get(path).status_code == 200


@pytest.mark.usefixtures("no_garbage_collection")
def test_unclosed_session_keeps_its_connection() -> None:
    left = {}
    for case in ("bad.py", "good.py"):
        with run(f"unclosed_session_dependency/{case}") as fixture:
            assert [fixture.client.get("/version").status_code for _ in range(2)] == [200, 200]
            left[case] = fixture.module.engine.pool.checkedout()
    assert left == {"bad.py": 2, "good.py": 0}
    with run("unclosed_session_dependency/bad.py") as fixture:
        assert fixture.client.post("/users").status_code == 200
        assert fixture.module.engine.pool.checkedout() == 1


def test_called_background_task_runs_at_once_or_never() -> None:
    paths = ("/users/ada", "/orders/tea", "/exports/no-such-file")
    with run("called_background_task/bad.py") as fixture:
        assert [fixture.client.post(path).status_code for path in paths] == [200, 200, 200]
        assert fixture.module.sent == ["Hello ada"]  # sent in the route; the coroutine is lost
        for path in paths:
            with pytest.raises(TypeError, match="callable"):
                TestClient(fixture.app).post(path)
    with run("called_background_task/fixed.py") as fixture:
        assert [TestClient(fixture.app).post(path).status_code for path in paths] == [200, 200, 200]
        assert fixture.module.sent == ["Hello ada", "order tea"]
    with run("called_background_task/good.py") as fixture:
        assert TestClient(fixture.app).post("/users/Ada").json() == ["ada"]
        assert fixture.module.sent == ["Ada", "ada", "Ada", "Ada", "Ada", "Ada", "ada created", "Ada", "Ada"]
    with run("called_background_task/bad_other_module") as fixture, pytest.raises(TypeError, match="callable"):
        TestClient(fixture.app).post("/orders/ada")


def test_lost_background_task_never_runs() -> None:
    with run("lost_background_task/bad.py") as fixture:
        for path in ("orders", "exports", "refunds", "returns"):
            assert TestClient(fixture.app).post(f"/{path}/tea").status_code == 200
        assert fixture.module.done == ["label"]  # the response's own task; no receipt, export, refund or return
    with run("lost_background_task/bad_other_module") as fixture:
        assert [TestClient(fixture.app).post(f"/{path}/tea").status_code for path in ("notices", "letters")] == [
            200
        ] * 2
        assert fixture.submodule("notices").done == []
    with run("lost_background_task/good.py") as fixture:
        for path in ("orders", "refunds", "returns", "labels", "invoices", "credits", "claims"):
            assert TestClient(fixture.app).post(f"/{path}/tea").status_code == 200
        expected = ["receipt tea", "tea", "tea"]
        expected += [f"{name} tea" for name in ("refund", "return", "label", "invoice", "credit", "claim")]
        assert fixture.module.done == expected


def test_session_is_closed_before_the_tasks_in_function_scope_only() -> None:
    seen = {}
    for case, path in (("good.py", "/audits"), ("bad_function_scope", "/orders")):
        order: list[str] = []

        class Session(Resource):
            def __enter__(self, order: list[str] = order) -> list[str]:
                return order

            def __exit__(self, *error: object, order: list[str] = order) -> None:
                order.append("closed")

        def note(session: list[str], *rest: object) -> None:
            session.append("task")

        with run(f"request_session_outlives_request/{case}") as fixture, pytest.MonkeyPatch.context() as patch:
            Resource.opened = []
            patch.setattr(fixture.module, "SessionLocal", Session)
            patch.setattr(fixture.module, "write_audit", note)
            assert fixture.client.post(path).status_code == 200
        seen[case] = order
    assert seen == {"good.py": ["task", "closed"], "bad_function_scope": ["closed", "task"]}


def test_depends_in_a_body_is_never_resolved() -> None:
    with run("depends_in_body/bad.py") as fixture:
        assert "Depends(" in fixture.client.get("/me").json()
        assert [fixture.client.get(path).status_code for path in ("/greeting", "/count")] == [500, 500]
    with run("depends_in_body/bad_service") as fixture:
        assert fixture.client.get("/users/count").status_code == 500
        assert fixture.client.get("/orders").json() == "Depends"
    with run("depends_in_body/good.py") as fixture:
        found = [fixture.client.get(path).json() for path in ("/me", "/local", "/user", "/named")]
        assert found == ["adaada", "ada", "ada", ["ada", "ada", "ada"]]


def test_hand_called_dependency_gets_the_markers() -> None:
    with run("hand_called_dependency/bad.py") as fixture:
        assert "Depends(" in fixture.client.get("/me").json()
        assert fixture.client.get("/pages").status_code == 500
        assert fixture.client.get("/filter").json() is False
        assert fixture.client.get("/best-offer").status_code == 500
    with run("hand_called_dependency/bad_other_module") as fixture:
        assert [fixture.client.get(path).status_code for path in ("/first", "/count", "/all")] == [500, 500, 200]
    with run("hand_called_dependency/good.py") as fixture:
        assert fixture.client.get("/guests").json() == ["ada of north"] * 4
        assert [len(fixture.client.get(path).json()) for path in ("/pages", "/offers")] == [20, 5]
        assert [fixture.client.get(path).json() for path in ("/names", "/shadowed")] == [["ada", "True"], "ada"]


def test_wrapper_that_fastapi_does_not_see() -> None:
    with run("unregistered_wrapper/bad.py") as fixture:
        assert fixture.client.get("/secrets").status_code == 200  # the guard is not there
        assert [fixture.client.get("/slow").json() for _ in range(2)] == [1, 2]  # nor is the cache
        for path, names in (("/users/1", ["args", "kwargs"]), ("/orders/1", ["kwargs"])):
            answer = fixture.client.get(path)
            assert answer.status_code == 422
            assert [error["loc"][-1] for error in answer.json()["detail"]] == names
    with run("unregistered_wrapper/bad_other_module") as fixture:
        found = [fixture.client.get(path).status_code for path in ("/flaky", "/reports?admin=1", "/traces/1")]
        assert found == [500, 422, 422]
    with run("unregistered_wrapper/good.py") as fixture:
        assert [fixture.client.get("/secrets", headers=sent).status_code for sent in ({}, {"x-key": "k"})] == [401, 200]
        assert [fixture.client.get("/slow").json() for _ in range(2)] == [1, 1]
        assert [fixture.client.get(path).json() for path in ("/users/1", "/orders/1", "/numbers")] == [1, 1, [0, 1, 2]]
        assert [fixture.client.get(path).json() for path in ("/health", "/v1/names", "/v2/names")] == [
            "ok",
            ["ada"],
            ["ada"],
        ]
