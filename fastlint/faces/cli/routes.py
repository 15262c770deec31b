"""`fastlint routes`: what the application serves."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from fastlint.discover import discover
from fastlint.engine import inspect
from fastlint.faces.cli.session import (
    complain,
    documentation,
    facts_store,
    note,
    refuse_problems,
    settings_tree,
    version,
    wants_colour,
    write_lines,
)
from fastlint.inputs import read
from fastlint.plugins import registry_for
from fastlint.project.packaging.manifests import is_manifest
from fastlint.report import Page
from fastlint.report.routes_rows import RouteReport, report
from fastlint.toolcodes import FAILED_RULE, UNREADABLE_FILE


def run(options: argparse.Namespace) -> int:
    tree = settings_tree(options, registry_for(options.paths, config=options.config, isolated=options.isolated))
    discovered = discover(options.paths, tree, is_manifest)
    for path, reason in discovered.missing:
        complain(f"{path}: {reason}")
    tree.at(discovered.root)
    refuse_problems(tree)
    if discovered.missing and not discovered.asked:
        return 2
    inputs = read(discovered, tree, store=facts_store(options, discovered.root), jobs=options.jobs)
    project, checked = inspect(inputs)
    # a page is made to be shown around: its paths are those of the project, wherever it was made
    folder = inputs.root if options.output_format == "html" else Path.cwd().as_posix()
    page = Page(inputs.root, folder, inputs.source, documentation())
    for diagnostic in checked.diagnostics:
        if diagnostic.code in (UNREADABLE_FILE.code, FAILED_RULE.code):
            note(f"{page.filename(diagnostic.path)}:{diagnostic.span.line}: {diagnostic.message}")
    found = report(project, checked.diagnostics, page, inputs.asked)
    if not found.rows:
        note("no routes found")
    write_lines(_lines(found, page, options), options.output_file)
    return 2 if discovered.missing or checked.broken else 0


def _lines(found: RouteReport, page: Page, options: argparse.Namespace) -> Iterable[str]:
    match options.output_format:
        case "json":
            return [json.dumps(found.rows, indent=2)]
        case "html":
            from fastlint.report.routes_html import lines as html

            return html(found, page, version())
    from fastlint.report.routes_table import lines as table

    fitted = options.output_file is None and sys.stdout.isatty()
    return table(found.rows, shutil.get_terminal_size().columns if fitted else None, colour=wants_colour(options))
