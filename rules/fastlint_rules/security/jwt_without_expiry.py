"""Tokens that are good for ever."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.words import words_of
from fastlint.project.model import Call, Project
from fastlint.project.security.claims import Claims
from fastlint.project.security.tokens import BEHIND_HEADER, ENCODERS
from fastlint.rule import Finding, Level, Rule

EXPIRING = frozenset({"exp", "expires", "expired", "expiry", "expiration"})
"""Words of claims that end a token; others than `exp` the application has to look at itself."""


ONLY_ID = {"jti"}
"""All claims of a token that only points to what the application keeps, and can end there."""


class JwtWithoutExpiry(Rule[Call]):
    """A JSON Web Token without `exp`.

    ## What it does

    Follows the claims that `jwt.encode` gets through variables, updates, parameters and functions of the project, and
    reports the call when all keys are known and neither `exp` nor another that speaks of an end is one of them. A token
    with nothing but an id (`jti`) is left alone: what it points to is kept by the application, and can end there.

    ## Why it matters

    A token cannot be taken back. One that was copied from a log or a browser works until the key is changed, which
    signs everybody out.

    ## Instead

    Add `"exp": datetime.now(UTC) + timedelta(minutes=15)`; the library refuses the token afterwards.
    """

    code = "FST514"
    name = "jwt-without-expiry"
    since = "0.1"
    status = "stable"
    level = Level.WARNING
    callees = (*ENCODERS, *BEHIND_HEADER)

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        behind = call.name in BEHIND_HEADER
        payload = call.node.argument(1 if behind else 0, "payload") or call.node.keyword("claims")
        if payload is None or call.scope.module.is_test:
            return
        keys = Claims(project.constants, project.callers, project.handlers.runs).of(payload, call.scope)
        if keys == ONLY_ID:
            return
        if keys is not None and not any(EXPIRING.intersection(words_of(key)) for key in keys):
            message = "The token has no `exp`: it is good for ever"
            yield Finding(call.path, call.span, message, symbol=call.scope.qualname)
