"""What makes a fix in several files whole: written down before the first file, forgotten after the last.

Files are replaced one by one. A run that is killed in between leaves a fix half applied; the journal lets the next run
finish it, or undo it where a file was changed since.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastlint import disk
from fastlint.fixes.apply import write
from fastlint.writing import Undisturbed

NAME = ".fastlint-fix.json"


@dataclass(frozen=True, slots=True)
class Change:
    """A file's content before and after."""

    before: bytes
    after: bytes


def begin(root: Path, changes: Mapping[str, Change]) -> None:
    """Write the journal, in one step and to the disk. Raises OSError."""
    content = {
        path: [base64.b64encode(part).decode() for part in (change.before, change.after)]
        for path, change in changes.items()
    }
    with Undisturbed():
        handle, temporary = tempfile.mkstemp(prefix=NAME, dir=root)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"fastlint": 1, "changes": content}, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, root / NAME)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def end(root: Path) -> None:
    (root / NAME).unlink(missing_ok=True)


def pending(root: Path) -> dict[str, Change] | None:
    """The changes of a run that was interrupted; None where there was none, or its journal is no journal."""
    try:
        content = json.loads(disk.read(os.fspath(root / NAME)).decode())
        return {
            path: Change(base64.b64decode(before, validate=True), base64.b64decode(after, validate=True))
            for path, (before, after) in content["changes"].items()
        }
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def resume(root: Path, changes: Mapping[str, Change]) -> tuple[str, dict[str, str]]:
    """Finish an interrupted run, or undo it: what was done, and of files that could not be written why.

    It is finished where every file is as it was before or after; where somebody changed one since, the files that were
    written get their old content back and that one is left alone.
    """
    now = {path: _content(root, path) for path in changes}
    finishing = all(now[path] in (change.before, change.after) for path, change in changes.items())
    refused: dict[str, str] = {}
    for path, change in changes.items():
        old, new = (change.before, change.after) if finishing else (change.after, change.before)
        if now[path] == old != new:
            reason = write(root, path, old, new)
            if reason is not None:
                refused[path] = reason
    if not refused:
        end(root)
    return "finished" if finishing else "undid", refused


def _content(root: Path, path: str) -> bytes | None:
    try:
        return (root / path).read_bytes()
    except OSError:
        return None
