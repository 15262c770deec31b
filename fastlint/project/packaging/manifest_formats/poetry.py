"""The tables of poetry and of pipenv: a name to a range, or to a table with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastlint.project.packaging.manifest_formats.found import Kind, Reading, Requirement, Style, canonical
from fastlint.project.packaging.manifest_formats.toml_places import Path, Toml
from fastlint.project.packaging.ranges import RangeError, from_poetry
from fastlint.source import SourceFile

ELSEWHERE = {"git", "hg", "svn", "bzr", "path", "file", "url"}
KNOWN_PIPFILE_TABLES = {"source", "requires", "pipenv", "scripts"}


def read_poetry(toml: Toml, reading: Reading) -> None:
    """`[tool.poetry]` of a pyproject.toml."""
    top = ("tool", "poetry")
    declared = {one.name for one in reading.requirements if one.path == toml.source.path and one.kind == "dependency"}
    only = declared if _stands_in_project(toml) else None
    _table(toml, reading, (*top, "dependencies"), style="poetry", enriches=declared, only=only)
    _table(toml, reading, (*top, "dev-dependencies"), style="poetry", group="dev")
    for group in toml.table(*top, "group"):
        _table(toml, reading, (*top, "group", group, "dependencies"), style="poetry", group=group, enriches=declared)
    python = toml.get(*top, "dependencies", "python")
    if isinstance(python, str):
        try:
            reading.pythons.append((toml.source.path.rpartition("/")[0], from_poetry(python)))
        except RangeError as error:
            reading.complain(toml.source.path, toml.line((*top, "dependencies", "python")), str(error))


def _stands_in_project(toml: Toml) -> bool:
    """Whether `[project]` names the dependencies: poetry 2 then reads its own table only for what is named there."""
    named = toml.get("project", "dependencies") or toml.table("project", "optional-dependencies")
    dynamic = toml.get("project", "dynamic")
    return bool(named) and not {"dependencies", "optional-dependencies"}.intersection(
        dynamic if isinstance(dynamic, list) else ()
    )


def read_pipfile(source: SourceFile, reading: Reading) -> None:
    """A Pipfile; tables that pipenv does not know are categories of packages."""
    toml = Toml(source)
    groups = {"packages": "", "dev-packages": "dev"}
    for name, table in toml.data.items():
        if isinstance(table, dict) and name not in KNOWN_PIPFILE_TABLES:
            _table(toml, reading, (name,), style="pipfile", group=groups.get(name, name))
    version = toml.get("requires", "python_version") or toml.get("requires", "python_full_version")
    if isinstance(version, str):
        exact = version if toml.get("requires", "python_full_version") else f"{version}.*"
        reading.pythons.append((source.path.rpartition("/")[0], f"=={exact}"))


def _table(
    toml: Toml,
    reading: Reading,
    path: Path,
    *,
    style: Style,
    group: str = "",
    enriches: set[str] | frozenset[str] = frozenset(),
    only: set[str] | None = None,
) -> None:
    for name, value in toml.table(*path).items():
        if style == "poetry" and (canonical(name) == "python" or (only is not None and canonical(name) not in only)):
            continue
        values = enumerate(value) if isinstance(value, list) else [(None, value)]
        for number, one in values:
            place: Path = (*path, name) if number is None else (*path, name, number)
            if isinstance(one, dict) and "version" not in one and canonical(name) in enriches:
                continue
            _entry(toml, reading, place, name, one, style=style, group=group)


def _entry(toml: Toml, reading: Reading, path: Path, name: str, value: Any, *, style: Style, group: str) -> None:
    inside = isinstance(value, dict)
    written = value.get("version", "") if inside else value
    if not isinstance(written, str):
        return
    line = toml.line(path)
    try:
        specifier = from_poetry(written)
    except RangeError as error:
        reading.complain(toml.source.path, line, f"invalid requirement {name} = {written!r}: {error}")
        return
    where: Path = (*path, "version") if inside else path
    piece = toml.piece(where, written) if where in toml.strings else None
    key = toml.keys.get(path[:-1] if isinstance(path[-1], int) else path)
    whole = toml.values.get(path)
    assert key is not None
    start = whole[0] if isinstance(path[-1], int) and whole else key[0]
    end = whole[1] if whole else max(place[1] for known, place in toml.values.items() if known[: len(path)] == path)
    spot = toml.spot(start, end)
    kind: Kind = "dependency"
    reading.requirements.append(
        Requirement(
            path=toml.source.path,
            format="pipfile" if style == "pipfile" else "poetry",
            name=canonical(name),
            spelling=name,
            span=spot.span(0, len(spot.text)),
            name_end=toml.spot(*key).position(key[1] - key[0]),
            specifier=specifier,
            written=written,
            specifier_span=piece.span(0, len(written)) if piece and written else None,
            extras=tuple(sorted(filter(_text, value.get("extras") or ()))) if inside else (),
            marker=_marker(value) if inside else "",
            url=inside and not ELSEWHERE.isdisjoint(value),
            group=group,
            kind=kind,
            style=style if piece is not None and piece.exact and written else "fixed",
        )
    )


_text: Callable[[Any], bool] = lambda item: isinstance(item, str)  # noqa: E731


def _marker(table: dict[str, Any]) -> str:
    """What makes the requirement conditional, as text; empty when nothing does."""
    said = []
    for key in ("markers", "platform", "python", "sys_platform", "platform_system", "python_version", "os_name"):
        value = table.get(key)
        if isinstance(value, str):
            said.append(value if key == "markers" else f"{key} {value}")
    return " and ".join(said)
