"""`[tool.fastlint]` of pyproject.toml, or fastlint.toml: finding it, and what it amounts to.

A settings file is one layer; what it extends lies below it, the command line above it. Values of later layers win; the
`extend-*` lists add up; tables (`levels`, `blocking`, `rules`) are joined key by key.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fastlint import disk
from fastlint.patterns import Pattern
from fastlint.registry import Registry, RuleEntry
from fastlint.rule import Level
from fastlint.selection import Choice, chosen, codes, ignored

FILES = ("fastlint.toml", "pyproject.toml")
DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
MAX_FILE_SIZE = 10_000_000
MANIFEST_SIZE = 100_000_000
"""Bytes up to which any manifest or lock is read: they are read faster than code is parsed, and locks grow large."""


class SettingsError(Exception):
    """Settings that cannot be used: one line for each problem, with file and key."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class FileIgnores:
    """The rules ignored in the files that a pattern matches."""

    pattern: Pattern
    selectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """`[tool.fastlint.auth]`: the dependencies one of which every route needs, and the routes that need none."""

    required: tuple[str, ...] = ()
    public: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """What one settings file, or the command line, says; None or empty where it says nothing."""

    origin: str
    choice: Choice = field(default_factory=Choice)
    per_file_ignores: tuple[FileIgnores, ...] | None = None
    extend_per_file_ignores: tuple[FileIgnores, ...] = ()
    exclude: tuple[Pattern, ...] | None = None
    extend_exclude: tuple[Pattern, ...] = ()
    force_exclude: bool | None = None
    respect_gitignore: bool | None = None
    fail_level: Level | None = None
    levels: Mapping[str, Level] = field(default_factory=dict)
    src: tuple[str, ...] | None = None
    target_fastapi: str | None = None
    python: str | None = None
    inference: str | None = None
    preview: bool | None = None
    blocking: Mapping[str, str] = field(default_factory=dict)
    offloaders: tuple[str, ...] | None = None
    non_blocking: tuple[str, ...] | None = None
    auth: Policy | None = None
    fixable: tuple[str, ...] | None = None
    unfixable: tuple[str, ...] | None = None
    max_file_size: int | None = None
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plugins: tuple[str, ...] = ()


