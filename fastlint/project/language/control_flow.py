"""How the statements of a body can end, and which exceptions a handler stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Body
from fastlint.project.language.scopes import Class, Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

END, RAISE, RETURN = "end", "raise", "return"
EVERYTHING = frozenset({"builtins.Exception", "builtins.BaseException"})
UNKNOWN = "?"
NeverReturns = Callable[[s.Call], bool]


def _returns(call: s.Call) -> bool:
    return False


def ways_out(statements: tuple[s.Stmt, ...], never_returns: NeverReturns = _returns) -> set[str]:
    """How a suite can end: `end` (at its last statement), `raise`, `return`, `break`, `continue`."""
    ways: set[str] = set()
    for statement in statements:
        found = _ways(statement, never_returns)
        ways |= found - {END}
        if END not in found:
            return ways
    return ways | {END}


def _ways(node: s.Stmt, never: NeverReturns) -> set[str]:
    match node:
        case s.Raise():
            return {RAISE}
        case s.Return():
            return {RETURN}
        case s.Jump(kind=kind):
            return {kind} if kind != "pass" else {END}
        case s.ExprStmt(value=value):
            call = value.value if isinstance(value, s.Await) else value
            return {RAISE} if isinstance(call, s.Call) and never(call) else {END}
        case s.If():
            return ways_out(node.body, never) | ways_out(node.orelse, never)
        case s.With():
            return ways_out(node.body, never)
        case s.For() | s.While():
            inside = ways_out(node.body, never)
            after = ways_out(node.orelse, never)
            endless = isinstance(node, s.While) and is_endless(node)
            ways = (inside - {"break", "continue", END}) | (after if not endless else set())
            return ways | {END} if "break" in inside else ways  # `break` passes `else` by
        case s.Match():
            return set().union({END}, *(ways_out(case.body, never) for case in node.cases))
        case s.Try():
            return _ways_of_try(node, never)
    return {END}


def _ways_of_try(node: s.Try, never: NeverReturns) -> set[str]:
    ways = ways_out(node.body, never)
    if END in ways:
        ways = (ways - {END}) | ways_out(node.orelse, never)
    for handler in node.handlers:
        ways |= ways_out(handler.body, never)
    final = ways_out(node.finalbody, never)
    return ways | (final - {END}) if END in final else final


def is_endless(loop: s.While) -> bool:
    """`while True`, which only `break`, `return` or an exception leaves."""
    return isinstance(loop.test, s.Constant) and bool(loop.test.value)


def suite_of(statement: s.Node, body: Body) -> tuple[s.Stmt, ...]:
    """The statements among which a statement stands."""
    parent = body.parents.get(statement)
    candidates: tuple[tuple[s.Stmt, ...], ...] = (body.statements,)
    match parent:
        case s.If() | s.For() | s.While():
            candidates = (parent.body, parent.orelse)
        case s.With() | s.Handler() | s.Case():
            candidates = (parent.body,)
        case s.Try():
            candidates = (parent.body, parent.orelse, parent.finalbody)
    return next((suite for suite in candidates if any(item is statement for item in suite)), ())


def following(statement: s.Stmt, body: Body) -> tuple[s.Stmt, ...]:
    """What follows a statement in its suite."""
    suite = suite_of(statement, body)
    return suite[next((index for index, item in enumerate(suite, 1) if item is statement), 0) :]


def guards(node: s.Node, body: Body) -> Iterator[s.Try]:
    """The `try` statements whose handlers see what `node` raises, innermost first."""
    inner = node
    for ancestor in body.ancestors(node):
        if isinstance(ancestor, s.Try) and any(item is inner for item in ancestor.body):
            yield ancestor
        inner = ancestor


def caught(handler: s.Handler, scope: Scope, inference: Inference) -> set[str]:
    """The names of the exception classes a handler catches; `?` for what is not known."""
    if handler.type is None:
        return {"builtins.BaseException"}
    types = handler.type.elements if isinstance(handler.type, s.Tuple) else (handler.type,)
    return set().union(*(exceptions(item, scope, inference) for item in types))


def exceptions(expr: s.Expr, scope: Scope, inference: Inference) -> set[str]:
    """The names of the exception classes that an expression is, a tuple of them too; `?` for what is not known."""
    found: set[str] = set()
    for value in inference.infer(expr, scope):
        match value:
            case v.External(name):
                found.add(name)
            case v.ClassValue(cls):
                found.add(cls.qualname)
            case v.Display(s.Tuple() as node, inside):
                found |= set().union(*(exceptions(item, inside, inference) for item in node.elements))
            case _:
                found.add(UNKNOWN)
    return found


def stops(node: s.Node, scope: Scope, inference: Inference, *exceptions: str) -> bool:
    """Whether a handler or `suppress` around a node may catch one of these exceptions."""
    wanted = EVERYTHING | {UNKNOWN, *exceptions}
    for guard in guards(node, scope.body):
        if any(caught(handler, scope, inference) & wanted for handler in guard.handlers):
            return True
    return any(
        _swallows(item, scope, inference, wanted)
        for ancestor in scope.body.ancestors(node)
        if isinstance(ancestor, s.With)
        for item in ancestor.items
    )


def _swallows(item: s.WithItem, scope: Scope, inference: Inference, wanted: frozenset[str] | set[str]) -> bool:
    """Whether a context manager may keep an exception to itself."""
    for value in inference.infer(item.context, scope):
        match value:
            case v.Instance("contextlib.suppress" | "contextlib.suppress()"):
                assert isinstance(item.context, s.Call)
                return bool(set().union(*(exceptions(item, scope, inference) for item in item.context.args)) & wanted)
            case v.Manager(function=function) if function.body.all(s.Handler):
                return True
            case v.Instance(Class() as cls):
                methods = (inference.classes.method(cls, name) for name in ("__exit__", "__aexit__"))
                return any(method is not None and method.node.has_return_value for method in methods)
    return False
