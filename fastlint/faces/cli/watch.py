"""`fastlint check --watch`: check again whenever a file changes."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

from fastlint.baseline import FILE as BASELINE
from fastlint.faces.cli import output
from fastlint.faces.cli.session import UsageError, complain, note
from fastlint.loader import RuleError
from fastlint.project.packaging.manifests import is_manifest
from fastlint.settings import DEFAULT_EXCLUDE, FILES, SettingsError

REFUSED = ("fix", "diff", "add_noqa", "show_files", "show_settings", "output_file", "stdin_filename")


def watch(options: argparse.Namespace, run: Callable[[argparse.Namespace], int]) -> int:
    """Run the check, then again after each change of a source, manifest or settings file, until it is interrupted.

    Raises UsageError for options that make no sense here, and when watchfiles is not installed.
    """
    for name in REFUSED:
        if getattr(options, name) not in (None, False):
            raise UsageError(f"--watch and --{name.replace('_', '-')} exclude each other")
    if "-" in options.paths:
        raise UsageError("--watch needs files, not standard input")
    try:
        import watchfiles
    except ImportError:
        raise UsageError("--watch needs watchfiles: pip install 'fastlint[watch]'") from None
    from fastlint.discover import project_root

    options.watch = False
    given = [os.path.abspath(path) for path in options.paths] or [os.getcwd()]
    root = project_root([path for path in given if os.path.exists(path)] or [os.getcwd()])
    _once(options, run)
    changes = watchfiles.watch(
        root, watch_filter=lambda _, path: matters(path, root), raise_interrupt=True, debounce=400, step=50
    )
    try:
        for found in changes:
            if sys.stdout.isatty():
                sys.stdout.write("\x1b[2J\x1b[3J\x1b[H")
            names = sorted({os.path.relpath(path, root) for _, path in found})
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            note(f"{names[0]}{more} changed")
            _once(options, run)
    except KeyboardInterrupt:
        pass
    return 0


def _once(options: argparse.Namespace, run: Callable[[argparse.Namespace], int]) -> None:
    """One run; what is wrong with settings while they are being written is told and waited out."""
    output.STARTED = time.monotonic()
    try:
        run(options)
    except (UsageError, SettingsError, RuleError) as error:
        for problem in error.problems:
            complain(problem)
    if not options.quiet:
        note(f"{time.strftime('%H:%M:%S')} watching for changes, Ctrl-C ends")
    sys.stdout.flush()


def matters(path: str, root: str) -> bool:
    """Whether a change of the file can change what is reported."""
    relative = os.path.relpath(path, root).replace(os.sep, "/")
    *folders, name = relative.split("/")
    if any(part in DEFAULT_EXCLUDE or part.startswith(".") for part in folders):
        return False
    return name.endswith(".py") or name in (*FILES, BASELINE, ".gitignore") or is_manifest(relative)
