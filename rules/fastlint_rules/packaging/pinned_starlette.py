"""Starlette held beside FastAPI."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project
from fastlint.project.packaging.manifests import Requirement
from fastlint.project.packaging.ranges import Bounds, bounds
from fastlint.rule import Applicability, Edits, Finding, Fix, Related, Rule
from fastlint_rules.packaging._pins import shown


class PinnedStarlette(Rule[Requirement]):
    """Starlette held at a version although FastAPI decides about it.

    ## What it does

    Reports requirements of `starlette` with an exact version, or an upper bound below the next major release, in a
    project that requires `fastapi`. Wider ranges, constraints files and compiled requirements are fine.

    ## Why it matters

    Each release of FastAPI says which Starlette it works with. A second pin stops FastAPI from being upgraded, or makes
    the resolver go back to an old FastAPI without saying so.

    ## Instead

    Require `fastapi` alone, or `starlette` bounded by its next major release where the code imports it.

    ## Fix safety

    The fix takes the version away and leaves the name. It changes what an installation may resolve to: unsafe.

    ## References

    - [FastAPI: about versions](https://fastapi.tiangolo.com/deployment/versions/#about-starlette)
    """

    code = "FST604"
    name = "pinned-starlette"
    since = "0.1"
    status = "stable"

    def check(self, requirement: Requirement, project: Project) -> Iterator[Finding]:
        if requirement.name != "starlette" or requirement.kind != "dependency" or requirement.url:
            return
        if not _holds(bounds(requirement.specifier)):
            return
        beside = [
            one
            for one in project.manifests.of("fastapi")
            if one.kind == "dependency" and (one.path == requirement.path or one.folder == requirement.folder)
        ]
        if not beside:
            return
        closest = min(beside, key=lambda one: (one.path != requirement.path, one.group != requirement.group))
        yield Finding(
            requirement.path,
            requirement.span,
            f"{shown(requirement)} holds Starlette beside FastAPI, which says itself which versions it works with",
            related=(Related(closest.path, closest.span, "FastAPI is required here"),),
            subject=requirement,
            symbol=requirement.name,
        )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        requirement: Requirement = finding.subject
        if requirement.style == "fixed" or requirement.specifier_span is None:
            return None
        title = "Leave the version of Starlette to FastAPI"
        if requirement.style in ("poetry", "pipfile"):
            return Fix(title, Applicability.UNSAFE, (edit.replace(finding.path, requirement.specifier_span, "*"),))
        source = edit.source(finding.path)
        start = source.offset(*requirement.name_end)
        end = source.offset(*requirement.specifier_span[2:])
        between = source.text[start : source.offset(*requirement.specifier_span[:2])].strip()
        if between == "(":
            end = source.text.index(")", end) + 1
        elif between:
            return None
        place = requirement.span._replace(
            line=requirement.name_end[0],
            column=requirement.name_end[1],
            end_line=source.position(end)[0],
            end_column=source.position(end)[1],
        )
        return Fix(title, Applicability.UNSAFE, (edit.delete(finding.path, place),))


def _holds(found: Bounds) -> bool:
    """Whether minor releases, which a newer FastAPI may ask for, are kept out."""
    if found.greatest is None:
        return False
    if found.least is None:
        return True
    next_major = (found.least.major + 1,)
    return found.greatest.release < next_major or (found.greatest.release == next_major and found.exact)
