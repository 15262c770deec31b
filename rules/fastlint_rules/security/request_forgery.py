"""Request data that chooses which server is called."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Flow, Project
from fastlint.rule import Finding, Level, Rule
from fastlint_rules.security._flows import reaching


class RequestForgery(Rule[Flow]):
    """Request data that chooses which server is called.

    ## What it does

    Reports calls of HTTP clients (httpx, requests, aiohttp, urllib) whose URL takes its scheme or host from data of the
    request, also through variables, models, background tasks and functions of the project. `HttpUrl` says that a value
    is a URL, not whose. Data behind a fixed host is fine, and so is a body whose signature the route checks. Where a
    dependency lets only administrators in, it is info.

    ## Why it matters

    The server can reach what the client cannot: `http://169.254.169.254/` gives the credentials of a cloud machine,
    `http://localhost:6379/` a database.

    ## Instead

    Compare the host with those that are allowed. For webhooks of customers, resolve the name, refuse addresses that
    are not global, and connect to the address that was checked.
    """

    code = "FST524"
    name = "request-forgery"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, flow: Flow, project: Project) -> Iterator[Finding]:
        if flow.kind == "request" and flow.source is not None:
            what = f"chooses the host that `{flow.sink.name}` calls"
            if flow.guard is not None:
                yield reaching(flow, f"{what}, for administrators (`{flow.guard}`)", Level.INFO)
            else:
                yield reaching(flow, what)
