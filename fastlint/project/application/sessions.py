"""Database sessions: where one is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.externals import inherits
from fastlint.project.language.scopes import Function, Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

SESSIONS = ("sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession", "sqlmodel.Session")
FACTORIES = ("sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker")
CACHES = frozenset({"functools.lru_cache", "functools.cache", "async_lru.alru_cache", "functools.cached_property"})


def is_session(value: v.Value) -> bool:
    return isinstance(value, v.Instance) and isinstance(value.of, str) and inherits(value.of, *SESSIONS)


def opens_session(expr: s.Expr, scope: Scope, inference: Inference, depth: int = 3) -> bool:
    """Whether an expression surely opens a database session and leaves it to whoever gets it."""
    if isinstance(expr, s.Await):
        expr = expr.value
    if not isinstance(expr, s.Call):
        return False
    values = inference.infer(expr.func, scope)
    return bool(values) and all(_opens(value, inference, depth) for value in values)


def _opens(value: v.Value, inference: Inference, depth: int) -> bool:
    match value:
        case v.External(name):
            return inherits(name, *SESSIONS)
        case v.Instance(str() as name):
            return inherits(name, *FACTORIES)
        case v.FunctionValue(function) if depth and not function.is_generator and not function.node.decorators:
            returns = [item for item in function.body.all(s.Return) if item.value is not None]
            return bool(returns) and all(returned_session(item, function, inference, depth - 1) for item in returns)
    return False


def enters_session(expr: s.Expr, scope: Scope, inference: Inference) -> bool:
    """Whether an expression is a context manager around a session: `with session_scope()`, `with Factory.begin()`."""
    if not isinstance(expr, s.Call):
        return False
    names = inference.external_names(expr.func, scope)
    if names and all(name.rpartition(".")[2] == "begin" and name.rpartition(".")[0] in FACTORIES for name in names):
        return True
    values = inference.infer(expr, scope)
    return bool(values) and all(
        isinstance(value, v.Manager) and bool(value.entered) and all(is_session(item) for item in value.entered)
        for value in values
    )


def returned_session(node: s.Return, function: Function, inference: Inference, depth: int = 3) -> bool:
    """Whether a `return` gives a session that this call of the function opened and nothing else holds."""
    if node.value is None:
        return False
    if not isinstance(node.value, s.Name):
        return opens_session(node.value, function, inference, depth)
    name = node.value.id
    bindings = function.body.bindings.get(name, [])
    opened = bindings and all(
        binding.kind in ("assign", "annotated")
        and not binding.path
        and binding.value is not None
        and opens_session(binding.value, function, inference, depth)
        for binding in bindings
    )
    return bool(opened) and name not in function.body.elsewhere and not _held(name, function)


def _held(name: str, function: Function) -> bool:
    """Whether the function hands the name on or keeps it somewhere: something else may close it."""
    for node in function.body.all(s.Name):
        parent = function.body.parents.get(node)
        if node.id == name and isinstance(parent, s.Keyword | s.List | s.Tuple | s.Dict | s.Starred | s.Yield):
            return True
        if node.id == name and isinstance(parent, s.Call) and parent.func is not node:
            return True
        if node.id == name and isinstance(parent, s.Assign) and parent.value is node:
            return True
        if node.id == name and isinstance(parent, s.Attribute):
            taker = function.body.parents.get(parent)
            if isinstance(taker, s.Keyword) or (isinstance(taker, s.Call) and taker.func is not parent):
                return True  # `tasks.add_task(session.close)`
    return any(
        node.id == name
        for member in function.members.values()
        for node in s.walk(member.node)
        if isinstance(node, s.Name)
    )
