"""`example=` on a parameter."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.parameters import FIELD_MARKERS
from fastlint.project.model import Call, Project
from fastlint.rule import Applicability, Edits, Finding, Fix, Rule

FIELD = "pydantic.Field"


class ExampleArgument(Rule[Call]):
    """`Query(example=...)` and its like: examples are a list.

    ## What it does

    Reports `example=` given to `Query`, `Path`, `Header`, `Cookie`, `Body`, `Form` or `File`, and to Pydantic's
    `Field`.

    ## Why it matters

    FastAPI warns at each start: `example` is deprecated in favour of JSON Schema's `examples`, which OpenAPI 3.1 uses.
    Pydantic 2 warns as well: `Field` takes no arguments that it does not know for much longer.

    ## Instead

    `examples=[...]`; for several with titles, `openapi_examples={...}`.

    ## Fix safety

    Unsafe: all answers stay equal, but the OpenAPI document says `examples` where it said `example`.
    """

    code = "FST703"
    name = "example-argument"
    since = "0.1"
    status = "stable"
    applies = "fastapi>=0.103"
    callees = (*FIELD_MARKERS, FIELD)

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        if FIELD in call.names and (len(call.names) > 1 or project.gate("pydantic>=2.0") == "none"):
            return
        for keyword in call.node.keywords:
            if keyword.arg == "example":
                marker = call.name.rpartition(".")[2]
                message = f"`{marker}(example=...)` is deprecated: `examples` takes a list"
                yield Finding(call.path, keyword.span, message, subject=(call, keyword), symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, keyword = finding.subject
        if call.node.keyword("examples") is not None:
            return None
        content = f"examples=[{edit.text(finding.path, keyword.value.span)}]"
        return Fix(
            "Give a list of examples", Applicability.UNSAFE, (edit.replace(finding.path, keyword.span, content),)
        )
