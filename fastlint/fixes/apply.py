"""Edits into files: which fixes go together, the new text, and writing it without ever leaving half a file."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from fastlint.rule import Fix
from fastlint.source import Edit, SourceFile
from fastlint.writing import Undisturbed

IMPORT = re.compile(r"(?P<line>(?:import|from) [^\r\n]+(?:\r\n|\r|\n))|(?P<after>,\s+\w+)|(?P<before>\w+,\s+)")
"""What a fix inserts to bring a name: a line of its own, or a name in a list. Several may stand at one place."""
STALE = 60.0
"""Seconds after which a temporary file beside a target is taken for what an interrupted run left."""


def select(fixes: Sequence[Fix]) -> list[Fix]:
    """The fixes, in order, that do not touch what an earlier one changes; the same edit wanted twice is one."""
    chosen: list[Fix] = []
    taken: dict[str, list[Edit]] = {}
    for fix in fixes:
        if any(_conflict(edit, other) for edit in fix.edits for other in taken.get(edit.path, ())):
            continue
        chosen.append(fix)
        for edit in fix.edits:
            taken.setdefault(edit.path, []).append(edit)
    return chosen


def _conflict(one: Edit, other: Edit) -> bool:
    if one == other:
        return False
    start, end = one.span[:2], one.span[2:]
    other_start, other_end = other.span[:2], other.span[2:]
    if start == end and other_start == other_end:
        return start == other_start and not _both_import(one.content, other.content)
    return (
        start <= other_end and other_start <= end
        if (start == end or other_start == other_end)
        else start < other_end and other_start < end
    )


def _both_import(one: str, other: str) -> bool:
    """Whether two insertions at one place bring names in the same way, so that they can stand in any order."""
    first, second = IMPORT.fullmatch(one), IMPORT.fullmatch(other)
    return first is not None and second is not None and first.lastgroup == second.lastgroup


def rewritten(source: SourceFile, edits: Iterable[Edit]) -> SourceFile:
    """The file with edits that do not overlap, in its own encoding, newlines and byte order mark."""
    text = source.text
    placed = sorted({(source.offset(*e.span[:2]), source.offset(*e.span[2:]), e.content) for e in edits}, reverse=True)
    for start, end, content in placed:
        text = text[:start] + content + text[end:]
    data = text.encode(source.encoding)
    return SourceFile(source.path, b"\xef\xbb\xbf" + data if source.bom else data)


def write(root: Path, path: str, old: bytes, new: bytes) -> str | None:
    """Replace the file's content in one step. What is said instead of written: why it was left alone.

    A symbolic link stays, its target is written; a file with several hard links, of another owner, not writable, or
    changed since it was read, is left as it is.
    """
    target = Path(os.path.realpath(root / path))
    if not target.is_relative_to(os.path.realpath(root)):
        return "it is a link out of the project"
    try:
        status = target.stat()
        if target.read_bytes() != old:
            return "it changed since it was read"
        if status.st_nlink > 1:
            return "it has several hard links"
        if not os.access(target, os.W_OK) or not status.st_mode & stat.S_IWUSR:
            return "it is read-only"
        with Undisturbed():
            return _replace(target, old, new, status)
    except OSError as error:
        return error.strerror or str(error)


def _replace(target: Path, old: bytes, new: bytes, status: os.stat_result) -> str | None:
    _remove_stale(target)
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".fastlint", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        made = os.stat(temporary)
        if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
            try:
                os.chown(temporary, status.st_uid, status.st_gid)
            except OSError:
                return "its owner could not be kept"
        os.chmod(temporary, stat.S_IMODE(status.st_mode))  # after the owner: a change of owner clears bits
        if not _attributes_kept(target, temporary):
            return "its extended attributes could not be kept"
        if target.read_bytes() != old:  # somebody saved it meanwhile
            return "it changed since it was read"
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return None


def _attributes_kept(target: Path, temporary: str) -> bool:
    """Give the new file what the old one has besides its mode: access lists, labels, attributes of users."""
    if not hasattr(os, "listxattr"):
        return True
    try:
        names = os.listxattr(target)
    except OSError:  # a file system that has none
        return True
    for name in names:
        try:
            value = os.getxattr(target, name)
            if name not in os.listxattr(temporary) or os.getxattr(temporary, name) != value:
                os.setxattr(temporary, name, value)
        except OSError:
            return False
    return True


def _remove_stale(target: Path) -> None:
    """Remove what a run that was killed left beside the file."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*.fastlint"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE:
                left.unlink()
