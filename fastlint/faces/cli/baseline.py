"""`fastlint baseline`: writes down what is known, so that only what is new is reported."""

from __future__ import annotations

import argparse
import os.path
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from fastlint import baseline as known
from fastlint.baseline import Baseline, Entry, OldBaseline
from fastlint.diagnostic import Diagnostic
from fastlint.discover import discover
from fastlint.engine import Survey, survey
from fastlint.faces.cli.session import UsageError, complain, note, refuse_problems, settings_tree, write_lines
from fastlint.inputs import read
from fastlint.plugins import registry_for
from fastlint.project.packaging.manifests import is_manifest
from fastlint.report import Page, lines
from fastlint.selection import UNCONDITIONAL
from fastlint.toolcodes import FAILED_RULE


def run(options: argparse.Namespace) -> int:
    tree = settings_tree(options, registry_for(options.paths, config=options.config, isolated=options.isolated))
    discovered = discover(options.paths, tree, is_manifest)
    for path, reason in discovered.missing:
        complain(f"{path}: {reason}")
    governing = tree.at(discovered.root)
    refuse_problems(tree)
    if discovered.missing:
        return 2
    old = _present(known.place(discovered.root, governing, options.baseline), update=options.update)
    inputs = read(discovered, tree, baseline=False)
    refuse_problems(tree)
    found = survey(inputs)
    asked = [one for one in found.kept if one.path in inputs.asked]
    failed = _told(asked, found)
    entries = {entry: len(ones) for entry, ones in old.counted(asked, inputs.source).items()}
    counts = _counts(old, entries, found, options)
    if counts is None:
        return failed or int(_compared(old, entries, found))
    _written(old, counts)
    return failed


def _present(empty: Baseline, *, update: bool) -> Baseline:
    """The baseline that is there, or a new one with a key of its own."""
    data = known.content(empty)
    if data is None:
        return replace(empty, key=known.new_key())
    try:
        return known.load(empty, data)
    except OldBaseline:
        if not update:
            raise
        return replace(empty, key=known.new_key())


def _told(asked: Iterable[Diagnostic], found: Survey) -> int:
    """Show what no baseline can hold; the exit code that follows from it."""
    never = [one for one in asked if one.code in UNCONDITIONAL]
    if not never:
        return 0
    inputs = found.inputs
    page = Page(inputs.root, Path.cwd().as_posix(), inputs.files().get)
    for line in lines("concise", sorted(never, key=lambda one: one.order), page):
        note(line)
    note("these cannot be in a baseline: mend them first")
    return 2 if any(one.code == FAILED_RULE.code for one in never) else 1


def _counts(
    old: Baseline, entries: Mapping[Entry, int], found: Survey, options: argparse.Namespace
) -> dict[Entry, int] | None:
    """What is to be written; None when the file is there and nobody said what to do with it."""
    if options.update:
        left = {entry: count for entry, count in old.counts.items() if not old.looked_for(entry, found)}
        return {**left, **entries}
    if options.prune:
        return {
            entry: min(count, entries.get(entry, 0)) if old.looked_for(entry, found) else count
            for entry, count in old.counts.items()
        }
    return None if os.path.exists(old.file) else dict(entries)


def _compared(old: Baseline, entries: Mapping[Entry, int], found: Survey) -> bool:
    """Say how the baseline and the findings differ; whether there are new ones."""
    more = sum(max(0, count - old.counts.get(entry, 0)) for entry, count in entries.items())
    less = sum(
        max(0, count - entries.get(entry, 0)) for entry, count in old.counts.items() if old.looked_for(entry, found)
    )
    if less:
        note(f"{_findings(less)} of {old.name} no longer occur: --prune drops them")
    if more:
        note(f"{_findings(more)} are not in {old.name}: `fastlint check` shows them, --update takes them in")
    if not less and not more:
        note(f"{old.name} is up to date: {_findings(sum(old.counts.values()))}")
    return more > 0


def _written(old: Baseline, counts: Mapping[Entry, int]) -> None:
    new = replace(old, counts={entry: count for entry, count in counts.items() if count})
    text = known.dumped(new)
    before = known.content(old)
    total = _findings(sum(new.counts.values()))
    if before is not None and before.decode("utf-8", "replace") == text:
        note(f"{old.name} is up to date: {total}")
        return
    try:
        write_lines(text.splitlines(), os.path.realpath(old.file))
    except UsageError as error:
        raise UsageError(*(problem.removeprefix("--output-file: ") for problem in error.problems)) from None
    added = sum(max(0, count - old.counts.get(entry, 0)) for entry, count in new.counts.items())
    dropped = sum(max(0, count - new.counts.get(entry, 0)) for entry, count in old.counts.items())
    changes = "" if before is None else f" ({added} more, {dropped} fewer)"
    files = len({entry.path for entry in new.counts})
    note(f"wrote {old.name}: {total} in {files} file{'s' * (files != 1)}{changes}")


def _findings(count: int) -> str:
    return f"{count} finding{'s' * (count != 1)}"
