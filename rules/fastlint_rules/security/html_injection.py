"""Request data or stored text in a page, not escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.project.flows.steps import key
from fastlint.project.flows.text import Hole
from fastlint.project.model import Flow, Project
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule
from fastlint_rules.security._flows import reaching

UNSAFE_PLACE = re.compile(r"(?:=\s*|\b(?:href|src|action|style|on\w+)\s*=\s*[\"'][^\"']*)\Z", re.IGNORECASE)
"""Attributes without quotes, and those in which escaped text does harm as well."""


class HtmlInjection(Rule[Flow]):
    """Request data or stored text in a page, not escaped.

    ## What it does

    Reports `HTMLResponse`, `Response(media_type="text/html")` and routes with `response_class=HTMLResponse` whose
    content is put together with data of the request, or with a text column of a row, that nothing has escaped.

    ## Why it matters

    `<script>` in a parameter runs in the browser of whoever follows the link, with their session.

    ## Instead

    Render a template that escapes, or put `html.escape(value)` in.

    ## Fix safety

    Tags in the value are shown as text from now on; a value that held markup on purpose is shown as its source.
    """

    code = "FST525"
    name = "html-injection"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, flow: Flow, project: Project) -> Iterator[Finding]:
        if flow.kind == "html" and flow.source is not None:
            yield reaching(flow, "becomes part of a page unescaped")

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        flow: Flow = finding.subject
        texts = [edit.text(flow.path, hole.expr.span) for hole in flow.holes]
        if not flow.holes or not all(self._fits(*item, flow) for item in zip(flow.holes, texts, strict=True)):
            return None
        name, imports = edit.add_import(flow.path, "html")
        edits = [
            edit.replace(flow.path, hole.expr.span, f"{name}.escape({text})")
            for hole, text in zip(flow.holes, texts, strict=True)
        ]
        return Fix("Escape what is put into the page", Applicability.UNSAFE, (*imports, *edits))

    @staticmethod
    def _fits(hole: Hole, text: str, flow: Flow) -> bool:
        """Whether the hole is a plain value of this function between tags or in quotes."""
        if hole.scope is not flow.scope or hole.expr is flow.sink.expr or not hole.text or text != key(hole.expr):
            return False
        in_script = hole.text.lower().rfind("<script") > hole.text.lower().rfind("</script")
        return not in_script and UNSAFE_PLACE.search(hole.text) is None
