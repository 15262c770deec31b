"""A page rendered from a template that escapes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project
from fastlint.project.security.templates import Templates
from fastlint.rule import Finding, Level, Rule


class UnescapedTemplate(Rule[Project]):
    """A page rendered from a template that escapes nothing.

    ## What it does

    Reports `TemplateResponse` with a template whose name does not end in `.html`, `.htm` or `.xml` (Jinja2Templates
    escapes only in these), and Jinja environments and templates without `autoescape` that pages are rendered with.

    Silent where an environment renders mails or files, and where the response is not HTML.

    ## Why it matters

    In `page.html.j2`, `{{ name }}` is put in as it is: `<script>` in a name runs in the browser of the reader.

    ## Instead

    Let the name end in `.html`, or pass `env=Environment(..., autoescape=True)`.
    """

    code = "FST526"
    name = "unescaped-template"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, project: Project, _: Project) -> Iterator[Finding]:
        flows = project.flows
        for item in Templates(project.modules, flows.sinks, project.constants).unescaped():
            if item.name is not None:
                message = (
                    f"values are put into `{item.name}` unescaped: Jinja2Templates escapes only .html, .htm and .xml"
                )
            else:
                message = "pages are rendered with a Jinja environment that escapes nothing"
            yield Finding(item.path, item.node.span, message, symbol=item.scope.qualname)
