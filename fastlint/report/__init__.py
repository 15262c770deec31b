"""How diagnostics are shown: one module a format, each with `lines(diagnostics, page)`."""

from __future__ import annotations

import functools
import importlib
import os.path
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

from fastlint import disk
from fastlint.diagnostic import Diagnostic
from fastlint.registry import Registry
from fastlint.rule import Level
from fastlint.source import SourceFile, Span

FORMATS = (
    "full",
    "concise",
    "grouped",
    "json",
    "json-lines",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "rdjson",
    "azure",
    "markdown",
)
WITH_FIXES = frozenset({"full", "json", "json-lines", "sarif", "rdjson"})
"""The formats that show fixes; working them out takes time."""
FOR_PEOPLE = frozenset({"full", "concise", "grouped"})
"""The formats that a summary line may follow on the same stream; the others are read by programs."""


def always(diagnostic: Diagnostic) -> bool:
    """What `Page.fails` says where no settings are asked."""
    return True


@dataclass(frozen=True, slots=True)
class Page:
    """What a format needs to know besides the diagnostics.

    `root` is what their paths are relative to, `folder` what shown paths are relative to: both absolute, with `/`.
    `width` is that of the terminal, None when lines may be of any length. `secrets` are the places whose text must not
    be shown, whether or not a diagnostic shown is about them. `fails` says whether a diagnostic turns the exit code to
    1, `evidence` why it is believed, where that was asked for.
    """

    root: str
    folder: str
    source: Callable[[str], SourceFile | None]
    documentation: str | None = None
    colour: bool = False
    width: int | None = None
    secrets: Sequence[tuple[str, Span]] = ()
    rules: Registry | None = None
    version: str | None = None
    fails: Callable[[Diagnostic], bool] = always
    evidence: Mapping[Diagnostic, Sequence[str]] = field(default_factory=dict)

    def filename(self, path: str) -> str:
        """The path as users know it: relative to the working directory when it lies below it, else absolute."""
        return self._below(self.folder, path)

    def in_repository(self, path: str) -> str:
        """The path as a code host knows it: relative to the folder that holds `.git`, or else as `filename`."""
        top = repository(self.root)
        return self.filename(path) if top is None else self._below(top, path)

    def _below(self, folder: str, path: str) -> str:
        absolute = os.path.normpath(os.path.join(self.root, path)).replace(os.sep, "/")
        folder = folder.rstrip("/") + "/"
        return absolute[len(folder) :] if absolute.startswith(folder) else absolute

    def url(self, name: str) -> str | None:
        """The address of a rule's page, None when the documentation is nowhere published."""
        return f"{self.documentation.rstrip('/')}/rules/{name}/" if self.documentation else None


@functools.cache
def repository(folder: str) -> str | None:
    """The folder of the git repository that `folder` lies in, with `/`; None when it lies in none."""
    while not disk.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder.replace(os.sep, "/")


class Format(Protocol):
    """A module of this package."""

    def lines(self, diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]: ...


def lines(name: str, diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    """The report in the format `name`, line by line without line ends."""
    chosen = cast(Format, importlib.import_module(f"fastlint.report.{name.replace('-', '_')}"))
    hidden = {*page.secrets, *((one.path, one.span) for one in diagnostics if one.sensitive)}
    if hidden:
        from fastlint.report.secrets import hidden_in_fixes

        diagnostics = hidden_in_fixes(diagnostics, hidden, page.source)
        page = replace(page, secrets=sorted(hidden))
    return chosen.lines(diagnostics, page)


def summary(diagnostics: Sequence[Diagnostic], *, fixable: bool = True) -> str:
    """`Found 2 errors, 1 warning (1 fixable with --fix)`."""
    levels = Counter(diagnostic.level for diagnostic in diagnostics)
    if not levels:
        return "No problems found"
    words = {Level.ERROR: ("error", "errors"), Level.WARNING: ("warning", "warnings"), Level.INFO: ("note", "notes")}
    counts = [f"{levels[level]} {words[level][levels[level] != 1]}" for level in words if levels[level]]
    text = f"Found {', '.join(counts)}"
    safe = sum(one.fix is not None and one.fix.applicability != "unsafe" for one in diagnostics)
    unsafe = sum(one.fix is not None and one.fix.applicability == "unsafe" for one in diagnostics)
    offers = []
    if safe:
        offers.append(f"{safe} fixable with --fix")
    if unsafe:
        offers.append(f"{unsafe}{' more' if safe else ' fixable'} with --fix --unsafe-fixes")
    return f"{text} ({', '.join(offers)})" if fixable and offers else text


def statistics(diagnostics: Sequence[Diagnostic]) -> list[tuple[int, str, str]]:
    """How often each rule reported, the most frequent first: (count, code, name)."""
    counts = Counter((diagnostic.code, diagnostic.name) for diagnostic in diagnostics)
    return [(count, *rule) for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
