"""Constants: the text, number or list that an expression surely is, for the run it is asked in."""

from __future__ import annotations

from typing import Any

from fastlint.facts import syntax as s
from fastlint.project import values as v
from fastlint.project.frames import NO_NAMES, Arguments, Bound, Frame, Names, bound_parameters, placed
from fastlint.project.inference import Inference
from fastlint.project.names import Definition
from fastlint.project.scopes import Class, Function, Scope

DEEPEST = 20
WIDEST = 5000
"""Elements that a written list may have to be gone through one by one."""
PLAIN_METHODS = frozenset(
    {
        *("lower", "upper", "title", "capitalize", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix"),
        *("replace", "format", "join"),
    }
)


class NotConstant(Exception):
    pass


class Constants:
    """Evaluates; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.appended: dict[s.Node, list[Bound]] = {}
        """What files append to the lists that they write out."""

    # constants

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

    def of(self, bound: Bound | None, default: Any = None) -> Any:
        """The constant that a bound name or argument surely is."""
        return default if bound is None else self.value(bound.expr, bound.scope, bound.names, default)

    def known(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES) -> bool:
        """Whether it is constant at all (None is a constant too)."""
        marker = object()
        return self.value(expr, scope, names, marker) is not marker

    def _value(self, expr: s.Expr, scope: Scope, names: Names, depth: int) -> Any:
        if depth > DEEPEST:
            raise NotConstant
        match expr:
            case s.Constant():
                return expr.value
            case s.Name():
                return self._named(expr, scope, names, depth)
            case s.FString():
                return "".join(self._part(part, scope, names, depth) for part in expr.parts)
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
                for part in expr.values:
                    found = self._value(part, scope, names, depth + 1)
                    if found:
                        break
                return found
            case s.Subscript():
                return self._from_values(self.values(expr, scope, names), depth)
        raise NotConstant

    def _named(self, expr: s.Name, scope: Scope, names: Names, depth: int) -> Any:
        if (bound := names.get(expr.id)) is not None:
            if bound.value is not None:
                raise NotConstant
            return self._value(bound.expr, bound.scope, bound.names, depth + 1)
        found = self.inference.define(expr, scope)
        if len(found) == 1 and (binding := _assigned(found[0])) is not None:
            item = found[0]
            assert isinstance(item, Definition) and binding is not None
            return self._value(binding, item.scope, names if item.scope is scope else NO_NAMES, depth + 1)
        return self._from_values(self.inference.infer(expr, scope), depth)

    def _binary(self, expr: s.Binary, scope: Scope, names: Names, depth: int) -> Any:
        left, right = (self._value(side, scope, names, depth + 1) for side in (expr.left, expr.right))
        if expr.op == "Add" and type(left) is type(right) and isinstance(left, str | list):
            return left + right
        if expr.op == "Mod" and isinstance(left, str):
            try:
                return left % (tuple(right) if isinstance(right, list) else right)
            except (TypeError, ValueError):
                raise NotConstant from None
        raise NotConstant

    def _call(self, expr: s.Call, scope: Scope, names: Names, depth: int) -> Any:
        if isinstance(expr.func, s.Attribute) and expr.func.attr in PLAIN_METHODS and not expr.spread:
            owner = self._value(expr.func.value, scope, names, depth + 1)
            if isinstance(owner, str):
                given = [self._value(argument, scope, names, depth + 1) for argument in expr.args]
                named = {k.arg: self._value(k.value, scope, names, depth + 1) for k in expr.keywords if k.arg}
                try:
                    return getattr(owner, expr.func.attr)(*given, **named)
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
                return self._field(cls, expr.attr, depth)
            if isinstance(value, v.Instance) and value.of == "fastapi.FastAPI" and expr.attr in ADDRESSES:
                return self._address(value, expr.attr, names)
            if isinstance(value, v.ModuleValue):
                found = self.inference.names.member(value.module, expr.attr)
                if len(found) == 1 and isinstance(found[0], Definition):
                    assigned = _assigned(found[0])
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

    # values

    def values(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES, depth: int = 0) -> v.Values:
        """What the expression can be in this run, with names standing for what they are bound to."""
        if not names and not isinstance(names, Frame):
            return self.inference.infer(expr, scope)
        if depth > DEEPEST:
            return v.NOTHING_KNOWN
        return tuple(dict.fromkeys(placed(value, names) for value in self._values(expr, scope, names, depth)))

    def _values(self, expr: s.Expr, scope: Scope, names: Names, depth: int) -> v.Values:
        match expr:
            case s.Name() if (bound := names.get(expr.id)) is not None:
                return (bound.value,) if bound.value is not None else self._bound(bound, depth)
            case s.Name() if names and isinstance(scope, Function):
                return self._local(expr, scope, names, depth)
            case s.Attribute():
                base = v.without_none(self.values(expr.value, scope, names, depth + 1))
                return self.inference.each(base, lambda value: self.inference.attribute(value, expr.attr))
            case s.Subscript():
                found = self.item(expr, scope, names)
                if found is not None:
                    return self._bound(found, depth)
                base = self.values(expr.value, scope, names, depth + 1)
                return self.inference.each(base, lambda value: self.inference.item(value, expr.index, scope))
            case s.Call():
                callees = self.values(expr.func, scope, names, depth + 1)
                return self.inference.each(callees, lambda value: self._made(value, expr, scope, names, depth))
            case s.Boolean(op="Or"):
                parts = [self.values(part, scope, names, depth + 1) for part in expr.values]
                return v.union(*[v.without_none(part) for part in parts[:-1]], parts[-1])
            case s.Conditional():
                return v.union(*[self.values(part, scope, names, depth + 1) for part in (expr.body, expr.orelse)])
        return self.inference.infer(expr, scope)

    def _bound(self, bound: Bound, depth: int) -> v.Values:
        return self.values(bound.expr, bound.scope, bound.names, depth + 1)

    def _local(self, expr: s.Name, scope: Scope, names: Names, depth: int) -> v.Values:
        """A variable of the function that runs: what was assigned to it in this run."""
        found = self.inference.define(expr, scope)
        groups: list[v.Values] = []
        for item in found:
            value = _assigned(item)
            if value is None or not isinstance(item, Definition) or item.scope is not scope:
                return self.inference.infer(expr, scope)
            groups.append(self.values(value, scope, names, depth + 3))
        return v.union(*groups) if groups else self.inference.infer(expr, scope)

    def _made(self, callee: v.Value, call: s.Call, scope: Scope, names: Names, depth: int) -> v.Values:
        found = self.inference.results.gives(callee, call, scope)
        if not isinstance(callee, v.FunctionValue) or callee.function.is_async or callee.function.is_generator:
            return found
        if not any(value == v.UNKNOWN or (isinstance(value, v.Instance) and value.site is None) for value in found):
            return found
        function = callee.function
        if isinstance(names, Frame) and (names.runs(function) or names.depth > 6):
            return found
        frame = self.entered(function, call, scope, names, callee.receiver)
        returned = [
            self.values(item.value, function, frame, depth + 4)
            for item in function.body.all(s.Return)
            if item.value is not None
        ]
        better = v.union(*returned)
        return better if better and v.UNKNOWN not in better else found

    # calls, lists and dictionaries

    def entered(
        self, function: Function, call: s.Call, scope: Scope, names: Names, receiver: v.Value | None = None
    ) -> Frame:
        """The frame in which a call runs a function."""
        caller = names if isinstance(names, Frame) else None
        site = v.Site(call, scope)
        if caller is not None and caller.site is not None and isinstance(scope, Function):
            site = site.within(caller.site)
        frame = Frame(function, site, caller)
        enclosing: Names = NO_NAMES
        for outer in caller.chain() if caller is not None else ():
            if outer.scope is function.parent:
                enclosing = outer
                frame.update(outer)
                frame.rest, frame.options = dict(outer.rest), dict(outer.options)
                break
        me = receiver if isinstance(receiver, v.Instance | v.ClassValue) else None
        bound_parameters(function, self.arguments(call, scope, names), frame, me, enclosing)
        return frame

    def arguments(self, call: s.Call, scope: Scope, names: Names = NO_NAMES) -> Arguments:
        """The arguments of a call, with what `*` and `**` bring."""
        found = Arguments()
        for argument in call.args:
            if isinstance(argument, s.Starred):
                spread = self.elements(argument.value, scope, names)
                if spread is None:
                    found.more = True
                    break
                found.positional += spread
            else:
                found.positional.append(Bound(argument, scope, names))
        for keyword in call.keywords:
            if keyword.arg is not None:
                found.keywords[keyword.arg] = Bound(keyword.value, scope, names)
                continue
            if isinstance(keyword.value, s.Name) and isinstance(names, Frame) and keyword.value.id in names.open:
                found.more = True
            pairs = self.pairs(keyword.value, scope, names)
            if pairs is None:
                found.more = True
                continue
            for key, bound in pairs:
                name = self.of(key) if key is not None else None
                if isinstance(name, str):
                    found.keywords[name] = bound
                else:
                    found.more = True
        return found

    def elements(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES, depth: int = 0) -> list[Bound] | None:
        """The elements of a list, tuple or set that is written out somewhere; None when it is not."""
        if depth > 8:
            return None
        match expr:
            case s.List() | s.Tuple() | s.Set():
                found: list[Bound] = []
                for element in expr.elements[:WIDEST]:
                    if isinstance(element, s.Starred):
                        inner = self.elements(element.value, scope, names, depth + 1)
                        if inner is None:
                            return None
                        found += inner
                    else:
                        found.append(Bound(element, scope, names))
                return found + self.appended.get(expr, [])
            case s.Dict():
                return [Bound(key, scope, names) for key in expr.keys if key is not None]
            case s.Name() if isinstance(names, Frame) and expr.id in names.rest:
                return names.rest[expr.id]
            case s.Name() if (bound := names.get(expr.id)) is not None:
                return None if bound.value is not None else self._elements_of(bound, depth)
            case s.Binary(op="Add"):
                left = self.elements(expr.left, scope, names, depth + 1)
                right = self.elements(expr.right, scope, names, depth + 1)
                return None if left is None or right is None else left + right
            case s.Boolean(op="Or"):
                return self.elements(expr.values[0], scope, names, depth + 1) or self.elements(
                    expr.values[-1], scope, names, depth + 1
                )
            case s.Call():
                return self._elements_of_call(expr, scope, names, depth)
            case s.Name() | s.Attribute():
                found_at = self.inference.define(expr, scope)
                if len(found_at) == 1 and isinstance(found_at[0], Definition):
                    value = _assigned(found_at[0])
                    if value is not None:
                        inside = names if found_at[0].scope is scope else NO_NAMES
                        return self.elements(value, found_at[0].scope, inside, depth + 1)
        for value in self.values(expr, scope, names):
            if isinstance(value, v.Display):
                return self.elements(value.node, value.scope, NO_NAMES, depth + 1)
            if isinstance(value, v.ClassValue) and self.inference.classes.is_a(value.cls, *ENUMS):
                return None
        return None

    def _elements_of(self, bound: Bound, depth: int) -> list[Bound] | None:
        return self.elements(bound.expr, bound.scope, bound.names, depth + 1)

    def _elements_of_call(self, expr: s.Call, scope: Scope, names: Names, depth: int) -> list[Bound] | None:
        func = expr.func
        if isinstance(func, s.Attribute) and func.attr in ("values", "keys") and not expr.args:
            pairs = self.pairs(func.value, scope, names, depth + 1)
            if pairs is not None:
                return [x if func.attr == "values" else k for k, x in pairs if k is not None]
        for value in self.values(func, scope, names):
            match value:
                case v.External("builtins.list" | "builtins.tuple" | "builtins.sorted" | "builtins.reversed"):
                    return self.elements(expr.args[0], scope, names, depth + 1) if expr.args else []
                case v.FunctionValue(function, receiver) if not function.is_async and not function.is_generator:
                    returns = function.body.all(s.Return)
                    if len(returns) == 1 and returns[0].value is not None:
                        frame = self.entered(function, expr, scope, names, receiver)
                        if frame.depth < DEEPEST:
                            return self.elements(returns[0].value, function, frame, depth + 1)
        return None

    def pairs(
        self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES, depth: int = 0
    ) -> list[tuple[Bound | None, Bound]] | None:
        """The keys and values of a dictionary that is written out somewhere; None when it is not."""
        if depth > 8:
            return None
        match expr:
            case s.Dict():
                found: list[tuple[Bound | None, Bound]] = []
                for key, value in zip(expr.keys, expr.values, strict=True):
                    if key is not None:
                        found.append((Bound(key, scope, names), Bound(value, scope, names)))
                        continue
                    inner = self.pairs(value, scope, names, depth + 1)
                    if inner is None:
                        return None
                    found += inner
                return found
            case s.Name() if isinstance(names, Frame) and expr.id in names.options:
                return [
                    (Bound(s.Constant(expr.line, 0, expr.line, 0, key), scope, NO_NAMES), bound)
                    for key, bound in names.options[expr.id].items()
                ]
            case s.Name() if (bound := names.get(expr.id)) is not None:
                inside = bound.expr, bound.scope, bound.names
                return None if bound.value is not None else self.pairs(*inside, depth + 1)
            case s.Call(func=s.Name(id="dict")) if not expr.args:
                return [
                    (Bound(s.Constant(k.line, 0, k.line, 0, k.arg), scope, NO_NAMES), Bound(k.value, scope, names))
                    for k in expr.keywords
                    if k.arg is not None
                ]
            case s.Binary(op="BitOr"):
                left = self.pairs(expr.left, scope, names, depth + 1)
                right = self.pairs(expr.right, scope, names, depth + 1)
                return None if left is None or right is None else left + right
            case s.Name() | s.Attribute():
                found_at = self.inference.define(expr, scope)
                if len(found_at) == 1 and isinstance(found_at[0], Definition):
                    assigned = _assigned(found_at[0])
                    if assigned is not None:
                        inside_names = names if found_at[0].scope is scope else NO_NAMES
                        return self.pairs(assigned, found_at[0].scope, inside_names, depth + 1)
        for value in self.values(expr, scope, names):
            if isinstance(value, v.Display) and isinstance(value.node, s.Dict):
                return self.pairs(value.node, value.scope, NO_NAMES, depth + 1)
        return None

    def item(self, expr: s.Subscript, scope: Scope, names: Names) -> Bound | None:
        """What a written-out list or dictionary holds at a constant index."""
        index = self.value(expr.index, scope, names)
        if isinstance(index, int) and not isinstance(index, bool):
            found = self.elements(expr.value, scope, names)
            if found is not None and -len(found) <= index < len(found):
                return found[index]
        if isinstance(index, str | int):
            for key, bound in self.pairs(expr.value, scope, names) or ():
                if key is not None and self.of(key) == index:
                    return bound
        return None


ADDRESSES = {
    "docs_url": "/docs",
    "redoc_url": "/redoc",
    "openapi_url": "/openapi.json",
    "swagger_ui_oauth2_redirect_url": "/docs/oauth2-redirect",
}
ENUMS = ("enum.Enum", "enum.StrEnum", "enum.IntEnum")


def _assigned(found: object) -> s.Expr | None:
    """The value of a plain assignment."""
    if isinstance(found, Definition) and found.binding.kind in ("assign", "annotated") and not found.binding.path:
        return found.binding.value
    return None


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
    import http

    if owner == "http.HTTPStatus" and last in http.HTTPStatus.__members__:
        return int(http.HTTPStatus[last])
    raise NotConstant


__all__ = ["NO_NAMES", "Bound", "Constants", "Names"]
