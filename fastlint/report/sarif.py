"""SARIF 2.1.0, as code scanning and editors read it.

Paths are relative to the repository, columns count code points. A chain of calls or a flow of data is a code flow, in
the order in which it runs; other places that belong to a result are related locations.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from fastlint.diagnostic import Diagnostic
from fastlint.fingerprint import VERSION, fingerprint, fingerprints
from fastlint.registry import RuleEntry
from fastlint.report import Page, repository
from fastlint.report.json import encoded
from fastlint.report.terminal import encodable, visible
from fastlint.rule import Fix, Level
from fastlint.source import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
BASE = "SRCROOT"
LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
SECURITY_SEVERITY = {Level.ERROR: "8.0", Level.WARNING: "5.5", Level.INFO: "3.0"}
"""Code scanning ranks security rules by a number like that of CVSS: high, medium and low."""
CHAINS = {"LoopCall", "Flow"}
"""The subjects of rules whose related places are the steps of one run of the program."""


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    codes = sorted({one.code for one in diagnostics})
    entries = {code: page.rules.get(code) if page.rules is not None else None for code in codes}
    names = {one.code: one.name for one in diagnostics}
    driver: dict[str, Any] = {"name": "fastlint", "rules": [_rule(c, names[c], entries[c], page) for c in codes]}
    if page.version is not None:
        driver["version"] = page.version
    if page.documentation is not None:
        driver["informationUri"] = page.documentation
    index = {code: number for number, code in enumerate(codes)}
    results = [
        _result(one, digest, index[one.code], entries[one.code], page)
        for one, digest in zip(diagnostics, fingerprints(diagnostics), strict=True)
    ]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {BASE: {"uri": _folder_uri(repository(page.root) or page.folder)}},
        "results": results,
    }
    yield from encoded({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2).split("\n")


def _rule(code: str, name: str, entry: RuleEntry | None, page: Page) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code, "name": "".join(part.title() for part in name.replace(".", "-").split("-"))}
    url = page.url(name)
    if url is not None:
        rule["helpUri"] = url
    if entry is None:
        return rule
    rule |= {
        "shortDescription": {"text": entry.summary},
        "fullDescription": {"text": _section(entry.doc, "Why it matters") or entry.summary},
        "help": {"text": entry.doc, "markdown": entry.doc},
        "defaultConfiguration": {"level": LEVELS[entry.level], "enabled": entry.default},
        "properties": {"tags": ["fastapi", entry.category.replace("_", "-")]},
    }
    if entry.category == "security":
        rule["properties"]["security-severity"] = SECURITY_SEVERITY[entry.level]
    return rule


def _section(doc: str, title: str) -> str:
    """The text below a heading of a rule's page, on one line."""
    _, found, rest = doc.partition(f"## {title}\n")
    return " ".join(rest.partition("\n## ")[0].split()) if found else ""


def _result(one: Diagnostic, digest: str, index: int, entry: RuleEntry | None, page: Page) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": index,
        "level": LEVELS[one.level],
        "message": _message(one.message),
        "locations": [_location(one.path, one.span, page)],
        # the code host reads the second name only
        "partialFingerprints": {f"fastlint/v{VERSION}": fingerprint(one), "primaryLocationLineHash": digest},
    }
    if one.symbol:
        result["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": encodable(one.symbol)}]
    if one.related:
        steps = [_location(place.path, place.span, page, place.message) for place in one.related]
        kind = _subject(entry)
        if kind in CHAINS:
            here = _location(one.path, one.span, page, "reported here")
            way = [*steps, here] if kind == "Flow" else [here, *steps]
            result["codeFlows"] = [{"threadFlows": [{"locations": [{"location": step} for step in way]}]}]
        else:
            result["relatedLocations"] = [{"id": number, **step} for number, step in enumerate(steps, 1)]
    if one.fix is not None and one.fix.edits:
        result["fixes"] = [_fix(one.fix, page)]
    return result


def _subject(entry: RuleEntry | None) -> str:
    return "" if entry is None or entry.rule is None else getattr(entry.rule, "subject", object).__name__


def _message(text: str) -> dict[str, str]:
    shown = visible(text)
    # `[text](1)` would be a link; braces are left as they are, since receivers fill in only `{0}` with arguments
    return {"text": shown.replace("[", "\\[") if "](" in shown else shown}


def _location(path: str, span: Span, page: Page, message: str | None = None) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _artifact(path, page), "region": _region(span)}
    }
    return location if message is None else {**location, "message": _message(message)}


def _artifact(path: str, page: Page) -> dict[str, str]:
    shown = page.in_repository(path)
    if os.path.isabs(shown):
        return {"uri": PurePath(shown).as_uri()}
    return {"uri": quote(os.fsencode(shown or ".")), "uriBaseId": BASE}


def _region(span: Span) -> dict[str, int]:
    region = {"startLine": span.line}
    if span.end_line > span.line or span.end_column > span.column:
        region |= {"startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}
    elif span.column > 1:
        region |= {"startColumn": span.column}
    return region


def _exact(span: Span) -> dict[str, int]:
    """A region that an edit replaces: an empty one is where it inserts."""
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _fix(fix: Fix, page: Page) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _exact(edit.span), "insertedContent": {"text": encodable(edit.content)}}
        changes.setdefault(edit.path, []).append(replacement)
    return {
        "description": {"text": f"{visible(fix.title)} ({fix.applicability.value})"},
        "artifactChanges": [
            {"artifactLocation": _artifact(path, page), "replacements": found} for path, found in changes.items()
        ],
    }


def _folder_uri(folder: str) -> str:
    return PurePath(folder).as_uri().rstrip("/") + "/"
