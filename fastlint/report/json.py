"""A list of objects, rows and columns from 1, columns in characters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastlint.diagnostic import Diagnostic
from fastlint.fingerprint import fingerprints
from fastlint.report import Page
from fastlint.report.terminal import encodable, uncommanded, visible
from fastlint.source import Span


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    yield from listed(encoded(entry, indent=2) for entry in entries(diagnostics, page))


def encoded(value: Any, indent: int | None = None) -> str:
    """ASCII text, in which a `#` of `##[` is escaped so that printing it commands no CI system."""
    return uncommanded(json.dumps(value, indent=indent), "\\u0023")


def listed(objects: Iterable[str]) -> Iterator[str]:
    """The lines of a list of objects, from the text of each."""
    opened = False
    before: str | None = None
    for text in objects:
        if before is None:
            yield "["
            opened = True
        else:
            yield before + ","
        *first, before = [f"  {part}" for part in text.split("\n")]
        yield from first
    if before is not None:
        yield before
    yield "]" if opened else "[]"


def entries(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[dict[str, Any]]:
    """Each diagnostic as plain data, with a fingerprint that no other of them has."""
    for diagnostic, digest in zip(diagnostics, fingerprints(diagnostics), strict=True):
        evidence = page.evidence.get(diagnostic)
        more = {} if evidence is None else {"evidence": [visible(text) for text in evidence]}
        yield entry(diagnostic, page) | {"fingerprint": digest} | more


def entry(diagnostic: Diagnostic, page: Page) -> dict[str, Any]:
    """The diagnostic as plain data."""
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "level": diagnostic.level.label,
        "message": visible(diagnostic.message),
        "filename": encodable(page.filename(diagnostic.path)),
        **_place(diagnostic.span),
        "url": page.url(diagnostic.name),
        "fix": None
        if fix is None
        else {
            "applicability": fix.applicability.value,
            "message": visible(fix.title),
            "edits": [
                {
                    "filename": encodable(page.filename(edit.path)),
                    **_place(edit.span),
                    "content": encodable(edit.content),
                }
                for edit in fix.edits
            ],
        },
        "related": [
            {
                "filename": encodable(page.filename(place.path)),
                "location": _position(place.span.line, place.span.column),
                "message": visible(place.message),
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
