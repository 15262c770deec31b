"""Manifests and lock files: what a project requires, with positions, and which versions it is locked to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from fastlint.project.packaging.manifest_formats.found import (
    Format,
    Include,
    Kind,
    Lock,
    Locked,
    Reading,
    Requirement,
    Style,
    canonical,
    folder_of,
)
from fastlint.project.packaging.manifest_formats.inclusions import circular, named_in
from fastlint.source import SourceFile, Unreadable

__all__ = [
    "Kind",
    "Lock",
    "Locked",
    "ManifestFile",
    "Manifests",
    "Requirement",
    "Style",
    "canonical",
    "included",
    "is_manifest",
    "is_script",
    "read",
]

NAMED = {
    "pyproject.toml": "pyproject",
    "setup.cfg": "setup_cfg",
    "setup.py": "setup_py",
    "Pipfile": "pipfile",
    "Pipfile.lock": "pipfile_lock",
    "uv.lock": "toml_lock",
    "poetry.lock": "toml_lock",
    "pdm.lock": "toml_lock",
    "pylock.toml": "toml_lock",
}
PATTERNS = (
    (re.compile(r"pylock\.[^.]+\.toml$"), "toml_lock"),
    (re.compile(r".+\.py\.lock$"), "toml_lock"),
    (re.compile(r"(?:.*[-_.])?(?:environments?|conda)(?:[-_.].*)?\.ya?ml$", re.IGNORECASE), "conda"),
)
LARGEST = 1_000_000
"""Bytes of a manifest written by hand; locks may be larger."""
SCRIPT = re.compile(rb"(?m)^# /// script[ \t]*\r?$")


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file that may say what a project requires; `path` is relative to the root, with `/`."""

    path: str
    data: bytes


def is_manifest(path: str) -> bool:
    """Whether a file is a manifest or a lock by its name. `requirements/dev.txt` is known by its folder."""
    return _format_name(path) is not None


def is_script(data: bytes) -> bool:
    """Whether a Python file has a header with its requirements (PEP 723), which makes it a manifest too."""
    return b"# /// script" in data and SCRIPT.search(data) is not None


def _format_name(path: str) -> str | None:
    from fastlint.project.packaging.manifest_formats.requirements_txt import is_requirements

    name = path.rpartition("/")[2]
    if name in NAMED:
        return NAMED[name]
    for pattern, form in PATTERNS:
        if pattern.fullmatch(name):
            return form
    return "requirements" if is_requirements(path) else None


def _format(name: str) -> Format:
    from fastlint.project.packaging.manifest_formats import (
        conda,
        locks,
        poetry,
        pyproject,
        requirements_txt,
        script_header,
        setup_files,
    )

    formats: dict[str, Format] = {
        "requirements": requirements_txt.read,
        "pyproject": pyproject.read,
        "setup_cfg": setup_files.read_cfg,
        "setup_py": setup_files.read_py,
        "pipfile": poetry.read_pipfile,
        "conda": conda.read,
        "script": script_header.read,
        "toml_lock": locks.read_toml,
        "pipfile_lock": locks.read_pipfile_lock,
    }
    return formats[name]


def read(files: Sequence[ManifestFile]) -> Manifests:
    """Read all manifests. What cannot be read is named in `unreadable`; the rest is there all the same.

    Files whose names say nothing count when a requirements file includes them.
    """
    reading = Reading()
    pending = {file.path: file for file in sorted(files, key=lambda file: file.path)}
    formats = {
        path: _format_name(path) or ("script" if is_script(file.data) else None) for path, file in pending.items()
    }
    while formats:
        for path, name in formats.items():
            if name is not None:
                file = pending.pop(path)
                _read_one(file, name, reading)
        targets = {include.target for include in reading.includes}
        formats = {path: "requirements" for path in pending if path in targets and not path.endswith(".toml")}
    for include in circular(reading.includes):
        reading.complain(include.path, include.line, f"{include.target} includes itself")
    return Manifests(reading)


def _read_one(file: ManifestFile, name: str, reading: Reading) -> None:
    reading.files.add(file.path)
    if name not in ("toml_lock", "pipfile_lock", "requirements", "script") and len(file.data) > LARGEST:
        reading.complain(file.path, 1, f"larger than {LARGEST} bytes")
        return
    try:
        _format(name)(SourceFile(file.path, file.data), reading)
    except Unreadable as error:
        reading.complain(file.path, error.line, error.reason)
    except RecursionError:
        reading.complain(file.path, 1, "nested too deeply to be parsed")


def included(files: Iterable[ManifestFile]) -> frozenset[str]:
    """The files that requirements files among `files` include, below the root and not among them: to be read too."""
    files = list(files)
    found = {
        name for file in files for name in named_in(file.path, file.data, _format_name(file.path) or "requirements")
    }
    return frozenset(found - {file.path for file in files})


