"""A 0.x dependency that is not held."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project
from fastlint.project.packaging.manifests import Requirement
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.packaging._pins import before_1_0, is_itself, level, pin, range_of, shown, to_pin


class UnpinnedPre10(Rule[Requirement]):
    """A dependency before 1.0 without a version, or without an upper bound.

    ## What it does

    Reports requirements of 0.x packages (FastAPI itself, uvicorn, httpx, sqlmodel, python-multipart ...) that have no
    version at all or nothing that holds them below a later minor release. It reads requirements files,
    `pyproject.toml` (PEP 621, dependency groups, poetry, uv, pdm, hatch), `setup.cfg`, literal lists of `setup.py`,
    `Pipfile`, `environment.yml` and script headers.

    Whether a package is before 1.0 is known from the lock file, the project's environment, the range itself, or a list
    of well-known packages. A constraints file, an override, and a requirement by URL hold a version too.

    FastAPI itself is an error. Where a lock file holds the version, in a library, and in groups for development it is
    info.

    ## Why it matters

    Before 1.0 every minor release may break: FastAPI moved the exit code of dependencies with `yield` in 0.106 and in
    0.118, changed the status of missing credentials in 0.122, and began to refuse JSON without a content type in
    0.132. Without an upper bound the next installation takes such a release, without a commit that says so.

    ## Instead

    Hold the minor release: `fastapi>=0.165.0,<0.166.0`, and raise it on purpose. FastAPI's documentation says the same.

    ## Fix safety

    The fix adds bounds from the lock file, else from the lower bound, else from what is installed in the project's
    environment; nothing is asked of the network. It changes what an installation resolves to: unsafe. There is no fix
    for a library, and none where no version is known.

    ## Known gaps

    An unknown package without any version is passed over: nothing says that it is before 1.0.

    ## References

    - [FastAPI: about versions](https://fastapi.tiangolo.com/deployment/versions/)
    """

    code = "FST601"
    name = "unpinned-pre-1.0"
    since = "0.1"
    status = "stable"

    def check(self, requirement: Requirement, project: Project) -> Iterator[Finding]:
        if requirement.kind != "dependency" or requirement.url or is_itself(requirement, project):
            return
        found = range_of(requirement, project)
        if found.greatest is not None or not before_1_0(requirement, project):
            return
        lacks = "has no upper bound" if requirement.specifier else "has no version"
        message = f"{shown(requirement)} {lacks}: before 1.0 each minor release may break"
        yield Finding(
            requirement.path,
            requirement.span,
            message,
            level=level(requirement, project, Level.ERROR if requirement.name == "fastapi" else Level.WARNING),
            subject=(requirement, to_pin(requirement, project)),
            symbol=requirement.name,
        )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        return pin(finding, edit)
