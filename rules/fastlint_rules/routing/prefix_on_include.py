"""A prefix given where a router is included, though it could be the router's own."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.application import Inclusion
from fastlint.project.model import Project, Router, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule, Span


class PrefixOnInclude(Rule[Router]):
    """`include_router(router, prefix=...)` for a router that is included once and has no prefix.

    ## What it does

    Reports the prefix of an inclusion when it is written out, the router is made in the project, has no prefix, no
    mounts, and is included nowhere else.

    ## Why it matters

    Where a path begins is then said in another file than the path: whoever reads the router does not see it. This is a
    matter of taste, and the rule is off by default.

    ## Instead

    `APIRouter(prefix="/users")`.

    ## Fix safety

    `router.url_path_for` and whatever else looks at the router itself sees other paths: unsafe.
    """

    code = "FST314"
    name = "prefix-on-include"
    since = "0.1"
    level = Level.INFO
    default = False

    def check(self, router: Router, project: Project, /) -> Iterator[Finding]:
        if router.is_app or "prefix" in router.arguments.keywords or router.arguments.more:
            return
        if len(router.receiver.key) > 1 or router.receiver.cls is not None or router.scope is not router.scope.module:
            return
        everything = [*project.routers, *project.applications.strangers]
        ways = [i for other in everything for i in other.inclusions if i.router is router]
        if len(ways) != 1 or ways[0].mounted or any(i.mounted for i in router.inclusions):
            return
        if any(route.plain or route.bare for route in router.routes):
            return
        inclusion = ways[0]
        keyword = _written(inclusion)
        if keyword is None or not inclusion.prefix:
            return
        message = f"`{inclusion.prefix}` could be the prefix of {router.label} itself"
        yield Finding(inclusion.path, keyword.span, message, subject=(router, inclusion, keyword))

    def fix(self, finding: Finding, edit: Edits, /) -> Fix | None:
        router, inclusion, keyword = finding.subject
        value = edit.text(inclusion.path, keyword.value.span)
        func = router.call.func.span
        after = Span(func.end_line, func.end_column, func.end_line, func.end_column + 1)
        if edit.text(router.path, after) != "(":
            return None
        comma = ", " if router.call.args or router.call.keywords else ""
        edits = (
            edit.remove_argument(inclusion.path, inclusion.call.span, keyword.span),
            edit.insert(router.path, after.end_line, after.end_column, f"prefix={value}{comma}"),
        )
        return Fix(f"Give {router.label} the prefix", Applicability.UNSAFE, edits)


def _written(inclusion: Inclusion) -> syntax.Keyword | None:
    for keyword in inclusion.call.keywords:
        if keyword.arg == "prefix" and isinstance(keyword.value, syntax.Constant):
            return keyword
    return None
