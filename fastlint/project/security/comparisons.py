"""Comparisons of what a client sent with a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.auth import TEXT_SCHEMES, is_basic_password, scheme_of
from fastlint.project.language import values as v
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.words import words_of
from fastlint.project.security.command_lines import is_command
from fastlint.project.security.secrets import looks_secret, names_secret, surely_names_secret

if TYPE_CHECKING:
    from fastlint.project.application.orm import Orm
    from fastlint.project.language.constants import Constants

SIGNATURES = frozenset({"signature", "sig", "hmac", "mac"})
SENT = SIGNATURES | {"authorization"}
"""What a client sends that a secret is compared with, whatever the secret is put together with."""
DIGESTS = frozenset({"hexdigest", "digest"})
SETTINGS = ("pydantic_settings.BaseSettings", "pydantic.BaseSettings")
SCHEMES = ("fastapi.security", "starlette.authentication")
DEPTH = 4
"""Names that were given one another."""
ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environ.get"})


def unsafe(scope: Scope, constants: Constants, orm: Orm) -> Iterator[tuple[s.Compare, str]]:
    """The comparisons with `==` whose duration tells how much of a secret was guessed, each with the secret's name."""
    if not isinstance(scope, Function) or not _may_compare_secrets(scope) or is_command(scope, constants.inference):
        return
    for compare in scope.body.all(s.Compare):
        if len(compare.ops) != 1 or compare.ops[0] not in ("Eq", "NotEq") or scope.body.enclosing(compare, s.Assert):
            continue
        left, right = compare.left, compare.comparators[0]
        for kept, sent in ((left, right), (right, left)):
            name = kept_secret(kept, scope, constants) or _written_out(kept, sent, scope, constants)
            if name is not None and _sent(sent, scope, constants) and not _same_object(kept, sent):
                if _object(sent, scope, constants) or _object(kept, scope, constants):
                    continue
                if not _number(sent, scope, constants) and not _column(kept, scope, constants, orm):
                    yield compare, name
                    break


def _written_out(kept: s.Expr, sent: s.Expr, scope: Scope, constants: Constants) -> str | None:
    """The name of what was sent, where it is compared with a text that stands there or in the environment."""
    inference = constants.inference
    if isinstance(kept, s.Constant):
        if not isinstance(kept.value, str) or not looks_secret(kept.value, "password"):
            return None
    elif not isinstance(kept, s.Call | s.Subscript) or not _looked_up(kept, scope, constants):
        return None
    if scheme_of(sent, scope, inference) in TEXT_SCHEMES or is_basic_password(sent, scope, inference):
        return sent.id if isinstance(sent, s.Name) else sent.attr if isinstance(sent, s.Attribute) else "the key"
    return None


def _may_compare_secrets(function: Function) -> bool:
    """Whether facts show a comparison of a secret's name, of a call or item, or digests in the file."""
    compared = [word[1:] for word in function.node.calls if word[:1] == "."]
    if any(name.startswith(SCHEMES) for name in function.module.facts.imports):
        return True  # What a scheme gives may be compared with a text, which facts do not tell.
    return bool(compared) and (
        not function.module.facts.calls.isdisjoint(DIGESTS)
        or any(not name or names_secret(name) or SENT.intersection(words_of(name)) for name in compared)
    )


