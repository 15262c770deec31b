"""What several tasks do to one database session (FST117): the fixtures of the rule on a real database.

Each runs in a process of its own: the threads of a driver outlive a loop that ends in an error.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASKING = """
import json, os, sys
from tests.framework.run_fixture import run_fixture
with run_fixture(sys.argv[1]) as fixture:
    print(json.dumps([fixture.client.get(path).status_code for path in sys.argv[2:]]), flush=True)
    os._exit(0)
"""
BAD = ("/executed", "/starred", "/group", "/tasks", "/list", "/opened", "/repository")
GOOD = ("/sequential", "/factory", "/two-sessions", "/group", "/values", "/awaited", "/after")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the database that the fixtures name, which has a row in each table."""
    with sqlite3.connect(tmp_path / "shop.db") as database:
        for table in ("users", "orders"):
            database.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT)")
            database.execute(f"INSERT INTO {table} (name) VALUES ('one')")
    return tmp_path


def answers(fixture: str, folder: Path, *paths: str) -> list[int]:
    """The statuses of the paths."""
    ran = subprocess.run(
        [sys.executable, "-c", ASKING, f"event_loop/shared_async_session/{fixture}", *paths],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: list[int] = json.loads(ran.stdout)
    return found


def test_117_a_session_that_two_tasks_use_raises(shop: Path) -> None:
    assert answers("bad.py", shop, "/totals") == [500]
    assert answers("good.py", shop, "/totals") == [200]


@pytest.mark.parametrize("path", BAD)
def test_117_however_the_tasks_are_started(shop: Path, path: str) -> None:
    assert answers("bad_tasks", shop, path) == [500]


def test_117_each_task_with_a_session_of_its_own(shop: Path) -> None:
    assert answers("good_tasks", shop, *GOOD) == [200] * len(GOOD)
