"""Request data or stored text in a page, not escaped."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Flow, Project
from fastlint.rule import Finding, Level, Rule
from fastlint_rules.security._flows import reaching


class HtmlInjection(Rule[Flow]):
    """Request data or stored text in a page, not escaped.

    ## What it does

    Reports `HTMLResponse`, `Response(media_type="text/html")` and routes with `response_class=HTMLResponse` whose
    content is put together with data of the request, or with a text column of a row, that nothing has escaped.

    ## Why it matters

    `<script>` in a parameter runs in the browser of whoever follows the link, with their session.

    ## Instead

    Render a template that escapes, or put `html.escape(value)` in.
    """

    code = "FST525"
    name = "html-injection"
    since = "0.1"
    level = Level.ERROR

    def check(self, flow: Flow, project: Project) -> Iterator[Finding]:
        if flow.kind == "html" and flow.source is not None:
            yield reaching(flow, "becomes part of a page unescaped")
