"""Middleware that can answer a request by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.application import Middleware
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function

if TYPE_CHECKING:
    from fastlint.project.application.returns import Returns
    from fastlint.project.language.inference import Inference

ANSWERING = frozenset(
    {
        *("TrustedHostMiddleware", "HTTPSRedirectMiddleware", "AuthenticationMiddleware", "SlowAPIMiddleware"),
        *("SlowAPIASGIMiddleware", "RateLimitMiddleware", "CSRFMiddleware"),
    }
)


def answers(middleware: Middleware, inference: Inference, returns: Returns) -> bool:
    """Whether it surely can answer without asking the application."""
    if middleware.handler is not None:
        return _gives_response(middleware.handler, returns)
    for value in inference.infer(middleware.cls, middleware.scope) if middleware.cls is not None else ():
        match value:
            case v.External(name) if name.endswith(".BaseHTTPMiddleware"):  # `dispatch=` is the function that runs
                dispatch = middleware.call.keyword("dispatch")
                given = inference.infer(dispatch, middleware.scope) if dispatch is not None else ()
                return any(isinstance(one, v.FunctionValue) and _gives_response(one.function, returns) for one in given)
            case v.External(name):
                return name.rpartition(".")[2] in ANSWERING and not _lets_all_hosts(middleware.call)
            case v.ClassValue(cls):
                if _sets_cors(cls):
                    continue
                if any(
                    isinstance(b, str) and b.rpartition(".")[2] in ANSWERING for b in inference.classes.ancestry(cls)
                ):
                    return True
                for name in ("dispatch", "__call__"):
                    method = inference.classes.method(cls, name)
                    if method is not None and _gives_response(method, returns):
                        return True
    return False


def _lets_all_hosts(call: s.Call) -> bool:
    """Whether it is `allowed_hosts=["*"]`: that refuses nobody."""
    hosts = call.keyword("allowed_hosts")
    elements = hosts.elements if isinstance(hosts, s.List | s.Tuple | s.Set) else ()
    return any(isinstance(element, s.Constant) and element.value == "*" for element in elements)


def _sets_cors(cls: Class) -> bool:
    """Whether it puts CORS headers on its own answers."""
    return any(
        isinstance(node.value, str | bytes) and _text(node.value).startswith("access-control-allow-origin")
        for method in cls.methods.values()
        for node in method.body.all(s.Constant)
    )


def _text(value: str | bytes) -> str:
    return (value if isinstance(value, str) else value.decode("latin-1")).lower()


def _gives_response(function: Function, returns: Returns) -> bool:
    """Whether it makes a response that it returns, or calls to send it."""
    for statement in function.body.all(s.Return):
        value = statement.value.value if isinstance(statement.value, s.Await) else statement.value
        if value is not None and _made(value, function, returns) and not _after_failure(statement, function):
            return True
    return any(
        _made(awaited.value.func, function, returns)
        for awaited in function.body.all(s.Await)
        if isinstance(awaited.value, s.Call) and len(awaited.value.args) == 3
    )


def _made(expr: s.Expr, function: Function, returns: Returns) -> bool:
    """Whether the expression is a response that was made here."""
    return any(
        isinstance(value, v.Instance) and value.site is not None and value.site.scope is function
        for value in returns.inference.infer(expr, function)
        if returns.responses.is_response_value(value)
    )


def _after_failure(statement: s.Return, function: Function) -> bool:
    """In an `except` block: what failed would have had no CORS headers either."""
    return function.body.enclosing(statement, s.Handler) is not None
