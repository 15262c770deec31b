"""Edits into files: which fixes go together, the new text, and writing it without ever leaving half a file."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from fastlint.rule import Fix
from fastlint.source import Edit, SourceFile


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
        return start == other_start
    return (
        start <= other_end and other_start <= end
        if (start == end or other_start == other_end)
        else start < other_end and other_start < end
    )


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
        return _replace(target, new, status)
    except OSError as error:
        return error.strerror or str(error)


def _replace(target: Path, new: bytes, status: os.stat_result) -> str | None:
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".fastlint", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        made = os.stat(temporary)
        if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
            try:
                os.chown(temporary, status.st_uid, status.st_gid)
            except OSError:
                return "its owner could not be kept"
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return None
