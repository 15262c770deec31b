"""`fastlint init`: settings, a pre-commit hook and a CI job, added to what a project has."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from fastlint.discover import project_root
from fastlint.faces.cli.additions import Cannot, Change, github, gitlab, hook, settings
from fastlint.faces.cli.session import UsageError, complain, note
from fastlint.fixes.apply import write
from fastlint.report.terminal import coloured, visible

COLOURS = {"+": "32", "-": "31", "@": "36"}


def run(options: argparse.Namespace) -> int:
    """Show what would change, and write it when that is wanted."""
    start = Path(options.folder or os.getcwd())
    if not start.is_dir():
        raise UsageError(f"{options.folder}: no such folder")
    root = Path(project_root([os.path.abspath(start)]))
    changes: list[Change] = []
    hints: list[str] = []
    steps = [settings]
    if not options.no_pre_commit:
        steps.append(hook)
    if options.ci == "github" or (options.ci == "auto" and (root / ".github" / "workflows").is_dir()):
        steps.append(github)
    if options.ci == "gitlab" or (options.ci == "auto" and (root / ".gitlab-ci.yml").is_file()):
        steps.append(gitlab)
    for step in steps:
        try:
            found = step(root)
        except Cannot as obstacle:
            hints.append(str(obstacle))
        else:
            changes.extend(found)
    for text in _diff(changes):
        sys.stdout.write(text + "\n")
    sys.stdout.flush()
    for text in hints:
        note(text)
    if not changes:
        note("nothing to add: everything is there")
        return 0
    if not (options.yes or _agreed()):
        note("nothing written; --yes writes it")
        return 0
    failed = False
    for change in changes:
        reason = _write(root, change)
        if reason is None:
            note(f"wrote {change.path}")
        else:
            complain(f"{change.path}: not written: {reason}")
            failed = True
    if not failed:
        note("next: fastlint check, or fastlint baseline to begin with what is new from now on")
    return 2 if failed else 0


def _diff(changes: list[Change]) -> Iterator[str]:
    on = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for change in changes:
        old, new = (data.decode("utf-8", "replace").splitlines() for data in (change.before or b"", change.after))
        before = "/dev/null" if change.before is None else change.path
        for line in difflib.unified_diff(old, new, before, change.path, lineterm=""):
            yield coloured(visible(line, tab="\t"), COLOURS.get(line[:1], ""), on=on and line[:1] in COLOURS)


def _agreed() -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    sys.stdout.write("Write this? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _write(root: Path, change: Change) -> str | None:
    """Write one file; what is said instead: why it was not."""
    if change.before is not None:
        return write(root, change.path, change.before, change.after)
    target = root / change.path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.realpath(target.parent).startswith(os.path.realpath(root)):
            return "it lies behind a link out of the project"
        with open(target, "xb") as file:
            file.write(change.after)
    except FileExistsError:
        return "it exists by now"
    except OSError as error:
        return error.strerror or str(error)
    return None
