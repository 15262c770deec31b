"""`regex=` on a parameter."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.parameters import FIELD_MARKERS
from fastlint.project.model import Call, Project, Span
from fastlint.rule import Applicability, Edits, Finding, Fix, Rule


class RegexArgument(Rule[Call]):
    """`Query(regex=...)` and its like: the argument is called `pattern`.

    ## What it does

    Reports `regex=` given to `Query`, `Path`, `Header`, `Cookie`, `Body`, `Form` or `File`.

    ## Why it matters

    FastAPI warns at each start, and will drop the name: it has been deprecated since 0.100.

    ## Instead

    `pattern=`, with the same value.

    ## Fix safety

    Both names do the same: the OpenAPI document and all answers stay equal.
    """

    code = "FST702"
    name = "regex-argument"
    since = "0.1"
    status = "stable"
    applies = "fastapi>=0.100"
    callees = FIELD_MARKERS

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        for keyword in call.node.keywords:
            if keyword.arg == "regex":
                marker = call.name.rpartition(".")[2]
                message = f"`{marker}(regex=...)` is deprecated: the argument is called `pattern`"
                yield Finding(call.path, keyword.span, message, subject=call, symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject.node.keyword("pattern") is not None:
            return None
        start = finding.span
        name = Span(start.line, start.column, start.line, start.column + len("regex"))
        return Fix("Call it `pattern`", Applicability.SAFE, (edit.replace(finding.path, name, "pattern"),))
