"""Where a project writes secrets down: literals under the name of a secret, and those handed to what signs or signs in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project import values as v
from fastlint.project.auth import TEXT_SCHEMES, is_basic_password, scheme_of
from fastlint.project.classes import Classes
from fastlint.project.names import Definition
from fastlint.project.scopes import Body, Class, Function, Module, Scope
from fastlint.project.secrets import is_placeholder, known_format, looks_secret, names_secret, url_password

if TYPE_CHECKING:
    from fastlint.project.inference import Inference

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
}
"""What a key is handed to: whatever the text, who reads the source can sign as the application."""
MIDDLEWARE = frozenset(
    {"starlette.middleware.sessions.SessionMiddleware", "fastapi.middleware.sessions.SessionMiddleware"}
)
WRAPPERS = frozenset({"SecretStr", "SecretBytes", "Secret"})
SPEECH = frozenset(
    {"example", "examples", "description", "help", "summary", "title", "openapi_examples", "doc", "json_schema_extra"}
)
"""Arguments that are shown to people."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A secret in the source: `name` is what it goes by, `why` what gives it away, `swap` whether a look-up can replace it."""

    node: s.Constant
    scope: Scope
    text: str
    name: str
    why: str
    owner: s.Node | None = None

    @property
    def path(self) -> str:
        return self.scope.module.path


@dataclass(frozen=True, slots=True)
class Use:
    """An expression that is kept or handed on under a name; `owner` is the statement, argument or pair that says so."""

    name: str
    expr: s.Expr
    owner: s.Node


def literals(module: Module, inference: Inference) -> Iterator[Literal]:
    """The secrets written down in a file, each once."""
    found: dict[s.Constant, Literal] = {}
    for scope in (module, *module.classes(), *module.functions()):
        for item in _by_sink(scope, inference):
            found.setdefault(item.node, item)
        for item in _by_comparison(scope, inference):
            found.setdefault(item.node, item)
        for use in uses(scope):
            for item in _by_name(use, scope, inference):
                found.setdefault(item.node, item)
        for node in scope.body.all(s.Constant):
            text = text_of(node)
            what = known_format(text) if text is not None and len(text) >= 20 else None
            if what is not None and text is not None and not is_speech(node, scope.body):
                owner = scope.body.parents.get(node)
                found.setdefault(node, Literal(node, scope, text, _given_name(node, owner), what, owner))
    yield from sorted(found.values(), key=lambda item: (item.path, item.node.start))


def _given_name(node: s.Constant, owner: s.Node | None) -> str:
    """The name that what is around a literal gives it."""
    match owner:
        case s.Keyword(arg=str() as name) | s.Parameter(name=name):
            return name
        case s.Assign(targets=(target, *_)) | s.AnnAssign(target=target):
            return target_name(target) or ""
        case s.Dict(keys=keys, values=values):
            return next(
                (str(k.value) for k, x in zip(keys, values, strict=True) if x is node and isinstance(k, s.Constant)), ""
            )
    return ""


def _by_comparison(scope: Scope, inference: Inference) -> Iterator[Literal]:
    """`if key != "..."`: what opens the door."""
    for compare in scope.body.all(s.Compare):
        if len(compare.ops) != 1 or compare.ops[0] not in ("Eq", "NotEq"):
            continue
        for node, other in ((compare.left, compare.comparators[0]), (compare.comparators[0], compare.left)):
            text = text_of(node)
            if text is None or not isinstance(node, s.Constant):
                continue
            name = target_name(other) or ""
            sent = scheme_of(other, scope, inference) in TEXT_SCHEMES or is_basic_password(other, scope, inference)
            if (sent or names_secret(name)) and looks_secret(text, name):
                yield Literal(node, scope, text, "" if sent else name, f"what `{name}` must be", compare)


def text_of(node: s.Expr | None) -> str | None:
    if isinstance(node, s.Constant):
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, bytes):
            return node.value.decode("latin-1")
    return None


def url_passwords(module: Module) -> Iterator[tuple[Literal, str]]:
    """The texts that are addresses with a password, each with the host."""
    for scope in (module, *module.classes(), *module.functions()):
        for node in scope.body.all(s.Constant):
            text = text_of(node)
            if text is None or "://" not in text or "@" not in text or is_speech(node, scope.body):
                continue
            owner = scope.body.parents.get(node)
            found = url_password(text, whole=not isinstance(owner, s.FString))
            if found is not None:
                yield Literal(node, scope, found[0], _given_name(node, owner), "", owner), found[1]


