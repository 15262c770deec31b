"""A list of objects, rows and columns from 1, columns in characters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page
from fastlint.source import Span


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    if not diagnostics:
        yield "[]"
        return
    yield "["
    for number, diagnostic in enumerate(diagnostics, 1):
        text = json.dumps(entry(diagnostic, page), indent=2)
        comma = "," if number < len(diagnostics) else ""
        yield "\n".join(f"  {part}" for part in text.split("\n")) + comma
    yield "]"


def entry(diagnostic: Diagnostic, page: Page) -> dict[str, Any]:
    """The diagnostic as plain data."""
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "level": diagnostic.level.label,
        "message": diagnostic.message,
        "filename": page.filename(diagnostic.path),
        **_place(diagnostic.span),
        "url": page.url(diagnostic.name),
        "fix": None
        if fix is None
        else {
            "applicability": fix.applicability.value,
            "message": fix.title,
            "edits": [
                {"filename": page.filename(edit.path), **_place(edit.span), "content": edit.content}
                for edit in fix.edits
            ],
        },
        "related": [
            {
                "filename": page.filename(place.path),
                "location": _position(place.span.line, place.span.column),
                "message": place.message,
            }
            for place in diagnostic.related
        ],
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "location": _position(span.line, span.column),
        "end_location": _position(span.end_line, span.end_column),
    }


def _position(line: int, column: int) -> dict[str, int]:
    return {"row": line, "column": column}
