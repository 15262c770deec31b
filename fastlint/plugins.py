"""Rules of others: packages that the root settings name, found without importing anything of the project.

A plugin is code that runs inside fastlint. It is taken only when the settings that govern the root name it and when it
lies outside the project, or in the environment that fastlint itself runs in.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os.path
import pkgutil
import sys
from collections.abc import Iterable, Sequence

from fastlint import disk
from fastlint.discover import project_root
from fastlint.loader import PACKAGE, load
from fastlint.registry import Registry
from fastlint.settings import FILES, SettingsError
from fastlint.settings_files import shown, table_of

MENTIONS = b"fastlint"
"""What a file of rules has in it: a package without any is not imported to find that out."""


def registry_for(paths: Sequence[str], *, config: str | None = None, isolated: bool = False) -> Registry:
    """All rules that a run over `paths` (as typed) may use: fastlint's own and those of the plugins.

    Raises SettingsError for a plugin that may not be loaded, RuleError for one that breaks the house rules.
    """
    if isolated:
        return load()
    present = [path for path in map(os.path.abspath, paths) if disk.exists(path)]
    root = project_root(present or [os.getcwd()])
    file = os.path.abspath(config) if config is not None else _governing(root)
    names = _named(file) if file is not None else ()
    if not names:
        return load()
    assert file is not None
    prefix = "tool.fastlint." if os.path.basename(file) == "pyproject.toml" else ""
    problems = [
        f"{shown(file)}: {prefix}plugins[{number}]: {reason}"
        for number, name in enumerate(names)
        if (reason := _refusal(name, (root, os.path.dirname(file)))) is not None
    ]
    if problems:
        raise SettingsError(problems)
    return load(PACKAGE, names)


def _governing(root: str) -> str | None:
    """The settings file that governs the root: the nearest one in it or above it."""
    folder = root
    while True:
        for name in FILES:
            path = os.path.join(folder, name)
            if disk.is_file(path) and (name != "pyproject.toml" or _holds_settings(path)):
                return path
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _holds_settings(path: str) -> bool:
    data = _bytes(path)
    return MENTIONS in data and (b"tool.fastlint" in data or table_of(path, [], required=False) is not None)


def _named(file: str) -> tuple[str, ...]:
    """The plugins that a settings file names itself; what it extends has no say. Wrong types are told by the schema."""
    if b"plugins" not in _bytes(file):
        return ()
    table = table_of(file, [], required=False) or {}
    names = table.get("plugins")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(dict.fromkeys(names))


def _bytes(path: str) -> bytes:
    try:
        return disk.read(path)
    except OSError:
        return b""


def _refusal(name: str, projects: Iterable[str]) -> str | None:
    """Why the package may not be loaded, or None. Nothing is imported to find out."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return f"'{name}' is not the name of a package"
    if parts[0] in sys.stdlib_module_names or parts[0] in (__package__, PACKAGE):
        return f"'{name}' is not a package of rules"
    try:
        spec = importlib.util.find_spec(parts[0])
        for number in range(1, len(parts)):
            if spec is not None:
                within = list(spec.submodule_search_locations or ())
                spec = importlib.machinery.PathFinder.find_spec(".".join(parts[: number + 1]), within)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return f"no package '{name}' is installed where fastlint runs ({sys.prefix})"
    folders = [os.path.realpath(folder) for folder in spec.submodule_search_locations or ()]
    for folder in folders or [os.path.realpath(spec.origin or "")]:
        inside = next((project for project in projects if _lies_in(folder, os.path.realpath(project))), None)
        if inside is not None and not any(_lies_in(folder, installed) for installed in _site_folders()):
            return f"'{name}' lies inside the project ({folder}): plugins have to be installed outside it"
    if not any(_mentions_fastlint(folder) for folder in folders):
        return f"'{name}' is not a package of rules: none of its files imports fastlint"
    return None


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _site_folders() -> set[str]:
    """Where packages of the running interpreter are installed: often a virtual environment inside the project."""
    import site
    import sysconfig

    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), site.getusersitepackages()}
    return {os.path.realpath(folder) for folder in folders}


def _mentions_fastlint(folder: str) -> bool:
    for found in pkgutil.iter_modules([folder]):
        path = os.path.join(folder, found.name)
        if _mentions_fastlint(path) if found.ispkg else MENTIONS in _bytes(f"{path}.py"):
            return True
    return False
