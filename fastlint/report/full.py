"""Each diagnostic with the source lines it is about, the places that belong to it, and the fix offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page
from fastlint.report.concise import line
from fastlint.report.secrets import hidden_in_sources
from fastlint.report.terminal import LEVEL_COLOURS, coloured, uncommanded, visible, width, wrapped
from fastlint.source import SourceFile, Span, Unreadable

WINDOW = 160
"""Of a longer line only so many characters around the span are shown."""
NARROWEST = 40
"""However narrow a terminal is, so many characters of a source line are shown."""
MOST_LINES = 3
"""Of a longer span only so many lines are shown."""
TAB = "    "


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    page = replace(page, source=hidden_in_sources(page.secrets, page.source))
    for diagnostic in diagnostics:
        yield from wrapped(line(diagnostic, page), 4, page.width)
        yield from _excerpt(diagnostic, page)
        for number, place in enumerate(diagnostic.related, 1):
            where = f"{visible(page.filename(place.path))}:{place.span.line}:{place.span.column}"
            text = _code_line(page.source(place.path), place.span.line, _room(page, 7))
            head = f"  {number}. {coloured(where, '1', on=page.colour)}: {visible(place.message, tab=' ')}"
            yield from wrapped(head, 5, page.width)
            if text:  # never alone on its line: `::` at the start of one is a command to CI systems
                yield f"     | {coloured(text, '2', on=page.colour)}"
        for text in page.evidence.get(diagnostic, ()):
            yield from wrapped(f"  {coloured('why', '36', on=page.colour)}: {visible(text, tab=' ')}", 7, page.width)
        if diagnostic.fix is not None:
            offered = f"fix ({diagnostic.fix.applicability})"
            head = f"  {coloured(offered, '32', on=page.colour)}: {visible(diagnostic.fix.title, tab=' ')}"
            yield from wrapped(head, 4, page.width)
        yield ""


def _room(page: Page, before: int) -> int:
    """How many characters of a source line fit after what stands before it."""
    return WINDOW if page.width is None else max(NARROWEST, min(WINDOW, page.width - before))


def _code_line(source: SourceFile | None, number: int, room: int) -> str:
    text = _line(source, number).strip()
    return visible(text if len(text) <= room else text[: room - 1] + "…", tab=" ")


def _line(source: SourceFile | None, number: int) -> str:
    if source is None:
        return ""
    try:
        return source.line(number)
    except Unreadable:
        return ""


def _excerpt(diagnostic: Diagnostic, page: Page) -> Iterator[str]:
    """The lines of the span with carets below what it covers."""
    source = page.source(diagnostic.path)
    span = diagnostic.span
    if source is None or not any(_line(source, number) for number in range(span.line, span.end_line + 1)):
        return
    last = min(span.end_line, span.line + MOST_LINES - 1)
    gutter = len(str(last))
    colour = LEVEL_COLOURS[diagnostic.level]
    for number in range(span.line, last + 1):
        text = _line(source, number)
        start, end = _covered(span, number, text)
        before, marked, after = _window(text, start, end, _room(page, gutter + 5) - 3 * text.count("\t"))
        yield uncommanded(f"  {number:>{gutter}} | {before}{marked}{after}".rstrip())
        carets = "^" * max(1, width(marked))
        if text.strip() and (start < end or start > 0):
            yield f"  {'':>{gutter}} | {' ' * width(before)}{coloured(carets, colour, on=page.colour)}"
    if last < span.end_line:
        yield f"  {'':>{gutter}} | … {span.end_line - last} more lines"


def _covered(span: Span, number: int, text: str) -> tuple[int, int]:
    """The part of the line that the span covers, without the indentation of its later lines."""
    start = span.column - 1 if number == span.line else len(text) - len(text.lstrip())
    end = span.end_column - 1 if number == span.end_line else len(text.rstrip())
    start = min(start, len(text))
    return start, max(start, min(end, len(text)))


def _window(text: str, start: int, end: int, room: int) -> tuple[str, str, str]:
    """What to show before, in and after the covered part in so many characters, safe for a terminal."""
    first, last = 0, len(text.rstrip())
    if last > room:
        room = max(NARROWEST, room) - 2  # for the dots
        first = 0 if end <= room else max(0, min(start - room // 4, last - room))
        last = first + room
    end = min(end, last)
    before, marked, after = text[first:start], text[start:end], text[end:last]
    before = ("…" if first else "") + visible(before, tab=TAB)
    return before, visible(marked, tab=TAB), visible(after, tab=TAB) + ("…" if last < len(text) else "")
