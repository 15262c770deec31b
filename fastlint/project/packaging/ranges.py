"""Ranges of versions: their bounds, and the ranges of poetry, pipenv and conda in the words of PEP 440."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)")
CLAUSE = re.compile(r"\s*(?:(?P<operator>\^|~=|~|===?|!=|>=|<=|>|<|=)\s*)?(?P<version>[^\s,|]+)\s*(?:,|(?=\s|$))")


class RangeError(ValueError):
    """A text that is no range in its format."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest version of a range; None where it is open. `above` and `below` are exclusive."""

    least: Version | None = None
    above: bool = False
    greatest: Version | None = None
    below: bool = True

    @property
    def exact(self) -> bool:
        return self.least is not None and self.least == self.greatest and not self.below

    def ends_before(self, version: Version) -> bool:
        """Whether each version of the range is lower than this one."""
        if self.greatest is None:
            return False
        return self.greatest < version or (self.greatest == version and self.below)


def bounds(specifier: str) -> Bounds:
    """The bounds of a PEP 440 range; versions taken out by `!=` do not count."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    found = Bounds()
    for one in SpecifierSet(specifier):
        try:
            found = _narrowed(found, _clause(one.operator, one.version))
        except InvalidVersion:  # `===` takes any text
            continue
    return found


def _clause(operator: str, text: str) -> Bounds:
    from packaging.version import Version

    if operator == "==" and text.endswith(".*"):
        return Bounds(Version(text[:-2]), False, Version(following(text[:-2])), True)
    version = Version(text)
    match operator:
        case "==" | "===":
            return Bounds(version, False, version, False)
        case "~=":
            return Bounds(version, False, Version(following(".".join(map(str, version.release[:-1])))), True)
        case ">=" | ">":
            return Bounds(least=version, above=operator == ">")
        case "<" | "<=":
            return Bounds(greatest=version, below=operator == "<")
    return Bounds()


def _narrowed(one: Bounds, other: Bounds) -> Bounds:
    lower, upper = one, one
    if other.least is not None and (one.least is None or (other.least, other.above) > (one.least, one.above)):
        lower = other
    if other.greatest is not None and (
        one.greatest is None or (other.greatest, not other.below) < (one.greatest, not one.below)
    ):
        upper = other
    return Bounds(lower.least, lower.above, upper.greatest, upper.below)


def following(release: str, part: int | None = None) -> str:
    """The release whose part (by default the last) is one greater, without what comes after it."""
    numbers = [int(number) for number in release.split(".")]
    part = len(numbers) - 1 if part is None else part
    numbers += [0] * (part + 1 - len(numbers))
    return ".".join(map(str, [*numbers[:part], numbers[part] + 1]))


def from_poetry(text: str) -> str:
    """A constraint of poetry; also one of pipenv, whose bare versions and `*` mean the same."""
    return _alternatives(re.split(r"\|\|?", text), _poetry_clause)


def from_conda(text: str) -> str:
    """A version of a conda match specification; `=1.2` and `1.2*` are fuzzy."""
    return _alternatives(text.split("|"), _conda_clause)


def _alternatives(parts: list[str], clause: Callable[[str, str], str]) -> str:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    translated: list[str] = []
    for part in parts:
        clauses = []
        part = part.strip().strip("()")
        end = 0
        while end < len(part):
            match = CLAUSE.match(part, end)
            if match is None:
                raise RangeError(f"{part!r} is no range of versions")
            clauses.append(clause(match["operator"] or "", match["version"]))
            end = match.end()
        try:
            translated.append(str(SpecifierSet(",".join(filter(None, clauses)))))
        except InvalidSpecifier as error:
            raise RangeError(str(error).partition("\n")[0]) from None
    return translated[0] if len(translated) == 1 else _hull(translated)


def _hull(ranges: list[str]) -> str:
    found = [bounds(one) for one in ranges]
    said = []
    if all(one.least is not None for one in found):
        lowest = min(found, key=lambda one: (one.least, one.above))
        said.append(f"{'>' if lowest.above else '>='}{lowest.least}")
    if all(one.greatest is not None for one in found):
        highest = max(found, key=lambda one: (one.greatest, not one.below))
        said.append(f"{'<' if highest.below else '<='}{highest.greatest}")
    return ",".join(said)


def _release(version: str) -> str:
    found = RELEASE.match(version)
    if found is None:
        raise RangeError(f"{version!r} is no version")
    return found[1]


def _poetry_clause(operator: str, version: str) -> str:
    if version == "*" and operator in ("", "=", "=="):
        return ""
    if operator == "^":
        release = _release(version)
        numbers = [int(number) for number in release.split(".")]
        part = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
        return f">={version},<{following(release, part)}"
    if operator == "~":
        release = _release(version)
        return f">={version},<{following(release, min(1, release.count('.')))}"
    if operator in ("", "="):
        operator = "=="
    if operator == "==" and re.search(r"\.[xX]$", version):
        version = version[:-1] + "*"
    return f"{operator}{version.removeprefix('v')}"


def _conda_clause(operator: str, version: str) -> str:
    if version == "*":
        return ""
    if operator in ("^", "~"):
        raise RangeError(f"conda knows no {operator!r}")
    if operator == "=" or (operator in ("", "==", "!=") and version.endswith("*")):
        return f"{'!=' if operator == '!=' else '=='}{version.rstrip('*').rstrip('.')}.*"
    return f"{operator or '=='}{version.removesuffix('.*')}"
