"""`fastlint routes`: what the application serves."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fastlint.discover import discover
from fastlint.engine import linked
from fastlint.faces.cli.session import complain, note, refuse_problems, settings_tree, write_lines
from fastlint.inputs import read
from fastlint.loader import load
from fastlint.project.manifests import is_manifest
from fastlint.project.routes import table
from fastlint.report import Page
from fastlint.report.terminal import visible, width

UNKNOWN = "?"


def run(options: argparse.Namespace) -> int:
    tree = settings_tree(options, load())
    discovered = discover(options.paths, tree, is_manifest)
    for path, reason in discovered.missing:
        complain(f"{path}: {reason}")
    tree.at(discovered.root)
    refuse_problems(tree)
    if discovered.missing and not discovered.asked:
        return 2
    inputs = read(discovered, tree)
    project, _, unreadable = linked(inputs)
    page = Page(inputs.root, Path.cwd().as_posix(), inputs.source)
    for finding in unreadable.values():
        note(f"{page.filename(finding.path)}:{finding.span.line}: {finding.message}")
    rows = [row for row in table(project) if row["endpoint"] is None or row["endpoint"]["filename"] in inputs.asked]
    for row in rows:
        if row["endpoint"] is not None:
            row["endpoint"] = {**row["endpoint"], "filename": page.filename(row["endpoint"]["filename"])}
    if options.output_format == "json":
        write_lines([json.dumps(rows, indent=2)], None)
    elif rows:
        write_lines(_table(rows), None)
    else:
        note("no routes found")
    return 2 if discovered.missing else 0


def _table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The rows as wide as they need to be; `?` stands for what cannot be known."""
    head = ["METHODS", "PATH", "HANDLER", "RUNS ON", "RESPONSE", "STATUS", "DEPENDENCIES", "PLACE"]
    cells = [head, *([visible(cell, tab=" ") for cell in _cells(row)] for row in rows)]
    widths = [max(width(row[index]) for row in cells) for index in range(len(head))]
    for row in cells:
        yield "  ".join(text + " " * (size - width(text)) for text, size in zip(row, widths, strict=True)).rstrip()


def _cells(row: dict[str, Any]) -> list[str]:
    endpoint = row["endpoint"]
    runs_on = {True: "event loop", False: "threadpool", None: UNKNOWN}[row["is_async"]]
    return [
        ",".join(row["methods"]) or str(row["kind"]).upper(),
        UNKNOWN if row["path"] is None else row["path"],
        UNKNOWN if endpoint is None else endpoint["qualname"],
        runs_on,
        row["response_model"] or "",
        str(row["status_code"] or ""),
        ", ".join(name.rpartition(".")[2] for name in row["dependencies"]),
        "" if endpoint is None else f"{endpoint['filename']}:{endpoint['line']}",
    ]
