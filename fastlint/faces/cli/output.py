"""What `fastlint check` says: the report, the summary, statistics, settings."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from fastlint.diagnostic import Diagnostic
from fastlint.engine import Report
from fastlint.faces.cli.session import documentation, note, version, wants_colour, write_lines
from fastlint.report import FOR_PEOPLE, Page, lines, statistics, summary
from fastlint.report.terminal import LEVEL_COLOURS, coloured, visible
from fastlint.rule import Level
from fastlint.settings import Settings
from fastlint.source import SourceFile

STARTED = time.monotonic()


def show(report: Report, options: argparse.Namespace, *, to_stderr: bool = False) -> None:
    """Print or write the report, then notes and the summary."""
    page = page_for(report.inputs.root, report.inputs.files(), options, report)
    if options.statistics:
        shown = _statistics_lines(report.diagnostics, options.output_format, page)
    else:
        shown = lines(options.output_format, report.diagnostics, page)
    if to_stderr:
        for line in shown:
            sys.stderr.write(line + "\n")
    else:
        write_lines(shown, options.output_file)
    if options.quiet:
        return
    for text in report.notes:
        note(text)
    if options.statistics and report.inference:
        note(report.inference)
    if options.output_format in FOR_PEOPLE or options.output_file is not None:
        stream = sys.stderr if to_stderr else sys.stdout
        stream.write(summary(report.diagnostics) + "\n")
        if stream.isatty():
            stream.write(_scope(report))
            _once(stream, f" in {_seconds()}")
            stream.write("\n")
    if options.verbose:
        _verbose(report)


def _once(stream: TextIO, text: str) -> None:
    """Write what is true of this run only, past whatever keeps what is said for another."""
    beneath = sys.__stderr__ if stream is sys.stderr else sys.__stdout__
    if beneath is not None and beneath.isatty():
        beneath.write(text)


def _seconds() -> str:
    passed = time.monotonic() - STARTED
    return f"{passed:.2f} s" if passed < 10 else f"{passed:.0f} s"


def _scope(report: Report) -> str:
    """What was looked at, for people at a terminal."""
    count = len(report.inputs.asked)
    silenced = f", {report.silenced:,} silenced by comments" if report.silenced else ""
    known = f", {report.known:,} in the baseline" if report.known else ""
    return f"Checked {count:,} file{'s' * (count != 1)}{silenced}{known}"


def _verbose(report: Report) -> None:
    """What was read and what decided the result, on standard error."""
    inputs = report.inputs
    note(f"project: {inputs.root}")
    origins = [layer.origin for layer in inputs.tree.at(inputs.root).layers]
    note(f"settings: {', '.join(origins) or 'defaults'}")
    read = f"{len(inputs.sources):,} Python files and {len(inputs.manifests)} manifests"
    note(f"{read} read, {len(inputs.asked):,} asked for")
    left_out = f"{report.silenced} findings silenced by comments, {report.known} in the baseline"
    note(f"{len(inputs.tree.at(inputs.root).enabled)} rules on, {left_out}")
    counts = Counter(one.level for one in report.diagnostics)
    note(", ".join(f"{counts[level]} {level.label}" for level in reversed(Level)))
    note(f"{_seconds()} since start")


def _statistics_lines(diagnostics: Sequence[Diagnostic], output_format: str, page: Page) -> Iterator[str]:
    rows = statistics(diagnostics)
    if output_format.startswith("json"):
        import json

        yield json.dumps([{"code": code, "name": name, "count": count} for count, code, name in rows], indent=2)
        return
    width = max((len(str(count)) for count, _, _ in rows), default=0)
    levels: dict[str, Level] = {}
    for one in diagnostics:
        levels[one.code] = max(one.level, levels.get(one.code, one.level))
    for count, code, name in rows:
        yield f"{count:>{max(6, width)}}  {coloured(code, LEVEL_COLOURS[levels[code]], on=page.colour)}  {name}"


def _width(options: argparse.Namespace) -> int | None:
    """The columns of the terminal that the report goes to."""
    if options.output_file is not None or not sys.stdout.isatty():
        return None
    return max(40, shutil.get_terminal_size().columns)


def page_for(
    root: str, files: dict[str, SourceFile], options: argparse.Namespace, report: Report | None = None
) -> Page:
    """What formats need to know; without a report, of paths only."""
    page = Page(root, Path.cwd().as_posix(), files.get, colour=wants_colour(options), width=_width(options))
    if report is None or options.output_format in FOR_PEOPLE:
        return page if report is None else replace(page, secrets=report.secrets, evidence=report.evidence)
    return replace(
        page,
        documentation=documentation(),
        version=version(),
        secrets=report.secrets,
        evidence=report.evidence,
        rules=report.inputs.tree.registry,
        fails=lambda one: one.level >= report.inputs.settings_of(one.path).fail_level,
    )


def settings_lines(settings: Settings) -> Iterator[str]:
    """The settings in force as `key = value`, and where they come from."""
    files = [layer.origin for layer in settings.layers]
    yield f"# from: {', '.join(visible(name) for name in files) or 'defaults'}"
    rows: dict[str, object] = {
        "rules": sorted(settings.enabled),
        "fail-level": settings.fail_level.label,
        "preview": settings.preview,
        "levels": {code: level.label for code, level in settings.levels.items()},
        "per-file-ignores": {item.pattern.glob: list(item.selectors) for item in settings.per_file_ignores},
        "exclude": [pattern.glob for pattern in settings.exclude],
        "force-exclude": settings.force_exclude,
        "respect-gitignore": settings.respect_gitignore,
        "src": list(settings.src),
        "target-fastapi": settings.target_fastapi,
        "python": settings.python,
        "inference": settings.inference,
        "blocking": dict(settings.blocking),
        "offloaders": list(settings.offloaders),
        "non-blocking": list(settings.non_blocking),
        "max-file-size": settings.max_file_size,
    }
    if settings.auth is not None:
        rows["auth"] = {"required": list(settings.auth.required), "public": list(settings.auth.public)}
    for entry in settings.registry.entries.values():
        if options := settings.options_of(entry):
            rows[f"rules.{entry.name}"] = options
    import json

    for key, value in rows.items():
        if value not in (None, [], {}):
            yield f"{key} = {json.dumps(value, default=str, ensure_ascii=True)}"
