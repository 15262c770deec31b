"""One line for each diagnostic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page
from fastlint.report.terminal import LEVEL_COLOURS, coloured, visible


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    for diagnostic in diagnostics:
        yield line(diagnostic, page)


def line(diagnostic: Diagnostic, page: Page) -> str:
    """`app/main.py:12:5: error FST101 blocking-sleep: ...`; `[*]` marks what --fix would mend."""
    where = f"{place(page.filename(diagnostic.path))}:{diagnostic.span.line}:{diagnostic.span.column}"
    colour = LEVEL_COLOURS[diagnostic.level]
    label = coloured(f"{diagnostic.level.label} {diagnostic.code}", colour, on=page.colour)
    mark = "" if diagnostic.fix is None or diagnostic.fix.applicability == "unsafe" else " [*]"
    text = visible(diagnostic.message, tab=" ")
    return f"{coloured(where, '1', on=page.colour)}: {label} {diagnostic.name}:{mark} {text}"


def place(filename: str) -> str:
    """The name of a file as a line may begin with it: CI systems take `::` at its start for a command."""
    shown = visible(filename)
    return f"./{shown}" if shown.lstrip().startswith("::") else shown
