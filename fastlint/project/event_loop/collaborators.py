"""What objects really are that annotations only promise: by what the project gives to constructors and dependencies.

`def __init__(self, orders: Orders)` says that some implementation of a protocol or abstract class will come, or nothing
where the parameter has no annotation. Where each `Service(...)` outside tests is given something known, that is what it
is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.arguments import arguments_of
from fastlint.project.language.callers import Callers
from fastlint.project.language.classes import is_abstract, is_static
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.values import UNKNOWN, Value, Values, union, without_none

FARTHEST = 8
"""Names, calls and constructors that are followed to what is given."""
NOTHING: Values = ()
WITH_FIELDS = frozenset({"dataclasses.dataclass", "attrs.define", "attrs.frozen", "attr.s", "attr.dataclass"})


class Collaborators:
    """Asked through Runs; one per project."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.inference = callers.inference
        self.classes = callers.inference.classes
        self._attributes: dict[tuple[Class, str], Values] = {}
        self._active: set[object] = set()
        self._cuts = 0

    def callee(self, call: s.Call, values: Values, scope: Scope) -> Values:
        """What a call may run whose callee is only promised, or an attribute of `self` that says nothing.

        Nothing where the callee is known well enough, or not all that may be given is known.
        """
        if not isinstance(scope, Function) or not isinstance(call.func, s.Name | s.Attribute):
            return NOTHING
        if any(_promised(value) for value in values) or (UNKNOWN in values and _of_self(call.func, scope)):
            return without_none(self._known(call.func, scope, 0))
        return NOTHING

    def _known(self, expr: s.Expr, scope: Scope, depth: int) -> Values:
        """What an expression is, implementations in the place of promises; nothing where not all of it is known."""
        values = self.inference.infer(expr, scope)
        if self._says_enough(values):
            return values
        if depth > FARTHEST:
            self._cuts += 1
            return NOTHING
        match expr:
            case s.Attribute(value=owner, attr=attr):
                me = _own_class(owner, scope)
                if me is not None:
                    return self._attribute(me, attr, depth + 1)
                owners = without_none(self._known(owner, scope, depth + 1))
                return _all(self._member(value, attr, depth + 1) for value in owners)
            case s.Name(id=name):
                return self._name(name, scope, depth + 1)
            case s.Call(func=func):
                return _all(self._made(value, depth + 1) for value in without_none(self.inference.infer(func, scope)))
            case s.Await(value=value):
                return self._known(value, scope, depth + 1)
            case s.Boolean(op="Or", values=parts):
                return _all(self._known(part, scope, depth + 1) for part in parts)
            case s.Conditional(body=body, orelse=orelse):
                return _all(self._known(part, scope, depth + 1) for part in (body, orelse))
        return NOTHING

    def _says_enough(self, values: Values) -> bool:
        return bool(values) and not any(value is UNKNOWN or self._promises(value) for value in values)

    def _promises(self, value: Value) -> bool:
        """Whether a value is an object of some class that implements another one, or a method of it."""
        match value:
            case v.Instance(Class() as cls, None):
                methods = (m for item in self.classes.ancestry(cls) if isinstance(item, Class) for m in item.methods)
                return any((found := self.classes.method(cls, name)) and is_abstract(found) for name in methods)
        return _promised(value)

    def _name(self, name: str, scope: Scope, depth: int) -> Values:
        bindings = scope.body.bindings.get(name, ())
        if len(bindings) != 1 or bindings[0].path:
            return NOTHING
        binding = bindings[0]
        if binding.kind == "parameter" and isinstance(scope, Function) and isinstance(binding.node, s.Parameter):
            return self._parameter(scope, binding.node, depth)
        if binding.kind in ("assign", "annotated") and binding.value is not None:
            return self._known(binding.value, scope, depth)
        return NOTHING

    def _member(self, owner: Value, name: str, depth: int) -> Values:
        values = without_none(self.inference.steps.attribute(owner, name))
        if self._says_enough(values):
            return values
        return (
            self._attribute(owner.of, name, depth)
            if isinstance(owner, v.Instance) and isinstance(owner.of, Class)
            else ()
        )

    def _made(self, callee: Value, depth: int) -> Values:
        """What calling something gives, by what it returns or yields."""
        match callee:
            case v.ClassValue(cls):
                return (v.Instance(cls),)
            case v.FunctionValue(function) if function not in self._active:
                returned = function.body.all(s.Yield) if function.is_generator else function.body.all(s.Return)
                self._active.add(function)
                try:
                    return _all(self._known(item.value, function, depth) for item in returned if item.value is not None)
                finally:
                    self._active.discard(function)
            case v.Instance(Class() as cls) if (method := self.classes.method(cls, "__call__")) is not None:
                return self._made(v.FunctionValue(method, callee), depth)
        self._cuts += isinstance(callee, v.FunctionValue)
        return NOTHING

    def _attribute(self, cls: Class, name: str, depth: int) -> Values:
        """What an attribute of the objects of a class is that one assignment or field of it is given."""
        key = cls, name
        if key in self._attributes:
            return self._attributes[key]
        if key in self._active:
            self._cuts += 1
            return NOTHING
        before = self._cuts
        self._active.add(key)
        try:
            found = self._attribute_of(cls, name, depth)
        finally:
            self._active.discard(key)
        if self._cuts == before:
            self._attributes[key] = found
        return found

    def _attribute_of(self, cls: Class, name: str, depth: int) -> Values:
        for item in self.classes.ancestry(cls):
            if not isinstance(item, Class):
                break
            assigned = self.classes.assigned(item).get(name, [])
            if len(assigned) > 1:
                return NOTHING
            for value, _, function in assigned:
                return NOTHING if value is None else self._known(value, function, depth)
            if name in item.body.bindings:
                return self._given(cls, None, name, depth) if self._has_fields(item) else NOTHING
        return NOTHING

    def _has_fields(self, cls: Class) -> bool:
        decorators = (d.func if isinstance(d, s.Call) else d for d in cls.node.decorators)
        return any(self.inference.external_names(decorator, cls.parent) & WITH_FIELDS for decorator in decorators)

    def _parameter(self, function: Function, parameter: s.Parameter, depth: int) -> Values:
        if parameter.kind in ("*", "**"):
            return NOTHING
        dependency = self.inference.results.dependency(function, parameter)
        if dependency is not None:
            return _all(self._made(value, depth) for value in dependency)
        if function.name == "__init__" and function.cls is not None:
            return self._given(function.cls, function, parameter.name, depth)
        return NOTHING

    def _given(self, cls: Class, init: Function | None, name: str, depth: int) -> Values:
        """What the calls that make objects of a class, or of one that inherits its constructor, give to a parameter."""
        found: list[Values] = []
        for call, scope in self._making(cls, init):
            value = self._argument(call, cls, init, name)
            if value is None:
                return NOTHING
            found.append(self._known(value, scope, depth))
        return _all(found)

    def _argument(self, call: s.Call, cls: Class, init: Function | None, name: str) -> s.Expr | None:
        if call.spread:
            return None
        if init is not None:
            parameter = init.parameter(name)
            default = None if parameter is None else parameter.default
            return arguments_of(call, init, True).get(name, default)
        fields = [
            field for field in cls.node.body if isinstance(field, s.AnnAssign) and isinstance(field.target, s.Name)
        ]
        names = [field.target.id for field in fields if isinstance(field.target, s.Name)]
        index = names.index(name) if name in names else None
        return call.argument(index, name)

    def _making(self, cls: Class, init: Function | None) -> Iterator[tuple[s.Call, Scope]]:
        for item in (cls, *self.classes.subclasses(cls)):
            own = self.classes.method(item, "__init__")
            if own is init:
                for name in ("cls", item.name, *sorted(self.callers.aliases.get(item.name, ()))):
                    yield from self._calls(name, v.ClassValue(item), item)
            elif own is not None and own.cls is item and next(self._making(item, own), None) is not None:
                for call in own.body.all(s.Call):
                    if isinstance(call.func, s.Attribute) and call.func.attr == "__init__":
                        if any(isinstance(f, v.FunctionValue) and f.function is init for f in self._callees(call, own)):
                            yield call, own

    def _calls(self, name: str, wanted: Value, cls: Class) -> Iterator[tuple[s.Call, Scope]]:
        for call, scope in self.callers.named(name):
            inside = name != "cls" or (isinstance(scope, Function) and scope.cls is cls)
            if inside and not scope.module.is_test and wanted in self._callees(call, scope):
                yield call, scope

    def _callees(self, call: s.Call, scope: Scope) -> Values:
        return self.inference.infer(call.func, scope)


def _all(found: Iterable[Values]) -> Values:
    """All values together; nothing where one of them is not known."""
    known = list(found)
    return union(*known) if known and all(known) else NOTHING


def _promised(value: Value) -> bool:
    return isinstance(value, v.FunctionValue) and value.function.cls is not None and is_abstract(value.function)


def _own_class(expr: s.Expr, scope: Scope) -> Class | None:
    """The class of the method in which an expression is `self`."""
    if not isinstance(expr, s.Name) or not isinstance(scope, Function) or scope.cls is None or is_static(scope):
        return None
    parameters = scope.node.parameters
    return scope.cls if parameters and parameters[0].name == expr.id else None


def _of_self(expr: s.Expr, scope: Function) -> bool:
    """Whether an expression is an attribute of `self`, or further on from there."""
    while isinstance(expr, s.Attribute):
        if _own_class(expr.value, scope) is not None:
            return True
        expr = expr.value
    return False
