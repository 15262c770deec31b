"""Suppression comments: what their text says, as flake8 and ruff read it, and in fastlint's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.source import Span

NOQA = re.compile(r"#\s*noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
FLAKE8 = re.compile(r"#\s*flake8[:=]\s*noqa", re.IGNORECASE)
OWN = re.compile(
    r"#\s*fastlint:\s*(?P<verb>ignore-file|ignore)(?![\w-])\s*(?:\[(?P<codes>[^\]\r\n]*)\])?(?P<reason>[^#]*)"
)
WORD = re.compile(r"[^,\s]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A code, prefix or name in a comment, and its place in the comment's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Directive:
    """One suppression in one comment: `start` and `end` are its place in the comment's text.

    `words` is None where it names none and so silences everything. `own` is fastlint's own form, `whole_file` one that
    speaks of the whole file.
    """

    line: int
    column: int
    start: int
    end: int
    words: tuple[Word, ...] | None
    own: bool
    whole_file: bool
    reason: str = ""

    @property
    def place(self) -> Span:
        """Where it stands in its file."""
        return Span(self.line, self.column + self.start, self.line, self.column + self.end)


def directives(line: int, column: int, comment: str, *, alone: bool) -> Iterator[Directive]:
    """What the comment says; `alone` when nothing stands before it on its line.

    flake8 takes `# flake8: noqa` for the whole file when it is alone on its line, whatever codes follow it.
    """
    if alone and (found := FLAKE8.match(comment)):
        yield Directive(line, column, found.start(), len(comment), None, own=False, whole_file=True)
        return
    for found in NOQA.finditer(comment):
        words = None if found["codes"] is None else tuple(_words(comment, *found.span("codes")))
        end = found.end() if words is None else words[-1].end
        yield Directive(line, column, found.start(), end, words, own=False, whole_file=False)
    for found in OWN.finditer(comment):
        words = None if found["codes"] is None else tuple(_words(comment, *found.span("codes")))
        whole_file = found["verb"] == "ignore-file"
        reason = found["reason"].strip()
        yield Directive(line, column, found.start(), found.end(), words, True, whole_file, reason)


def _words(text: str, start: int, end: int) -> Iterator[Word]:
    for found in WORD.finditer(text, start, end):
        yield Word(found[0], found.start(), found.end())
