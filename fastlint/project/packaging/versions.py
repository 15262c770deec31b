"""Which versions of FastAPI, Starlette, Pydantic and Python the project may run on."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import TYPE_CHECKING, Literal

from fastlint import disk
from fastlint.project.packaging.manifests import Manifests, Requirement, canonical
from fastlint.project.packaging.releases import BELOW, releases

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

PEOPLE = {"fastapi": "FastAPI", "starlette": "Starlette", "pydantic": "Pydantic", "python": "Python"}
DIST_INFO = re.compile(r"(?P<name>[A-Za-z0-9._]+)-(?P<version>[^-]+)\.(?:dist|egg)-info$")
PYVENV_VERSION = re.compile(r"(?m)^version(?:_info)? *= *(\d+\.\d+(?:\.\d+)?)")


class Versions:
    """The versions a project targets: a set for each package, worked out when it is asked for.

    `python` is an environment or its interpreter, absolute or from `root`; nothing of it is run. `root` may be empty:
    then no environment is looked for.
    """

    def __init__(self, manifests: Manifests, target_fastapi: str | None, python: str | None, root: str) -> None:
        self._manifests = manifests
        self._target_fastapi = target_fastapi
        self._python = python
        self._root = root
        self._targets: dict[str, tuple[Version, ...]] = {}
        self._gates: dict[str, Literal["all", "some", "none"]] = {}

    def target(self, package: str) -> tuple[Version, ...]:
        """The versions of a package that the project may run on, oldest first; empty when nothing is known of it."""
        package = canonical(package)
        if package not in self._targets:
            self._targets[package] = tuple(sorted(set(self._find(package))))
        return self._targets[package]

    def gate(self, applies: str) -> Literal["all", "some", "none"]:
        """Whether all, some or none of the targeted versions lie in a range such as `fastapi>=0.137`.

        A package of which nothing is known is in every range. A pre-release counts as its release.
        """
        if applies not in self._gates:
            package, wanted = _range(applies)
            inside = [wanted.contains(version.base_version) for version in self.target(package)]
            self._gates[applies] = "all" if all(inside) else "some" if any(inside) else "none"
        return self._gates[applies]

    def describe(self, applies: str) -> str:
        """A range in people's words: `FastAPI 0.137 and later`."""
        package, wanted = _range(applies)
        words = {
            ">=": "{} and later",
            ">": "later than {}",
            "<": "before {}",
            "<=": "up to {}",
            "==": "{}",
            "!=": "not {}",
        }
        order = list(words)
        parts = sorted(wanted, key=lambda one: order.index(one.operator) if one.operator in words else len(order))
        said = ", ".join(words.get(one.operator, one.operator + "{}").format(one.version) for one in parts)
        return f"{PEOPLE.get(package, package)} {said}".rstrip()

    def installed(self, package: str) -> str | None:
        """The version in the project's own environment, None when it has none there."""
        return self._installed.get(canonical(package))

    # in the order in which they count

    def _find(self, package: str) -> Iterable[Version]:
        from packaging.version import Version

        explicit = self._explicit(package)
        if explicit:
            return explicit
        locked = self._locked(package)
        if locked:
            return locked
        found = self._python_installed if package == "python" else self.installed(package)
        if found is not None:
            return [Version(found)]
        return self._declared(package)

    def _explicit(self, package: str) -> list[Version]:
        from packaging.specifiers import SpecifierSet
        from packaging.version import InvalidVersion, Version

        if package != "fastapi" or not self._target_fastapi:
            return []
        try:
            return [Version(self._target_fastapi)]
        except InvalidVersion:
            return _within(package, SpecifierSet(self._target_fastapi))

    def _locked(self, package: str) -> list[Version]:
        """What the locks nearest to the root say."""
        if package == "python":
            ranges = {lock.python for lock in self._manifests.locks if lock.python and not lock.folder}
            return [version for text in ranges for version in _satisfying(package, text)]
        locks = [lock for lock in self._manifests.locks if package in lock.packages]
        depth = min((_depth(lock.path) for lock in locks), default=0)
        texts = {one.version for lock in locks if _depth(lock.path) == depth for one in lock.packages[package]}
        return [version for text in texts if (version := parse(text)) is not None]

    def _declared(self, package: str) -> list[Version]:
        """What manifests allow: all that those of one folder agree on, over all folders nearest to the root."""
        if package == "python":
            text = self._manifests.python()
            return _satisfying(package, text) if text else _newest(package)
        folders: dict[str, list[Requirement]] = {}
        for one in self._counting(package):
            folders.setdefault(one.folder, []).append(one)
        found: list[Version] = []
        for requirements in folders.values():
            ranges = [one.specifier for one in requirements]
            ranges.extend(one.specifier for one in self._manifests.constraints(package, requirements[0].folder))
            agreed = _satisfying(package, ",".join(filter(None, ranges)), nearest=False)
            found.extend(agreed or [version for text in ranges for version in _satisfying(package, text)])
        return found or self._implied(package)

    def _counting(self, package: str) -> list[Requirement]:
        """The requirements that count: with a range, of the project before those of developers, nearest to the root."""
        found = [one for one in self._manifests.of(package) if one.kind == "dependency" and one.specifier]
        found = [one for one in found if not one.group] or [one for one in found if not one.development] or found
        depth = min((_depth(one.path) for one in found), default=0)
        return [one for one in found if _depth(one.path) == depth]

    def _implied(self, package: str) -> list[Version]:
        """What an installation of the targeted FastAPI brings today: the newest version that it allows."""
        if package not in BELOW:
            return _newest(package)
        from packaging.specifiers import SpecifierSet
        from packaging.version import Version

        steps = [(Version(start), bound) for start, bound in BELOW[package]]
        bounds = {[bound for start, bound in steps if start <= fastapi][-1] for fastapi in self.target("fastapi")}
        return [_within(package, SpecifierSet(f"<{bound}" if bound else ""))[-1] for bound in bounds]

    # environments, read as files

    @cached_property
    def _environment(self) -> str | None:
        candidates = [self._python] if self._python else []
        candidates += [".venv", "venv"] if self._root else []
        for candidate in candidates:
            path = os.path.join(self._root, candidate)
            if disk.is_file(path):
                path = os.path.dirname(os.path.dirname(path))
            if any(True for _ in _site_packages(path)):
                return path
        return None

    @cached_property
    def _installed(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for folder in _site_packages(self._environment) if self._environment else ():
            for name in _listed(folder):
                match = DIST_INFO.fullmatch(name)
                if match and parse(match["version"]) is not None:
                    found.setdefault(canonical(match["name"]), match["version"])
        return found

    @cached_property
    def _python_installed(self) -> str | None:
        if self._environment is None:
            return None
        try:
            text = disk.read(os.path.join(self._environment, "pyvenv.cfg"), 10_000).decode("utf-8", "replace")
        except OSError:
            return None
        found = PYVENV_VERSION.search(text)
        return found[1] if found else None


def parse(text: str) -> Version | None:
    """The version that a text is, None when it is none."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def _depth(path: str) -> int:
    return path.count("/")


@cache
def _range(applies: str) -> tuple[str, SpecifierSet]:
    from packaging.requirements import Requirement as Parsed

    parsed = Parsed(applies)
    return canonical(parsed.name), parsed.specifier


@cache
def _known(package: str) -> list[Version]:
    from packaging.version import Version

    return sorted(Version(text) for text in releases(package))


def _newest(package: str) -> list[Version]:
    return _known(package)[-1:]


def _within(package: str, wanted: SpecifierSet) -> list[Version]:
    """The known releases in a range; when it only has upper bounds, the newest of them."""
    found = [version for version in _known(package) if wanted.contains(version)]
    open_below = all(one.operator in ("<", "<=", "!=") for one in wanted)
    return found[-1:] if open_below else found


def _satisfying(package: str, text: str, *, nearest: bool = True) -> list[Version]:
    """The known releases in a range as text; where none is known, with `nearest`, the versions that it names."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(text)
    except InvalidSpecifier:
        return []
    named = [version for one in wanted if one.operator in (">=", "==", "~=", "===") and (version := parse(one.version))]
    return _within(package, wanted) or (named if nearest or all(wanted.contains(one) for one in named) else [])


def _site_packages(environment: str) -> Iterator[str]:
    """The folders of installed packages of an environment, on any system."""
    for library in ("lib", "lib64"):
        for name in _listed(os.path.join(environment, library)):
            folder = os.path.join(environment, library, name, "site-packages")
            if name.startswith(("python3", "pypy3")) and disk.is_dir(folder):
                yield folder
    windows = os.path.join(environment, "Lib", "site-packages")
    if disk.is_dir(windows):
        yield windows


def _listed(folder: str) -> list[str]:
    try:
        return [entry.name for entry in disk.scan(folder)]
    except OSError:
        return []
