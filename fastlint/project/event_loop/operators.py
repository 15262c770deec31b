"""Code that Python runs for an operator: `len(x)`, `x in y`, `x[k]`, `x[k] = v`, `del x[k]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fastlint.facts import syntax as s
from fastlint.project.language.bodies import Body

ITEMS = frozenset({"__getitem__", "__setitem__", "__delitem__"})
METHODS = ITEMS | {"__len__", "__contains__"}


class Operation(NamedTuple):
    """At `node`, Python calls `method` of what `operand` is."""

    node: s.Node
    operand: s.Expr
    method: str


def operations(body: Body, methods: frozenset[str]) -> Iterator[Operation]:
    """The operators of a body that run one of these methods."""
    if "__len__" in methods:
        for call in body.all(s.Call):
            if isinstance(call.func, s.Name) and call.func.id == "len" and len(call.args) == 1:
                yield Operation(call, call.args[0], "__len__")
    if "__contains__" in methods:
        for compare in body.all(s.Compare):
            for op, right in zip(compare.ops, compare.comparators, strict=True):
                if op in ("In", "NotIn"):
                    yield Operation(compare, right, "__contains__")
    if methods & ITEMS:
        for subscript in body.all(s.Subscript):
            method = _item_method(subscript, body)
            if method in methods:
                yield Operation(subscript, subscript.value, method)


def _item_method(subscript: s.Subscript, body: Body) -> str:
    """What a subscript does, by where it stands."""
    match body.parents.get(subscript):
        case s.Assign(targets=targets) if any(target is subscript for target in targets):
            return "__setitem__"
        case s.AugAssign(target=target) | s.AnnAssign(target=target) if target is subscript:
            return "__setitem__"
        case s.Delete():
            return "__delitem__"
    return "__getitem__"
