"""Versions that do not work together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fastlint.project.model import Project
from fastlint.project.packaging.manifests import Requirement
from fastlint.project.packaging.ranges import Bounds, bounds
from fastlint.project.packaging.versions import parse
from fastlint.rule import Finding, Level, Related, Rule
from fastlint_rules.packaging._pins import held_at, range_of


class Pair(NamedTuple):
    """`package` from `since` on does not work with `other` below `fixed`; both metadata allow it."""

    package: str
    since: str
    newest: str
    other: str
    fixed: str | None
    effect: str
    first: str = ""
    """The version of `other` that is the first to break."""


PAIRS = (
    Pair("bcrypt", "5.0", "5.0.0", "passlib", None, "every `hash` and `verify` raises ValueError"),
    Pair("httpx", "0.28", "0.28.1", "starlette", "0.37", "`TestClient` raises TypeError (`app`)"),
    Pair("httpx", "0.28", "0.28.1", "openai", "1.55.3", "its clients raise TypeError (`proxies`)", "1.0"),
    Pair("httpx", "0.28", "0.28.1", "anthropic", "0.40.0", "its clients raise TypeError (`proxies`)"),
)


class BrokenPair(Rule[Requirement]):
    """Two packages at versions that are known not to work together.

    ## What it does

    Reports a requirement whose versions break another requirement of the project although a resolver takes both:

    | package | with | what happens |
    |---|---|---|
    | `bcrypt>=5` | `passlib` | every `hash` and `verify` raises ValueError |
    | `httpx>=0.28` | `starlette<0.37` (`fastapi<0.110.1`) | `TestClient` raises TypeError |
    | `httpx>=0.28` | `openai<1.55.3`, `anthropic<0.40` | making a client raises TypeError |

    Versions come from the lock file, else from the project's environment, else from the range. Where only part of the
    range breaks and that part is what an installation takes today, it is a warning.

    ## Why it matters

    Nothing complains at installation: the first login, test or request does.

    ## Instead

    `bcrypt>=4,<5` beside `passlib`, or `pwdlib` or `bcrypt` alone; `httpx<0.28`, or a newer version of the other.
    """

    code = "FST606"
    name = "broken-pair"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, requirement: Requirement, project: Project) -> Iterator[Finding]:
        if requirement.kind != "dependency" or requirement.url:
            return
        for pair in PAIRS:
            if requirement.name == pair.package:
                yield from self._judged(pair, requirement, project)
        if requirement.name == "passlib" and "bcrypt" in requirement.extras and not project.manifests.of("bcrypt"):
            held = _held("bcrypt", requirement, project)
            if held is None or held.least is None or held.least.major >= 5:
                message = "`passlib[bcrypt]` installs bcrypt 5, with which every `hash` and `verify` raises ValueError"
                sure = None if held is not None else Level.WARNING
                yield Finding(requirement.path, requirement.span, message, level=sure, symbol="passlib")

    def _judged(self, pair: Pair, requirement: Requirement, project: Project) -> Iterator[Finding]:
        other = self._other(pair, requirement, project)
        if other is None:
            return
        broken = _broken(pair, requirement, project)
        if broken is None:
            return
        name = pair.other if other.name == pair.other else f"the {pair.other} of `{other.spelling}`"
        named = f"`{name}`" if other.name == pair.other else name
        message = f"`{pair.package}` from {pair.since} on breaks {named}: {pair.effect}"
        yield Finding(
            requirement.path,
            requirement.span,
            message,
            related=(Related(other.path, other.span, f"{named} is required here"),),
            level=None if broken else Level.WARNING,
            symbol=requirement.name,
        )

    def _other(self, pair: Pair, requirement: Requirement, project: Project) -> Requirement | None:
        """The requirement that surely brings a version of the other package that breaks."""
        names = [pair.other, "fastapi"] if pair.other == "starlette" else [pair.other]
        for name in names:
            for one in project.manifests.of(name):
                if one.kind != "dependency" or one.url or one.folder != requirement.folder:
                    continue
                if pair.fixed is None:
                    return one
                fixed = parse(pair.fixed)
                if name == "fastapi":
                    targets = project.versions.target(pair.other)
                    if fixed is not None and targets and all(version < fixed for version in targets):
                        return one
                    continue
                found = _held(name, one, project) or bounds(one.specifier)
                if fixed is not None and found.ends_before(fixed):
                    if not (pair.first and _ends_before(found, pair.first)):
                        return one
        return None


def _ends_before(found: Bounds, first: str) -> bool:
    """Whether a range ends before the version from which on the pair breaks."""
    start = parse(first)
    return start is not None and found.ends_before(start)


def _held(name: str, requirement: Requirement, project: Project) -> Bounds | None:
    """The version of a package that the lock for a manifest or the environment holds, as a range of one."""
    if name == requirement.name:
        version = held_at(requirement, project)
    else:
        locked = project.manifests.locked(name, requirement.path)
        text = locked[0].version if locked else project.versions.installed(name)
        version = parse(text) if text else None
    return Bounds(version, False, version, False) if version is not None else None


def _broken(pair: Pair, requirement: Requirement, project: Project) -> bool | None:
    """Whether all versions break; False when only those break that an installation takes today, None when none does."""
    since, newest = parse(pair.since), parse(pair.newest)
    if since is None or newest is None:
        return None
    found = _held(requirement.name, requirement, project) or range_of(requirement, project)
    if found.least is not None and found.least >= since:
        return True
    open_above = found.greatest is None or found.greatest > newest or (found.greatest == newest and not found.below)
    return False if open_above else None
