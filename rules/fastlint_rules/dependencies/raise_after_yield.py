"""An HTTPException that is raised when the client has its answer."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.cleanup import YieldDependency
from fastlint.project.application.raised import http_exceptions
from fastlint.project.model import Project, syntax
from fastlint.rule import Edits, Finding, Fix, Level, Related, Rule
from fastlint_rules.dependencies._function_scope import before_response


class RaiseAfterYield(Rule[YieldDependency]):
    """`raise HTTPException` in the exit code of a dependency.

    ## What it does

    Reports `raise HTTPException(...)` after the `yield` of a dependency, in the code that also runs when the request
    succeeded, and calls there of the project's functions that raise one.

    ## Why it matters

    Since 0.118 the exit code runs after the response has been sent. The client keeps its 200, and the server logs
    `RuntimeError: Caught handled exception, but response already started`.

    ## Instead

    Check in the handler or before `yield`. Where it must be afterwards, `Depends(get_quota, scope="function")` runs
    the exit code before the response. In an `except` around `yield` raising is fine: no response has begun.
    """

    code = "FST405"
    name = "raise-after-yield"
    since = "0.1"
    level = Level.WARNING
    status = "stable"
    applies = "fastapi>=0.118"

    def check(self, dependency: YieldDependency, project: Project) -> Iterator[Finding]:
        if dependency.ends_before_response:
            return
        after = [statement for found in dependency.exits for statement in found.after]
        late = {id(node) for node in (*dependency.raises_in(after), *dependency.calls_in(after))}
        for raised in http_exceptions(dependency.function, project.inference):
            if id(raised.node) not in late:
                continue
            message = f"`{dependency.name}` raises an HTTPException after `yield`: the client already has its answer"
            if not isinstance(raised.node, syntax.Raise):
                callee = raised.way[0][0].short
                message = (
                    f"`{callee}` raises an HTTPException after the `yield` of `{dependency.name}`:"
                    " the client already has its answer"
                )
            hops = tuple(Related(item.path, node.span, f"in `{item.short}`") for item, node in raised.way)
            subject, symbol = (dependency, project), dependency.function.qualname
            yield Finding(dependency.path, raised.node.span, message, hops, subject=subject, symbol=symbol)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        dependency, project = finding.subject
        return before_response(dependency, project, edit)
