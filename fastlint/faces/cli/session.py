"""What the commands share: settings from options, messages for people, writing reports."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from fastlint.cache.facts import FactsStore
from fastlint.cache.sealed import opened
from fastlint.patterns import Pattern, problem
from fastlint.registry import Registry
from fastlint.report.terminal import visible
from fastlint.rule import Level
from fastlint.selection import Choice, ignored_by_name, unknown_selector
from fastlint.settings import FileIgnores, Layer, SettingsError, SettingsTree
from fastlint.writing import write


class UsageError(Exception):
    """Something the user asked for that cannot be done: exit code 2, one line each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def complain(text: str) -> None:
    print(f"fastlint: error: {visible(text)}", file=sys.stderr)  # noqa: T201


def note(text: str) -> None:
    print(f"fastlint: {visible(text)}", file=sys.stderr)  # noqa: T201


def settings_tree(options: argparse.Namespace, registry: Registry) -> SettingsTree:
    """The settings in force, with the command line above them. Raises UsageError or SettingsError."""
    overrides = layer_of(options, registry)
    if options.config is not None and options.isolated:
        raise UsageError("--config and --isolated exclude each other")
    if options.config is not None and not Path(options.config).is_file():
        raise UsageError(f"--config: no such file: {options.config}")
    tree = SettingsTree(registry, overrides=overrides, config=options.config, isolated=options.isolated)
    refuse_problems(tree)
    return tree


def refuse_problems(tree: SettingsTree) -> None:
    if tree.problems:
        raise SettingsError(tree.problems)


def layer_of(options: argparse.Namespace, registry: Registry) -> Layer:
    """What the options say, as a layer of settings."""
    problems: list[str] = []
    base = Path.cwd().as_posix()

    def words(name: str) -> tuple[str, ...] | None:
        given: list[str] | None = getattr(options, name, None)
        return None if given is None else tuple(split(given))

    def selectors(name: str) -> tuple[str, ...] | None:
        found = words(name)
        for selector in found or ():
            unknown = unknown_selector(selector, registry)
            if unknown:
                problems.append(f"--{name.replace('_', '-')}: {unknown}")
            elif name == "ignore" and "FST001" in ignored_by_name([selector], registry):
                problems.append("--ignore: a rule that failed cannot be ignored; ignore the rule itself")
        return found

    def patterns(name: str) -> tuple[Pattern, ...] | None:
        found = words(name)
        problems.extend(f"--{name.replace('_', '-')}: {wrong}" for glob in found or () if (wrong := problem(glob)))
        return None if found is None else tuple(Pattern.of(glob, base) for glob in found)

    ignores: list[FileIgnores] = []
    for pair in words("per_file_ignores") or ():
        glob, colon, selector = pair.rpartition(":")
        unknown = unknown_selector(selector, registry) if colon else f"'{pair}' is not of the form GLOB:RULE"
        wrong = unknown or problem(glob)
        if wrong:
            problems.append(f"--per-file-ignores: {wrong}")
        else:
            ignores.append(FileIgnores(Pattern.of(glob, base), (selector,)))
    level: str | None = getattr(options, "fail_level", None)
    target: str | None = getattr(options, "target_fastapi", None)
    if target is not None and not _is_version(target):
        problems.append(f"--target-fastapi: neither a version nor a range of versions: '{target}'")
    layer = Layer(
        "command line",
        Choice(selectors("select"), selectors("extend_select") or (), selectors("ignore") or ()),
        extend_per_file_ignores=tuple(ignores),
        exclude=patterns("exclude"),
        extend_exclude=patterns("extend_exclude") or (),
        force_exclude=getattr(options, "force_exclude", None),
        respect_gitignore=getattr(options, "respect_gitignore", None),
        fail_level=None if level is None else Level[level.upper()],
        target_fastapi=target,
        preview=getattr(options, "preview", None),
        fixable=selectors("fixable"),
        unfixable=selectors("unfixable"),
    )
    if problems:
        raise UsageError(*problems)
    return layer


def split(values: Iterable[str]) -> list[str]:
    """Values that may be given several times, each with several parts between commas; braces keep theirs together."""
    parts: list[str] = []
    for value in values:
        depth = 0
        part = ""
        for character in value:
            depth += (character == "{") - (character == "}")
            if character == "," and depth <= 0:
                parts.append(part)
                part = ""
            else:
                part += character
        parts.append(part)
    return [part.strip() for part in parts if part.strip()]


def _is_version(text: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        try:
            SpecifierSet(text)
        except InvalidSpecifier:
            return False
    return True


def wanted_baseline(options: argparse.Namespace) -> str | bool:
    """The baseline to use, as `read` takes it: `--isolated` looks for none beside the settings."""
    if options.baseline is not None:
        return str(options.baseline)
    return not (options.no_baseline or options.isolated)


def wants_colour(options: argparse.Namespace) -> bool:
    """On a terminal, unless NO_COLOR is set or the terminal knows none."""
    if options.output_file is not None or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def refuse_output(file: str | None) -> None:
    """Say before the work, not after it, that the file cannot be written. Raises UsageError."""
    if file is None:
        return
    folder = os.path.dirname(os.path.abspath(file))
    if not os.path.isdir(folder):
        reason = "No such file or directory" if not os.path.exists(folder) else "Not a directory"
    elif os.path.isdir(file):
        reason = "Is a directory"
    elif not os.access(file if os.path.exists(file) else folder, os.W_OK):
        reason = "Permission denied"
    else:
        return
    raise UsageError(f"--output-file: {file} cannot be written: {reason}")


def write_lines(lines: Iterable[str], file: str | None) -> None:
    """Print the lines, or make them the content of `file` in one step. Raises UsageError when it cannot be written."""
    if file is None:
        for line in lines:
            sys.stdout.write(line + "\n")
        return
    try:
        write(file, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise UsageError(f"--output-file: {file} cannot be written: {error.strerror or error}") from None


def facts_store(options: argparse.Namespace, root: str) -> FactsStore | None:
    """Where the facts of the project's files are kept, None when nothing may be or can be."""
    cache = None if options.no_cache else opened(options.cache_dir)
    return None if cache is None else FactsStore(cache, root)


def documentation() -> str | None:
    """Where the documentation is published, as the package's metadata says."""
    import importlib.metadata

    try:
        urls: Sequence[str] = importlib.metadata.metadata("fastlint").get_all("Project-URL") or ()
    except importlib.metadata.PackageNotFoundError:
        return None
    pairs = (url.partition(", ") for url in urls)
    return next((address for label, _, address in pairs if label.lower() == "documentation"), None)


def version() -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version("fastlint")
    except importlib.metadata.PackageNotFoundError:
        return "unknown (not installed)"
