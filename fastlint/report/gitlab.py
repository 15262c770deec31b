"""GitLab's code quality report: the fields it asks for of a CodeClimate issue. Fingerprints are unique in a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastlint.diagnostic import Diagnostic
from fastlint.fingerprint import fingerprints
from fastlint.report import Page
from fastlint.report.json import encoded, listed
from fastlint.report.terminal import encodable, visible
from fastlint.rule import Level

SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.INFO: "info"}


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    found = zip(diagnostics, fingerprints(diagnostics), strict=True)
    yield from listed(encoded(_issue(one, digest, page), indent=2) for one, digest in found)


def _issue(one: Diagnostic, digest: str, page: Page) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": f"{one.code} {one.name}",
        "description": f"{one.code} {visible(one.message)}",
        "categories": ["Security" if one.code.startswith("FST5") else "Bug Risk"],
        "severity": SEVERITIES[one.level],
        "fingerprint": digest,
        "location": {
            "path": encodable(page.in_repository(one.path)),
            "lines": {"begin": one.span.line, "end": one.span.end_line},
        },
    }
