"""`--diff`: what fixing would change, as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from fastlint.report import Page
from fastlint.report.secrets import MASK, SHOWN
from fastlint.report.terminal import visible
from fastlint.rounds import Fixed
from fastlint.source import SourceFile, Unreadable

SHORTEST = 2 * SHOWN
"""Shorter texts are not looked for in other lines: they would be found everywhere."""


def lines(fixed: Fixed, page: Page) -> Iterator[str]:
    """The diff line by line. Secrets that rules found are masked in it, as in every report.

    A file with a masked line is shown as one hunk: a patch of it applies as a whole or, as the removed line does not
    match, not at all.
    """
    secrets = hidden(fixed)
    for path, (before, after) in sorted(fixed.changed.items()):
        name = visible(page.filename(path))
        texts = secrets.get(path, ())
        old, new = _lines(before), _lines(after)
        context = max(len(old), len(new)) if texts else 3
        for line in difflib.unified_diff(old, new, name, name, n=context):
            returned = "\r" if line.endswith("\r\n") else ""
            for part in line.rstrip("\r\n").split("\n"):
                yield visible(_masked(part, texts), tab="\t") + returned
            if not line.endswith(("\n", "\r")):
                yield "\\ No newline at end of file"


def hidden(fixed: Fixed) -> dict[str, tuple[str, ...]]:
    """What must not be shown of each changed file: the texts that the findings of sensitive rules cover.

    Only files in whose diff such a text would stand are named.
    """
    found: dict[str, set[str]] = {}
    for report in (fixed.first, fixed.report):
        for diagnostic in report.diagnostics:
            source = report.inputs.source(diagnostic.path) if diagnostic.sensitive else None
            if source is not None and diagnostic.path in fixed.changed:
                try:
                    pieces = source.slice(diagnostic.span).splitlines()
                except Unreadable:
                    continue
                found.setdefault(diagnostic.path, set()).update(
                    piece.strip() for piece in pieces if len(piece.strip()) >= SHORTEST
                )
    shown = {}
    for path, texts in found.items():
        before, after = (_lines(source) for source in fixed.changed[path])
        touched = "".join(difflib.unified_diff(before, after, n=3))
        if any(text in touched for text in texts):
            shown[path] = tuple(sorted(texts, key=len, reverse=True))
    return shown


def _masked(line: str, texts: Sequence[str]) -> str:
    for text in texts:
        line = line.replace(text, text[:SHOWN] + MASK * (len(text) - SHOWN))
    return line


def _lines(source: SourceFile) -> list[str]:
    try:
        return source.lines
    except Unreadable:
        return []
