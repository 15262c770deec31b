"""What the rules on versions share: which packages are before 1.0, and ranges written the way manifests write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastlint.project.model import Project
from fastlint.project.packaging.manifests import Requirement
from fastlint.project.packaging.ranges import Bounds, bounds, following
from fastlint.project.packaging.versions import parse
from fastlint.rule import Applicability, Edits, Finding, Fix, Level
from fastlint_rules.packaging._young import BEFORE_1_0, PAST_1_0

if TYPE_CHECKING:
    from packaging.version import Version

LOWER = re.compile(r"(?P<operator>>=?)(?P<space>\s*)(?P<version>[^\s,]+)")
UPPER = re.compile(r"(?P<operator><=?)(?P<space>\s*)(?P<version>[^\s,]+)")
SOLE = re.compile(r"\s*(?:~=|\^|~|==|=)\s*[^\s,|]+\s*$")


def is_itself(requirement: Requirement, project: Project) -> bool:
    """Whether a project names its own extras: `shop[redis]` among the extras of `shop`."""
    return requirement.name == project.manifests.project(requirement.folder)


def before_1_0(requirement: Requirement, project: Project) -> bool:
    """Whether the requirement surely is for 0.x releases."""
    held = held_at(requirement, project)
    if held is not None:
        return held.major == 0
    found = range_of(requirement, project)
    if found.least is not None and (found.least.epoch, found.least.major) > (0, 0):
        return False
    if requirement.name in BEFORE_1_0:
        return True
    if found.greatest is not None and (
        (found.greatest.epoch, found.greatest.major) == (0, 0) or (found.below and is_first(found.greatest))
    ):
        return True
    if requirement.name in PAST_1_0:
        return False
    if found.greatest is not None and (found.greatest.major > 1 or found.greatest.release[1:2] > (0,)):
        return False
    return found.least is not None


def is_first(version: Version) -> bool:
    """Whether it is 1.0 itself, in any spelling."""
    return version.epoch == 0 and version.major == 1 and not any(version.release[1:])


def range_of(requirement: Requirement, project: Project) -> Bounds:
    return bounds(project.manifests.effective(requirement))


def held_at(requirement: Requirement, project: Project) -> Version | None:
    """The version that the lock, else the project's environment, holds; None where neither holds one."""
    locked = [
        version
        for one in project.manifests.locked(requirement.name, requirement.path)
        if (version := parse(one.version))
    ]
    if locked:
        return max(locked)
    installed = project.versions.installed(requirement.name)
    return parse(installed) if installed else None


def next_minor(version: Version) -> str:
    """The minor release after a version, with as many parts as the version has."""
    release = ".".join(map(str, version.release))
    padding = ".0" * (len(version.release) - 2)
    return following(release, 1) + padding


def is_beyond(bound: Bounds, limit: Version) -> bool:
    """Whether a range with an upper bound reaches past a limit."""
    if bound.greatest is None:
        return False
    return bound.greatest > limit or (bound.greatest == limit and not bound.below)


def leaves_choice(requirement: Requirement, project: Project) -> bool:
    """Whether the manifest is that of a library: it builds a distribution, and its sources make no application."""
    folder = requirement.folder
    inside = f"{folder}/" if folder else ""
    return (
        requirement.path.endswith("pyproject.toml")
        and project.manifests.is_library(folder)
        and not any(app.path.startswith(inside) for app in project.apps)
    )


def level(requirement: Requirement, project: Project, otherwise: Level) -> Level:
    """Info where a lock holds the version, for a library, and for what only developers install."""
    if requirement.development or leaves_choice(requirement, project):
        return Level.INFO
    if project.manifests.locked(requirement.name, requirement.path):
        return Level.INFO
    return otherwise


def shown(requirement: Requirement) -> str:
    """The requirement in the user's own words."""
    if requirement.style == "pep508" or not requirement.written:
        return f"`{requirement.spelling}{requirement.written}`"
    return f"`{requirement.spelling}` ({requirement.written})"


def pin(finding: Finding, edit: Edits) -> Fix | None:
    """Hold the requirement between a version and the next minor release.

    The version is that of the lock, else the lower bound, else what is installed in the project's environment.
    """
    requirement: Requirement = finding.subject[0]
    version: Version | None = finding.subject[1]
    if version is None or requirement.style == "fixed":
        return None
    lower, upper = str(version), next_minor(version)
    written = _rewritten(requirement.written, lower, upper)
    if written is None:
        return None
    kept = requirement.written and written.startswith(requirement.written.rstrip())
    title = f"Hold `{requirement.spelling}` below {upper}"
    if not kept:
        title = f"Hold `{requirement.spelling}` at {lower} and later, below {upper}"
    if requirement.specifier_span is None:
        place = edit.insert(finding.path, *requirement.name_end, written)
    else:
        place = edit.replace(finding.path, requirement.specifier_span, written)
    return Fix(title, Applicability.UNSAFE, (place,))


def _rewritten(written: str, lower: str, upper: str) -> str | None:
    """The range with these bounds, in the style of what is written; None where it is written in a way of its own."""
    if written in ("", "*") or SOLE.fullmatch(written):
        return f">={lower},<{upper}"
    if "|" in written or written.count(">") > 1 or written.count("<") > 1 or re.search(r"[~^]|(?<![<>!])=", written):
        return None
    least, most = LOWER.search(written), UPPER.search(written)
    space = least["space"] if least else most["space"] if most else ""
    comma = ", " if space or re.search(r",\s", written) else ","
    if most:
        written = f"{written[: most.start()]}<{most['space']}{upper}{written[most.end() :]}"
    else:
        written = f"{written}{comma}<{space}{upper}"
    least = LOWER.search(written)
    if least is None:
        return f">={space}{lower}{comma}{written}"
    if parse(least["version"]) == parse(lower):
        return written
    return f"{written[: least.start()]}>={least['space']}{lower}{written[least.end() :]}"


def to_pin(requirement: Requirement, project: Project) -> Version | None:
    """The version a fix holds the requirement at; None when nothing says one, or nothing should."""
    if leaves_choice(requirement, project):
        return None
    locked = project.manifests.locked(requirement.name, requirement.path)
    versions = [version for one in locked if (version := parse(one.version)) is not None]
    if versions:
        version = max(versions) if len(set(versions)) == 1 else None
    else:
        least = bounds(requirement.specifier).least
        installed = project.versions.installed(requirement.name)
        version = least or (parse(installed) if installed else None)
    if version is None or version.major != 0 or len(version.release) < 2 or version.local or version.epoch:
        return None
    return version