class Settings:
    """What all layers together amount to. `folder` is where the nearest settings file lies."""

    def __init__(self, layers: Sequence[Layer], folder: str, registry: Registry) -> None:
        self.layers = tuple(layers)
        self.folder = folder
        self.registry = registry
        self.force_exclude: bool = self._last("force_exclude", False)
        self.respect_gitignore: bool = self._last("respect_gitignore", True)
        self.fail_level: Level = self._last("fail_level", Level.WARNING)
        self.src: tuple[str, ...] = self._last("src", ())
        self.target_fastapi: str | None = self._last("target_fastapi", None)
        self.python: str | None = self._last("python", None)
        self.inference: str = self._last("inference", "off")
        self.preview: bool = self._last("preview", False)
        self.offloaders: tuple[str, ...] = self._last("offloaders", ())
        self.non_blocking: tuple[str, ...] = self._last("non_blocking", ())
        self.auth: Policy | None = self._last("auth", None)
        self.max_file_size: int = self._last("max_file_size", MAX_FILE_SIZE)
        self.levels: Mapping[str, Level] = self._joined("levels")
        self.blocking: Mapping[str, str] = self._joined("blocking")
        self.exclude: tuple[Pattern, ...] = (
            *self._last("exclude", tuple(Pattern(name, folder) for name in DEFAULT_EXCLUDE)),
            *(pattern for layer in layers for pattern in layer.extend_exclude),
        )
        self.per_file_ignores: tuple[FileIgnores, ...] = (
            *self._last("per_file_ignores", ()),
            *(item for layer in layers for item in layer.extend_per_file_ignores),
        )
        self._ignored: dict[str, frozenset[str]] = {}

    def _last(self, name: str, default: Any) -> Any:
        return next((value for layer in reversed(self.layers) if (value := getattr(layer, name)) is not None), default)

    def _joined(self, name: str) -> Mapping[str, Any]:
        joined: dict[str, Any] = {}
        for layer in self.layers:
            joined.update(getattr(layer, name))
        return joined

    @cached_property
    def enabled(self) -> frozenset[str]:
        """The codes that are on, before per-file ignores."""
        return chosen([layer.choice for layer in self.layers], self.registry, preview=self.preview)

    @cached_property
    def fixable(self) -> frozenset[str]:
        """The codes whose fixes are offered."""
        fixable = codes(self._last("fixable", ("ALL",)), self.registry)
        return fixable - codes(self._last("unfixable", ()), self.registry)

    def ignored_in(self, path: str) -> frozenset[str]:
        """The codes that per-file ignores silence in the file at the absolute `path`."""
        if not self.per_file_ignores:
            return frozenset()
        found = self._ignored.get(path)
        if found is None:
            selectors = [
                name for item in self.per_file_ignores if item.pattern.matches(path) for name in item.selectors
            ]
            found = self._ignored[path] = ignored(selectors, self.registry)
        return found

    def level_of(self, entry: RuleEntry) -> Level | None:
        """The level that settings give the rule, None where they are silent."""
        return self.levels.get(entry.code)

    def size_limit(self, path: str) -> int:
        """Bytes up to which a file is read."""
        return self.max_file_size if path.endswith((".py", ".pyi")) else max(self.max_file_size, MANIFEST_SIZE)

    def options_of(self, entry: RuleEntry) -> dict[str, Any]:
        """The rule's options by field, as far as settings give them; settings may name the rule by code or name."""
        values: dict[str, Any] = {}
        for layer in self.layers:
            values.update(layer.rules.get(entry.name, {}))
        return values

    def excludes(self, path: str) -> bool:
        return any(pattern.matches(path) for pattern in self.exclude)


class SettingsTree:
    """The settings of every folder: those of the nearest file with settings, in it or above it.

    Problems are gathered, not raised, so that all files can be reported at once: ask `problems` after the last folder.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        overrides: Layer | None = None,
        config: str | None = None,
        isolated: bool = False,
    ) -> None:
        self.registry = registry
        self.problems: list[str] = []
        self._overrides = (overrides,) if overrides is not None else ()
        self._folders: dict[str, Settings] = {}
        self._fixed: Settings | None = None
        if config is not None:
            self._fixed = self._read(os.path.abspath(config), required=True)
        elif isolated:
            self._fixed = self._settings((), os.getcwd())

    def _settings(self, layers: Iterable[Layer], folder: str) -> Settings:
        return Settings((*layers, *self._overrides), folder.replace(os.sep, "/"), self.registry)

    def at(self, folder: str) -> Settings:
        """The settings that govern what lies directly in the absolute `folder`."""
        if self._fixed is not None:
            return self._fixed
        missing: list[str] = []
        settings: Settings | None = None
        while settings is None:
            settings = self._folders.get(folder)
            if settings is not None:
                break
            missing.append(folder)
            settings = self._in(folder)
            parent = os.path.dirname(folder)
            if settings is None and parent == folder:
                settings = self._settings((), missing[0])
            folder = parent
        for name in missing:
            self._folders[name] = settings
        return settings

    def _in(self, folder: str) -> Settings | None:
        for name in FILES:
            path = os.path.join(folder, name)
            if disk.is_file(path):
                settings = self._read(path, required=False)
                if settings is not None:
                    return settings
        return None

    def _read(self, path: str, *, required: bool) -> Settings | None:
        from fastlint.settings_files import read_layers

        layers = read_layers(path, self.registry, self.problems, required=required)
        if layers is None:
            return None
        return self._settings(layers, str(Path(path).parent))
