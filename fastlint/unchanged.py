"""Whether the disk still gives the answers that an earlier run had from it.

A replayed run imports this module, so it must stay light: `fastlint.disk`, which records the answers, is not needed.
"""

import os
from _blake2 import blake2b  # hashlib would load OpenSSL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PASSED_OVER = (
    ".css",
    ".fastlint",
    ".gif",
    ".html",
    ".jpg",
    ".js",
    ".json",
    ".log",
    ".md",
    ".png",
    ".pyc",
    ".svg",
    ".tmp",
)
"""Endings of files that no run looks at: their coming and going changes nothing."""
KEPT_HIDDEN = ".gitignore"
State = tuple[int, int, int]
"""Modification time, change time, inode."""
LISTS_ARE_TIMED = os.name != "nt"
"""Whether the time of a folder tells that a name came or went; not on every file system that Windows knows."""


def digest(data: bytes) -> bytes:
    """What a content is known by."""
    return blake2b(data, digest_size=16).digest()


def _opens(path: str) -> int:
    """0, or the number of the error."""
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        return number_of(error)
    return 0


def _lists(path: str) -> int:
    try:
        os.scandir(path).close()
    except OSError as error:
        return number_of(error)
    return 0


def number_of(error: OSError) -> int:
    return error.errno or -1


ABSENT = 2  # ENOENT
QUESTIONS: "dict[str, Callable[[str], bool | str | int]]" = {
    "exists": os.path.exists,
    "file": os.path.isfile,
    "dir": os.path.isdir,
    "link": os.path.islink,
    "real": os.path.realpath,
    "opens": _opens,
    "lists": _lists,
}


def state_of(found: os.stat_result) -> State:
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def counts(name: str) -> bool:
    return not name.startswith(".") or name == KEPT_HIDDEN


def names_of(entries: "list[os.DirEntry[str]]") -> list[str]:
    """The names that can matter, each behind a letter for what it is."""
    found = []
    for entry in entries:
        name = entry.name
        if not counts(name):
            continue
        letter = "l" if entry.is_symlink() else "d" if entry.is_dir(follow_symlinks=False) else "f"
        if letter != "f" or not name.endswith(PASSED_OVER):
            found.append(letter + name)
    return found


def digest_of(names: list[str]) -> bytes:
    return digest("\0".join(names).encode("utf-8", "surrogateescape"))


def unchanged(plain: "tuple[Any, ...]") -> "bool | None":
    """Whether the disk would still give all the answers of a record; None when it would, but states are out of date.

    A file is as it was if size, times and inode agree and were old when it was read; else its content decides.
    """
    sure, doubtful, folders, answers = plain
    stat = os.stat
    refresh = False
    try:
        for path, size, modified, changed, inode, content in sure:
            found = stat(path)
            if found.st_mtime_ns != modified or found.st_ctime_ns != changed or found.st_size != size:
                pass
            elif found.st_ino == inode:
                continue
            if found.st_size != size or not _same_content(path, content):
                return False
            refresh = True
        for path, size, _, _, _, content in doubtful:
            if stat(path).st_size != size or not _same_content(path, content):
                return False
            refresh = True
        for path, modified, changed, inode, names in folders:
            found = stat(path)
            if found.st_mtime_ns == modified and found.st_ctime_ns == changed and found.st_ino == inode:
                continue
            with os.scandir(path) as entries:
                if digest_of(names_of(sorted(entries, key=lambda entry: entry.name))) != names:
                    return False
            refresh = refresh or LISTS_ARE_TIMED
        for kind, path, given in answers:
            if QUESTIONS[kind](path) != given:
                return False
    except OSError:
        return False
    return None if refresh else True


def _same_content(path: str, content: bytes | None) -> bool:
    if content is None:
        return False
    with open(path, "rb") as file:
        return digest(file.read()) == content
