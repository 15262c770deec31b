"""The keys that calls sign, check and encrypt with, and the literals that these are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.callers import last_name
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

LOGINS = frozenset(
    {
        *(f"{owner}.login" for owner in ("smtplib.SMTP", "smtplib.SMTP_SSL", "imaplib.IMAP4", "imaplib.IMAP4_SSL")),
        *("httpx.BasicAuth", "httpx.DigestAuth", "requests.auth.HTTPBasicAuth", "twilio.rest.Client"),
    }
)
SINKS: dict[str, tuple[int | None, str]] = {
    **{f"{owner}.{name}": (1, "key") for owner in ("jwt", "jose.jwt", "jwt.PyJWT") for name in ("encode", "decode")},
    **{
        f"itsdangerous.{name}": (0, "secret_key")
        for name in (
            "URLSafeSerializer",
            "URLSafeTimedSerializer",
            "Serializer",
            "TimedSerializer",
            "Signer",
            "TimestampSigner",
        )
    },
    "starlette.middleware.sessions.SessionMiddleware": (1, "secret_key"),
    "fastapi.middleware.sessions.SessionMiddleware": (1, "secret_key"),
    "hmac.new": (0, "key"),
    "hmac.digest": (0, "key"),
    "authlib.jose.jwt.encode": (2, "key"),
    "authlib.jose.jwt.decode": (1, "key"),
    "joserfc.jwt.encode": (2, "key"),
    "joserfc.jwt.decode": (1, "key"),
    "fastapi_users.authentication.JWTStrategy": (0, "secret"),
    "fastapi_sessions.frontends.implementations.SessionCookie": (None, "secret_key"),
    "cryptography.fernet.Fernet": (0, "key"),
    "sendgrid.SendGridAPIClient": (0, "api_key"),
    "slack_sdk.WebClient": (0, "token"),
    "slack_sdk.web.async_client.AsyncWebClient": (0, "token"),
    "telegram.Bot": (0, "token"),
    **dict.fromkeys(LOGINS, (1, "password")),
}
"""What a key is handed to: whatever the text, who reads the source can sign as the application, or log in."""
SIGNS = frozenset(
    {
        "SessionMiddleware",
        *(
            name
            for name in SINKS
            if name.startswith("itsdangerous.") or name.endswith((".encode", "SessionMiddleware"))
        ),
    }
)
"""What runs with any key: the application starts with `"change-me"` too, and everybody knows it."""
MIDDLEWARE = frozenset(
    {"starlette.middleware.sessions.SessionMiddleware", "fastapi.middleware.sessions.SessionMiddleware"}
)
WRAPPERS = frozenset({"SecretStr", "SecretBytes", "Secret"})


def unwrapped(expr: s.Expr) -> s.Expr:
    """The literal inside `SecretStr("...")`, `Field(default="...")`, `"...".encode()`."""
    while isinstance(expr, s.Call):
        last = (
            expr.func.attr
            if isinstance(expr.func, s.Attribute)
            else expr.func.id
            if isinstance(expr.func, s.Name)
            else ""
        )
        inner: s.Expr | None = None
        if last in WRAPPERS:
            inner = expr.argument(0, "secret_value")
        elif last in ("Field", "Option", "Argument"):
            inner = expr.argument(0, "default")
        elif last == "field":
            inner = expr.keyword("default")
        elif last == "encode" and isinstance(expr.func, s.Attribute):
            inner = expr.func.value if isinstance(expr.func.value, s.Constant) else None
        if inner is None:
            return expr
        expr = inner
    return expr


def key_of(call: s.Call, scope: Scope, inference: Inference) -> tuple[str, s.Expr] | None:
    """The key that a call signs, checks or encrypts with."""
    last = last_name(call)
    if last in ("add_middleware", "Middleware") and call.args:
        names = inference.external_names(call.args[0], scope)
        key = call.keyword("secret_key")
        return ("SessionMiddleware", key) if key is not None and names & MIDDLEWARE else None
    if last not in SINK_NAMES:
        return None
    for value in inference.infer(call.func, scope):
        if isinstance(value, v.External) and value.name in SINKS:
            index, keyword = SINKS[value.name]
            found = call.argument(index, keyword)
            return None if found is None else (value.name, found)
    return None


SINK_NAMES = frozenset(name.rpartition(".")[2] for name in SINKS)
HANDED_TO = SINK_NAMES | {"add_middleware", "Middleware"}
"""The last names of all calls that a key may be handed to."""


def written(expr: s.Expr, scope: Scope, inference: Inference) -> Iterator[tuple[s.Constant, Scope]]:
    """The literals that an expression is, through names that have one source and attributes of settings."""
    inner = unwrapped(expr)
    if isinstance(inner, s.Constant):
        yield inner, scope
        return
    if (
        isinstance(inner, s.Call)
        and isinstance(inner.func, s.Attribute)
        and inner.func.attr in ("encode", "get_secret_value")
    ):
        yield from written(inner.func.value, scope, inference)
        return
    if isinstance(inner, s.Attribute):
        yield from _field(inner, scope, inference)
    found = inference.define(inner, scope)
    if len(found) == 1 and isinstance(found[0], Definition):
        binding, inside = found[0].binding, found[0].scope
        if binding.kind in ("assign", "annotated") and binding.value is not None and not binding.path:
            literal = unwrapped(binding.value)
            if isinstance(literal, s.Constant):
                yield literal, inside


def _field(expr: s.Attribute, scope: Scope, inference: Inference) -> Iterator[tuple[s.Constant, Scope]]:
    """The literal that an attribute of settings is by default."""
    for value in inference.infer(expr.value, scope):
        cls = value.of if isinstance(value, v.Instance) else value.cls if isinstance(value, v.ClassValue) else None
        if not isinstance(cls, Class) or expr.attr in inference.classes.assigned(cls):
            continue
        bindings = cls.body.bindings.get(expr.attr, [])
        literal = unwrapped(bindings[0].value) if len(bindings) == 1 and bindings[0].value is not None else None
        if isinstance(literal, s.Constant) and isinstance(literal.value, str):
            yield literal, cls