def uses(scope: Scope) -> Iterator[Use]:
    """What the statements, calls, dictionaries and signatures of a scope put under a name."""
    body = scope.body
    for assign in body.all(s.Assign):
        for target in assign.targets:
            if (name := target_name(target)) is not None:
                yield Use(name, assign.value, assign)
    for declared in body.all(s.AnnAssign):
        if declared.value is not None and (name := target_name(declared.target)) is not None:
            yield Use(name, declared.value, declared)
    for keyword in body.all(s.Keyword):
        if keyword.arg is not None:
            yield Use(keyword.arg, keyword.value, keyword)
    for dictionary in body.all(s.Dict):
        for key, value in zip(dictionary.keys, dictionary.values, strict=True):
            if isinstance(key, s.Constant) and isinstance(key.value, str):
                yield Use(key.value, value, key)
    if isinstance(scope, Function):
        for parameter in scope.node.parameters:
            if parameter.default is not None:
                yield Use(parameter.name, parameter.default, parameter)


def target_name(target: s.Expr) -> str | None:
    """The name an assignment gives: of a variable, an attribute, or an item under a constant key."""
    match target:
        case s.Name(id=name) | s.Attribute(attr=name):
            return name
        case s.Subscript(index=s.Constant(value=str() as key)):
            return key
    return None


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
        elif last == "Field":
            inner = expr.argument(0, "default")
        elif last == "field":
            inner = expr.keyword("default")
        elif last == "encode" and isinstance(expr.func, s.Attribute):
            inner = expr.func.value if isinstance(expr.func.value, s.Constant) else None
        if inner is None:
            return expr
        expr = inner
    return expr


def _by_name(use: Use, scope: Scope, inference: Inference) -> Iterator[Literal]:
    if not names_secret(use.name) or (isinstance(scope, Class) and _is_enum(scope, inference.classes)):
        return
    inner = unwrapped(use.expr)
    operands = inner.values[1:] if isinstance(inner, s.Boolean) and inner.op == "Or" else (inner,)
    for operand in operands:
        text = text_of(operand)
        if text is None or not isinstance(operand, s.Constant) or not looks_secret(text, use.name):
            continue
        if operand is not inner and _reads_environment(inner, scope, inference):
            continue
        if not is_speech(operand, scope.body):
            yield Literal(
                operand, scope, text, use.name, "", use.owner if operand is use.expr or inner is operand else None
            )


def _reads_environment(expr: s.Expr, scope: Scope, inference: Inference) -> bool:
    """Whether the literal is the fallback of a look-up: weak-secret-fallback reports it."""
    return any(
        "getenv" in _last(call) or _last(call) == "get"
        for call in (expr.values[:-1] if isinstance(expr, s.Boolean) else ())
        if isinstance(call, s.Call)
    )


def _last(call: s.Call) -> str:
    return (
        call.func.attr if isinstance(call.func, s.Attribute) else call.func.id if isinstance(call.func, s.Name) else ""
    )


def _is_enum(cls: Class, classes: Classes) -> bool:
    return classes.is_a(cls, "enum.Enum", "enum.StrEnum", "enum.IntEnum")


def is_speech(node: s.Node, body: Body) -> bool:
    """Whether a literal is shown to people: an example, a description."""
    for ancestor in body.ancestors(node):
        if isinstance(ancestor, s.Keyword) and ancestor.arg in SPEECH:
            return True
        if isinstance(ancestor, s.Stmt):
            return False
        if isinstance(ancestor, s.Dict) and any(
            isinstance(key, s.Constant) and key.value in SPEECH
            for key, value in zip(ancestor.keys, ancestor.values, strict=True)
            if value is node or value in set(body.ancestors(node))
        ):
            return True
    return False


def _by_sink(scope: Scope, inference: Inference) -> Iterator[Literal]:
    for call in scope.body.all(s.Call):
        handed = _key_of(call, scope, inference)
        if handed is None:
            continue
        sink, expr = handed
        for node, inside in written(expr, scope, inference):
            text = text_of(node)
            if text and not is_placeholder(text) and inside.module is scope.module:
                name = next((k.arg for k in call.keywords if k.value is node and k.arg), None) or ""
                yield Literal(node, inside, text, name, f"the key of `{sink}`", inside.body.parents.get(node))


def _key_of(call: s.Call, scope: Scope, inference: Inference) -> tuple[str, s.Expr] | None:
    """The key that a call signs, checks or encrypts with."""
    last = _last(call)
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
    found = inference.define(inner, scope)
    if len(found) == 1 and isinstance(found[0], Definition):
        binding, inside = found[0].binding, found[0].scope
        if binding.kind in ("assign", "annotated") and binding.value is not None and not binding.path:
            literal = unwrapped(binding.value)
            if isinstance(literal, s.Constant):
                yield literal, inside
