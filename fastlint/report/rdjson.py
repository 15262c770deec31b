"""The Diagnostic Format of reviewdog. Its columns count UTF-8 bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page
from fastlint.report.json import encoded
from fastlint.report.terminal import encodable, visible
from fastlint.source import Span, Unreadable


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    source: dict[str, Any] = {"name": "fastlint"}
    if page.documentation is not None:
        source["url"] = page.documentation
    report = {"source": source, "diagnostics": [_diagnostic(one, page) for one in diagnostics]}
    yield from encoded(report, indent=2).split("\n")


def _diagnostic(one: Diagnostic, page: Page) -> dict[str, Any]:
    code = {"value": one.code}
    url = page.url(one.name)
    if url is not None:
        code["url"] = url
    found: dict[str, Any] = {
        "message": visible(one.message),
        "location": _location(one.path, one.span, page),
        "severity": one.level.name,
        "code": code,
    }
    if one.related:
        found["related_locations"] = [
            {"message": visible(place.message), "location": _location(place.path, place.span, page)}
            for place in one.related
        ]
    # each suggestion is an alternative of its own: a fix of several edits cannot be told
    if one.fix is not None and len(one.fix.edits) == 1 and one.fix.edits[0].path == one.path:
        (edit,) = one.fix.edits
        found["suggestions"] = [{"range": _range(edit.path, edit.span, page), "text": encodable(edit.content)}]
    return found


def _location(path: str, span: Span, page: Page) -> dict[str, Any]:
    return {"path": encodable(page.filename(path)), "range": _range(path, span, page)}


def _range(path: str, span: Span, page: Page) -> dict[str, Any]:
    return {
        "start": {"line": span.line, "column": _bytes(path, span.line, span.column, page)},
        "end": {"line": span.end_line, "column": _bytes(path, span.end_line, span.end_column, page)},
    }


def _bytes(path: str, line: int, column: int, page: Page) -> int:
    source = page.source(path)
    try:
        text = "" if source is None else source.line(line)
    except Unreadable:
        text = ""
    return column + sum(len(c.encode("utf-8", "surrogatepass")) - 1 for c in text[: column - 1] if not c.isascii())
