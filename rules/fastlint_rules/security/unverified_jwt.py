"""Tokens that anybody can write."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Call, Project
from fastlint.project.security.sent import sent_token
from fastlint.project.security.tokens import DECODERS, UNVERIFIED, weakness
from fastlint.rule import Finding, Level, Rule


class UnverifiedJwt(Rule[Call]):
    """A JSON Web Token that is read without being checked.

    ## What it does

    Reports decoding with the signature or the expiry switched off, with the algorithm taken from the token, without
    algorithms, with `none` among them, or with symmetric and asymmetric ones mixed. A token without a checked signature
    counts when the client sent it: as a parameter, by a security scheme, in a header or cookie, through the callers of
    the function too. What an identity provider answered is fine, and so is reading the unverified issuer or key id in a
    function that then verifies the token or hands it to something else.

    ## Why it matters

    Without the signature a token is a text that the sender made up: whoever writes `admin` into it is admin. The two
    last cases are warnings, since only checks inside the library still stand in between.

    ## Instead

    `jwt.decode(token, key, algorithms=["HS256"])`, with the one algorithm that the tokens are signed with.
    """

    code = "FST513"
    name = "unverified-jwt"
    since = "0.1"
    status = "stable"
    level = Level.ERROR
    callees = (*DECODERS, *UNVERIFIED)

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        if call.scope.module.is_test:
            return
        found = weakness(call.node, call.name, call.scope, project.constants)
        if found is not None and not (found.from_client and not sent_token(call, project)):
            level = Level.ERROR if found.sure else Level.WARNING
            yield Finding(call.path, call.span, f"`{call.name}` {found.why}", level=level, symbol=call.scope.qualname)
