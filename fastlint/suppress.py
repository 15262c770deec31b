"""Comments that silence diagnostics, and what is wrong with them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from fastlint.diagnostic import Diagnostic
from fastlint.directives import Directive, Word, directives
from fastlint.facts.extract import LONGEST_COMMENT
from fastlint.registry import Registry, RuleEntry, did_you_mean
from fastlint.rule import Applicability, Finding, Fix
from fastlint.selection import UNCONDITIONAL
from fastlint.source import Edit, SourceFile, Span
from fastlint.toolcodes import BLANKET_SUPPRESSION, SUPPRESSION_CODES, UNKNOWN_SUPPRESSION, UNUSED_SUPPRESSION

MANIFEST_COMMENT = re.compile(r"(?:^|(?<=\s))#")
MANIFEST_WORD = re.compile(r"noqa|fastlint:", re.IGNORECASE)

Comments = Sequence[tuple[int, int, str]]
Ranges = Sequence[tuple[int, int]]
Decorated = Sequence[tuple[int, int, int]]
Lines = TypeVar("Lines", tuple[int, int], tuple[int, int, int])
NEAREST = 8
Place = int | tuple[int, ...] | None
"""A line, the lines (first, last) of a statement, or the whole file."""
Key = tuple[str | None, bool]
"""What a comment names (None: everything), and whether it does so in fastlint's own form."""


class Complaint(NamedTuple):
    """A finding about a suppression, of the tool itself."""

    entry: RuleEntry
    finding: Finding
    fix: Fix | None = None


class Suppressions:
    """The suppressions of one file; remembers which of their words silenced something."""

    def __init__(self, source: SourceFile, comments: Comments, ranges: Ranges = (), decorated: Decorated = ()) -> None:
        self.source = source
        self.path = source.path
        self._ranges = sorted(ranges)
        self._decorated = sorted(decorated)
        self.directives = [
            directive
            for line, column, text in comments
            for directive in directives(line, column, text, alone=not source.line(line)[: column - 1].strip())
        ]
        self._used: set[tuple[Place, Key]] = set()
        self._known: dict[tuple[Place, Key], list[Directive]] = {}
        for directive in self.directives:
            for place in self._places(directive):
                for key in _keys(directive):
                    self._known.setdefault((place, key), []).append(directive)

    def _places(self, directive: Directive) -> Iterator[Place]:
        """Where a comment silences: on its line, in the statement that goes on there, at what it decorates."""
        if directive.whole_file:
            yield None
            return
        yield directive.line
        yield from _around(self._ranges, directive.line)
        for _, _, definition in _around(self._decorated, directive.line):
            yield definition

    def silence(self, diagnostic: Diagnostic) -> bool:
        """Whether a comment silences the diagnostic. All comments that do count as used."""
        if diagnostic.code in UNCONDITIONAL:
            return False
        found = self._matching(diagnostic)
        self._used |= found
        return bool(found)

    def speaking_to(self, diagnostic: Diagnostic) -> list[Directive]:
        """The comments that silence the diagnostic, in their order."""
        found = {directive: None for match in self._matching(diagnostic) for directive in self._known[match]}
        return sorted(found, key=lambda directive: (directive.line, directive.column, directive.start))

    def _matching(self, diagnostic: Diagnostic) -> set[tuple[Place, Key]]:
        line, code = diagnostic.span.line, diagnostic.code
        keys: list[Key] = [(code[:end], own) for end in range(1, len(code) + 1) for own in (True, False)]
        keys.append((diagnostic.name, True))
        if code not in SUPPRESSION_CODES:
            keys += [(None, True), (None, False)]
        places: list[Place] = [None, line, *_around(self._ranges, line)]
        return {(place, key) for place in places for key in keys if (place, key) in self._known}

    def _is_used(self, directive: Directive, word: Word | None) -> bool:
        key = (None if word is None else word.text, directive.own)
        return any((place, key) in self._used for place in self._places(directive))

    def complaints(
        self, registry: Registry, ran: frozenset[str], *, require_reason: bool = False
    ) -> Iterator[Complaint]:
        """What is wrong with the comments, when the rules `ran` and all that they found has been asked of `silence`."""
        for directive in self.directives:
            yield from self._unknown(directive, registry)
            yield from self._unused(directive, registry, ran)
            if directive.words is None:
                message = f"`{self._text(directive)}` names no code"
                yield Complaint(BLANKET_SUPPRESSION, self._finding(directive, message))
            elif require_reason and directive.own and not directive.reason:
                message = f"`{self._text(directive)}` gives no reason"
                yield Complaint(BLANKET_SUPPRESSION, self._finding(directive, message))

    def _unknown(self, directive: Directive, registry: Registry) -> Iterator[Complaint]:
        for word in directive.words or ():
            ours = directive.own or registry.owns(word.text)
            if ours and not registry.matching(word.text):
                message = f"no rule is called `{word.text}`{did_you_mean(word.text, registry.spellings)}"
                yield Complaint(UNKNOWN_SUPPRESSION, self._finding(directive, message, word))

    def _unused(self, directive: Directive, registry: Registry, ran: frozenset[str]) -> Iterator[Complaint]:
        where = "in this file" if directive.whole_file else "here"
        if directive.words is None:
            if directive.own and not self._is_used(directive, None) and _all_ran("ALL", registry, ran):
                message = f"`{self._text(directive)}` silences nothing {where}"
                yield Complaint(UNUSED_SUPPRESSION, self._finding(directive, message), self._without(directive, ()))
            return
        unused = [
            word
            for word in directive.words
            if not self._is_used(directive, word)
            and (directive.own or registry.owns(word.text))
            and _all_ran(word.text, registry, ran)
        ]
        if unused:
            names = ", ".join(f"`{word.text}`" for word in unused)
            message = f"the suppression of {names} silences nothing {where}"
            kept = tuple(word for word in directive.words if word not in unused)
            finding = self._finding(directive, message, unused[0] if len(unused) == 1 and kept else None)
            yield Complaint(UNUSED_SUPPRESSION, finding, self._without(directive, kept))

    def _text(self, directive: Directive) -> str:
        start = directive.column - 1 + directive.start
        return self.source.line(directive.line)[start : start + directive.end - directive.start].strip()

    def _finding(self, directive: Directive, message: str, word: Word | None = None) -> Finding:
        return Finding(self.path, _span(directive, word or directive), message)

    def _without(self, directive: Directive, kept: Sequence[Word]) -> Fix:
        """The fix that leaves only the words `kept` of the directive, or nothing of it."""
        words = directive.words
        if kept and words is not None:
            removed = ", ".join(f"`{word.text}`" for word in words if word not in kept)
            span = _span(directive, Word("", words[0].start, words[-1].end))
            comment = self.source.line(directive.line)[directive.column - 1 :]
            separator = comment[words[0].end : words[1].start]
            edit = Edit(self.path, span, separator.join(word.text for word in kept))
            return Fix(f"Remove {removed} from the comment", Applicability.SAFE, (edit,))
        return Fix("Remove the comment", Applicability.SAFE, (self._deletion(directive),))

    def _deletion(self, directive: Directive) -> Edit:
        """Take the directive out with its reason, which ends at the next `#`; a line left empty goes as a whole."""
        line = self.source.line(directive.line)
        start = directive.column - 1 + directive.start
        following = line.find("#", directive.column - 1 + directive.end)
        end = len(line) if following < 0 else following
        if following < 0:
            start = len(line[:start].rstrip())
        number = directive.line
        if start == 0 and end == len(line) and self.source.lines[number - 1].endswith(("\n", "\r")):
            return Edit(self.path, Span(number, 1, number + 1, 1), "")
        return Edit(self.path, Span(number, start + 1, number, end + 1), "")


