"""Reads the disk, and keeps a record of what was asked of it, so that a later run can tell whether anything changed.

Everything that a run learns of the disk comes through here. What cannot be told apart later (a file that changed while
it was read twice) makes the record unsound, and nothing is built on it.
"""

from __future__ import annotations

import os
import time
from typing import Any

from fastlint.unchanged import (
    ABSENT,
    LISTS_ARE_TIMED,
    PASSED_OVER,
    QUESTIONS,
    State,
    counts,
    digest,
    digest_of,
    names_of,
    number_of,
    state_of,
)

TICK = 2_000_000_000
"""Nanoseconds: what changed so shortly before a run began may change again without a new time (FAT counts in 2 s)."""


class Record:
    """What one run asked of the disk, and the answers."""

    def __init__(self) -> None:
        self.started = time.time_ns()
        self.files: dict[str, tuple[int, State, bytes | None]] = {}
        self.folders: dict[str, tuple[State, bytes]] = {}
        self.names: dict[str, frozenset[str]] = {}
        self.answers: dict[tuple[str, str], Any] = {}
        self.sound = True

    def __enter__(self) -> Record:
        global _record
        self._outer, _record = _record, self
        return self

    def __exit__(self, *error: object) -> None:
        global _record
        _record = self._outer

    def file(self, path: str, size: int, state: State, found: bytes | None) -> None:
        known = self.files.setdefault(path, (size, state, found))
        if known[2] != found:
            self.sound = False

    def folder(self, path: str, state: State, names: list[str]) -> None:
        known = self.folders.setdefault(path, (state, digest_of(names)))
        self.names[path] = frozenset(name[1:] for name in names)
        if known[1] != digest_of(names):
            self.sound = False

    def answer(self, kind: str, path: str, given: Any) -> None:
        if self.answers.setdefault((kind, path), given) != given:
            self.sound = False

    def took(self) -> tuple[Any, ...]:
        """All of the record as plain data, for `join`."""
        return self.files, self.folders, self.names, self.answers, self.sound

    def plain(self) -> tuple[Any, ...]:
        """The record as plain data, for `unchanged`; what follows from something else in it is left out."""
        oldest = self.started - TICK
        sure: list[Any] = []
        doubtful: list[Any] = []
        for path, (size, state, found) in self.files.items():
            (sure if max(state[:2]) < oldest else doubtful).append((path, size, *state, found))
        folders = [
            (path, *(state if LISTS_ARE_TIMED and max(state[:2]) < oldest else (0, 0, 0)), found)
            for path, (state, found) in self.folders.items()
        ]
        answers = [(kind, path, given) for (kind, path), given in self.answers.items() if not self._implied(kind, path)]
        return sure, doubtful, folders, answers

    def _implied(self, kind: str, path: str) -> bool:
        given = self.answers[kind, path]
        if given is True:
            return path in self.folders if kind != "file" else path in self.files
        if given is False or (kind == "opens" and given == ABSENT):
            folder, _, name = path.rpartition(os.sep)
            names = self.names.get(folder)
            return names is not None and name not in names and counts(name) and not name.endswith(PASSED_OVER)
        return False


_record: Record | None = None


def unsound() -> None:
    """Say that something happened that another run would not see again: nothing is to be built on the record."""
    if _record is not None:
        _record.sound = False


def join(took: tuple[Any, ...]) -> None:
    """Note what another process asked of the disk for this run."""
    if _record is None:
        return
    files, folders, names, answers, sound = took
    for path, entry in files.items():
        _record.file(path, *entry)
    for path, (state, found) in folders.items():
        if _record.folders.setdefault(path, (state, found))[1] != found:
            _record.sound = False
        _record.names[path] = names[path]
    for (kind, path), given in answers.items():
        _record.answer(kind, path, given)
    _record.sound = _record.sound and sound


def read(path: str, limit: int | None = None) -> bytes:
    """The content of a file, or, where it is longer than `limit` bytes, its beginning and more than `limit` of it.

    Raises OSError.
    """
    try:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())  # before the content: what is written meanwhile has a newer time
            data = file.read() if limit is None else file.read(limit + 1)
    except OSError as error:
        if _record is not None:
            _record.answer("opens", path, number_of(error))
        raise
    if _record is not None:
        whole = limit is None or len(data) <= limit
        _record.file(path, found.st_size, state_of(found), digest(data) if whole else None)
    return data


def scan(path: str) -> list[os.DirEntry[str]]:
    """What a folder holds, by name. Raises OSError."""
    try:
        found = os.stat(path)
        with os.scandir(path) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if _record is not None:
            _record.answer("lists", path, number_of(error))
        raise
    if _record is not None:
        _record.folder(path, state_of(found), names_of(listed))
    return listed


def exists(path: str) -> bool:
    return bool(_asked("exists", path))


def is_file(path: str) -> bool:
    return bool(_asked("file", path))


def is_dir(path: str) -> bool:
    return bool(_asked("dir", path))


def is_link(path: str) -> bool:
    return bool(_asked("link", path))


def real(path: str) -> str:
    """The path without links."""
    return str(_asked("real", path))


def _asked(kind: str, path: str) -> Any:
    given = QUESTIONS[kind](path)
    if _record is not None:
        _record.answer(kind, path, given)
    return given


def refreshed(plain: tuple[Any, ...]) -> Record:
    """A record of the same answers with the states that hold now. Raises OSError when an answer is another one."""
    sure, doubtful, folders, answers = plain
    with Record() as record:
        for path, size, *state, content in (*sure, *doubtful):
            found = os.stat(path)
            if state_of(found) == tuple(state) and found.st_size == size:
                record.file(path, size, state_of(found), content)
            else:
                read(path)
            if record.files[path][2] != content or content is None:
                raise OSError(f"{path} changed")
        for path, *_, names in folders:
            scan(path)
            if record.folders[path][1] != names:
                raise OSError(f"{path} changed")
        for kind, path, given in answers:
            if QUESTIONS[kind](path) != given:
                raise OSError(f"{path} changed")
            record.answer(kind, path, given)
    return record
