"""Functions whose result, as it is, becomes a route's answer or a part of it."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.application.handlers import Handlers
from fastlint.project.application.responses import is_response_name
from fastlint.project.language import values as v
from fastlint.project.language.control_flow import END, ways_out
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function, Scope

DEPTH = 4
"""Variables and displays within one another."""


def answered(handlers: Handlers, inference: Inference) -> frozenset[Function]:
    """What routes return whole, and what these functions return whole in their turn; no routes themselves."""
    waiting = list(handlers.routes_of)
    found: set[Function] = set()
    while waiting:
        function = waiting.pop()
        for statement in function.body.all(s.Return):
            for call in _calls(statement.value, function, inference, DEPTH):
                for value in inference.infer(call.func, function):
                    inner = value.function if isinstance(value, v.FunctionValue) else None
                    if inner is not None and inner not in found and inner not in handlers.routes_of:
                        found.add(inner)
                        waiting.append(inner)
    return frozenset(found)


def _calls(expr: s.Expr | None, scope: Scope, inference: Inference, depth: int) -> Iterator[s.Call]:
    """The calls whose results stand in an expression as they are."""
    inner: list[s.Expr | None] = []
    match expr:
        case s.Call():
            names = inference.external_names(expr.func, scope)
            if not any(is_response_name(name) for name in names):
                yield expr
                return
            inner = [*expr.args[:1], expr.keyword("content")]
        case s.Await(value=value):
            inner = [value]
        case s.Dict(values=values) | s.Boolean(values=values):
            inner = list(values)
        case s.List(elements=elements) | s.Tuple(elements=elements):
            inner = list(elements)
        case s.Conditional(body=body, orelse=orelse):
            inner = [body, orelse]
        case s.Name(id=name) if not _sorted_out(name, scope):
            bindings = scope.body.bindings.get(name, ())
            inner = [b.value for b in bindings if b.kind in ("assign", "annotated") and not b.path]
    if depth:
        for item in inner:
            yield from _calls(item, scope, inference, depth - 1)


def _sorted_out(name: str, scope: Scope) -> bool:
    """Whether what the variable holds is looked at, and may leave by another way: `if not result["ok"]: raise ...`."""
    return any(
        END not in ways_out(test.body) and any(isinstance(n, s.Name) and n.id == name for n in s.walk(test.test))
        for test in scope.body.all(s.If)
    )
