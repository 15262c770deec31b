"""JSON Web Tokens: how a call checks one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.flows.checks import Checks
from fastlint.project.language import values as v
from fastlint.project.language.constants import Constants
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Scope
from fastlint.project.security.logged import LOGGING

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

DECODERS = ("jwt.decode", "jwt.PyJWT.decode", "jwt.api_jwt.decode", "jwt.decode_complete", "jose.jwt.decode")
ENCODERS = ("jwt.encode", "jwt.PyJWT.encode", "jwt.api_jwt.encode", "jose.jwt.encode")
BEHIND_HEADER = ("authlib.jose.jwt.encode", "authlib.jose.JsonWebToken.encode", "joserfc.jwt.encode")
"""Here the claims come second, behind the header."""
UNVERIFIED = ("jose.jwt.get_unverified_claims",)
HEADERS = frozenset({"jwt.get_unverified_header", "jose.jwt.get_unverified_header", "jose.jwt.get_unverified_headers"})
PICKING = frozenset({"iss", "kid", "azp", "tid", "aud", "client_id"})
"""Claims that say which key to check with."""
DEPTH = 8


@dataclass(frozen=True, slots=True)
class Check:
    """What is wrong with a way to check tokens; `sure` says that a forged token passes, or every token fails.

    `from_client`: only when the client sent the token. What an identity provider answers over TLS needs no signature.
    """

    why: str
    sure: bool = True
    from_client: bool = False


def weakness(call: s.Call, name: str, scope: Scope, constants: Constants) -> Check | None:
    """What a call that decodes a token does not check."""
    if name in UNVERIFIED:
        return None if _only_picks(call, scope, constants) else Check("reads claims nobody verified", from_client=True)
    if call.spread:
        return None
    options = _options(call, scope, constants)
    if options is None:
        return None
    if options.get("verify_signature") is False:
        return None if _only_picks(call, scope, constants) else Check("does not verify the signature", from_client=True)
    if options.get("verify_exp") is False:
        return None if _looks_at_expiry(call, scope, options) else Check("accepts tokens that have expired")
    return _algorithms(call, name, scope, constants)


def _options(call: s.Call, scope: Scope, constants: Constants) -> dict[str, object] | None:
    """The options that are known; None when something else may be in them."""
    given = call.argument(3, "options")
    if given is None:
        return {}
    for value in constants.inference.infer(given, scope):
        if isinstance(value, v.Display) and isinstance(value.node, s.Dict):
            return {
                str(key.value): constants.value(item, value.scope)
                for key, item in zip(value.node.keys, value.node.values, strict=True)
                if isinstance(key, s.Constant)
            }
        if isinstance(value, v.Instance) and value.site is not None and value.of == "builtins.dict":
            return {k.arg: constants.value(k.value, value.site.scope) for k in value.site.call.keywords if k.arg}
    return None


def _algorithms(call: s.Call, name: str, scope: Scope, constants: Constants) -> Check | None:
    given = call.argument(2, "algorithms")
    if given is None:
        if name.startswith("jose."):
            return Check("takes whatever algorithm the token names")
        return Check("names no algorithms: PyJWT refuses every token") if _plain_key(call, scope, constants) else None
    inner = given.elements[0] if isinstance(given, s.List | s.Tuple) and len(given.elements) == 1 else given
    if _from_header(inner, scope, constants):
        if Checks(constants.inference, "algorithm").ends(inner, scope):
            return None  # one of few, as the program has it
        return Check("takes the algorithm from the token")
    listed = constants.value(given, scope)
    names = [listed] if isinstance(listed, str) else listed if isinstance(listed, list) else []
    if any(str(item).lower() == "none" for item in names):
        return Check("allows tokens without a signature", sure=False)
    kinds = {str(item)[:2] for item in names}
    if "HS" in kinds and kinds & {"RS", "ES", "PS", "Ed"}:
        return Check(
            "takes a public key for a shared secret: symmetric and asymmetric algorithms are mixed", sure=False
        )
    return None


def _plain_key(call: s.Call, scope: Scope, constants: Constants) -> bool:
    """Whether the key surely is a text: a key of a key set brings its algorithm along."""
    key = call.argument(1, "key")
    if key is None:
        return False
    values = constants.inference.infer(key, scope)
    texts = ("builtins.str", "builtins.bytes", "os.getenv()", "os.environ.get()")
    return bool(values) and all(
        (isinstance(value, v.Const) and isinstance(value.value, str | bytes))
        or (isinstance(value, v.Instance) and value.of in texts)
        for value in v.without_none(values)
    )


def _from_header(algorithm: s.Expr, scope: Scope, constants: Constants) -> bool:
    """Whether the algorithm is read from the header of the token itself."""
    return any(_reads_header(expr, inside, constants) for expr, inside in _sources(algorithm, scope, constants, 0))


def _sources(expr: s.Expr, scope: Scope, constants: Constants, depth: int) -> Iterator[tuple[s.Expr, Scope]]:
    """The expression and, for names with one source, what they were given."""
    yield expr, scope
    root = expr
    while True:
        match root:
            case s.Subscript(value=value) | s.Attribute(value=value):
                root = value
            case s.Call(func=s.Attribute(value=value, attr="get")):
                root = value
            case _:
                break
    if not isinstance(root, s.Name) or depth > DEPTH:
        return
    found = constants.inference.define(root, scope)
    if len(found) == 1 and isinstance(found[0], Definition) and found[0].binding.value is not None:
        if found[0].binding.kind in ("assign", "annotated"):
            yield from _sources(found[0].binding.value, found[0].scope, constants, depth + 1)


def _reads_header(expr: s.Expr, scope: Scope, constants: Constants) -> bool:
    while True:
        match expr:
            case s.Subscript(value=value) | s.Attribute(value=value):
                expr = value
            case s.Call(func=s.Attribute(value=value, attr="get")):
                expr = value
            case s.Call(func=func):
                return bool(constants.inference.external_names(func, scope) & HEADERS)
            case _:
                return False


def _only_picks(call: s.Call, scope: Scope, constants: Constants) -> bool:
    """Whether the same function verifies a token too: what is unverified then only says with which key."""
    for other in scope.body.all(s.Call):
        if other is call:
            continue
        names = constants.inference.external_names(other.func, scope)
        if names & set(DECODERS):
            options = _options(other, scope, constants) if not other.spread else None
            if options is not None and options.get("verify_signature") is not False:
                return True
    return False


def _looks_at_expiry(call: s.Call, scope: Scope, options: dict[str, object]) -> bool:
    """Whether the claim is required and so looked at elsewhere, read in the function, or nothing is read at all."""
    required = options.get("require")
    if isinstance(required, list) and "exp" in required:
        return True
    if isinstance(scope.body.parents.get(call), s.ExprStmt):
        return True
    return any(node.value == "exp" for node in scope.body.all(s.Constant))


def token_root(call: s.Call) -> s.Expr | None:
    """The name or attribute that holds the token, without what cuts a prefix off it."""
    token = call.argument(0, "jwt") or call.keyword("token")
    while isinstance(token, s.Call) and isinstance(token.func, s.Attribute):
        token = token.func.value
    return token


def handed_on(call: s.Call, root: s.Expr, scope: Scope, inference: Inference) -> bool:
    """Whether the same function hands the token to something else too, which may verify it; a log does not."""
    shown = dotted(root)
    inside = set(s.walk(call))
    for node in scope.body.all(type(root)):
        if node in inside or dotted(node) != shown:
            continue
        calls = [ancestor for ancestor in scope.body.ancestors(node) if isinstance(ancestor, s.Call)]
        for around in calls:
            if node not in set(s.walk(around.func)) and not _reads_only(around):
                if not inference.external_names(around.func, scope) & LOGGING:
                    return True
    return False


def _reads_only(call: s.Call) -> bool:
    if isinstance(call.func, s.Attribute):
        return call.func.attr.startswith("get_unverified")
    return isinstance(call.func, s.Name) and call.func.id in ("len", "str", "bool", "print", "isinstance")


def dotted(expr: s.Node) -> str:
    match expr:
        case s.Name(id=name):
            return name
        case s.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
    return "?"
