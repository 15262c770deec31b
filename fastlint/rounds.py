"""Applies fixes in rounds, in memory, until nothing changes; writing is the last step and somebody else's."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fastlint.engine import Report, check
from fastlint.facts.extract import extract
from fastlint.fixes.apply import rewritten, select
from fastlint.inputs import Inputs
from fastlint.rule import Applicability, Fix
from fastlint.source import Edit, SourceFile, Unreadable

ROUNDS = 10


@dataclass(slots=True)
class Fixed:
    """What is left after fixing, and what changed: each file as it was and as it is now."""

    report: Report
    changed: dict[str, tuple[SourceFile, SourceFile]] = field(default_factory=dict)
    applied: Counter[str] = field(default_factory=Counter)


def fix_rounds(inputs: Inputs, *, unsafe: bool = False) -> Fixed:
    """Apply the fixes that do not overlap, look again, and so on, ten times at most.

    Only files asked for are changed. A fix after which its file could not be parsed any more is not applied.
    """
    applied: Counter[str] = Counter()
    refused: set[Fix] = set()
    before = inputs.files()
    report = check(inputs)
    for _ in range(ROUNDS):
        codes = {
            diagnostic.fix: diagnostic.code
            for diagnostic in report.diagnostics
            if diagnostic.fix is not None and _may_apply(diagnostic.fix, unsafe, inputs.asked)
        }
        chosen, changed = _round(select([fix for fix in codes if fix not in refused]), inputs, refused)
        if not changed:
            break
        applied.update(codes[fix] for fix in chosen)
        inputs = inputs.replaced(changed)
        report = check(inputs)
    after = inputs.files()
    changed_files = {path: (source, after[path]) for path, source in before.items() if source.data != after[path].data}
    return Fixed(report, changed_files, applied)


def _may_apply(fix: Fix, unsafe: bool, asked: frozenset[str]) -> bool:
    allowed = unsafe or fix.applicability is not Applicability.UNSAFE
    return allowed and all(edit.path in asked for edit in fix.edits)


def _round(fixes: Sequence[Fix], inputs: Inputs, refused: set[Fix]) -> tuple[Sequence[Fix], dict[str, SourceFile]]:
    """Apply the fixes at once; when that breaks a file, one by one, and those that break it alone are refused."""
    changed = _applied(fixes, inputs)
    if all(_sound(inputs, path, source) for path, source in changed.items()):
        return fixes, changed
    for fix in fixes:
        changed = _applied([fix], inputs)
        if changed and all(_sound(inputs, path, source) for path, source in changed.items()):
            return [fix], changed
        refused.add(fix)
    return [], {}


def _applied(fixes: Iterable[Fix], inputs: Inputs) -> dict[str, SourceFile]:
    """The files that the fixes change, as they are afterwards."""
    edits: dict[str, list[Edit]] = {}
    for fix in fixes:
        for edit in fix.edits:
            edits.setdefault(edit.path, []).append(edit)
    files: Mapping[str, SourceFile] = inputs.files()
    results = {path: rewritten(files[path], found) for path, found in edits.items()}
    return {path: source for path, source in results.items() if source.data != files[path].data}


def _sound(inputs: Inputs, path: str, source: SourceFile) -> bool:
    """Whether the new content can still be read."""
    try:
        if path in inputs.sources:
            extract(SourceFile(path, source.data))
        elif path.endswith(".toml"):
            tomllib.loads(source.text)
    except (Unreadable, tomllib.TOMLDecodeError, RecursionError):
        return False
    return True
