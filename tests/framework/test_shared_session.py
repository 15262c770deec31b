"""What several tasks do to one database session (FST117): the fixtures of the rule on a real database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import IllegalStateChangeError, InvalidRequestError

from .run_fixture import run_fixture

BAD_TASKS = ("/executed", "/starred", "/group", "/tasks", "/list", "/opened", "/repository")


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database that the fixtures name, with a row in each table."""
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("shop.db") as database:
        for table in ("users", "orders"):
            database.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT)")
            database.execute(f"INSERT INTO {table} (name) VALUES ('one')")


def test_117_a_session_that_two_tasks_use_raises() -> None:
    with run_fixture("event_loop/shared_async_session/bad.py") as fixture:
        with TestClient(fixture.app) as loud, pytest.raises((InvalidRequestError, IllegalStateChangeError)) as raised:
            loud.get("/totals")
        assert "concurrent" in str(raised.value) or "already in progress" in str(raised.value), raised.value
    with run_fixture("event_loop/shared_async_session/good.py") as fixture:
        assert fixture.client.get("/totals").json() == [1, 1]


@pytest.mark.parametrize("path", ["/executed", "/starred", "/group", "/tasks", "/list", "/opened", "/repository"])
def test_117_however_the_tasks_are_started(path: str) -> None:
    with run_fixture("event_loop/shared_async_session/bad_tasks") as fixture:
        assert fixture.client.get(path).status_code == 500


@pytest.mark.parametrize(
    "path", ["/sequential", "/factory", "/two-sessions", "/group", "/values", "/awaited", "/after"]
)
def test_117_each_task_with_a_session_of_its_own(path: str) -> None:
    with run_fixture("event_loop/shared_async_session/good_tasks") as fixture:
        assert fixture.client.get(path).status_code == 200
