"""Whether a token comes from the client of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.auth import scheme_of
from fastlint.project.language import values as v
from fastlint.project.language.frames import NO_NAMES, call_names
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.security.tokens import handed_on, token_root

if TYPE_CHECKING:
    from fastlint.project.model import Call, Project

DEPTH = 4
REQUESTS = ("fastapi.Request", "fastapi.WebSocket", "fastapi.requests.HTTPConnection")
PARTS = frozenset({"headers", "cookies", "query_params"})
PASSING = frozenset({"credentials", "split", "removeprefix", "strip", "replace", "get"})


def sent_token(call: Call, project: Project) -> bool:
    """Whether the token that a call reads surely is the client's, and nothing else in the function looks at it."""
    root = token_root(call.node)
    return (
        root is not None
        and not handed_on(call.node, root, call.scope, project.inference)
        and _sent(root, call.scope, project, 0)
    )


def _sent(expr: s.Expr, scope: Scope, project: Project, depth: int) -> bool:
    while True:
        match expr:
            case s.Call(func=s.Attribute(value=value)) | s.Subscript(value=value) | s.Await(value=value):
                expr = value
            case s.Attribute(value=value, attr=name):
                if name in PARTS:
                    return _is_request(value, scope, project)
                if _is_form(value, scope, project):
                    return True
                if name not in PASSING:
                    return False
                expr = value
            case _:
                break
    if not isinstance(expr, s.Name) or not isinstance(scope, Function):
        return False
    for found in project.inference.define(expr, scope):
        if not isinstance(found, Definition) or not isinstance(found.scope, Function):
            continue
        if found.binding.kind == "parameter":
            return _parameter(expr, found, project, depth)
        if found.binding.value is not None and depth < DEPTH:
            if _sent(found.binding.value, found.scope, project, depth + 1):
                return True
    return False


def _parameter(expr: s.Name, found: Definition, project: Project, depth: int) -> bool:
    function = found.scope
    assert isinstance(function, Function)
    if scheme_of(expr, function, project.inference) is not None or project.handlers.client(found.binding.node):
        return True
    if depth >= DEPTH:
        return False
    for call, scope in project.calls_of(function):
        bound = call_names(function, call, scope, NO_NAMES).get(expr.id)
        if bound is not None and not scope.module.is_test and _sent(bound.expr, bound.scope, project, depth + 1):
            return True
    return False


def _is_request(expr: s.Expr, scope: Scope, project: Project) -> bool:
    return any(isinstance(value, v.Instance) and value.of in REQUESTS for value in project.infer(expr, scope))


def _is_form(expr: s.Expr, scope: Scope, project: Project) -> bool:
    """Whether an object is a body that a client sends, under the name of a parameter."""
    if not isinstance(expr, s.Name):
        return False
    for found in project.inference.define(expr, scope):
        if isinstance(found, Definition) and found.binding.kind == "parameter":
            cls = [value.of for value in project.infer(expr, scope) if isinstance(value, v.Instance)]
            return project.handlers.client(found.binding.node) and any(isinstance(item, Class) for item in cls)
    return False
