"""Workflow commands of GitHub Actions, which become annotations.

Columns are given only for spans within one line: the runner drops them from others. Paths are those of the repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page
from fastlint.report.terminal import visible
from fastlint.rule import Level

COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    for one in diagnostics:
        span = one.span
        properties = {
            "title": f"{one.code} {one.name}",
            "file": page.in_repository(one.path),
            "line": str(span.line),
            "endLine": str(span.end_line),
        }
        if span.line == span.end_line and span.column < span.end_column:
            properties |= {"col": str(span.column), "endColumn": str(span.end_column)}
        given = ",".join(f"{name}={_property(visible(value))}" for name, value in properties.items() if value)
        message = [visible(one.message)]
        for number, place in enumerate(one.related, 1):
            where = f"{page.in_repository(place.path)}:{place.span.line}"
            message.append(visible(f"{number}. {where}: {place.message}"))
        yield f"::{COMMANDS[one.level]} {given}::{_data(chr(10).join(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
