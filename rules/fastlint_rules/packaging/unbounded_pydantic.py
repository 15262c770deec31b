"""Pydantic without an upper bound."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project
from fastlint.project.packaging.manifests import Requirement
from fastlint.project.packaging.versions import parse
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule
from fastlint_rules.packaging._pins import is_beyond, leaves_choice, range_of, shown

NEWEST_MAJOR = 2


class UnboundedPydantic(Rule[Requirement]):
    """Pydantic without an upper bound below the next major release.

    ## What it does

    Reports requirements of `pydantic` that nothing holds below the next major release.

    ## Why it matters

    Pydantic is what reads and writes every request and response. Its second major release renamed the methods of
    models, changed what is coerced and what is required, and made most applications fail at import.

    ## Instead

    Write `pydantic>=2.9.0,<3.0.0`: within a major release Pydantic keeps to its promises.

    ## Fix safety

    The fix adds the bound `<3`, taken from the lower bound or, where there is none, from the current major release. It
    changes what an installation may resolve to: unsafe. There is no fix for a library.
    """

    code = "FST603"
    name = "unbounded-pydantic"
    since = "0.1"
    status = "stable"
    level = Level.INFO

    def check(self, requirement: Requirement, project: Project) -> Iterator[Finding]:
        if requirement.name != "pydantic" or requirement.kind != "dependency" or requirement.url:
            return
        found = range_of(requirement, project)
        major = found.least.major if found.least is not None else NEWEST_MAJOR
        limit = parse(str(major + 1))
        if limit is None or (found.greatest is not None and not is_beyond(found, limit)):
            return
        lacks = "has no upper bound" if found.greatest is None else "reaches beyond the next major release"
        message = f"{shown(requirement)} {lacks}: version {limit} may break every model"
        subject = None if leaves_choice(requirement, project) or found.greatest is not None else (requirement, limit)
        yield Finding(requirement.path, requirement.span, message, subject=subject, symbol=requirement.name)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None or finding.subject[0].style == "fixed":
            return None
        requirement: Requirement = finding.subject[0]
        limit = finding.subject[1]
        title = f"Hold `pydantic` below {limit}"
        written = requirement.written
        if requirement.specifier_span is None:
            place = edit.insert(finding.path, *requirement.name_end, f"<{limit}")
        elif written == "*":
            place = edit.replace(finding.path, requirement.specifier_span, f"<{limit}")
        elif "|" in written:
            return None
        else:
            comma = ", " if ", " in written else ","
            space = " " if "= " in written or "> " in written else ""
            end = requirement.specifier_span
            place = edit.insert(finding.path, end.end_line, end.end_column, f"{comma}<{space}{limit}")
        return Fix(title, Applicability.UNSAFE, (place,))