def kept_secret(expr: s.Expr, scope: Scope, constants: Constants) -> str | None:
    """The name of a secret that the application keeps: a setting, a constant, a look-up, an attribute, a signature."""
    inference = constants.inference
    match expr:
        case s.Name(id=name):
            for found in inference.define(expr, scope):
                if not isinstance(found, Definition) or found.binding.value is None:
                    return None
                if _digest(found.binding.value, found.scope, name, constants):
                    return name
                if not surely_names_secret(name) or _sentinel(found.binding.value, name):
                    return None
                if not isinstance(found.scope, Function):
                    return name
                return name if _looked_up(found.binding.value, found.scope, constants) else None
        case s.Attribute(attr=name) if surely_names_secret(name) and len(words_of(name)) > 1:
            return name if _kept(expr.value, scope, constants) and not _mark(expr, scope, constants) else None
        case s.Call() if _digest(expr, scope, "", constants):
            return "the signature"
        case s.Call() | s.Subscript() if _looked_up(expr, scope, constants):
            return _variable(expr, constants, scope)
        case s.FString(parts=parts):  # `f"Bearer {API_KEY}"`
            filled = [part.value for part in parts if isinstance(part, s.Formatted)]
            return kept_secret(filled[0], scope, constants) if len(filled) == 1 else None
        case s.Binary(op="Add", left=s.Constant(), right=right):
            return kept_secret(right, scope, constants)
    return None


def _sentinel(value: s.Expr, name: str) -> bool:
    """Whether a constant is a mark that the program gives itself: it does not look like a secret."""
    return isinstance(value, s.Constant) and not (isinstance(value.value, str) and looks_secret(value.value, name))


def _mark(expr: s.Attribute, scope: Scope, constants: Constants) -> bool:
    """Whether it is a constant of a class, no field that settings fill in, and none that looks like a secret."""
    for value in constants.inference.infer(expr.value, scope):
        cls = value.of if isinstance(value, v.Instance) else value.cls if isinstance(value, v.ClassValue) else None
        if not isinstance(cls, Class) or constants.inference.classes.is_a(cls, *SETTINGS):
            continue
        bindings = cls.body.bindings.get(expr.attr, [])
        if (
            len(bindings) == 1
            and bindings[0].value is not None
            and expr.attr not in constants.inference.classes.assigned(cls)
        ):
            return _sentinel(bindings[0].value, expr.attr)
    return False


def _kept(owner: s.Expr, scope: Scope, constants: Constants) -> bool:
    """Whether attributes of an object are the application's own: settings, `self`, a module."""
    if isinstance(owner, s.Name) and isinstance(scope, Function) and scope.cls is not None:
        if scope.node.parameters and scope.node.parameters[0].name == owner.id:
            return True
    for value in constants.inference.infer(owner, scope):
        match value:
            case v.ModuleValue():
                return True
            case v.Instance(Class() as cls):
                return constants.inference.classes.is_a(
                    cls, "pydantic_settings.BaseSettings", "pydantic.BaseSettings"
                ) or ("settings" in words_of(cls.name) or "config" in words_of(cls.name))
    return False


def _looked_up(expr: s.Expr, scope: Scope, constants: Constants) -> bool:
    """Whether it is read from the environment or from the settings."""
    inner = expr.value if isinstance(expr, s.Subscript) else expr.func if isinstance(expr, s.Call) else expr
    if constants.inference.external_names(inner, scope) & ENVIRONMENT:
        return True
    return isinstance(expr, s.Attribute) and names_secret(expr.attr) and _kept(expr.value, scope, constants)


def _variable(expr: s.Expr, constants: Constants, scope: Scope) -> str | None:
    key = (
        expr.index
        if isinstance(expr, s.Subscript)
        else expr.args[0]
        if isinstance(expr, s.Call) and expr.args
        else None
    )
    name = constants.text(key, scope)
    return name if name is not None and names_secret(name) else None


def _digest(expr: s.Expr, scope: Scope, name: str, constants: Constants, depth: int = 0) -> bool:
    """Whether it is the signature of a message: made by `hmac`, or under the name of one."""
    for node in s.walk(expr):
        if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr in DIGESTS:
            if SIGNATURES.intersection(words_of(name)):
                return True
            if any(value in ("hmac.HMAC", "hmac.new()") for value in _types(node.func.value, scope, constants)):
                return True
    call = expr.value if isinstance(expr, s.Await) else expr
    return isinstance(call, s.Call) and any(
        isinstance(one, v.FunctionValue) and _gives_digest(one.function, name, constants, depth)
        for one in constants.inference.infer(call.func, scope)
    )


