"""Keywords that FastAPI no longer swallows."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.parameters import FIELD_MARKERS
from fastlint.project.catalogue.signatures import APPLICATION, MARKER, MARKER_OWN
from fastlint.project.model import Call, Project
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class ExtraKeyword(Rule[Call]):
    """A keyword that `FastAPI()`, `Query()` and their like do not know.

    ## What it does

    Reports keyword arguments that `FastAPI(...)` (since 0.145) and `Query`, `Path`, `Header`, `Cookie`, `Body`, `Form`
    and `File` (since 0.155) do not have.

    ## Why it matters

    They used to be swallowed, or to end up in the schema. Now each is a `TypeError`: the application does not start.
    That is also how a misspelt `default_response_clas=` shows.

    ## Instead

    Correct the name, or remove the argument. What belongs into the schema of a parameter goes into
    `json_schema_extra={...}`.

    ## Fix safety

    Moving a keyword of a parameter into `json_schema_extra` is a repair: what was there does not import, and the schema
    is what it was before 0.155. Unknown keywords of `FastAPI(...)` are left to you: they may be misspelt.

    ## Known gaps

    Arguments that come through `**` and calls of subclasses are not looked at.
    """

    code = "FST704"
    name = "extra-keyword"
    since = "0.1"
    status = "stable"
    level = Level.ERROR
    applies = "fastapi>=0.145"
    callees = ("fastapi.FastAPI", *FIELD_MARKERS)

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        known = self._known(call, project)
        if known is None:
            return
        for keyword in call.node.keywords:
            if keyword.arg is not None and keyword.arg not in known:
                callee = call.name.rpartition(".")[2]
                message = f"`{callee}` has no argument `{keyword.arg}`: TypeError"
                yield Finding(call.path, keyword.span, message, subject=(call, keyword), symbol=call.scope.qualname)

    def _known(self, call: Call, project: Project) -> frozenset[str] | None:
        """The keywords of what is called; None where a subclass may have more, or the version still swallows them."""
        if project.names(call.node.func, call.scope) != call.names or len(call.names) != 1:
            return None
        if call.name == "fastapi.FastAPI":
            return APPLICATION
        if project.gate("fastapi>=0.155") != "all":
            return None
        return MARKER | MARKER_OWN.get(call.name.rpartition(".")[2], frozenset())

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, keyword = finding.subject
        if call.name == "fastapi.FastAPI" or call.node.keyword("json_schema_extra") is not None:
            return None
        known = MARKER | MARKER_OWN.get(call.name.rpartition(".")[2], frozenset())
        unknown = [item for item in call.node.keywords if item.arg is not None and item.arg not in known]
        if len(unknown) > 1 or keyword.span.line != keyword.span.end_line:
            return None
        content = f'json_schema_extra={{"{keyword.arg}": {edit.text(finding.path, keyword.value.span)}}}'
        return Fix("Put it into the schema", Applicability.REPAIR, (edit.replace(finding.path, keyword.span, content),))
