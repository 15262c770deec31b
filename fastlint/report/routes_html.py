"""The route table as one page that needs nothing else: its data, style and script are in it, and it may load nothing.

What comes from source is data for the script, which puts it into the page as text, never as markup.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastlint.report import Page
from fastlint.report.routes_rows import RouteReport
from fastlint.report.terminal import visible
from fastlint.source import SourceFile, Unreadable

PARTS = Path(__file__).parent / "routes_page"
LONGEST = 200
"""Characters of a source line that are shown."""
KEPT = ("methods", "path", "kind", "endpoint", "runs", "status_code", "response_model", "auth", "application")


def lines(report: RouteReport, page: Page, version: str) -> Iterator[str]:
    name = page.root.rstrip("/").rpartition("/")[2] or "project"
    script, style = (_part(f"page.{kind}") for kind in ("js", "css"))
    filled = {
        "title": html.escape(visible(name)),
        "policy": f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "data": _as_data({"name": name, "version": version, **_Payload(report, page).content()}),
    }
    # in one pass: what is filled in is not looked through again
    yield from re.sub(r"\{\{(\w+)\}\}", lambda found: filled[found[1]], _part("page.html")).rstrip("\n").split("\n")


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _as_data(content: dict[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(_shown(content), ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _shown(value: Any) -> Any:
    """All texts with what hides or reorders characters written out."""
    match value:
        case str():
            return visible(value, tab=" ")
        case list():
            return [_shown(item) for item in value]
        case dict():
            return {key: _shown(item) for key, item in value.items()}
    return value


class _Payload:
    """What the script draws; dependencies and findings that routes share stand in it once."""

    def __init__(self, report: RouteReport, page: Page) -> None:
        self.report = report
        self.page = page
        self._sources: dict[str, SourceFile | None] = {}
        self._docstrings: dict[str, dict[int, str]] = {}
        self._ids: dict[str, int] = {}
        self._dependencies: dict[tuple[Any, ...], int] = {}
        self._findings: dict[tuple[Any, ...], int] = {}
        self.dependencies: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []

    def content(self) -> dict[str, Any]:
        routes = [self._route(row) for row in self.report.rows]
        elsewhere = [self._finding(finding) for finding in self.report.elsewhere]
        return {
            "routes": routes,
            "dependencies": self.dependencies,
            "findings": self.findings,
            "elsewhere": list(dict.fromkeys(elsewhere)),
        }

    def _route(self, row: dict[str, Any]) -> dict[str, Any]:
        endpoint = row["endpoint"]
        return {
            **{key: row[key] for key in KEPT},
            "id": self._id(row),
            "about": "" if endpoint is None else self._docstring(endpoint["filename"], endpoint["line"]),
            "hidden": row["kind"] == "http" and not row["include_in_schema"],
            "conditional": row["conditional"],
            "parameters": [
                {**parameter, "own": endpoint is not None and parameter["owner"] == endpoint["qualname"]}
                for parameter in row["parameters"]
                if parameter["in"] not in ("dependency", "injected")
            ],
            "needs": [self._dependency(node) for node in row["dependency_tree"]],
            "findings": [
                {"finding": self._finding(finding), "chain": [self._step(step) for step in finding["chain"]]}
                for finding in row["findings"]
            ],
        }

    def _id(self, row: dict[str, Any]) -> str:
        """What names the route in an address: `get-users-user_id`, with a number where that is taken."""
        words = [*(row["methods"] or [row["kind"]]), row["path"] or "unknown"]
        slug = re.sub(r"[^a-z0-9_]+", "-", " ".join(words).lower()).strip("-")
        self._ids[slug] = self._ids.get(slug, 0) + 1
        return slug if self._ids[slug] == 1 else f"{slug}~{self._ids[slug]}"

    def _dependency(self, node: dict[str, Any]) -> int:
        needs = [self._dependency(inner) for inner in node["needs"]]
        key = (node["name"], node["filename"], node["line"], tuple(needs))
        if key not in self._dependencies:
            self._dependencies[key] = len(self.dependencies)
            self.dependencies.append({**node, "needs": needs})
        return self._dependencies[key]

    def _finding(self, finding: dict[str, Any]) -> int:
        key = (finding["code"], finding["filename"], finding["line"], finding["message"])
        if key not in self._findings:
            self._findings[key] = len(self.findings)
            shown = {name: value for name, value in finding.items() if name != "chain"}
            shown["related"] = [self._step(place) for place in finding["related"]]
            self.findings.append({**shown, "code_line": self._step(finding)["code"]})
        return self._findings[key]

    # source

    def _step(self, place: dict[str, Any]) -> dict[str, Any]:
        """The place with the line of source that stands there."""
        source = self._source(place["filename"])
        try:
            text = "" if source is None else source.line(place["line"]).strip()
        except Unreadable:
            text = ""
        return {**place, "code": text if len(text) <= LONGEST else f"{text[:LONGEST]}…"}

    def _source(self, filename: str) -> SourceFile | None:
        """The file; the page's own names are relative to the root."""
        if filename not in self._sources:
            source = self.page.source(filename)
            self._sources[filename] = None if source is None else SourceFile(source.path, source.data)
        return self._sources[filename]

    def _docstring(self, filename: str, line: int) -> str:
        if filename not in self._docstrings:
            self._docstrings[filename] = _docstrings(self._source(filename))
        return self._docstrings[filename].get(line, "")


def _docstrings(source: SourceFile | None) -> dict[int, str]:
    """The first paragraph of each function's docstring by the line of its `def`."""
    try:
        tree = ast.parse(b"" if source is None else source.data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (text := ast.get_docstring(node)):
            found[node.lineno] = " ".join(text.split("\n\n")[0].split())
    return found
