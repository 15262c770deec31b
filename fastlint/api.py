"""fastlint from Python.

    from fastlint.api import check

    report = check(["src"], {"select": ["FST1", "FST5"]})
    for diagnostic in report.diagnostics:
        print(diagnostic.path, diagnostic.span.line, diagnostic.code, diagnostic.message)

What this module names in `__all__`, and the public attributes of what it gives, stay as they are within a major
version: new ones may come, none goes or changes its meaning. Everything else in the package may change at any time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastlint import engine
from fastlint.diagnostic import Diagnostic
from fastlint.discover import discover
from fastlint.fingerprint import fingerprint
from fastlint.inputs import read
from fastlint.loader import RuleError, load
from fastlint.plugins import registry_for
from fastlint.project.packaging.manifests import is_manifest
from fastlint.registry import Option, Registry, RuleEntry
from fastlint.report import FORMATS, Page, lines
from fastlint.rule import Applicability, Fix, Level, Related
from fastlint.settings import Layer, SettingsError, SettingsTree
from fastlint.source import Edit, Span

__all__ = [
    "FORMATS",
    "Applicability",
    "Diagnostic",
    "Edit",
    "Fix",
    "Level",
    "Option",
    "Related",
    "Report",
    "RuleEntry",
    "RuleError",
    "SettingsError",
    "Span",
    "check",
    "fingerprint",
    "rules",
]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found.

    `root` is the absolute path of the project, with `/`; the paths of `diagnostics` are relative to it, and they are in
    the order of paths and positions. `failing` of them are at or above the `fail-level` of their file; `silenced` more
    were silenced by comments, `known` others are in the baseline. `notes` explain an empty report. `broken` says that a
    rule failed, so that something may be missing: the diagnostics with the code FST001 tell which.
    """

    root: str
    diagnostics: tuple[Diagnostic, ...]
    failing: int
    silenced: int
    known: int
    notes: tuple[str, ...]
    broken: bool
    _run: engine.Report = field(repr=False, compare=False)

    @property
    def exit_code(self) -> int:
        """What `fastlint check` exits with: 0 nothing at or above the fail level, 1 something, 2 a rule failed."""
        return 2 if self.broken else int(self.failing > 0)

    def render(self, output_format: str = "full", *, folder: str | os.PathLike[str] | None = None) -> str:
        """The report as text in one of `FORMATS`, without colours and without the summary line.

        Paths are shown relative to `folder`, the working directory when it is not given; some formats count from the
        repository instead. Raises ValueError for an unknown format.
        """
        if output_format not in FORMATS:
            raise ValueError(f"unknown format {output_format!r}: one of {', '.join(FORMATS)}")
        inputs = self._run.inputs
        page = Page(
            root=self.root,
            folder=Path(os.path.abspath(folder or os.getcwd())).as_posix(),
            source=inputs.files().get,
            secrets=self._run.secrets,
            rules=inputs.tree.registry,
            fails=lambda one: one.level >= inputs.settings_of(one.path).fail_level,
        )
        return "".join(f"{line}\n" for line in lines(output_format, self.diagnostics, page))


def check(
    paths: Iterable[str | os.PathLike[str]] = (".",),
    settings: Mapping[str, Any] | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    isolated: bool = False,
    fixes: bool = True,
    baseline: str | os.PathLike[str] | bool = True,
) -> Report:
    """Check files and folders as `fastlint check` does.

    The project around the paths is found and analysed as a whole; what concerns the paths is reported. `settings` are
    keys and values of `[tool.fastlint]`; they win over the settings files, and their relative paths count from the
    working directory. `config` names one settings file to read in place of those of the project, `isolated` reads none.
    Without `fixes` no fix is worked out, which is faster. `baseline` names one to use in place of the project's own,
    False none; with `isolated` only one that is named counts.

    Nothing is printed, written or executed. Raises SettingsError for settings, plugins or a baseline that cannot be
    used (`problems` are all of them, a line each), RuleError for rules that cannot be loaded, FileNotFoundError for a
    path that does not exist, OSError for one that cannot be looked at.
    """
    if isinstance(paths, str | os.PathLike):
        paths = (paths,)
    given = [os.fspath(path) for path in paths]
    if not given:
        raise ValueError("no paths given")
    if config is not None and isolated:
        raise ValueError("config and isolated exclude each other")
    file = None if config is None else os.fspath(config)
    registry = registry_for(given, config=file, isolated=isolated)
    tree = SettingsTree(
        registry,
        overrides=None if settings is None else _layer(settings, registry),
        config=file,
        isolated=isolated,
    )
    _refuse(tree)
    found = discover(given, tree, is_manifest)
    for path, reason in found.missing:
        kind = OSError if os.path.lexists(path) else FileNotFoundError
        raise kind(f"{path}: {reason}")
    tree.at(found.root)
    known = not isolated if baseline is True else baseline if baseline is False else os.fspath(baseline)
    inputs = read(found, tree, baseline=known)
    _refuse(tree)
    result = engine.check(inputs, fixes=fixes)
    return Report(
        root=found.root.replace(os.sep, "/"),
        diagnostics=tuple(result.diagnostics),
        failing=result.failing,
        silenced=result.silenced,
        known=result.known,
        notes=tuple(result.notes),
        broken=result.broken,
        _run=result,
    )


def rules() -> tuple[RuleEntry, ...]:
    """The metadata of all rules, by code: `code`, `name`, `level`, `default`, `status`, `doc`, `options` and more."""
    return tuple(load().entries.values())


def _layer(settings: Mapping[str, Any], registry: Registry) -> Layer:
    from fastlint.settings_schema import validated

    problems: list[str] = []
    layer = validated(settings, os.path.join(os.getcwd(), "settings"), "", registry, problems)
    if problems:
        raise SettingsError(problems)
    return layer


def _refuse(tree: SettingsTree) -> None:
    if tree.problems:
        raise SettingsError(tree.problems)
