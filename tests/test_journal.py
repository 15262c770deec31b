"""Fixes over several files: finished or undone when a run was killed in between."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from fastlint.fixes import journal
from fastlint.fixes.journal import Change
from fastlint.rounds import Fixed, written
from fastlint.source import SourceFile

CHANGES = {"a.py": Change(b"a1", b"a2"), "b.py": Change(b"b1", b"b2")}


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir()}


def write(root: Path, **files: bytes) -> None:
    for name, data in files.items():
        (root / f"{name}.py").write_bytes(data)


@pytest.mark.parametrize("done", [(), ("a",), ("b",), ("a", "b")])
def test_an_interrupted_fix_is_finished(tmp_path: Path, done: tuple[str, ...]) -> None:
    write(tmp_path, **{name: f"{name}{1 + (name in done)}".encode() for name in ("a", "b")})
    journal.begin(tmp_path, CHANGES)

    changes = journal.pending(tmp_path)
    assert changes == CHANGES
    assert journal.resume(tmp_path, changes) == ("finished", {})
    assert contents(tmp_path) == {"a.py": b"a2", "b.py": b"b2"}


def test_it_is_undone_where_somebody_went_on(tmp_path: Path) -> None:
    write(tmp_path, a=b"a2", b=b"mine")
    journal.begin(tmp_path, CHANGES)

    assert journal.resume(tmp_path, CHANGES) == ("undid", {})
    assert contents(tmp_path) == {"a.py": b"a1", "b.py": b"mine"}


def test_what_cannot_be_written_stays_pending(tmp_path: Path) -> None:
    write(tmp_path, a=b"a2", b=b"b1")
    (tmp_path / "b.py").chmod(0o444)
    journal.begin(tmp_path, CHANGES)

    assert journal.resume(tmp_path, CHANGES) == ("finished", {"b.py": "it is read-only"})
    assert journal.pending(tmp_path) == CHANGES


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"changes": {"a": ["?", "?"]}}', '{"changes": 1}'])
def test_a_file_that_is_no_journal_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / journal.NAME).write_text(text)

    assert journal.pending(tmp_path) is None


def fixed(*joined: str) -> Fixed:
    files = {path: (SourceFile(path, c.before), SourceFile(path, c.after)) for path, c in CHANGES.items()}
    report = SimpleNamespace()
    return Fixed(report, report, files, Counter(), joined=frozenset(joined))  # type: ignore[arg-type]


def test_files_that_belong_together_are_written_together(tmp_path: Path) -> None:
    write(tmp_path, a=b"a1", b=b"b1")

    assert written(tmp_path, fixed("a.py", "b.py")) == {}
    assert contents(tmp_path) == {"a.py": b"a2", "b.py": b"b2"}


def test_or_not_at_all(tmp_path: Path) -> None:
    write(tmp_path, a=b"a1", b=b"newer")

    assert set(written(tmp_path, fixed("a.py", "b.py"))) == {"a.py", "b.py"}
    assert contents(tmp_path) == {"a.py": b"a1", "b.py": b"newer"}


def test_others_are_independent(tmp_path: Path) -> None:
    write(tmp_path, a=b"a1", b=b"newer")

    assert written(tmp_path, fixed()) == {"b.py": "it changed since it was read"}
    assert contents(tmp_path) == {"a.py": b"a2", "b.py": b"newer"}
