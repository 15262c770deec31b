"""Keeps what a run says for replay, with all that decided it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

from fastlint import disk, writing
from fastlint.cache.replay import cache_for, dump, name_of
from fastlint.cache.sealed import ENDING, TAG, Cache
from fastlint.rule import Rule

REPEATABLE = frozenset(
    {
        "argv",
        "baseline",
        "cache_dir",
        "command",
        "config",
        "exclude",
        "exit_zero",
        "extend_exclude",
        "extend_select",
        "fail_level",
        "fixable",
        "force_exclude",
        "ignore",
        "isolated",
        "jobs",
        "no_baseline",
        "no_cache",
        "output_file",
        "output_format",
        "paths",
        "per_file_ignores",
        "preview",
        "quiet",
        "respect_gitignore",
        "select",
        "show_files",
        "show_settings",
        "statistics",
        "target_fastapi",
        "unfixable",
        "version",
    }
)
"""The options with which a command only reads files and says what it finds. With any other, nothing is kept."""
MOST = 16
"""Entries kept for one working folder; the oldest go first."""
LIBRARIES = ("astroid", "libcst", "packaging", "pathspec", "pydantic", "pydantic_core", "rich", "tomlkit", "yaml")
"""What decides results besides fastlint and Python; versions are told by what lies beside them."""


def kept(argv: Sequence[str], options: Namespace, run: Callable[[], int]) -> int:
    """Run a command and keep what it says, when it would say the same again. The exit code of the run."""
    cache = cache_for(argv) if _repeatable(options) else None
    if cache is None or not cache.prepare():
        return run()
    printed: list[tuple[bool, str]] = []
    stdout, stderr = sys.stdout, sys.stderr
    made: dict[str, str] = {}
    with disk.Record() as record:
        sys.stdout, sys.stderr = _Tee(stdout, printed, False), _Tee(stderr, printed, True)
        writing.made = made
        try:
            code = run()
        finally:
            sys.stdout, sys.stderr = stdout, stderr
            writing.made = None
        if code not in (0, 1) or not record.sound:
            return code
        _note_own_files(record)
    if record.sound and cache.write(name_of(argv, cache), dump((record.plain(), _joined(printed), made, code))):
        _prune(cache, name_of(argv, cache).partition("-")[0])
    return code


def _repeatable(options: Namespace) -> bool:
    given = {name for name, value in vars(options).items() if value not in (None, False, [], ())}
    return given <= REPEATABLE and getattr(options, "paths", None) != ["-"]


class _Tee:
    """A stream that also notes what is written."""

    def __init__(self, stream: TextIO, printed: list[tuple[bool, str]], to_stderr: bool) -> None:
        self._stream = stream
        self._printed = printed
        self._to_stderr = to_stderr

    def write(self, text: str) -> int:
        self._printed.append((self._to_stderr, text))
        return self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # bytes written there are not seen
            disk.unsound()
        return getattr(self._stream, name)


def _joined(printed: Iterable[tuple[bool, str]]) -> list[tuple[bool, str]]:
    joined: list[tuple[bool, list[str]]] = []
    for to_stderr, text in printed:
        if not joined or joined[-1][0] != to_stderr:
            joined.append((to_stderr, []))
        joined[-1][1].append(text)
    return [(to_stderr, "".join(texts)) for to_stderr, texts in joined]


def _note_own_files(record: disk.Record) -> None:
    """Ask for the files of fastlint and its rules, wherever they come from, and for what is installed beside them.

    When one of them is newer than the run, nobody knows which of its contents ran.
    """
    packages = {"fastlint", *(rule.__module__.partition(".")[0] for rule in _rules(Rule))}
    for name in sorted(packages):
        module = sys.modules.get(name)
        folders = getattr(module, "__path__", None)
        alone = getattr(module, "__file__", None)
        paths = [path for folder in folders for path in _files_below(folder)] if folders else [alone] if alone else []
        for path in paths:
            disk.read(path)
            if max(record.files[path][1][:2]) >= record.started:
                disk.unsound()
    for name in LIBRARIES:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file is not None:
            disk.scan(os.path.dirname(os.path.dirname(file)))


def _rules(of: type[Rule[Any]]) -> Iterable[type[Rule[Any]]]:
    for rule in of.__subclasses__():
        yield rule
        yield from _rules(rule)


def _files_below(folder: str) -> Iterable[str]:
    pending = [folder]
    while pending:
        for entry in disk.scan(pending.pop()):
            if entry.is_dir():
                if entry.name != "__pycache__":
                    pending.append(entry.path)
            elif not entry.name.endswith((".pyc", ".tmp")):
                yield entry.path


def _prune(cache: Cache, prefix: str) -> None:
    """Remove the oldest entries of a working folder when there are too many."""
    folder = os.path.join(cache.folder, TAG)
    try:
        with os.scandir(folder) as entries:
            own = [entry for entry in entries if entry.name.startswith(f"{prefix}-") and entry.name.endswith(ENDING)]
        if len(own) > MOST:
            own.sort(key=lambda entry: entry.stat().st_mtime_ns)
            for entry in own[:-MOST]:
                os.unlink(entry.path)
    except OSError:
        return
