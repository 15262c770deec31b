"""One JSON object a line, as the objects of the `json` format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page
from fastlint.report.json import encoded, entries


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    for entry in entries(diagnostics, page):
        yield encoded(entry)
