"""The route table for people and programs: each row with its details and with what the rules say of it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastlint.diagnostic import Diagnostic
from fastlint.project.application.application import Effective
from fastlint.project.model import Project
from fastlint.project.route_table.details import details
from fastlint.project.route_table.rows import entries, row
from fastlint.report import Page
from fastlint.report.routes_findings import Concern, RouteFindings, Step

NO_DETAILS: dict[str, Any] = {"runs": None, "auth": [], "parameters": [], "dependency_tree": []}


@dataclass(slots=True)
class RouteReport:
    """All rows, and the diagnostics that belong to no route."""

    rows: list[dict[str, Any]]
    elsewhere: list[dict[str, Any]] = field(default_factory=list)


def report(
    project: Project, diagnostics: Sequence[Diagnostic], page: Page, asked: Container[str] | None = None
) -> RouteReport:
    findings = RouteFindings(project, diagnostics)
    rows = []
    for entry in entries(project, asked):
        found = row(project, entry)
        if isinstance(entry, Effective):
            found |= details(project, entry, found["is_async"])
            found["findings"] = [_finding(concern, page) for concern in findings.of(entry)]
        else:
            found |= NO_DETAILS | {"findings": []}
        if found["endpoint"] is not None:
            found["endpoint"] = {**found["endpoint"], "filename": page.filename(found["endpoint"]["filename"])}
        _rename(found["dependency_tree"], page)
        rows.append(found)
    elsewhere = [_finding(Concern(one), page) for one in diagnostics if one not in findings.attached]
    return RouteReport(rows, elsewhere)


def _rename(nodes: list[dict[str, Any]], page: Page) -> None:
    for node in nodes:
        if node["filename"] is not None:
            node["filename"] = page.filename(node["filename"])
        _rename(node["needs"], page)


def _finding(concern: Concern, page: Page) -> dict[str, Any]:
    diagnostic = concern.diagnostic
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "level": diagnostic.level.label,
        "message": diagnostic.message,
        "filename": page.filename(diagnostic.path),
        "line": diagnostic.span.line,
        "url": page.url(diagnostic.name),
        "related": [
            {"filename": page.filename(place.path), "line": place.span.line, "message": place.message}
            for place in diagnostic.related
        ],
        "chain": [_step(step, page) for step in concern.chain],
    }


def _step(step: Step, page: Page) -> dict[str, Any]:
    return {"kind": step.kind, "name": step.name, "filename": page.filename(step.path), "line": step.line}
