"""A range over several minor releases of a 0.x dependency."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project
from fastlint.project.packaging.manifests import Requirement
from fastlint.project.packaging.versions import parse
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.packaging._pins import (
    before_1_0,
    is_beyond,
    is_itself,
    level,
    next_minor,
    pin,
    range_of,
    shown,
    to_pin,
)


class WidePre10Range(Rule[Requirement]):
    """An upper bound of a dependency before 1.0 that lies beyond the next minor release.

    ## What it does

    Reports requirements of 0.x packages whose range takes in more than the minor release of its lower bound:
    `fastapi>=0.112,<1`, `uvicorn~=0.30` (which means `<1`), `httpx>=0.26,<0.28`, poetry's `^0` and `~0`.

    Where a lock file holds the version, in a library, and in groups for development it is info.

    ## Why it matters

    Before 1.0 every minor release may break, so `<1` holds nothing. `~=0.112` looks like a tight pin and is none: only
    `~=0.112.0` stays within 0.112.

    ## Instead

    End at the next minor release: `fastapi>=0.112.0,<0.113.0`, `~=0.112.0`, or poetry's `^0.112.0`.

    ## Fix safety

    The fix moves the upper bound to the minor release after the locked version, else after the lower bound, else after
    what is installed in the project's environment. It changes what an installation resolves to: unsafe. There is no
    fix for a library, and none where no version is known.
    """

    code = "FST602"
    name = "wide-pre-1.0-range"
    since = "0.1"
    status = "stable"

    def check(self, requirement: Requirement, project: Project) -> Iterator[Finding]:
        if requirement.kind != "dependency" or requirement.url or is_itself(requirement, project):
            return
        if requirement.name == "starlette":  # FastAPI decides about it: pinned-starlette
            return
        found = range_of(requirement, project)
        if found.greatest is None or not before_1_0(requirement, project):
            return
        limit = next_minor(found.least) if found.least is not None else "0.1"
        following = parse(limit)
        if following is None or not is_beyond(found, following):
            return
        wide = f"goes from {found.least} beyond {limit}" if found.least is not None else "has no lower bound"
        message = f"{shown(requirement)} {wide}: before 1.0 each minor release may break"
        yield Finding(
            requirement.path,
            requirement.span,
            message,
            level=level(requirement, project, Level.WARNING),
            subject=(requirement, to_pin(requirement, project)),
            symbol=requirement.name,
        )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        return pin(finding, edit)
