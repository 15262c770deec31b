"""Request data that chooses where a redirect leads."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Flow, Project
from fastlint.rule import Finding, Level, Rule
from fastlint_rules.security._flows import reaching


class OpenRedirect(Rule[Flow]):
    """Request data that chooses where a redirect leads.

    ## What it does

    Reports `RedirectResponse`, `Location` headers of 3xx responses and routes with `response_class=RedirectResponse`
    whose address begins with data of the request. Data behind a fixed host or a first part of the path is fine.

    ## Why it matters

    A link to your site that ends on another one is what phishing mails are made of. A test for a leading slash does
    not help: `//evil.example` has one too.

    ## Instead

    Redirect to paths of your own (`request.url_for`), look the target up among those that are allowed, or refuse what
    `urlsplit` finds a scheme or a host in.
    """

    code = "FST523"
    name = "open-redirect"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, flow: Flow, project: Project) -> Iterator[Finding]:
        if flow.kind == "redirect" and flow.source is not None:
            yield reaching(flow, "chooses where the redirect leads")
