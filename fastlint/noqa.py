"""`--add-noqa`: comments that silence what is reported, so that a project can start clean."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fastlint.diagnostic import Diagnostic
from fastlint.directives import directives
from fastlint.engine import Report, check
from fastlint.fixes.apply import rewritten
from fastlint.selection import UNCONDITIONAL
from fastlint.source import Edit, SourceFile, Span, Unreadable
from fastlint.toolcodes import SUPPRESSION_CODES

COMMENTED = re.compile(r".*(?:\.txt|\.in|\.toml|\.ya?ml|(?:^|/)Pipfile)")
"""Manifests in which a comment may stand behind a requirement."""
LIKE_A_CODE = re.compile(r"[A-Za-z]+[0-9]")


@dataclass(slots=True)
class Silenced:
    """What changed: each file as it was and as it is now; how many comments; what no comment can silence."""

    changed: dict[str, tuple[SourceFile, SourceFile]] = field(default_factory=dict)
    added: int = 0
    left: list[Diagnostic] = field(default_factory=list)


def add_noqa(report: Report, reason: str = "") -> Silenced:
    """Silence each diagnostic of the report on its line, with the reason behind the codes.

    Whether the comments do it is not guessed: everything is checked again, and those that silence nothing are dropped.
    """
    wanted: dict[str, dict[int, set[str]]] = {}
    left = []
    for diagnostic in report.diagnostics:
        if diagnostic.code in UNCONDITIONAL | SUPPRESSION_CODES:
            continue
        source = report.inputs.source(diagnostic.path)
        line = None if source is None else _line_for(diagnostic, source, report)
        if line is None:
            left.append(diagnostic)
        else:
            wanted.setdefault(diagnostic.path, {}).setdefault(line, set()).add(diagnostic.code)
    changed = _written(report, wanted, reason)
    again = check(report.inputs.replaced(changed), fixes=False)
    known = set(report.diagnostics)
    for diagnostic in again.diagnostics:
        lines = wanted.get(diagnostic.path, {})
        if diagnostic.code in UNCONDITIONAL and diagnostic not in known:
            left += [old for old in report.diagnostics if old.path == diagnostic.path]
            wanted.pop(diagnostic.path, None)
        elif diagnostic in known and diagnostic not in left and diagnostic.code not in SUPPRESSION_CODES:
            left.append(diagnostic)
            source = report.inputs.source(diagnostic.path)
            line = None if source is None else _line_for(diagnostic, source, report)
            lines.get(line or 0, set()).discard(diagnostic.code)
    changed = _written(report, wanted, reason)
    files = report.inputs.files()
    return Silenced(
        {path: (files[path], source) for path, source in changed.items()},
        sum(len([line for line, codes in lines.items() if codes]) for lines in wanted.values()),
        left,
    )


def _written(report: Report, wanted: Mapping[str, Mapping[int, set[str]]], reason: str) -> dict[str, SourceFile]:
    files = report.inputs.files()
    changed = {}
    for path, lines in wanted.items():
        edits = [_comment(files[path], line, codes, reason) for line, codes in lines.items() if codes]
        if edits:
            try:
                changed[path] = rewritten(files[path], edits)
            except UnicodeEncodeError:  # the reason cannot be written in the file's encoding
                changed[path] = rewritten(files[path], [_ascii(edit) for edit in edits])
    return changed


def _ascii(edit: Edit) -> Edit:
    return edit._replace(content=edit.content.encode("ascii", "replace").decode())


def _comment(source: SourceFile, line: int, codes: Iterable[str], reason: str) -> Edit:
    """The codes put into the `noqa` that the line has, else a comment at its end."""
    text = source.line(line)
    joined = ", ".join(sorted(codes))
    start = text.find("#")
    while start >= 0:
        for directive in directives(line, start + 1, text[start:], alone=False):
            if directive.words and not directive.own and directive.start == 0:
                column = start + directive.words[-1].end + 1
                return Edit(source.path, Span(line, column, line, column), f", {joined}")
        start = text.find("#", start + 1)
    bare = text.rstrip()
    separator = " - " if LIKE_A_CODE.match(reason) else " "
    content = f"  # noqa: {joined}{separator + reason if reason else ''}"
    return Edit(source.path, Span(line, len(bare) + 1, line, len(text) + 1), content)


def _line_for(diagnostic: Diagnostic, source: SourceFile, report: Report) -> int | None:
    """The line that a comment about the diagnostic goes to the end of; None where none can stand."""
    first = diagnostic.span.line
    if diagnostic.path not in report.inputs.sources:
        if not COMMENTED.fullmatch(diagnostic.path) or source.line(first).rstrip().endswith("\\"):
            return None
        return first
    return next((line for line in _ends(source) if line >= first), None)


def _ends(source: SourceFile) -> list[int]:
    """The lines at whose end a comment may stand: not within a string, not before a continuation."""
    lines = iter(source.lines)
    kinds = (tokenize.NEWLINE, tokenize.NL)
    try:
        return [token.start[0] for token in tokenize.generate_tokens(lambda: next(lines, "")) if token.type in kinds]
    except (tokenize.TokenError, SyntaxError, Unreadable):
        return []
