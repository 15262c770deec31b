"""A lock file that the manifest has left behind."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project
from fastlint.project.packaging.manifests import Lock, Requirement
from fastlint.rule import Finding, Related, Rule, Span
from fastlint_rules.packaging._pins import shown


class LockOutOfRange(Rule[Requirement]):
    """The lock file holds a version that the manifest does not allow, or lacks the package.

    ## What it does

    Compares each requirement of a manifest with its lock: `uv.lock`, `poetry.lock`, `pdm.lock`, `pylock.toml`,
    `Pipfile.lock`, and requirements compiled by pip-compile or uv. Overrides, requirements by URL or path, and packages
    that only other platforms need are left out.

    ## Why it matters

    Either the installation fails, or it takes versions nobody declared: tests run with one set and production
    with another.

    ## Instead

    Lock again (`uv lock`, `poetry lock`, `pdm lock`, `pipenv lock`, `pip-compile`) and commit both files together.
    """

    code = "FST607"
    name = "lock-out-of-range"
    since = "0.1"
    status = "preview"

    def check(self, requirement: Requirement, project: Project) -> Iterator[Finding]:
        if requirement.kind != "dependency" or requirement.url:
            return
        locks = project.manifests.locks_of(requirement.path)
        if not locks or any(one.kind == "constraint" for one in project.manifests.of(requirement.name)):
            return
        lock = next((lock for lock in locks if requirement.name in lock.packages), None)
        if lock is None:
            if self._must_be_in(requirement, locks[0], project):
                message = f"`{requirement.spelling}` is not in `{locks[0].path}`"
                related = (Related(locks[0].path, Span.of_line(1), "the lock file"),)
                yield Finding(requirement.path, requirement.span, message, related=related, symbol=requirement.name)
            return
        locked = lock.packages[requirement.name]
        if _any_allowed(requirement.specifier, [one.version for one in locked]):
            return
        versions = " and ".join(one.version for one in locked)
        yield Finding(
            requirement.path,
            requirement.span,
            f"{shown(requirement)} does not allow {versions}, which `{lock.path}` holds",
            related=tuple(Related(one.path, one.span, f"{one.version} is held here") for one in locked),
            symbol=requirement.name,
        )

    @staticmethod
    def _must_be_in(requirement: Requirement, lock: Lock, project: Project) -> bool:
        """Whether a lock that lacks the package is out of date: it is for every platform, and complete."""
        return (
            lock.format in ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
            and len(lock.packages) > 0
            and not requirement.marker
            and not requirement.group
            and requirement.name != project.manifests.project(requirement.folder)
        )


def _any_allowed(specifier: str, versions: list[str]) -> bool:
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    allowed = SpecifierSet(specifier)
    for version in versions:
        try:
            if allowed.contains(version, prereleases=True):
                return True
        except InvalidVersion:
            return True
    return False
