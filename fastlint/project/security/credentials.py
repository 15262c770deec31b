"""Where a project writes secrets down: literals under the name of one, and those handed to what signs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.auth import TEXT_SCHEMES, is_basic_password, scheme_of
from fastlint.project.language.bodies import Body
from fastlint.project.language.callers import last_name
from fastlint.project.language.choices import alternatives, stands_in
from fastlint.project.language.classes import Classes
from fastlint.project.language.scopes import Class, Function, Module, Scope, every_scope
from fastlint.project.language.words import words_of
from fastlint.project.security.secrets import (
    PASSWORDS,
    SHORTEST,
    connection_password,
    is_placeholder,
    is_template,
    looks_secret,
    names_secret,
    names_secrets,
    url_password,
)
from fastlint.project.security.secrets import named as made_of_words
from fastlint.project.security.signing import HANDED_TO, LOGINS, SIGNS, key_of, unwrapped, written
from fastlint.project.security.token_forms import SHORTEST_FORM, known_format, without_scheme

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

SPEECH = frozenset(
    {"example", "examples", "description", "help", "summary", "title", "openapi_examples", "doc", "json_schema_extra"}
)
"""Arguments that are shown to people."""
EXAMPLES = frozenset({"example", "examples", "sample", "samples"})
AUTHORIZATION = frozenset({"authorization", "proxy-authorization"})
DIGESTS = frozenset({"hmac.compare_digest", "secrets.compare_digest"})
SAID = PASSWORDS | {"secret", "token", "key"}
LOCAL = frozenset({"localhost", "127.0.0.1"})
DIGEST_KEYS = frozenset({"hmac.new", "hmac.digest"})
"""Their key also keeps digests of different things apart; then it is no secret."""
HTTP_CLIENTS = frozenset({"httpx", "httpx2", "requests", "aiohttp"})
SHORTEST_LOGIN = 4
LOOK_UPS = frozenset({"os.getenv", "os.environ.get"})
LONG_PART = 12
"""Fixed parts of a text that is put together: shorter ones are prefixes."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A secret in the source: `name` is what it goes by, `why` what else gives it away, `owner` what is around it."""

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
    for scope in every_scope(module):
        for item in _by_sink(scope, inference):
            found.setdefault(item.node, item)
        for use in _defaults(scope):
            for item in _by_name(use, scope, inference):
                found.setdefault(item.node, item)
        for look in (_by_digest, _by_login):
            for item in look(scope, inference):
                found.setdefault(item.node, item)
        if not scope.body.odd_texts:
            continue
        for item in _by_comparison(scope, inference):
            found.setdefault(item.node, item)
        for use in uses(scope):
            for item in _by_name(use, scope, inference):
                found.setdefault(item.node, item)
        for node in scope.body.all(s.Constant):
            text = text_of(node)
            what = known_format(text) if text is not None and len(text) >= SHORTEST_FORM else None
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


def _by_digest(scope: Scope, inference: Inference) -> Iterator[Literal]:
    """`compare_digest(sent, b"...")`: what opens the door, written there or in a constant."""
    if isinstance(scope, Function) and "compare_digest" not in scope.node.calls:
        return
    for call in scope.body.all(s.Call):
        if last_name(call) != "compare_digest" or len(call.args) != 2:
            continue
        if not inference.external_names(call.func, scope) & DIGESTS:
            continue
        for given, other in (call.args, call.args[::-1]):
            named = bool(SAID.intersection(words_of(_said(given)) + words_of(_said(other))))
            for node, inside in written(given, scope, inference):
                text = text_of(node)
                if not text or is_placeholder(text) or inside.module.is_test:
                    continue
                if named or (len(text) >= SHORTEST and not made_of_words(text)):
                    owner = inside.body.parents.get(node)
                    why = "what `compare_digest` compares with"
                    yield Literal(node, inside, text, _given_name(node, owner), why, owner)


def _said(expr: s.Expr) -> str:
    """The name that says what an expression holds."""
    while isinstance(expr, s.Call) and isinstance(expr.func, s.Attribute) and expr.func.attr == "encode":
        expr = expr.func.value
    return target_name(expr) or ""