class Manifests:
    """What all manifests say, in the order of files and places."""

    def __init__(self, reading: Reading | None = None) -> None:
        reading = reading or Reading()
        constraints = _only_constraints(reading.includes)
        self.requirements: tuple[Requirement, ...] = tuple(
            _as_constraint(one) if one.path in constraints else one for one in reading.requirements
        )
        self.locks: tuple[Lock, ...] = tuple(reading.locks)
        self.unreadable: tuple[tuple[str, int, str], ...] = tuple(sorted(reading.unreadable))
        self.pythons: tuple[tuple[str, str], ...] = tuple(reading.pythons)
        self.includes: tuple[Include, ...] = tuple(reading.includes)
        self._projects = dict(reading.projects)
        self._files = frozenset(reading.files)
        self._libraries = frozenset(reading.libraries)

    @cached_property
    def _by_name(self) -> dict[str, list[Requirement]]:
        found: dict[str, list[Requirement]] = {}
        for one in self.requirements:
            found.setdefault(one.name, []).append(one)
        return found

    def of(self, name: str) -> list[Requirement]:
        """All requirements and constraints of a package."""
        return self._by_name.get(canonical(name), [])

    def requirement(self, name: str) -> Requirement | None:
        """The requirement of a package that counts most: of the project itself before extras and groups."""
        found = [one for one in self.of(name) if one.kind == "dependency"]
        return min(found, key=lambda one: (one.development, bool(one.group), one.path.count("/")), default=None)

    def constraints(self, name: str, folder: str = "") -> list[Requirement]:
        """What constraints files and tables say about a package for the manifests of a folder."""
        return [one for one in self.of(name) if one.kind == "constraint" and within(folder, one.folder)]

    def locks_of(self, path: str) -> list[Lock]:
        """The locks that speak for a manifest, its own first."""
        form = path.rpartition("/")[2]
        folder = folder_of(path)
        return sorted(
            (lock for lock in self.locks if lock.path != path and self._speaks(lock, path, form, folder)),
            key=lambda lock: (lock.of != path, lock.format == "requirements", lock.path),
        )

    def _speaks(self, lock: Lock, path: str, form: str, folder: str) -> bool:
        if lock.of == path:
            return True
        if lock.format == "Pipfile.lock":
            return form == "Pipfile" and lock.folder == folder
        if lock.format == "requirements":
            return lock.folder == folder and not form.endswith((".txt", "Pipfile")) and lock.of not in self._files
        if lock.of or form != "pyproject.toml":
            return False
        return lock.folder == folder or (within(folder, lock.folder) and self._projects.get(folder) in lock.packages)

    def locked(self, name: str, path: str = "pyproject.toml") -> tuple[Locked, ...]:
        """The versions a package is locked to for a manifest; empty when no lock for it has the package."""
        name = canonical(name)
        return next((lock.packages[name] for lock in self.locks_of(path) if name in lock.packages), ())

    def effective(self, requirement: Requirement) -> str:
        """The range that holds for a requirement with all that narrows it (PEP 440).

        That is the project's own requirement of the same file beside those of its extras and groups, the files that a
        requirements file includes, and constraints and overrides.
        """
        near = [one for one in self.of(requirement.name) if one is not requirement and one.specifier]
        reached = self.reached(requirement.path)
        ranges = [requirement.specifier]
        for one in near:
            main = one.path == requirement.path and not one.group and bool(requirement.group)
            if one.kind == "constraint":
                if one.path in reached or within(requirement.folder, one.folder):
                    ranges.append(one.specifier)
            elif one.kind == "dependency" and not one.marker and (main or one.path in reached):
                ranges.append(one.specifier)
        return ",".join(filter(None, ranges))

    def reached(self, path: str) -> set[str]:
        """The files that a requirements file includes, directly or not."""
        found: set[str] = set()
        pending = [path]
        while pending:
            current = pending.pop()
            for include in self.includes:
                if include.path == current and include.target not in found:
                    found.add(include.target)
                    pending.append(include.target)
        return found - {path}

    @property
    def missing_includes(self) -> bool:
        """Whether a file that a requirements file includes was not read, so that requirements may be missing."""
        return any(include.target not in self._files for include in self.includes)

    def project(self, folder: str) -> str:
        """The name of the project in a folder, empty when no pyproject.toml there says."""
        return self._projects.get(folder, "")

    def is_library(self, folder: str) -> bool:
        """Whether the pyproject.toml of a folder builds a distribution; an application may do so too."""
        return folder in self._libraries

    def python(self, folder: str = "") -> str:
        """The range of Python versions asked for at a folder or nearest above it, empty when none is."""
        found = [pair for pair in self.pythons if within(folder, pair[0])]
        return max(found, key=lambda pair: len(pair[0]))[1] if found else ""


def within(folder: str, outer: str) -> bool:
    """Whether a folder is another one or lies in it; the root is the empty text."""
    return not outer or folder == outer or folder.startswith(outer + "/")


def _only_constraints(includes: Sequence[Include]) -> set[str]:
    """The files that only constrain others.

    pip-tools layers its files with `-c requirements.txt`: that one is installed from too.
    """
    from fastlint.project.packaging.manifest_formats.requirements_txt import is_installed_from

    required = {include.target for include in includes if not include.constraint}
    return {
        include.target
        for include in includes
        if include.constraint and include.target not in required and not is_installed_from(include.target)
    }


def _as_constraint(requirement: Requirement) -> Requirement:
    from dataclasses import replace

    return replace(requirement, kind="constraint")
