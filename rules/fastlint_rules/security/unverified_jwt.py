"""Tokens that anybody can write."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Call, Project
from fastlint.project.tokens import DECODERS, UNVERIFIED, weakness
from fastlint.rule import Finding, Level, Rule


class UnverifiedJwt(Rule[Call]):
    """A JSON Web Token that is read without being checked.

    ## What it does

    Reports decoding with the signature or the expiry switched off, with the algorithm taken from the token, without
    algorithms, with `none` among them, or with symmetric and asymmetric ones mixed. Reading the unverified issuer or
    key id in a function that then verifies the token is fine.

    ## Why it matters

    Without the signature a token is a text that the sender made up: whoever writes `admin` into it is admin. The two
    last cases are warnings, since only checks inside the library still stand in between.

    ## Instead

    `jwt.decode(token, key, algorithms=["HS256"])`, with the one algorithm that the tokens are signed with.
    """

    code = "FST513"
    name = "unverified-jwt"
    since = "0.1"
    level = Level.ERROR
    callees = (*DECODERS, *UNVERIFIED)

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        if call.scope.module.is_test:
            return
        found = weakness(call.node, call.name, call.scope, project.constants)
        if found is not None:
            level = Level.ERROR if found.sure else Level.WARNING
            yield Finding(call.path, call.span, f"`{call.name}` {found.why}", level=level, symbol=call.scope.qualname)
