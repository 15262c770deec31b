"""The command line's options."""

from __future__ import annotations

import argparse

from fastlint.faces.cli.parsing import Parser
from fastlint.report import FORMATS

EPILOG = """\
exit codes:
  0  nothing found at or above the fail level
  1  something found
  2  fastlint could not do its work: a bad option, unreadable settings, a missing path, a rule that failed
"""


def parser() -> argparse.ArgumentParser:
    top = Parser(
        prog="fastlint",
        description="A linter that understands FastAPI applications.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", help="show the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _check(_command(commands, "check", "check files and folders"))
    _baseline(_command(commands, "baseline", "write down what is known, so that only what is new is reported"))
    _routes(_command(commands, "routes", "list the routes of the application as FastAPI will serve them"))
    _rule(_command(commands, "rule", "list all rules, or show the page of one"))
    _init(_command(commands, "init", "add settings, a pre-commit hook and a CI job to a project"))
    _completions(_command(commands, "completions", "print completions for a shell"))
    _cache_folder(_command(commands, "clean", "remove the cache"))
    _command(commands, "version", "show the version")
    return top


def _init(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", nargs="?", metavar="FOLDER", help="the project (default: the working directory)")
    command.add_argument("-y", "--yes", action="store_true", help="write what the diff shows")
    command.add_argument(
        "--ci", choices=("auto", "github", "gitlab", "none"), default="auto", help="default: what the project has"
    )
    command.add_argument("--no-pre-commit", action="store_true", help="leave .pre-commit-config.yaml alone")


def _completions(command: argparse.ArgumentParser) -> None:
    command.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish")


def _command(commands: argparse._SubParsersAction[Parser], name: str, text: str) -> argparse.ArgumentParser:
    epilog = EPILOG if name == "check" else None
    return commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _check(command: argparse.ArgumentParser) -> None:
    _paths(command)
    rules = _rules(command)
    for name, text in (
        ("fixable", "rules whose fixes are offered"),
        ("unfixable", "rules whose fixes are not offered"),
    ):
        rules.add_argument(f"--{name}", action="append", metavar="RULES", help=text)
    rules.add_argument(
        "--per-file-ignores", action="append", metavar="GLOB:RULE,…", help="rules to leave out in some files"
    )

    fixes = command.add_argument_group("fixes")
    fixes.add_argument("--fix", action="store_true", help="apply safe fixes and repairs")
    fixes.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: unsafe fixes too")
    fixes.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    fixes.add_argument(
        "--exit-non-zero-on-fix", action="store_true", help="exit 1 when --fix changed a file, whatever is left"
    )
    fixes.add_argument(
        "--add-noqa",
        metavar="REASON",
        help="silence all that is reported with comments; a reason is given as --add-noqa=REASON",
    )

    output = command.add_argument_group("output")
    output.add_argument("--output-format", choices=FORMATS, default="full", metavar="FORMAT", help=_formats())
    output.add_argument("--output-file", metavar="FILE", help="write the report there")
    output.add_argument("--statistics", action="store_true", help="show how often each rule reported instead")
    output.add_argument("--fail-level", choices=("info", "warning", "error"), help="lowest level for exit code 1")
    output.add_argument("--exit-zero", action="store_true", help="exit 0 whatever is found")
    output.add_argument("--show-settings", action="store_true", help="show the settings in force and exit")
    output.add_argument("--show-files", action="store_true", help="show the files that would be reported on and exit")
    output.add_argument("--explain", action="store_true", help="say of each finding what was resolved (full, json)")
    output.add_argument("--watch", action="store_true", help="check again whenever a file changes")
    loud = output.add_mutually_exclusive_group()
    loud.add_argument("-q", "--quiet", action="store_true", help="diagnostics only: no summary, no notes")
    loud.add_argument("-v", "--verbose", action="store_true", help="say what is read, and how long it takes")

    files = command.add_argument_group("files")
    files.add_argument("--exclude", action="append", metavar="GLOBS", help="files and folders to leave out")
    files.add_argument("--extend-exclude", action="append", metavar="GLOBS", help="added to those of the settings")
    files.add_argument(
        "--force-exclude",
        action=argparse.BooleanOptionalAction,
        help="leave excluded files out even when they are named here",
    )
    files.add_argument(
        "--respect-gitignore", action=argparse.BooleanOptionalAction, help="leave out what git ignores (the default)"
    )
    files.add_argument("--stdin-filename", metavar="FILE", help="analyse standard input in place of FILE")
    _settings(files)
    known = command.add_argument_group("known findings").add_mutually_exclusive_group()
    known.add_argument("--baseline", metavar="FILE", help="the baseline to use instead of the project's own")
    known.add_argument("--no-baseline", action="store_true", help="report what is in the baseline too")

    changes = command.add_argument_group("what a change brings")
    changes.add_argument(
        "--changed-since",
        metavar="REF",
        help="only what is new since HEAD left REF (a branch, a commit)",
    )
    changes.add_argument(
        "--staged", action="store_true", help="look at what is staged; without --changed-since, compared with HEAD"
    )
    changes.add_argument("--include-touched", action="store_true", help="older findings on changed lines too")
    _speed(command)


def _baseline(command: argparse.ArgumentParser) -> None:
    _paths(command)
    _rules(command)
    known = command.add_argument_group("known findings")
    known.add_argument("--baseline", metavar="FILE", help="the file to write instead of the project's own")
    how = known.add_mutually_exclusive_group()
    how.add_argument("--prune", action="store_true", help="drop what no longer occurs")
    how.add_argument("--update", action="store_true", help="drop what no longer occurs, and take in what is new")
    _settings(command)


def _formats() -> str:
    return f"{', '.join(FORMATS)} (default: full)"


def _routes(command: argparse.ArgumentParser) -> None:
    _paths(command)
    _rules(command)
    output = command.add_argument_group("output")
    output.add_argument("--output-format", choices=("table", "json", "html"), default="table", help="default: table")
    output.add_argument("--output-file", metavar="FILE", help="write the table or page there")
    _settings(command)
    _speed(command)


def _rules(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """The options that say which rules run."""
    rules = command.add_argument_group("rules")
    for name, text in (
        ("select", "rules to run instead of the default ones: codes, prefixes, names or ALL"),
        ("ignore", "rules to leave out"),
        ("extend-select", "rules to run besides"),
    ):
        rules.add_argument(f"--{name}", action="append", metavar="RULES", help=text)
    rules.add_argument("--preview", action=argparse.BooleanOptionalAction, help="run rules in preview too")
    rules.add_argument("--target-fastapi", metavar="VERSION", help="the FastAPI version or range the project runs on")
    return rules


def _rule(command: argparse.ArgumentParser) -> None:
    command.add_argument("rule", nargs="?", metavar="CODE", help="a code or a name; all rules without it")
    command.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")


def _paths(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "paths",
        nargs="*",
        metavar="PATHS",
        help="files and folders (default: the working directory; - is standard input)",
    )


def _settings(group: argparse._ArgumentGroup | argparse.ArgumentParser) -> None:
    group.add_argument("--config", metavar="FILE", help="take the settings from this file only")
    group.add_argument("--isolated", action="store_true", help="read no settings files")


def _speed(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("speed")
    _cache_folder(group)
    group.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    group.add_argument(
        "-j", "--jobs", type=_jobs, default="auto", metavar="N", help="processes to use at most (default: auto)"
    )


def _cache_folder(group: argparse._ArgumentGroup | argparse.ArgumentParser) -> None:
    group.add_argument("--cache-dir", metavar="FOLDER", help="where the cache lies (default: the user's cache folder)")


def _jobs(text: str) -> int | str:
    if text == "auto":
        return text
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"neither a positive number nor 'auto': '{text}'")
    return number
