"""Comments that silence diagnostics, and what is wrong with them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from fastlint.diagnostic import Diagnostic
from fastlint.directives import Directive, Word, directives
from fastlint.registry import Registry, RuleEntry, did_you_mean
from fastlint.rule import Applicability, Finding, Fix
from fastlint.selection import UNCONDITIONAL
from fastlint.source import Edit, SourceFile, Span
from fastlint.toolcodes import BLANKET_SUPPRESSION, SUPPRESSION_CODES, UNKNOWN_SUPPRESSION, UNUSED_SUPPRESSION

MANIFEST_COMMENT = re.compile(r"(?:^|(?<=\s))#.*(?:noqa|fastlint:).*$", re.IGNORECASE)

Comments = Sequence[tuple[int, int, str]]
Ranges = Sequence[tuple[int, int]]
Decorated = Sequence[tuple[int, int, int]]


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
        self._decorated = decorated
        self.directives = [
            directive
            for line, column, text in comments
            for directive in directives(line, column, text, alone=not source.line(line)[: column - 1].strip())
        ]
        self._used: set[tuple[Directive, Word | None]] = set()
        self._on_line: dict[int, list[Directive]] = {}
        self._whole_file: list[Directive] = []
        for directive in self.directives:
            if directive.whole_file:
                self._whole_file.append(directive)
                continue
            for line in self._lines_of(directive.line):
                self._on_line.setdefault(line, []).append(directive)

    def _lines_of(self, line: int) -> Iterable[int]:
        """The lines on which a comment at `line` silences what starts there."""
        lines = {line}
        found = bisect_right(self._ranges, (line, float("inf")))
        for first, last in reversed(self._ranges[max(0, found - 8) : found]):
            if first <= line <= last:
                lines.update(range(first, last + 1))
        lines.update(definition for first, last, definition in self._decorated if first <= line <= last)
        return lines

    def silence(self, diagnostic: Diagnostic) -> bool:
        """Whether a comment silences the diagnostic. All comments that do count as used."""
        if diagnostic.code in UNCONDITIONAL:
            return False
        found = list(self._matching(diagnostic))
        self._used.update(found)
        return bool(found)

    def speaking_to(self, diagnostic: Diagnostic) -> list[Directive]:
        """The comments that silence the diagnostic."""
        return list(dict.fromkeys(directive for directive, _ in self._matching(diagnostic)))

    def _matching(self, diagnostic: Diagnostic) -> Iterator[tuple[Directive, Word | None]]:
        for directive in (*self._whole_file, *self._on_line.get(diagnostic.span.line, ())):
            if directive.words is None:
                if diagnostic.code not in SUPPRESSION_CODES:
                    yield directive, None
                continue
            for word in directive.words:
                if diagnostic.code.startswith(word.text) or (directive.own and diagnostic.name == word.text):
                    yield directive, word

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
            if directive.own and (directive, None) not in self._used and _all_ran("ALL", registry, ran):
                message = f"`{self._text(directive)}` silences nothing {where}"
                yield Complaint(UNUSED_SUPPRESSION, self._finding(directive, message), self._without(directive, ()))
            return
        unused = [
            word
            for word in directive.words
            if (directive, word) not in self._used
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
        if start == 0 and end == len(line) and number < len(self.source.lines):
            return Edit(self.path, Span(number, 1, number + 1, 1), "")
        return Edit(self.path, Span(number, start + 1, number, end + 1), "")


def manifest_comments(source: SourceFile) -> list[tuple[int, int, str]]:
    """The comments of a manifest that may speak to fastlint, as facts hold them for Python files."""
    if b"noqa" not in source.data.lower() and b"fastlint:" not in source.data:
        return []
    return [
        (number, found.start() + 1, found[0])
        for number in range(1, len(source.lines) + 1)
        if (found := MANIFEST_COMMENT.search(source.line(number)))
    ]


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
