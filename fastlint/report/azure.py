"""Logging commands of Azure Pipelines. They know errors and warnings only: what is worth a note becomes a warning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page
from fastlint.report.terminal import visible
from fastlint.rule import Level


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    for one in diagnostics:
        properties = {
            "type": "error" if one.level is Level.ERROR else "warning",
            "sourcepath": page.in_repository(one.path),
            "linenumber": str(one.span.line),
            "columnnumber": str(one.span.column),
            "code": one.code,
        }
        given = ";".join(f"{name}={_property(visible(value))}" for name, value in properties.items() if value)
        yield f"##vso[task.logissue {given};]{_data(f'{one.name}: {visible(one.message)}')}"


def _data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(";", "%3B").replace("]", "%5D")
