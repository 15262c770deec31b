"""Settings files: TOML to layers, following `extend`."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from typing import Any

from fastlint import disk
from fastlint.registry import Registry
from fastlint.settings import Layer


def read_layers(path: str, registry: Registry, problems: list[str], *, required: bool) -> list[Layer] | None:
    """The layers of a settings file, what it extends first; None when it holds no settings for fastlint.

    Whatever is wrong is added to `problems`. A pyproject.toml that is not TOML only matters when it may hold settings.
    """
    table = table_of(path, problems, required=required)
    if table is None:
        return None
    return _chain(path, table, registry, problems, (disk.real(path),))


def _chain(
    path: str, table: Mapping[str, Any], registry: Registry, problems: list[str], seen: tuple[str, ...]
) -> list[Layer]:
    from fastlint.settings_schema import validated

    prefix = "tool.fastlint." if os.path.basename(path) == "pyproject.toml" else ""
    layer = validated(table, path, prefix, registry, problems)
    extended = table.get("extend")
    if not isinstance(extended, str):
        return [layer]
    target = os.path.normpath(os.path.join(os.path.dirname(path), os.path.expanduser(extended)))
    if disk.real(target) in seen:
        chain = " -> ".join(shown(name) for name in (*seen, target))
        problems.append(f"{shown(path)}: {prefix}extend: settings extend each other: {chain}")
        return [layer]
    if not disk.is_file(target):
        problems.append(f"{shown(path)}: {prefix}extend: no such file: {shown(target)}")
        return [layer]
    below = table_of(target, problems, required=True)
    if below is None:
        return [layer]
    return [*_chain(target, below, registry, problems, (*seen, disk.real(target))), layer]


def table_of(path: str, problems: list[str], *, required: bool) -> Mapping[str, Any] | None:
    """The table of settings in a file; `required` makes one without any a problem."""
    try:
        data = disk.read(path)
    except OSError as error:
        problems.append(f"{shown(path)}: cannot be read: {error.strerror or error}")
        return None
    is_pyproject = os.path.basename(path) == "pyproject.toml"
    if is_pyproject and not required and b"fastlint" not in data:
        return None
    import tomllib

    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        problems.append(f"{shown(path)}: not valid UTF-8 (byte 0x{data[error.start]:02x})")
        return None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problems.append(f"{shown(path)}: not valid TOML: {error}")
        return None
    if not is_pyproject:
        return document
    tool = document.get("tool", {})
    table = tool.get("fastlint") if isinstance(tool, dict) else None
    if table is None:
        if required:
            problems.append(f"{shown(path)}: has no table [tool.fastlint]")
        return None
    if not isinstance(table, dict):
        problems.append(f"{shown(path)}: tool.fastlint: must be a table")
        return None
    return table


def shown(path: str) -> str:
    """The path relative to the working directory when it lies below it."""
    relative = os.path.relpath(path) if os.path.splitdrive(path)[0] == os.path.splitdrive(os.getcwd())[0] else path
    return (path if relative.startswith("..") else relative).replace(os.sep, "/")
