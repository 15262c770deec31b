"""Tokens that anybody can write."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Call, Project, syntax
from fastlint.project.security.sent import sent_token
from fastlint.project.security.tokens import DECODERS, UNVERIFIED, weakness
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


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

    ## Fix safety

    Where a key is given, the option that switches a check off is taken away. Where the algorithms are missing and the
    module has a constant `ALGORITHM`, that is given. Tokens that were taken before are refused: unsafe.
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
            message = f"`{call.name}` {found.why}"
            yield Finding(call.path, call.span, message, level=level, subject=call, symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call: Call = finding.subject
        node, path = call.node, call.path
        if not call.name.endswith(".decode") or node.spread or node.argument(1, "key") is None:
            return None
        algorithms, options = node.argument(2, "algorithms"), node.keyword("options")
        if algorithms is None:
            bindings = call.scope.module.body.bindings.get("ALGORITHM", ())
            values = [binding.value for binding in bindings]
            if len(values) != 1 or not isinstance(values[0], syntax.Constant) or not isinstance(values[0].value, str):
                return None
            edits = (edit.set_keyword(path, node.span, "algorithms", "[ALGORITHM]"),)
            return Fix("Name the algorithm", Applicability.UNSAFE, edits)
        if isinstance(options, syntax.Dict) and options.keys and all(map(_switches_off, options.keys, options.values)):
            keyword = next(k for k in node.keywords if k.arg == "options")
            edits = (edit.remove_argument(path, node.span, keyword.span),)
            return Fix("Check the token", Applicability.UNSAFE, edits)
        return None


def _switches_off(key: syntax.Expr | None, value: syntax.Expr) -> bool:
    """`"verify_signature": False` and kin."""
    named = isinstance(key, syntax.Constant) and str(key.value).startswith("verify_")
    return named and isinstance(value, syntax.Constant) and value.value is False
