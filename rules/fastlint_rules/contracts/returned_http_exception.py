"""An HTTPException that is returned."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Project, Span, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class ReturnedHttpException(Rule[Function]):
    """`return HTTPException(...)` in a path operation or dependency.

    ## What it does

    Reports path operations and dependencies that return an `HTTPException`, or an exception derived from it.

    ## Why it matters

    Returned, it is a value like any other: the client gets status 200 with the exception as JSON. In a dependency it is
    worse: the check does not stop anything, and the handler runs with the exception in place of the user.

    ## Instead

    `raise` it.

    ## Fix safety

    Writing `raise` changes the answer from 200 to the status that the exception names, which was provably meant.
    """

    code = "FST214"
    name = "returned-http-exception"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if function not in project.handlers.runs:
            return
        if function not in project.handlers.routes_of and self._declared(function, project):
            return
        for statement in project.returns.of(function):
            assert statement.value is not None
            values = project.returns.values(statement.value, function)
            if any(project.raises.is_http_exception(value) for value in values):
                message = f"`{function.short}` returns an HTTPException: the client gets 200"
                if function not in project.handlers.routes_of:
                    message = f"`{function.short}` returns an HTTPException: the route runs with it"
                whole = all(project.raises.is_http_exception(value) for value in values)
                yield Finding(
                    function.path,
                    statement.span,
                    message,
                    subject=statement if whole else None,
                    symbol=function.qualname,
                )

    @staticmethod
    def _declared(function: Function, project: Project) -> bool:
        """Whether the dependency says that it gives exceptions."""
        annotation = project.inference.annotations.returns(function)
        return any(project.raises.is_http_exception(value) for value in project.inference.of_annotation(annotation))

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        statement = finding.subject
        if not isinstance(statement, syntax.Return):
            return None
        span = statement.span
        word = Span(span.line, span.column, span.line, span.column + len("return"))
        return Fix("Raise it", Applicability.REPAIR, (edit.replace(finding.path, word, "raise"),))
