"""Replays what a run said when nothing that it read has changed.

This is all that an unchanged run does, so it must stay light: what it may import is guarded by a test.
"""

import gc
import marshal
import os
import sys

from fastlint.cache.sealed import ENDING, Cache, opened
from fastlint.unchanged import unchanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Kept = tuple[tuple[Any, ...], list[tuple[bool, str]], dict[str, str], int]
    """The record of the disk; what was printed, in order, True for standard error; files made; the exit code."""

COMMANDS = ("check", "routes")
VARIABLES = (
    "CI",
    "COLUMNS",
    "FORCE_COLOR",
    "HOME",
    "LINES",
    "LOCALAPPDATA",
    "NO_COLOR",
    "PYTHONPATH",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "USERPROFILE",
)
"""What a run may ask of the environment; besides, all that begins with one of PREFIXES."""
PREFIXES = ("FASTLINT_", "GITHUB_", "GITLAB_", "CI_")


def replayed(argv: "Sequence[str]") -> int | None:
    """Say again what the same command said before; its exit code, or None when that is not known to hold still."""
    try:
        cache = cache_for(argv)
        if cache is None:
            return None
        name = name_of(argv, cache)
        data = cache.read(name)
        if data is None:
            return None
        collecting = gc.isenabled()
        gc.disable()  # it would only go through what is being read
        kept: Kept = marshal.loads(data)
        record, printed, made, code = kept
        holds = unchanged(record)
        if collecting:
            gc.enable()
    except (OSError, ValueError):  # a working folder that is gone, a closed stream
        return None
    if holds is False or not _made(made):
        return None
    for to_stderr, text in printed:
        (sys.stderr if to_stderr else sys.stdout).write(text)
    if holds is None:
        from fastlint.disk import refreshed

        try:
            record = refreshed(record).plain()
        except OSError:
            return code
        cache.write(name, dump((record, printed, made, code)))
    return code


def dump(kept: "Kept") -> bytes:
    return marshal.dumps(kept)


def cache_for(argv: "Sequence[str]") -> Cache | None:
    """The cache that a command uses, None when it uses none or the user has none."""
    if not argv or argv[0] not in COMMANDS:
        return None
    folder: str | None = None
    following = False
    for word in argv[1:]:
        if following:
            folder, following = word, False
        elif word == "--no-cache":
            return None
        elif word == "--":
            break
        elif word == "--cache-dir":
            following = True
        elif word.startswith("--cache-dir="):
            folder = word[12:]
    return opened(folder)


def name_of(argv: "Sequence[str]", cache: Cache) -> str:
    """The name of the entry for a command: everything that decides what it prints, the files apart.

    It begins with what stands for the working folder, so that the entries of one can be counted.
    """
    folder = os.getcwd().encode("utf-8", "surrogateescape")
    environment = sorted(
        f"{name}={value}"
        for name, value in os.environ.items()
        if (name in VARIABLES or name.startswith(PREFIXES)) and name != "FASTLINT_CACHE_KEY"
    )
    words = [*argv, "", *environment, "", sys.version, os.path.dirname(__file__), *_terminals()]
    said = "\0".join(words).encode("utf-8", "surrogateescape")
    return f"{cache.digest(folder)[:16]}-{cache.digest(folder, said)}{ENDING}"


def _terminals() -> list[str]:
    found = []
    for stream in (sys.stdout, sys.stderr):
        if stream is None or not stream.isatty():
            found.append("")
            continue
        try:
            found.append(repr(os.get_terminal_size(stream.fileno())))
        except (OSError, ValueError):
            found.append("?")
    return found


def _made(files: "dict[str, str]") -> bool:
    """Write the files that the run wrote; whether that could be done as it was."""
    if not files:
        return True
    from fastlint.writing import write

    for path, text in files.items():
        if os.path.exists(path) and not os.path.isfile(path):
            return False
        try:
            write(path, text)
        except OSError:
            return False
    return True
