"""Whether what a call gives can be called in turn: `Depends(f())`, `add_task(f())`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.classes import is_abstract
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.wrappers import is_transparent

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

TRANSPARENT = frozenset(
    {
        *("builtins.staticmethod", "builtins.classmethod", "functools.lru_cache", "functools.cache"),
        *("typing.override", "typing_extensions.override", "typing.no_type_check"),
    }
)
"""Decorators under which a function gives what it says."""
PLAIN = frozenset(
    f"builtins.{name}"
    for name in ("str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple", "frozenset", "complex")
)


def gives_no_callable(call: s.Call, scope: Scope, inference: Inference) -> bool:
    """Whether a call surely gives something that cannot be called."""
    for value in inference.infer(call.func, scope):
        if isinstance(value, v.FunctionValue) and not _plain(value.function, inference):
            return False
        if isinstance(value, v.External) and value.name not in PLAIN:
            return False
    values = inference.infer(call, scope)
    return bool(values) and all(_not_callable(value, inference) for value in values)


def _plain(function: Function, inference: Inference) -> bool:
    """Whether nothing stands between a call and the function's own result."""
    promised = function.cls is not None and is_abstract(function)
    if promised and not function.is_generator and not function.is_async:
        return False  # a class derived from it may give something that can be called
    names = inference.results.decorators(function)
    others = [d for d in function.node.decorators if not is_transparent(d, function.parent, inference)]
    return names <= TRANSPARENT and len(names) == len(others)


def _not_callable(value: v.Value, inference: Inference) -> bool:
    match value:
        case v.Const() | v.Coroutine() | v.Elements() | v.Display():
            return True
        case v.Instance(Class() as cls):
            outside = [base for base in inference.classes.ancestry(cls) if isinstance(base, str)]
            return not outside and inference.classes.method(cls, "__call__") is None
        case v.Instance(str() as name):
            return name in PLAIN or name in ("sqlalchemy.orm.Session", "sqlmodel.Session")
    return False
