"""`fastlint routes`: what the application serves."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from fastlint.discover import discover
from fastlint.engine import linked
from fastlint.faces.cli.session import complain, note, refuse_problems, settings_tree, write_lines
from fastlint.inputs import read
from fastlint.loader import load
from fastlint.project.manifests import is_manifest
from fastlint.project.routes import table
from fastlint.report.terminal import visible, width


def run(options: argparse.Namespace) -> int:
    tree = settings_tree(options, load())
    discovered = discover(options.paths, tree, is_manifest)
    for path, reason in discovered.missing:
        complain(f"{path}: {reason}")
    tree.at(discovered.root)
    refuse_problems(tree)
    if discovered.missing and not discovered.asked:
        return 2
    project, _, unreadable = linked(read(discovered, tree))
    for finding in unreadable.values():
        note(f"{finding.path}:{finding.span.line}: {finding.message}")
    rows = table(project)
    if options.output_format == "json":
        write_lines([json.dumps(rows, indent=2)], None)
    else:
        write_lines(_table(rows), None)
        if not rows:
            note("no routes found")
    return 2 if discovered.missing else 0


def _table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The rows below their keys, as wide as they need to be."""
    if not rows:
        return
    columns = list(rows[0])
    cells = [[visible(_cell(row.get(column))) for column in columns] for row in rows]
    widths = [
        max(width(text) for text in (column, *(row[index] for row in cells))) for index, column in enumerate(columns)
    ]
    for row in ([column.upper() for column in columns], *cells):
        yield "  ".join(text + " " * (size - width(text)) for text, size in zip(row, widths, strict=True)).rstrip()


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
