"""A secret that is part of the address."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project
from fastlint.project.security.queries import secrets_in_query
from fastlint.rule import Finding, Level, Rule


class SecretInQuery(Rule[Project]):
    """A password, key or token as a query parameter.

    ## What it does

    Reports query parameters of routes and dependencies that go by the name of a secret, also those that were meant to
    be form fields but lack `Form()`, and `APIKeyQuery`. Tokens of links in mails, of routes that only lead on and of
    WebSockets, which have no other place, are fine, and so are cursors and the like.

    ## Why it matters

    Addresses are written to the logs of servers and proxies, kept in the history of browsers, and sent on as referrer.

    ## Instead

    Take a password as `Form()` or in the body, a key by `APIKeyHeader`, a token by `OAuth2PasswordBearer`.
    """

    code = "FST534"
    name = "secret-in-query"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, project: Project, whole: Project) -> Iterator[Finding]:
        for found in secrets_in_query(project):
            yield Finding(found.path, found.span, found.what, symbol=found.symbol)