def _gives_digest(function: Function, name: str, constants: Constants, depth: int) -> bool:
    """Whether all that a function of the project returns is the signature of a message."""
    returned = [item.value for item in function.body.all(s.Return)]
    return (
        depth < DEPTH
        and bool(returned)
        and all(value is not None and _digest(value, function, name, constants, depth + 1) for value in returned)
    )


def _types(expr: s.Expr, scope: Scope, constants: Constants) -> set[str]:
    return {
        value.of
        for value in constants.inference.infer(expr, scope)
        if isinstance(value, v.Instance) and isinstance(value.of, str)
    }


def _sent(expr: s.Expr, scope: Function, constants: Constants, depth: int = 0) -> bool:
    """Whether it is what the function was given, or read from the request."""
    if isinstance(expr, s.Constant | s.FString) or depth > DEPTH:
        return False
    root: s.Expr = expr
    while True:
        match root:
            case s.Attribute(value=value) | s.Subscript(value=value) | s.Await(value=value):
                root = value
            case s.Call(func=s.Attribute(value=value)):
                root = value
            case _:
                break
    if not isinstance(root, s.Name) or (isinstance(expr, s.Attribute) and not names_sent(expr.attr)):
        return False
    for found in constants.inference.define(root, scope):
        if not isinstance(found, Definition) or not isinstance(found.scope, Function):
            return False
        if found.binding.kind == "parameter":
            first = found.scope.node.parameters[0]
            return not (found.scope.cls is not None and found.binding.node is first)
        if (
            found.binding.value is None
            or found.binding.value is expr
            or found.binding.kind not in ("assign", "annotated")
        ):
            return False
        if isinstance(found.binding.value, s.Attribute) and not found.binding.path:  # `key = credentials.credentials`
            if _sent(found.binding.value, found.scope, constants, depth + 1):
                return True
        return _request_part(found.binding.value, found.scope, constants)
    return False


def names_sent(name: str) -> bool:
    """Whether an attribute of what a function was given is what somebody signs in with."""
    words = set(words_of(name))
    return names_secret(name) or bool(words & SIGNATURES) or bool(words & {"credentials", "key", "digest"})


def _request_part(expr: s.Expr, scope: Scope, constants: Constants) -> bool:
    """`request.headers.get(...)` and the like."""
    for node in s.walk(expr):
        if isinstance(node, s.Attribute) and node.attr in ("headers", "query_params", "cookies"):
            types = _types(node.value, scope, constants)
            if any(
                name in ("fastapi.Request", "fastapi.WebSocket", "fastapi.requests.HTTPConnection") for name in types
            ):
                return True
    return False


def _same_object(kept: s.Expr, sent: s.Expr) -> bool:
    """Two fields of one form."""
    match kept, sent:
        case s.Attribute(value=s.Name(id=left)), s.Attribute(value=s.Name(id=right)):
            return left == right
    return False


def _number(expr: s.Expr, scope: Scope, constants: Constants) -> bool:
    values = constants.inference.infer(expr, scope)
    return any(
        isinstance(value, v.Instance) and value.of in ("builtins.int", "builtins.bool", "builtins.float")
        for value in values
    )


def _object(expr: s.Expr, scope: Scope, constants: Constants) -> bool:
    """Whether it is an object of a class of the project, no text."""
    return any(
        isinstance(value, v.Instance) and isinstance(value.of, Class)
        for value in constants.inference.infer(expr, scope)
    )


def _column(expr: s.Expr, scope: Scope, constants: Constants, orm: Orm) -> bool:
    """A column in a query: the database compares."""
    if not isinstance(expr, s.Attribute):
        return False
    return any(isinstance(value, v.ClassValue) for value in constants.inference.infer(expr.value, scope))


__all__ = ["kept_secret", "unsafe"]
