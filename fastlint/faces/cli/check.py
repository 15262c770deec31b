"""`fastlint check`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from fastlint.discover import Discovered, discover, excluded, project_root
from fastlint.engine import Report, check
from fastlint.faces.cli import diff
from fastlint.faces.cli.output import page_for, settings_lines, show
from fastlint.faces.cli.progress_bar import progress_bar
from fastlint.faces.cli.session import (
    UsageError,
    complain,
    facts_store,
    note,
    refuse_output,
    refuse_problems,
    settings_tree,
    wanted_baseline,
    write_lines,
)
from fastlint.fixes import journal
from fastlint.fixes.apply import write
from fastlint.inputs import Inputs, read
from fastlint.noqa import add_noqa
from fastlint.plugins import registry_for
from fastlint.project.packaging.manifests import is_manifest
from fastlint.report import WITH_FIXES
from fastlint.report.terminal import visible
from fastlint.rounds import Fixed, fix_rounds, written
from fastlint.selection import without_effect
from fastlint.settings import SettingsTree
from fastlint.sieve import Since
from fastlint.source import SourceFile

STDIN = "-"
EXPLAINED = ("full", "json", "json-lines")


def run(options: argparse.Namespace) -> int:
    """Do what the options say; the exit code."""
    if options.watch:
        from fastlint.faces.cli.watch import watch

        return watch(options, run)
    if options.explain and options.output_format not in EXPLAINED:
        raise UsageError(f"--explain needs one of these formats: {', '.join(EXPLAINED)}")
    refuse_output(options.output_file)
    for other in ("fix", "diff"):
        if options.add_noqa is not None and getattr(options, other):
            raise UsageError(f"--add-noqa and --{other} exclude each other")
    from_stdin = _stdin_name(options)
    comparison = _comparison(options, piped=from_stdin is not None)
    asked = options.paths if from_stdin is None else [os.path.dirname(from_stdin) or "."]
    registry = registry_for(asked, config=options.config, isolated=options.isolated)
    tree = settings_tree(options, registry)
    if from_stdin is not None:
        discovered, given = _in_place_of(from_stdin, tree)
    else:
        discovered, given = discover(options.paths, tree, is_manifest), []
    if options.show_files:
        refuse_problems(tree)
        page = page_for(discovered.root, {}, options)
        write_lines((visible(page.filename(path)) for path in sorted(discovered.asked)), options.output_file)
        return 0
    governing = tree.at(discovered.root)
    refuse_problems(tree)
    if options.show_settings:
        write_lines(settings_lines(governing), options.output_file)
        return 0
    for path, reason in discovered.missing:
        complain(f"{path}: {reason}")
    if not options.quiet:
        for path in discovered.passed_over:
            note(f"{path}: neither Python nor a manifest, passed over")
        choices = [layer.choice for layer in governing.layers]
        for selector in without_effect(choices, registry, preview=governing.preview):
            note(f"'{selector}' has no effect without --preview")
    if discovered.missing and not discovered.asked:
        return 2
    if options.fix and from_stdin is None:
        _resume(Path(discovered.root))
    store = facts_store(options, discovered.root)
    inputs = read(discovered, tree, given, baseline=wanted_baseline(options), store=store, jobs=options.jobs)
    refuse_problems(tree)
    if not options.fix and not options.quiet and journal.pending(Path(inputs.root)) is not None:
        note("a run with --fix was interrupted: the next one finishes it")
    if comparison is not None:
        from fastlint.changes import since

        inputs = since(inputs, comparison, baseline=wanted_baseline(options))
    return _checked(inputs, options, piped=from_stdin is not None, failed=bool(discovered.missing))


def _comparison(options: argparse.Namespace, *, piped: bool) -> Since | None:
    """What the run is to be compared with. Raises UsageError."""
    if options.changed_since is None and not options.staged:
        if options.include_touched:
            raise UsageError("--include-touched needs --changed-since or --staged")
        return None
    if piped:
        raise UsageError("standard input cannot be compared with a commit")
    if options.staged and (options.fix or options.diff or options.add_noqa is not None):
        raise UsageError("--staged looks at what is staged, which --fix, --diff and --add-noqa do not change")
    return Since(options.changed_since, options.staged, options.include_touched)


def _checked(inputs: Inputs, options: argparse.Namespace, *, piped: bool, failed: bool) -> int:
    if options.add_noqa is not None:
        if piped:
            raise UsageError("--add-noqa writes files, not standard input")
        return _silenced(inputs, options, failed=failed)
    if not (options.fix or options.diff):
        fixes = options.output_format in WITH_FIXES and not options.statistics
        with progress_bar(wanted=not options.quiet):
            report = check(inputs, fixes=fixes, explain=options.explain)
        show(report, options)
        return _exit_code(report, options, failed=failed)
    with progress_bar(wanted=not options.quiet):
        fixed = fix_rounds(inputs, unsafe=options.unsafe_fixes)
    _tell(fixed, quiet=options.quiet)
    if options.diff:
        write_lines(diff.lines(fixed, page_for(inputs.root, {}, options)), options.output_file)
        if not options.quiet:
            note(_counted(fixed, "would fix"))
            if secret := sorted(diff.hidden(fixed)):
                names = ", ".join(page_for(inputs.root, {}, options).filename(path) for path in secret)
                note(f"secrets are masked in the diff, so that it cannot be applied as a patch: {names}")
        if failed or fixed.report.broken:
            return 2
        return int(bool(fixed.changed) and not options.exit_zero)
    if piped:
        source = fixed.report.inputs.files()[min(inputs.asked)]
        sys.stdout.buffer.write(source.data)
        sys.stdout.buffer.flush()
    else:
        for path, reason in written(Path(inputs.root), fixed).items():
            complain(f"{path}: not fixed: {reason}")
            failed = True
    if not options.quiet and fixed.changed:
        note(_counted(fixed, "fixed"))
    show(fixed.report, options, to_stderr=piped)
    code = _exit_code(fixed.report, options, failed=failed)
    return code or int(options.exit_non_zero_on_fix and bool(fixed.changed))


def _tell(fixed: Fixed, *, quiet: bool) -> None:
    """What the user should know about fixes that were not made."""
    for fix in fixed.refused:
        places = ", ".join(sorted({edit.path for edit in fix.edits}))
        complain(f"{places}: not fixed: after '{fix.title}' the file could not be read any more")
    if fixed.unfinished and not quiet:
        note("fixes were still found after ten rounds: run again")


def _resume(root: Path) -> None:
    """Finish or undo what an interrupted run left half done."""
    changes = journal.pending(root)
    if changes is None:
        return
    done, refused = journal.resume(root, changes)
    for path, reason in refused.items():
        complain(f"{path}: not written: {reason}")
    if refused:
        raise UsageError(f"the interrupted fix could not be {'finished' if done == 'finished' else 'undone'}")
    note(f"{done} the fixes of a run that was interrupted")


def _silenced(inputs: Inputs, options: argparse.Namespace, *, failed: bool) -> int:
    """Write suppressions for all that is reported."""
    report = check(inputs, fixes=False)
    result = add_noqa(report, options.add_noqa)
    for path, (before, after) in sorted(result.changed.items()):
        reason = write(Path(inputs.root), path, before.data, after.data)
        if reason is not None:
            complain(f"{path}: not written: {reason}")
            failed = True
    for diagnostic in result.left:
        complain(f"{diagnostic.path}:{diagnostic.span.line}: {diagnostic.code} cannot be silenced by a comment here")
    if not options.quiet:
        files = len(result.changed)
        note(f"added {result.added} suppression{'s' * (result.added != 1)} in {files} file{'s' * (files != 1)}")
    return 2 if failed or report.broken else 0


def _exit_code(report: Report, options: argparse.Namespace, *, failed: bool) -> int:
    if failed or report.broken:
        return 2
    return int(report.failing > 0 and not options.exit_zero)


def _counted(fixed: Fixed, verb: str) -> str:
    count, files = sum(fixed.applied.values()), len(fixed.changed)
    rules = ", ".join(f"{code} {times}x" for code, times in sorted(fixed.applied.items()))
    detail = f": {rules}" if rules else ""
    return f"{verb} {count} problem{'s' * (count != 1)} in {files} file{'s' * (files != 1)}{detail}"


def _stdin_name(options: argparse.Namespace) -> str | None:
    """What standard input is called, when it is to be read."""
    if STDIN in options.paths and len(options.paths) > 1:
        raise UsageError("- (standard input) cannot be checked together with other paths")
    if options.stdin_filename is None:
        return STDIN if options.paths == [STDIN] else None
    if options.paths not in ([], [STDIN]):
        raise UsageError("--stdin-filename takes the place of the paths")
    name: str = options.stdin_filename
    return name


def _in_place_of(name: str, tree: SettingsTree) -> tuple[Discovered, list[SourceFile]]:
    """The project around the file that standard input stands for, and what was read."""
    path = os.path.abspath("stdin.py" if name == STDIN else name)
    if os.path.isdir(path):
        raise UsageError(f"--stdin-filename: {name} is a folder")
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    root = project_root([folder])
    discovered = discover([root], tree, is_manifest, root=root)
    shown = os.path.relpath(path, root).replace(os.sep, "/")
    left_out = name != STDIN and tree.at(folder).force_exclude and excluded(path, root, tree)
    discovered.asked = frozenset() if left_out else frozenset({shown})
    if is_manifest(shown) and shown not in discovered.manifests:
        discovered.manifests.append(shown)
    return discovered, [SourceFile(shown, sys.stdin.buffer.read())]
