"""Constants: the text, number or list that an expression surely is, for the run it is asked in."""

from __future__ import annotations

import re
from typing import Any

from fastlint.facts import syntax as s
from fastlint.project.catalogue import statuses
from fastlint.project.language import values as v
from fastlint.project.language.displays import Displays
from fastlint.project.language.frames import NO_NAMES, Bound, Names
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Scope
from fastlint.project.language.written import DEEPEST, assigned_value, bounded

PLAIN_METHODS = frozenset(
    {
        *("lower", "upper", "title", "capitalize", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix"),
        *("replace", "format", "join"),
    }
)

LONGEST = 20_000
"""Characters of a text that is put together: widths and texts that double fill any memory."""
WIDE = re.compile(r"%[^a-zA-Z%]*(?:\d{5}|\*)|\{[^{}:]*:[^{}]*(?:\d{5}|\{)")
"""A format that pads to a great width, or to one that is given."""


class NotConstant(Exception):
    pass


def _not_constant() -> Any:
    raise NotConstant


class Constants(Displays):
    """Evaluates; one per project."""

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

    @bounded(_not_constant)
    def _value(self, expr: s.Expr, scope: Scope, names: Names, depth: int) -> Any:
        if depth > DEEPEST:
            raise NotConstant
        match expr:
            case s.Constant():
                return expr.value
            case s.Name():
                return self._named(expr, scope, names, depth)
            case s.FString():
                return _short("".join(self._part(part, scope, names, depth) for part in expr.parts))
            case s.Binary():
                return self._binary(expr, scope, names, depth)
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
            case s.Call():
                return self._call(expr, scope, names, depth)
            case s.Boolean(op="Or"):
                found = None
                for part in expr.values:
                    found = self._value(part, scope, names, depth + 1)
                    if found:
                        break
                return found
            case s.Subscript():
                return self._from_values(self.values(expr, scope, names), depth)
        raise NotConstant

    def _named(self, expr: s.Name, scope: Scope, names: Names, depth: int) -> Any:
        if (bound := self.stands_for(expr, scope, names)) is not None:
            if bound.value is not None:
                raise NotConstant
            return self._value(bound.expr, bound.scope, bound.names, depth + 1)
        found = self.inference.define(expr, scope)
        if len(found) == 1 and (binding := assigned_value(found[0])) is not None:
            item = found[0]
            assert isinstance(item, Definition) and binding is not None
            return self._value(binding, item.scope, names if item.scope is scope else NO_NAMES, depth + 1)
        return self._from_values(self.inference.infer(expr, scope), depth)

    def _binary(self, expr: s.Binary, scope: Scope, names: Names, depth: int) -> Any:
        left, right = (self._value(side, scope, names, depth + 1) for side in (expr.left, expr.right))
        if expr.op == "Add" and type(left) is type(right) and isinstance(left, str | list):
            return _short(left + right)
        if expr.op == "Mod" and isinstance(left, str):
            _refuse_wide(left, right)
            try:
                return _short(left % (tuple(right) if isinstance(right, list) else right))
            except (TypeError, ValueError):
                raise NotConstant from None
        raise NotConstant

    def _call(self, expr: s.Call, scope: Scope, names: Names, depth: int) -> Any:
        if isinstance(expr.func, s.Attribute) and expr.func.attr in PLAIN_METHODS and not expr.spread:
            owner = self._value(expr.func.value, scope, names, depth + 1)
            if isinstance(owner, str):
                given = [self._value(argument, scope, names, depth + 1) for argument in expr.args]
                named = {k.arg: self._value(k.value, scope, names, depth + 1) for k in expr.keywords if k.arg}
                _refuse_wide(owner, [*given, *named.values()])
                try:
                    return _short(getattr(owner, expr.func.attr)(*given, **named))
                except (TypeError, ValueError, LookupError, AttributeError):
                    raise NotConstant from None
            raise NotConstant
        for value in self.values(expr.func, scope, names):
            match value:
                case v.External("builtins.str" | "pathlib.PurePosixPath") if len(expr.args) == 1 and not expr.keywords:
                    found = self._value(expr.args[0], scope, names, depth + 1)
                    if isinstance(found, str):
                        return found
                case v.FunctionValue(function, receiver) if not function.is_async and not function.is_generator:
                    returns = function.body.all(s.Return)
                    if len(returns) == 1 and returns[0].value is not None:
                        frame = self.entered(function, expr, scope, names, receiver)
                        if frame.depth < DEEPEST:
                            return self._value(returns[0].value, function, frame, depth + 3)
        return self._from_values(self.values(expr, scope, names), depth)

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
            case v.External(name):
                return _status(name)
        raise NotConstant

    def _attribute(self, expr: s.Attribute, scope: Scope, names: Names, depth: int) -> Any:
        """A constant of a module or class, or a field's default: `settings.API_PREFIX`."""
        if expr.attr == "value" and isinstance(expr.value, s.Attribute):
            for value in self.values(expr.value.value, scope, names):
                if isinstance(value, v.ClassValue) and self.inference.classes.is_a(value.cls, *ENUMS):
                    return self._field(value.cls, expr.value.attr, depth)
        for value in self.values(expr.value, scope, names):
            cls = value.cls if isinstance(value, v.ClassValue) else value.of if isinstance(value, v.Instance) else None
            if isinstance(cls, Class):
                given = self._given(value, cls, expr.attr)
                if given is not None and isinstance(value, v.Instance) and value.site is not None:
                    return self._value(given, value.site.scope, NO_NAMES, depth + 1)
                if isinstance(value, v.Instance) and self.inference.set_fields.sets(cls, expr.attr):
                    raise NotConstant
                kept = self.kept(value, expr.attr) if isinstance(value, v.Instance) else None
                if kept is not None:
                    return self._value(kept.expr, kept.scope, kept.names, depth + 1)
                return self._field(cls, expr.attr, depth)
            if isinstance(value, v.Instance) and value.of == "fastapi.FastAPI" and expr.attr in ADDRESSES:
                return self._address(value, expr.attr, names)
            if isinstance(value, v.ModuleValue):
                found = self.inference.names.member(value.module, expr.attr)
                if len(found) == 1 and isinstance(found[0], Definition):
                    assigned = assigned_value(found[0])
                    if assigned is not None:
                        return self._value(assigned, found[0].scope, NO_NAMES, depth + 1)
        return self._from_values(self.values(expr, scope, names), depth)

    def _address(self, app: v.Instance, name: str, names: Names) -> Any:
        """Where an application serves its own pages."""
        if app.site is None:
            raise NotConstant
        arguments = self.arguments(app.site.call, app.site.scope, names if app.site.outer is not None else NO_NAMES)
        given = arguments.get(None, name)
        if given is None and arguments.more:
            raise NotConstant
        return ADDRESSES[name] if given is None else self._value(given.expr, given.scope, given.names, DEEPEST - 5)

    def _given(self, value: v.Value, cls: Class, name: str) -> s.Expr | None:
        """What the object was made with in place of the field's default; raises NotConstant where none can tell."""
        if not isinstance(value, v.Instance) or value.site is None or self.inference.classes.method(cls, "__init__"):
            return None
        call = value.site.call
        keyword = call.keyword(name)
        if keyword is None and (call.args or call.spread):
            raise NotConstant
        return keyword

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


ADDRESSES = {
    "docs_url": "/docs",
    "redoc_url": "/redoc",
    "openapi_url": "/openapi.json",
    "swagger_ui_oauth2_redirect_url": "/docs/oauth2-redirect",
}
ENUMS = ("enum.Enum", "enum.StrEnum", "enum.IntEnum")


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST:
        raise NotConstant
    return value


def _refuse_wide(text: str, given: object) -> None:
    """Raises NotConstant where formatting, joining or replacing could make something very large."""
    sizes = [len(item) for item in _flat(given) if isinstance(item, str)]
    places = max(text.count("%"), text.count("{"), len(sizes)) + 1
    if WIDE.search(text) or (len(text) + 1) * (max(sizes, default=0) + 1) > 100 * LONGEST:
        raise NotConstant
    if places * (max(sizes, default=0) + len(text)) > 100 * LONGEST:
        raise NotConstant


def _flat(given: object) -> list[object]:
    if isinstance(given, dict):
        given = list(given.values())
    return [part for item in given for part in _flat(item)] if isinstance(given, list | tuple) else [given]


def _default(value: s.Expr) -> s.Expr:
    """The default inside `Field(...)`."""
    if isinstance(value, s.Call) and isinstance(value.func, s.Name | s.Attribute):
        called = value.func.id if isinstance(value.func, s.Name) else value.func.attr
        inner = value.argument(0, "default")
        if called == "Field" and inner is not None:
            return inner
    return value


def _status(name: str) -> int:
    """The number of `status.HTTP_404_NOT_FOUND` or `HTTPStatus.NOT_FOUND`."""
    owner, _, last = name.rpartition(".")
    if owner in ("fastapi.status", "starlette.status") and last.startswith("HTTP_") and last[5:8].isdigit():
        return int(last[5:8])
    if owner == "http.HTTPStatus" and last in statuses.NAMES:
        return statuses.NAMES[last]
    raise NotConstant


__all__ = ["NO_NAMES", "Bound", "Constants", "Names"]
