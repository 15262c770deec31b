"""fastlint as a flake8 plugin: the findings of `fastlint check`, file by file as flake8 asks.

The project is analysed once a run, when flake8 parses its options. Workers made by fork inherit the result; those made
by spawn or forkserver parse options again and read what the first process wrote for them.

flake8 shows only codes that begin with the name of the entry point they come from, so each prefix has a class of its
own: `Plugin` for FST, and for the plugin of somebody else whatever it names here, as in
`ACM = "fastlint.faces.flake8:ACM"`. All share one analysis.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import gc
import json
import multiprocessing
import os
import re
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import ClassVar

HANDED_ON = "FASTLINT_FLAKE8_RESULT"
"""The variable that tells workers where the first process wrote its result."""
COMMAND_LINE_ONLY = "FST6"
"""Findings about manifests: flake8 only shows what lies in Python files."""
NARROW = 4
"""A selector this long or longer asks for rules on purpose: `FST1`, `FST204`, not `FST`."""

Place = tuple[int, int, str]


class Plugin:
    """What flake8 makes for each file. Gives (line, column from 0, text, type)."""

    name = "fastlint"
    version = version("fastlint")
    prefix: ClassVar[str] = "FST"

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self.filename = filename
        self.lines = lines

    @classmethod
    def parse_options(cls, options: Namespace) -> None:
        """Analyse the project; flake8 calls this once a prefix, and again in workers that do not inherit memory."""
        _shared.prepare(options)

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        for line, column, text in _shared.places(self.filename, self.lines):
            if text.startswith(self.prefix):
                yield line, column, text, type(self)


def __getattr__(name: str) -> type[Plugin]:
    """The class for the rules of somebody else's plugin, whose codes begin with these three letters."""
    if re.fullmatch("[A-Z]{3}", name) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return type(f"{name}Plugin", (Plugin,), {"prefix": name})


class _Shared:
    """The analysis that the classes of all prefixes show."""

    def __init__(self) -> None:
        self.options: Namespace | None = None
        self.found: dict[str, list[Place]] = {}
        self.piped: str | None = None
        self.selectors: tuple[str, ...] = ()

    def prepare(self, options: Namespace) -> None:
        """Have the findings of this run, from the first process where this is a worker of it."""
        if options is self.options:
            return
        self.options = options
        self.selectors = _selectors(options)
        paths = list(options.filenames) or ["."]
        self.piped = options.stdin_display_name if paths == ["-"] else None
        handed_on = os.environ.get(HANDED_ON)
        if multiprocessing.parent_process() is not None and handed_on is not None:
            with open(handed_on, encoding="utf-8") as file:
                self.found = {
                    path: [(line, column, text) for line, column, text in places]
                    for path, places in json.load(file).items()
                }
        elif self.piped is None:
            with _uncollected():
                self.found = _analysed(paths, self.selectors)
            if multiprocessing.get_start_method() != "fork":
                _hand_on(self.found)

    def places(self, filename: str, lines: Sequence[str]) -> Sequence[Place]:
        """The findings in one file; standard input is analysed when its content is there."""
        path = os.path.realpath(filename if self.piped is None else self.piped)
        if self.piped is not None and path not in self.found:
            self.found = {path: [], **_analysed([path], self.selectors, "".join(lines))}
        return self.found.get(path, ())


_shared = _Shared()


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """What is made here is never searched for cycles: that takes a tenth of the analysis, and flake8 soon ends."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _analysed(paths: Sequence[str], selectors: tuple[str, ...], piped: str | None = None) -> dict[str, list[Place]]:
    """`analysed`; what is wrong with the settings ends flake8 with one line for each problem."""
    from fastlint.loader import RuleError
    from fastlint.settings import SettingsError

    try:
        return analysed(paths, selectors, piped)
    except (SettingsError, RuleError) as error:
        from flake8.exceptions import ExecutionError  # type: ignore[import-untyped]

        raise ExecutionError("\n".join(f"fastlint: {problem}" for problem in error.problems)) from None


def analysed(paths: Sequence[str], selectors: tuple[str, ...], piped: str | None = None) -> dict[str, list[Place]]:
    """What flake8 is to show of these paths, by absolute path; `piped` stands in place of the one path's content.

    What `fastlint check` would not fail for (info, rules in preview) is left out unless a selector asks for it.
    """
    from fastlint.cache.facts import FactsStore
    from fastlint.cache.sealed import opened
    from fastlint.discover import Discovered, discover, project_root
    from fastlint.engine import check
    from fastlint.inputs import read
    from fastlint.judge import Judge
    from fastlint.plugins import registry_for
    from fastlint.project.packaging.manifests import is_manifest
    from fastlint.selection import Choice, codes
    from fastlint.settings import Layer, SettingsError, SettingsTree
    from fastlint.source import SourceFile

    registry = registry_for(paths)
    wanted = codes((s for s in selectors if registry.matching(s)), registry)
    early = any(registry.entries[code].preview for code in wanted)
    tree = SettingsTree(
        registry, overrides=Layer("flake8", Choice(extend_select=tuple(sorted(wanted))), preview=early or None)
    )
    given: list[SourceFile] = []
    discovered: Discovered
    if piped is None:
        discovered = discover(paths, tree, is_manifest)
    else:
        folder = os.path.dirname(paths[0])
        root = project_root([folder])
        discovered = discover([root], tree, is_manifest, root=root)
        shown = os.path.relpath(paths[0], root).replace(os.sep, "/")
        discovered.asked = frozenset({shown})
        given.append(SourceFile(shown, piped.encode()))
    cache = opened(None)
    store = None if cache is None else FactsStore(cache, discovered.root)
    inputs = read(discovered, tree, given, store=store, jobs="auto")
    if tree.problems:
        raise SettingsError(tree.problems)
    judge = Judge(inputs.root, inputs.settings_of)
    found: dict[str, list[Place]] = {}
    for diagnostic in check(inputs, fixes=False).diagnostics:
        code = diagnostic.code
        if code.startswith(COMMAND_LINE_ONLY) or not (code in wanted or judge.fails(diagnostic)):
            continue
        if registry.entries[code].preview and code not in wanted and not inputs.settings_of(diagnostic.path).preview:
            continue
        path = os.path.realpath(os.path.join(inputs.root, diagnostic.path))
        text = f"{code} {diagnostic.message}"
        found.setdefault(path, []).append((diagnostic.span.line, diagnostic.span.column - 1, text))
    return found


def _selectors(options: Namespace) -> tuple[str, ...]:
    """The selectors with which somebody asked flake8 for rules on purpose; which are ours, the registry knows."""
    given = [*(options.select or ()), *(options.extend_select or ())]
    return tuple(selector for selector in given if len(selector) >= NARROW)


def _hand_on(found: dict[str, list[Place]]) -> None:
    handle, path = tempfile.mkstemp(prefix="fastlint-flake8-", suffix=".json")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.environ[HANDED_ON] = path
    owner = os.getpid()

    def forget() -> None:
        if os.getpid() == owner:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    atexit.register(forget)
