"""Constants: the text, number or list that an expression surely is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastlint.facts import syntax as s
from fastlint.project import values as v
from fastlint.project.inference import Inference
from fastlint.project.scopes import Class, Scope


@dataclass(frozen=True, slots=True)
class Bound:
    """What a name stands for in one round of a loop or one call of a function."""

    expr: s.Expr
    scope: Scope
    names: Mapping[str, Bound]


Names = Mapping[str, Bound]
NO_NAMES: Names = {}


class NotConstant(Exception):
    pass


class Constants:
    """Evaluates; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def value(self, expr: s.Expr | None, scope: Scope, names: Names = NO_NAMES, default: Any = None) -> Any:
        """The constant an expression surely is: text, number, bool, None, or list and dict of those; else `default`."""
        if expr is None:
            return default
        try:
            return self._value(expr, scope, names, 0)
        except NotConstant:
            return default

    def text(self, expr: s.Expr | None, scope: Scope, names: Names = NO_NAMES) -> str | None:
        found = self.value(expr, scope, names)
        return found if isinstance(found, str) else None

    def known(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES) -> bool:
        """Whether it is constant at all (None is a constant too)."""
        marker = object()
        return self.value(expr, scope, names, marker) is not marker

    def values(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES) -> v.Values:
        """What the expression can be, with names standing for what they are bound to."""
        if isinstance(expr, s.Name) and (bound := names.get(expr.id)) is not None:
            return self.values(bound.expr, bound.scope, bound.names)
        if isinstance(expr, s.Attribute) and names and _root(expr) in names:
            base = self.values(expr.value, scope, names)
            return self.inference.each(base, lambda value: self.inference.attribute(value, expr.attr))
        return self.inference.infer(expr, scope)

    def _value(self, expr: s.Expr, scope: Scope, names: Names, depth: int) -> Any:
        if depth > 20:
            raise NotConstant
        match expr:
            case s.Constant():
                return expr.value
            case s.Name() if expr.id in names:
                bound = names[expr.id]
                return self._value(bound.expr, bound.scope, bound.names, depth + 1)
            case s.FString():
                return "".join(self._part(part, scope, names, depth) for part in expr.parts)
            case s.Binary(op="Add"):
                left, right = (self._value(side, scope, names, depth + 1) for side in (expr.left, expr.right))
                if type(left) is not type(right) or not isinstance(left, str | list):
                    raise NotConstant
                return left + right
            case s.List() | s.Tuple() | s.Set():
                return self._elements(expr.elements, scope, names, depth)
            case s.Dict():
                pairs = [(k, x) for k, x in zip(expr.keys, expr.values, strict=True) if k is not None]
                if len(pairs) < len(expr.values):
                    raise NotConstant
                return {
                    self._value(k, scope, names, depth + 1): self._value(x, scope, names, depth + 1) for k, x in pairs
                }
            case s.Unary(op="USub"):
                number = self._value(expr.operand, scope, names, depth + 1)
                if isinstance(number, int | float):
                    return -number
                raise NotConstant
            case s.Attribute():
                return self._attribute(expr, scope, names, depth)
            case s.Name():
                return self._from_values(self.inference.infer(expr, scope), depth)
            case s.Subscript() | s.Call():
                return self._from_values(self.values(expr, scope, names), depth)
        raise NotConstant

    def _elements(self, elements: tuple[s.Expr, ...], scope: Scope, names: Names, depth: int) -> list[Any]:
        found: list[Any] = []
        for element in elements:
            if isinstance(element, s.Starred):
                inner = self._value(element.value, scope, names, depth + 1)
                if not isinstance(inner, list):
                    raise NotConstant
                found += inner
            else:
                found.append(self._value(element, scope, names, depth + 1))
        return found

    def _part(self, part: s.Expr, scope: Scope, names: Names, depth: int) -> str:
        if isinstance(part, s.Formatted):
            if part.spec is not None or part.conversion != -1:
                raise NotConstant
            value = self._value(part.value, scope, names, depth + 1)
            if not isinstance(value, str | int) or isinstance(value, bool):
                raise NotConstant
            return str(value)
        return str(self._value(part, scope, names, depth + 1))

    def _from_values(self, values: v.Values, depth: int) -> Any:
        if len(values) != 1:
            raise NotConstant
        match values[0]:
            case v.Const(value):
                return value
            case v.Display(node, scope):
                return self._value(node, scope, NO_NAMES, depth + 1)
            case v.External(name) if name.startswith(("fastapi.status.", "http.HTTPStatus.")):
                return _status(name)
        raise NotConstant

    def _attribute(self, expr: s.Attribute, scope: Scope, names: Names, depth: int) -> Any:
        """A constant of a module or class, or a field's default: `settings.API_PREFIX`."""
        for value in self.values(expr.value, scope, names):
            cls = value.cls if isinstance(value, v.ClassValue) else value.of if isinstance(value, v.Instance) else None
            if isinstance(cls, Class):
                return self._field(cls, expr.attr, depth)
        return self._from_values(self.values(expr, scope, names), depth)

    def _field(self, cls: Class, name: str, depth: int) -> Any:
        for item in self.inference.classes.ancestry(cls):
            if not isinstance(item, Class):
                continue
            bindings = item.body.bindings.get(name, [])
            if len(bindings) == 1 and bindings[0].value is not None and not self._reassigned(item, name):
                return self._value(_default(bindings[0].value), item, NO_NAMES, depth + 1)
            if bindings:
                break
        raise NotConstant

    def _reassigned(self, cls: Class, name: str) -> bool:
        return name in self.inference.classes.assigned(cls)


def _default(value: s.Expr) -> s.Expr:
    """The default inside `Field(...)`."""
    if isinstance(value, s.Call) and isinstance(value.func, s.Name | s.Attribute):
        called = value.func.id if isinstance(value.func, s.Name) else value.func.attr
        inner = value.argument(0, "default")
        if called == "Field" and inner is not None:
            return inner
    return value


def _root(expr: s.Expr) -> str:
    while isinstance(expr, s.Attribute):
        expr = expr.value
    return expr.id if isinstance(expr, s.Name) else ""


def _status(name: str) -> int:
    """The number of `status.HTTP_404_NOT_FOUND` or `HTTPStatus.NOT_FOUND`."""
    last = name.rpartition(".")[2]
    if last.startswith("HTTP_") and last[5:8].isdigit():
        return int(last[5:8])
    import http

    if last in http.HTTPStatus.__members__:
        return int(http.HTTPStatus[last])
    raise NotConstant
