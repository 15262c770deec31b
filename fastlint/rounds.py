"""Applies fixes in rounds, in memory, until nothing changes; writing is the last step and somebody else's."""

from __future__ import annotations

import tomllib
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fastlint.engine import Report, check
from fastlint.facts.extract import parse
from fastlint.fixes import journal
from fastlint.fixes.apply import rewritten, select, write
from fastlint.fixes.leftovers import without_leftovers
from fastlint.inputs import Inputs
from fastlint.rule import Applicability, Fix
from fastlint.source import Edit, SourceFile, Unreadable

ROUNDS = 10


@dataclass(slots=True)
class Fixed:
    """What is left after fixing, and what changed: each file as it was and as it is now.

    `first` is what there was to say before; `refused` are fixes after which a file would not parse. `joined` are files
    that one fix changes together, `unfinished` whether the last round still found something to fix.
    """

    report: Report
    first: Report
    changed: dict[str, tuple[SourceFile, SourceFile]] = field(default_factory=dict)
    applied: Counter[str] = field(default_factory=Counter)
    refused: tuple[Fix, ...] = ()
    joined: frozenset[str] = frozenset()
    unfinished: bool = False


def fix_rounds(inputs: Inputs, *, unsafe: bool = False) -> Fixed:
    """Apply the fixes that do not overlap, look again, and so on, ten times at most.

    Only files asked for are changed. A fix after which its file could not be parsed any more is not applied.
    """
    applied: Counter[str] = Counter()
    refused: dict[Fix, None] = {}
    joined: set[str] = set()
    before = inputs.files()
    first = report = check(inputs)
    unfinished = True
    for _ in range(ROUNDS):
        codes = {
            diagnostic.fix: diagnostic.code
            for diagnostic in report.diagnostics
            if diagnostic.fix is not None and _may_apply(diagnostic.fix, unsafe, inputs.asked)
        }
        chosen, changed = _round(select([fix for fix in codes if fix not in refused]), inputs, refused)
        if not changed:
            unfinished = False
            break
        applied.update(codes[fix] for fix in chosen)
        for fix in chosen:
            paths = {edit.path for edit in fix.edits}
            if len(paths) > 1:
                joined |= paths
        inputs = inputs.replaced(changed)
        fewer = without_leftovers(_changed(before, inputs), inputs.sources)
        inputs = inputs.replaced({path: source for path, source in fewer.items() if _sound(inputs, path, source)})
        report = check(inputs)
    changed_files = _changed(before, inputs)
    return Fixed(report, first, changed_files, applied, tuple(refused), frozenset(joined), unfinished)


def _changed(before: Mapping[str, SourceFile], inputs: Inputs) -> dict[str, tuple[SourceFile, SourceFile]]:
    after = inputs.files()
    return {path: (source, after[path]) for path, source in before.items() if source.data != after[path].data}


def written(root: Path, fixed: Fixed) -> dict[str, str]:
    """Write the changed files; of those that were left alone, why.

    Fixes over several files are journalled, so that a run that is killed in between is finished or undone by the next.
    """
    journalled = {
        path: journal.Change(before.data, after.data)
        for path, (before, after) in fixed.changed.items()
        if path in fixed.joined
    }
    refused: dict[str, str] = {}
    if journalled:
        try:
            journal.begin(root, journalled)
        except OSError as error:
            reason = f"the journal cannot be written: {error.strerror or error}"
            return dict.fromkeys(fixed.changed, reason)
        finished = True
        for path, change in journalled.items():
            reason_left = write(root, path, change.before, change.after)
            if reason_left is not None:
                refused[path] = reason_left
                finished = False
                break
        if not finished:
            refused.update(_undone(root, journalled, refused))
        journal.end(root)
    for path, (before, after) in sorted(fixed.changed.items()):
        if path not in journalled:
            left = write(root, path, before.data, after.data)
            if left is not None:
                refused[path] = left
    return refused


def _undone(root: Path, changes: Mapping[str, journal.Change], refused: Mapping[str, str]) -> dict[str, str]:
    """Give the files that were written already their old content back."""
    told: dict[str, str] = {}
    for path, change in changes.items():
        if path in refused:
            break
        write(root, path, change.after, change.before)
        told[path] = "it belongs together with a file that was left alone"
    return told


def _may_apply(fix: Fix, unsafe: bool, asked: frozenset[str]) -> bool:
    allowed = unsafe or fix.applicability is not Applicability.UNSAFE
    return allowed and all(edit.path in asked for edit in fix.edits)


def _round(
    fixes: Sequence[Fix], inputs: Inputs, refused: dict[Fix, None]
) -> tuple[Sequence[Fix], dict[str, SourceFile]]:
    """Apply the fixes at once; where that breaks a file, those that touch it one by one, without what breaks it."""
    changed, broken = _applied(fixes, inputs)
    if not broken:
        return fixes, changed
    kept = [fix for fix in fixes if not any(edit.path in broken for edit in fix.edits)]
    for fix in fixes:
        if fix not in kept:
            if not _applied([*kept, fix], inputs)[1]:
                kept.append(fix)
            elif _applied([fix], inputs)[1]:
                refused[fix] = None  # else it only does not go with another, and is looked at again after that
    return kept, _applied(kept, inputs)[0]


def _applied(fixes: Iterable[Fix], inputs: Inputs) -> tuple[dict[str, SourceFile], set[str]]:
    """The files that the fixes change, as they are afterwards, and which of them can no longer be read."""
    edits: dict[str, list[Edit]] = {}
    for fix in fixes:
        for edit in fix.edits:
            edits.setdefault(edit.path, []).append(edit)
    files: Mapping[str, SourceFile] = inputs.files()
    changed: dict[str, SourceFile] = {}
    broken: set[str] = set()
    for path, found in edits.items():
        try:
            source = rewritten(files[path], found)
        except UnicodeEncodeError:
            broken.add(path)
            continue
        if source.data != files[path].data:
            changed[path] = source
            if not _sound(inputs, path, source):
                broken.add(path)
    return changed, broken


def _sound(inputs: Inputs, path: str, source: SourceFile) -> bool:
    """Whether the new content can still be read, and compiled if the old one could."""
    if path in inputs.sources:
        return _compiles(source) or (_parses(source) and not _compiles(inputs.sources[path]))
    if path.endswith(".toml"):
        try:
            tomllib.loads(source.text)
        except (Unreadable, tomllib.TOMLDecodeError, RecursionError):
            return False
    return True


def _parses(source: SourceFile) -> bool:
    try:
        parse(SourceFile(source.path, source.data).text, source.path)
    except (Unreadable, RecursionError):
        return False
    return True


def _compiles(source: SourceFile) -> bool:
    """Whether Python takes the file. Compiling runs nothing; it also sees an `await` outside of `async def`."""
    try:
        tree = parse(SourceFile(source.path, source.data).text, source.path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, source.path, "exec", dont_inherit=True)
    except (Unreadable, SyntaxError, ValueError, RecursionError):
        return False
    return True