def manifest_comments(source: SourceFile) -> list[tuple[int, int, str]]:
    """The comments of a manifest that may speak to fastlint, as facts hold them for Python files."""
    if b"noqa" not in source.data.lower() and b"fastlint:" not in source.data:
        return []
    comments = []
    for number in range(1, len(source.lines) + 1):
        line = source.line(number)
        *_, last = 0, *(word.start() for word in MANIFEST_WORD.finditer(line))
        if found := MANIFEST_COMMENT.search(line, 0, last):
            comments.append((number, found.start() + 1, line[found.start() : found.start() + LONGEST_COMMENT]))
    return comments


def _keys(directive: Directive) -> Iterable[Key]:
    return [
        (None if word is None else word.text, directive.own)
        for word in (directive.words if directive.words is not None else (None,))
    ]


def _around(ranges: Sequence[Lines], line: int) -> Iterator[Lines]:
    """Of sorted (first line, last line, ...) those that hold the line; of many within one another the nearest."""
    found = bisect_right(ranges, (line, float("inf")))
    for index in range(found - 1, max(0, found - NEAREST) - 1, -1):
        if ranges[index][0] <= line <= ranges[index][1]:
            yield ranges[index]


def _all_ran(selector: str, registry: Registry, ran: frozenset[str]) -> bool:
    """Whether nothing that the selector names could still find something: only then is it known to be unused.

    Of several rules those count that run by default; of all rules only the stable ones.
    """
    entries = [entry for entry in registry.matching(selector) if entry.code not in SUPPRESSION_CODES | UNCONDITIONAL]
    if len(entries) > 1:
        entries = [entry for entry in entries if entry.default and not (selector == "ALL" and entry.preview)]
    return bool(entries) and all(entry.code in ran for entry in entries)


def _span(directive: Directive, part: Directive | Word) -> Span:
    column = directive.column
    return Span(directive.line, column + part.start, directive.line, column + part.end)
