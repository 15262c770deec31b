"""Fingerprints stay while code moves, and change with what is reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fastlint.diagnostic import Diagnostic
from fastlint.discover import discover
from fastlint.engine import check
from fastlint.fingerprint import fingerprint, fingerprints
from fastlint.inputs import read
from fastlint.loader import load
from fastlint.project.packaging.manifests import is_manifest
from fastlint.rule import Level, Related
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree
from fastlint.source import Span
from tests.test_engine import write

ONE = Diagnostic(
    "app/main.py",
    Span(5, 2, 5, 15),
    "FST101",
    "blocking-sleep",
    Level.ERROR,
    "`time.sleep` blocks the event loop: 'GET /a' -> f (await asyncio.sleep)",
    symbol="app.main.f",
    about="`time.sleep` blocks the event loop",
)

BEFORE = """\
import time
from fastapi import FastAPI

app = FastAPI()

async def helper():
    time.sleep(1)

@app.get("/a")
async def a() -> None:
    await helper()
"""
SECOND_ROUTE = '\n@app.get("/b")\nasync def b() -> None:\n    await helper()\n'


def of(folder: Path, text: str) -> list[str]:
    write(folder, {"setup.cfg": "", "main.py": text})
    tree = SettingsTree(load(), overrides=Layer("test", Choice(("FST101",))), isolated=True)
    report = check(read(discover([str(folder)], tree, is_manifest), tree), fixes=False)
    return [fingerprint(one) for one in report.diagnostics]


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, span=Span(50, 9, 51, 3)),
        replace(ONE, message="the same by another way"),
        replace(ONE, level=Level.INFO, name="renamed-rule"),
        replace(ONE, related=(Related("b.py", Span.of_line(1), "a hop"),)),
    ],
)
def test_it_stays(other: Diagnostic) -> None:
    assert fingerprint(other) == fingerprint(ONE)


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, code="FST102"),
        replace(ONE, path="app/other.py"),
        replace(ONE, symbol="app.main.g"),
        replace(ONE, about="`os.system` blocks the event loop"),
        replace(ONE, about="", message="something else"),
    ],
)
def test_it_changes(other: Diagnostic) -> None:
    assert fingerprint(other) != fingerprint(ONE)


def test_line_numbers_in_a_message_do_not_count() -> None:
    first, second = (replace(ONE, about="", message=f"declared on line {n}, port 80{n}") for n in (3, 4))

    assert fingerprint(first) != fingerprint(second)
    assert fingerprint(replace(first, message="see line 3")) == fingerprint(replace(first, message="see line 4"))


def test_those_that_share_one_are_told_apart_in_order() -> None:
    found = list(fingerprints([ONE, ONE, replace(ONE, code="FST102"), ONE]))

    assert found[0] == fingerprint(ONE)
    assert len(set(found)) == 4
    assert found == list(fingerprints([ONE, ONE, replace(ONE, code="FST102"), ONE]))


def test_moving_code_and_other_routes_change_nothing(tmp_path: Path) -> None:
    before = of(tmp_path, BEFORE)

    assert len(before) == 1
    assert of(tmp_path, BEFORE.replace("async def helper", "\n\n# moved\nasync def helper")) == before
    assert of(tmp_path, BEFORE + SECOND_ROUTE) == before
    assert of(tmp_path, BEFORE.replace("helper", "renamed")) != before
    twice = of(tmp_path, BEFORE.replace("    time.sleep(1)\n", "    time.sleep(1)\n    time.sleep(2)\n"))
    assert twice == before * 2


def test_any_text_has_one() -> None:
    assert len(fingerprint(replace(ONE, path="caf\udce9.py", symbol="a\0b"))) == 32