def _by_login(scope: Scope, inference: Inference) -> Iterator[Literal]:
    """`auth=("user", "password")` of an HTTP client."""
    if isinstance(scope, Function) and "auth=" not in scope.node.calls:
        return
    for keyword in scope.body.all(s.Keyword):
        match keyword:
            case s.Keyword(arg="auth", value=s.Tuple(elements=(_, s.Constant(value=str() as text) as node))):
                call = scope.body.parents.get(keyword)
            case _:
                continue
        if not isinstance(call, s.Call) or is_placeholder(text) or len(text) < SHORTEST_LOGIN:
            continue
        if any(name.partition(".")[0] in HTTP_CLIENTS for name in inference.external_names(call.func, scope)):
            yield Literal(node, scope, text, "", "the password of a request", keyword)


def text_of(node: s.Expr | None) -> str | None:
    if isinstance(node, s.Constant):
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, bytes):
            return node.value.decode("latin-1")
    return None


def url_passwords(module: Module) -> Iterator[tuple[Literal, str]]:
    """The texts that are addresses with a password, each with the host, which is empty where it is filled in."""
    for scope in every_scope(module):
        for node in scope.body.all(s.Constant) if scope.body.odd_texts else ():
            text = text_of(node)
            if text is None or not (("://" in text and "@" in text) or "=" in text) or is_speech(node, scope.body):
                continue
            owner = scope.body.parents.get(node)
            in_parts = isinstance(owner, s.FString) or (isinstance(owner, s.Binary) and node is owner.left)
            found = url_password(text, whole=not in_parts) if "://" in text else None
            if found is None and not in_parts:
                found = connection_password(text)
            local = found is not None and _of_this_machine(found[0], found[1] or "localhost")
            if found is not None and not local:
                yield Literal(node, scope, found[0], _given_name(node, owner), "", owner), found[1]


def _of_this_machine(password: str, host: str) -> bool:
    """Whether it opens what a developer runs beside the program: a word, for a host that nobody else reaches."""
    return host.partition(":")[0].lower() in LOCAL and made_of_words(password) and not any(map(str.isdigit, password))


def uses(scope: Scope) -> Iterator[Use]:
    """What the statements, calls and dictionaries of a scope put under a name."""
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


def _defaults(scope: Scope) -> Iterator[Use]:
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


def _by_header(use: Use, scope: Scope) -> Iterator[Literal]:
    """`{"Authorization": "Bearer ..."}`."""
    text = text_of(use.expr)
    if text is None or not isinstance(use.expr, s.Constant) or use.name.lower() not in AUTHORIZATION:
        return
    sent = without_scheme(text)
    if sent != text and looks_secret(sent, "token") and not is_speech(use.expr, scope.body):
        yield Literal(use.expr, scope, sent, use.name, "", use.owner)


def _by_name(use: Use, scope: Scope, inference: Inference) -> Iterator[Literal]:
    yield from _by_header(use, scope)
    if isinstance(use.expr, s.List | s.Set | s.Tuple | s.Dict) and names_secrets(use.name):
        yield from _several(use, use.expr, scope)
    if not names_secret(use.name) or (isinstance(scope, Class) and _is_enum(scope, inference.classes)):
        return
    inner = unwrapped(use.expr)
    if isinstance(inner, s.FString):
        for part in inner.parts:
            text = text_of(part)
            if isinstance(part, s.Constant) and text is not None and len(text) >= LONG_PART:
                if looks_secret(text.strip("-_:. "), use.name) and not is_speech(part, scope.body):
                    yield Literal(part, scope, text, use.name, "", inner)
        return
    if isinstance(inner, s.Binary) and inner.op == "Add" and isinstance(inner.left, s.Constant):
        both = text_of(inner.left), text_of(inner.right)
        if both[0] and both[1] and looks_secret("".join(map(str, both)), use.name):
            yield Literal(inner.left, scope, "".join(map(str, both)), use.name, "", inner)
        return
    if _fills_in(use, scope.body):
        return
    for operand in _operands(inner, scope, inference):
        text = text_of(operand)
        if text is None or not isinstance(operand, s.Constant) or not looks_secret(text, use.name):
            continue
        if not is_speech(operand, scope.body):
            yield Literal(operand, scope, text, use.name, "", use.owner if operand is inner else None)


def _several(use: Use, expr: s.List | s.Set | s.Tuple | s.Dict, scope: Scope) -> Iterator[Literal]:
    """`API_KEYS = {"...", "..."}`: the elements, the keys and values of a dictionary."""
    elements = (*expr.keys, *expr.values) if isinstance(expr, s.Dict) else expr.elements
    for element in elements:
        text = text_of(element)
        if text is not None and isinstance(element, s.Constant) and looks_secret(text, "token"):
            if not is_speech(element, scope.body):
                yield Literal(element, scope, text, use.name, "", expr)


