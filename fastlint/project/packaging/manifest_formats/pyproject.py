"""pyproject.toml: PEP 621, optional dependencies, dependency groups, build requirements, poetry, uv, pdm and hatch."""

from __future__ import annotations

import posixpath

from fastlint.project.packaging.manifest_formats import pep508
from fastlint.project.packaging.manifest_formats.found import Include, Kind, Reading, Requirement, canonical
from fastlint.project.packaging.manifest_formats.poetry import read_poetry
from fastlint.project.packaging.manifest_formats.toml_places import Path, Toml
from fastlint.source import SourceFile


def read(source: SourceFile, reading: Reading) -> None:
    toml = Toml(source)
    folder = source.path.rpartition("/")[0]
    if toml.table("project") and toml.table("build-system"):
        reading.libraries.add(folder)
    name = toml.get("project", "name") or toml.get("tool", "poetry", "name")
    if isinstance(name, str):
        reading.projects[folder] = canonical(name)
    first = len(reading.requirements)
    _project(toml, reading, folder)
    _setuptools(toml, reading, folder)
    _build(toml, reading)
    _groups(toml, reading)
    read_poetry(toml, reading)
    _uv(toml, reading)
    _pdm(toml, reading)
    _hatch(toml, reading)
    elsewhere = {canonical(name) for name, place in toml.table("tool", "uv", "sources").items() if _elsewhere(place)}
    reading.requirements[first:] = [_from(one, elsewhere) for one in reading.requirements[first:]]


def _array(toml: Toml, reading: Reading, path: Path, *, form: str, group: str = "", kind: Kind = "dependency") -> None:
    for piece, _ in toml.texts(*path):
        pep508.add(piece, reading, format=form, group=group, kind=kind)


def _project(toml: Toml, reading: Reading, folder: str) -> None:
    _array(toml, reading, ("project", "dependencies"), form="pyproject")
    for extra in toml.table("project", "optional-dependencies"):
        _array(toml, reading, ("project", "optional-dependencies", extra), form="pyproject", group=extra)
    wanted = toml.get("project", "requires-python")
    if isinstance(wanted, str):
        reading.pythons.append((folder, wanted))


def _setuptools(toml: Toml, reading: Reading, folder: str) -> None:
    """`dynamic` dependencies that setuptools takes from requirements files."""
    top: Path = ("tool", "setuptools", "dynamic")
    places: list[Path] = [(*top, "dependencies", "file")]
    places += [(*top, "optional-dependencies", extra, "file") for extra in toml.table(*top, "optional-dependencies")]
    for place in places:
        named = toml.get(*place)
        for name in named if isinstance(named, list) else [named]:
            if isinstance(name, str):
                target = posixpath.normpath(posixpath.join(folder, name))
                reading.includes.append(Include(toml.source.path, toml.line(place), target, constraint=False))


def _build(toml: Toml, reading: Reading) -> None:
    _array(toml, reading, ("build-system", "requires"), form="pyproject", group="build", kind="build")


def _groups(toml: Toml, reading: Reading) -> None:
    for group in toml.table("dependency-groups"):
        _array(toml, reading, ("dependency-groups", group), form="pyproject", group=group)


def _uv(toml: Toml, reading: Reading) -> None:
    _array(toml, reading, ("tool", "uv", "dev-dependencies"), form="uv", group="dev")
    for key in ("constraint-dependencies", "override-dependencies"):
        _array(toml, reading, ("tool", "uv", key), form="uv", kind="constraint")
    _array(toml, reading, ("tool", "uv", "build-constraint-dependencies"), form="uv", group="build", kind="build")


def _pdm(toml: Toml, reading: Reading) -> None:
    for group in toml.table("tool", "pdm", "dev-dependencies"):
        for piece, text in toml.texts("tool", "pdm", "dev-dependencies", group):
            if not text.lstrip().startswith("-e"):
                pep508.add(piece, reading, format="pdm", group=group if group != "default" else "dev")


def _hatch(toml: Toml, reading: Reading) -> None:
    """The environments of hatch; what fills in a path there, `{root:uri}`, names no version."""
    for name in toml.table("tool", "hatch", "envs"):
        for key in ("dependencies", "extra-dependencies"):
            for piece, text in toml.texts("tool", "hatch", "envs", name, key):
                if "{" not in text:
                    pep508.add(piece, reading, format="hatch", group="dev" if name == "default" else name)


def _elsewhere(place: object) -> bool:
    """Whether a uv source takes a package from a place rather than from an index."""
    places = place if isinstance(place, list) else [place]
    return any(isinstance(one, dict) and not one.keys() <= {"index", "marker", "extra", "group"} for one in places)


def _from(requirement: Requirement, elsewhere: set[str]) -> Requirement:
    if requirement.name not in elsewhere or requirement.kind != "dependency":
        return requirement
    from dataclasses import replace

    return replace(requirement, url=True)
