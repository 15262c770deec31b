"""Keeps secrets out of what reports show: in source lines and in the code that fixes would write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from fastlint.diagnostic import Diagnostic
from fastlint.rule import Fix
from fastlint.source import SourceFile, Span, Unreadable

MASK = "•"
SHOWN = 3
"""Of what must not be shown, so many characters are (a quote among them)."""
SHORTEST = 4
"""Shorter texts than this are found everywhere, and are no secrets."""

Sources = Callable[[str], SourceFile | None]
Places = Iterable[tuple[str, Span]]


def hidden_in_sources(places: Places, sources: Sources) -> Sources:
    """The sources with these places made unreadable."""
    spans: dict[str, list[Span]] = {}
    for path, span in places:
        spans.setdefault(path, []).append(span)
    known: dict[str, SourceFile | None] = {}

    def masked(path: str) -> SourceFile | None:
        if path not in spans:
            return sources(path)
        if path not in known:
            source = sources(path)
            known[path] = None if source is None else _hidden(source, spans[path])
        return known[path]

    return masked


def _hidden(source: SourceFile, spans: Sequence[Span]) -> SourceFile:
    try:
        lines = list(source.lines)
    except Unreadable:
        return source
    for span in spans:
        for number in range(span.line, min(span.end_line, len(lines)) + 1):
            text = lines[number - 1]
            bare = len(text.rstrip("\r\n"))
            start = span.column - 1 + SHOWN if number == span.line else 0
            end = min(span.end_column - 1, bare) if number == span.end_line else bare
            lines[number - 1] = text[:start] + MASK * max(0, end - start) + text[max(start, end) :]
    return SourceFile.of_text(source.path, "".join(lines))


def hidden_in_fixes(diagnostics: Sequence[Diagnostic], places: Places, sources: Sources) -> list[Diagnostic]:
    """The diagnostics; a fix that would write one of the secrets again loses its edits: only its title shows."""
    texts = {text for path, span in places for text in _texts(sources(path), span)}

    def shown(fix: Fix | None) -> Fix | None:
        if fix is None or not any(text in edit.content for edit in fix.edits for text in texts):
            return fix
        return replace(fix, edits=())

    return [replace(one, fix=shown(one.fix)) if one.fix is not None else one for one in diagnostics]


def _texts(source: SourceFile | None, span: Span) -> Iterable[str]:
    """What the place says, without its quotes."""
    if source is None:
        return
    try:
        text = source.slice(span)
    except Unreadable:
        return
    inner = text.lstrip("rRbBfFuU").strip("'\"")
    if len(inner) >= SHORTEST:
        yield inner
