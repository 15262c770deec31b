"""Where a function raises an HTTPException that nothing in it catches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.control_flow import stops
from fastlint.project.language.scopes import Class, Function, Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

HTTP_EXCEPTIONS = ("fastapi.HTTPException", "starlette.exceptions.HTTPException")
DEEPEST = 3
"""Calls followed from one function to the next."""


@dataclass(frozen=True, slots=True)
class Raised:
    """`node` is the `raise`, or the call of a function that raises; `way` leads to the `raise`, in other functions."""

    node: s.Raise | s.Call
    way: tuple[tuple[Function, s.Raise | s.Call], ...] = ()


def http_exceptions(function: Function, inference: Inference, depth: int = DEEPEST) -> Iterator[Raised]:
    """The HTTPExceptions that leave the function, in the order of the source."""
    found = [Raised(node) for node in raised_here(function, inference)]
    if depth:
        for call in function.body.all(s.Call):
            if not function.body.in_lambda(call) and not stops(call, function, inference, *HTTP_EXCEPTIONS):
                found += _through(call, function, inference, depth)
    yield from sorted(found, key=lambda item: item.node.start)


def raised_here(function: Function, inference: Inference) -> Iterator[s.Raise]:
    """The `raise HTTPException(...)` of the function's own body that nothing in it catches."""
    for node in function.body.all(s.Raise):
        if node.exception is not None and is_http_exception(node.exception, function, inference):
            if not stops(node, function, inference, *_lineage(node.exception, function, inference)):
                yield node


def _through(call: s.Call, function: Function, inference: Inference, depth: int) -> Iterator[Raised]:
    values = inference.infer(call.func, function)
    if len(values) != 1 or not isinstance(values[0], v.FunctionValue):
        return
    target = values[0].function
    awaited = isinstance(function.body.parents.get(call), s.Await)
    if target is function or target.is_generator or target.is_async != awaited or target.node.decorators:
        return
    first = next(http_exceptions(target, inference, depth - 1), None)
    if first is not None:
        yield Raised(call, ((target, first.node), *first.way))


def is_http_exception(expr: s.Expr, scope: Scope, inference: Inference) -> bool:
    """Whether an expression surely is an HTTPException: the class, one derived from it, or an instance."""
    values = inference.infer(expr, scope)
    return bool(values) and all(_is_http(value, inference) for value in values)


def _is_http(value: v.Value, inference: Inference) -> bool:
    match value:
        case v.External(name) | v.Instance(str() as name):
            return name in HTTP_EXCEPTIONS
        case v.ClassValue(cls) | v.Instance(Class() as cls):
            return inference.classes.is_a(cls, *HTTP_EXCEPTIONS)
    return False


def _lineage(expr: s.Expr, scope: Scope, inference: Inference) -> set[str]:
    """The names under which a handler may catch it."""
    found: set[str] = set(HTTP_EXCEPTIONS)
    for value in inference.infer(expr, scope):
        cls = value.cls if isinstance(value, v.ClassValue) else getattr(value, "of", None)
        if isinstance(cls, Class):
            found |= {item if isinstance(item, str) else item.qualname for item in inference.classes.ancestry(cls)}
    return found