def _operands(expr: s.Expr, scope: Scope, inference: Inference) -> tuple[s.Expr, ...]:
    """What may be used as it is written; not the fallback of a look-up that weak-secret-fallback reports."""
    match expr:
        case s.Boolean(op="Or", values=values):
            return () if any(_looks_up_secret(value) for value in values[:-1]) else values[1:]
        case s.Conditional(test=test, body=body, orelse=orelse):
            chosen = alternatives(test, body, orelse)
            return () if chosen is not None and _looks_up_secret(chosen[0]) else (body, orelse)
        case s.Call() if inference.external_names(expr.func, scope) & LOOK_UPS and not _looks_up_secret(expr):
            default = expr.argument(1, "default")
            return () if default is None else (default,)
    return (expr,)


def _looks_up_secret(expr: s.Expr) -> bool:
    """Whether a call asks for a variable, or perhaps another setting, that goes by the name of a secret."""
    if not isinstance(expr, s.Call) or not _looks_up(expr):
        return False
    key = text_of(expr.argument(0, "key"))
    return key is None or names_secret(key)


def _looks_up(expr: s.Expr | None) -> bool:
    return isinstance(expr, s.Call) and ("getenv" in last_name(expr) or last_name(expr) == "get")


def _fills_in(use: Use, body: Body) -> bool:
    """`if not KEY: KEY = "..."` after a look-up of `KEY`: the same fallback, as a statement."""
    given = body.bindings.get(use.name, ())
    own = [binding for binding in given if binding.node is use.owner and stands_in(binding, body)]
    return bool(own) and any(binding.start < own[0].start and _looks_up(binding.value) for binding in given)


def _is_enum(cls: Class, classes: Classes) -> bool:
    return classes.is_a(cls, "enum.Enum", "enum.StrEnum", "enum.IntEnum")


def _says_example(target: s.Expr) -> bool:
    return not EXAMPLES.isdisjoint(words_of(target_name(target) or ""))


def is_speech(node: s.Node, body: Body) -> bool:
    """Whether a literal is shown to people: an example, a description."""
    for ancestor in body.ancestors(node):
        if isinstance(ancestor, s.Keyword) and ancestor.arg in SPEECH:
            return True
        if isinstance(ancestor, s.Assign) and any(_says_example(target) for target in ancestor.targets):
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


def _is_label(text: str) -> bool:
    """`billing:invoice-id`: says what a digest is of; several words, none of which speaks of a secret."""
    return made_of_words(text) and len(words_of(text)) > 1 and not SAID.intersection(words_of(text))


def _is_refused(text: str, cls: Class, inference: Inference) -> bool:
    """Whether a default of settings is asked for somewhere, as where the application refuses to start with it.

    A validator may do so without naming it.
    """
    if any("validator" in last_of(d) for method in cls.methods.values() for d in method.node.decorators):
        return True
    return any(
        isinstance(part, s.Constant) and part.value == text
        for module in inference.names.modules
        for scope in every_scope(module)
        if scope.body.spells(text)
        for compare in scope.body.all(s.Compare)
        for part in s.walk(compare)
    )


def last_of(decorator: s.Expr) -> str:
    target = decorator.func if isinstance(decorator, s.Call) else decorator
    return target_name(target) or ""


def _by_sink(scope: Scope, inference: Inference) -> Iterator[Literal]:
    if isinstance(scope, Function) and scope.node.calls.isdisjoint(HANDED_TO):
        return
    for call in scope.body.all(s.Call):
        handed = key_of(call, scope, inference)
        if handed is None:
            continue
        sink, expr = handed
        for node, inside in written(expr, scope, inference):
            text = text_of(node)
            unfinished = is_template if sink in SIGNS else is_placeholder
            if text and not unfinished(text) and not inside.module.is_test:
                if isinstance(inside, Class) and is_placeholder(text) and _is_refused(text, inside, inference):
                    continue
                if sink in DIGEST_KEYS and _is_label(text):
                    continue
                owner = inside.body.parents.get(node)
                what = "password" if sink in LOGINS else "key"
                yield Literal(node, inside, text, _given_name(node, owner), f"the {what} of `{sink}`", owner)
