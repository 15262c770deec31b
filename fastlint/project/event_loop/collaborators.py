"""What objects really are that annotations only promise: by what the project gives to constructors and dependencies.

`def __init__(self, orders: Orders)` says that some implementation of a protocol or abstract class will come, or nothing
where the parameter has no annotation. Where each `Service(...)` outside tests is given something known, that is what it
is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.arguments import arguments_of
from fastlint.project.language.callers import Callers
from fastlint.project.language.classes import is_abstract, is_static
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.values import UNKNOWN, Site, Value, Values, union, without_none

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
        self._attributes: dict[tuple[v.Instance, str], Values] = {}
        self._varying: dict[Class, bool] = {}
        self._active: set[object] = set()
        self._cuts = 0
        self._apart = 0
        """How often several places that make objects of a class gave a parameter something of their own."""
        self._made_apart: set[tuple[v.Instance, str]] = set()

    def callee(self, call: s.Call, values: Values, scope: Scope) -> tuple[Values, bool]:
        """What a call may run whose callee is only promised, or an attribute of an object that says nothing.

        Nothing where the callee is known well enough, or not all that may be given is known. The second tells whether
        several come from several places that make objects: then this call may only ever get one of them.
        """
        if not isinstance(scope, Function) or not isinstance(call.func, s.Name | s.Attribute):
            return NOTHING, False
        if any(_promised(value) for value in values) or (UNKNOWN in values and self._of_object(call.func, scope)):
            before = self._apart
            found = without_none(self._known(call.func, scope, 0))
            return found, self._apart != before
        return NOTHING, False

    def at(self, call: s.Call, method: Function, owner: v.Instance) -> Values:
        """The same for a call in a method as it runs on one object."""
        if not isinstance(call.func, s.Attribute) or not _of_self(call.func, method):
            return NOTHING
        values = self.inference.infer(call.func, method)
        if any(_promised(value) for value in values) or UNKNOWN in values:
            return without_none(self._known(call.func, method, 0, owner))
        return NOTHING

    def objects(self, call: s.Call, values: Values, scope: Scope) -> Values:
        """The method that is called, bound to the objects of which it is known how they are made.

        Only for objects of classes that are given one thing here and another there.
        """
        if not isinstance(call.func, s.Attribute) or not isinstance(scope, Function) or len(values) != 1:
            return NOTHING
        match values[0]:
            case v.FunctionValue(_, v.Instance(Class() as cls, None)) if self.varies(cls):
                owners, attr = self._objects(call.func.value, scope, 0), call.func.attr
                return _all(self.inference.steps.attribute(owner, attr) for owner in owners)
        return NOTHING

    def varies(self, cls: Class) -> bool:
        """Whether several places make objects of a class, and it keeps what they give without saying what it is."""
        if cls not in self._varying:
            self._varying[cls] = False
            self._varying[cls] = self._gets_promises(cls)
        return self._varying[cls]

    def _gets_promises(self, cls: Class) -> bool:
        init = self.classes.method(cls, "__init__")
        if init is None:
            return False
        names = {parameter.name for parameter in init.node.parameters[1:]}
        kept = [
            value
            for item in self.classes.ancestry(cls)
            if isinstance(item, Class)
            for values in self.classes.assigned(item).values()
            for value, _, function in values
            if function is init and isinstance(value, s.Name) and value.id in names
        ]
        if all(self._says_enough(self.inference.infer(value, init)) for value in kept):
            return False
        return len(list(self._making(cls, init))) > 1

    def _objects(self, expr: s.Expr, scope: Scope, depth: int) -> Values:
        """The objects that an expression may be, each known by the call that makes it; nothing where one is not."""
        values = without_none(self.inference.infer(expr, scope))
        if values and all(isinstance(value, v.Instance) and value.site is not None for value in values):
            return values
        found = NOTHING
        if isinstance(expr, s.Name) and depth < FARTHEST:
            bindings = scope.body.bindings.get(expr.id, ())
            binding = bindings[0] if len(bindings) == 1 and not bindings[0].path else None
            if binding is not None and isinstance(binding.node, s.Parameter) and isinstance(scope, Function):
                dependency = self.inference.results.dependency(scope, binding.node) or NOTHING
                found = _all(self._made(value, depth) for value in dependency)
            elif binding is not None and binding.kind == "assign" and binding.value is not None:
                found = self._objects(binding.value, scope, depth + 1)
        elif isinstance(expr, s.Call):
            found = _all(self._made(value, depth) for value in without_none(self.inference.infer(expr.func, scope)))
        made = all(isinstance(value, v.Instance) and value.site is not None for value in found)
        return found if made else NOTHING

    def _of_object(self, expr: s.Expr, scope: Function) -> bool:
        """Whether an expression is an attribute of `self` or of another object of the project, or further on."""
        if _of_self(expr, scope):
            return True
        owners = self.inference.infer(expr.value, scope) if isinstance(expr, s.Attribute) else NOTHING
        return bool(owners) and all(isinstance(owner, v.Instance) and isinstance(owner.of, Class) for owner in owners)

    def _known(self, expr: s.Expr, scope: Scope, depth: int, owner: v.Instance | None = None) -> Values:
        """What an expression is, implementations in the place of promises; nothing where not all of it is known.

        `owner`: the object on which the method runs in which the expression stands.
        """
        values = self.inference.infer(expr, scope)
        if self._says_enough(values):
            return values
        if depth > FARTHEST:
            self._cuts += 1
            return NOTHING
        match expr:
            case s.Attribute(value=value, attr=attr):
                me = _own_class(value, scope)
                if me is not None:
                    return self._attribute(owner or v.Instance(me), attr, depth + 1)
                owners = without_none(self._known(value, scope, depth + 1, owner))
                return _all(self._member(one, attr, depth + 1) for one in owners)
            case s.Name(id=name):
                return self._name(name, scope, depth + 1, owner)
            case s.Call(func=func):
                callees = without_none(self.inference.infer(func, scope))
                return _made_in(Site(expr, scope), callees, _all(self._made(value, depth + 1) for value in callees))
            case s.Await(value=value):
                return self._known(value, scope, depth + 1, owner)
            case s.Boolean(op="Or", values=parts):
                return _all(self._known(part, scope, depth + 1, owner) for part in parts)
            case s.Conditional(body=body, orelse=orelse):
                return _all(self._known(part, scope, depth + 1, owner) for part in (body, orelse))
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

    def _name(self, name: str, scope: Scope, depth: int, owner: v.Instance | None) -> Values:
        bindings = scope.body.bindings.get(name, ())
        if len(bindings) != 1 or bindings[0].path:
            return NOTHING
        binding = bindings[0]
        if binding.kind == "parameter" and isinstance(scope, Function) and isinstance(binding.node, s.Parameter):
            return self._parameter(scope, binding.node, depth, owner)
        if binding.kind in ("assign", "annotated") and binding.value is not None:
            return self._known(binding.value, scope, depth, owner)
        return NOTHING

    def _member(self, owner: Value, name: str, depth: int) -> Values:
        values = without_none(self.inference.steps.attribute(owner, name))
        if self._says_enough(values):
            return values
        return (
            self._attribute(owner, name, depth) if isinstance(owner, v.Instance) and isinstance(owner.of, Class) else ()
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

    def _attribute(self, owner: v.Instance, name: str, depth: int) -> Values:
        """What an attribute of an object, or of all of its class, is that one assignment or field of it is given."""
        key = owner, name
        if key in self._attributes:
            self._apart += key in self._made_apart
            return self._attributes[key]
        if key in self._active:
            self._cuts += 1
            return NOTHING
        before, apart = self._cuts, self._apart
        self._active.add(key)
        try:
            found = self._attribute_of(owner, name, depth)
        finally:
            self._active.discard(key)
        if self._cuts == before:
            self._attributes[key] = found
            if self._apart != apart:
                self._made_apart.add(key)
        return found

    def _attribute_of(self, owner: v.Instance, name: str, depth: int) -> Values:
        cls = owner.of
        assert isinstance(cls, Class)
        for item in self.classes.ancestry(cls):
            if not isinstance(item, Class):
                break
            assigned = self.classes.assigned(item).get(name, [])
            if len(assigned) > 1:
                return NOTHING
            for value, _, function in assigned:
                return NOTHING if value is None else self._known(value, function, depth, owner)
            if name in item.body.bindings:
                return self._given(owner, cls, None, name, depth) if self._has_fields(item) else NOTHING
        return NOTHING

    def _has_fields(self, cls: Class) -> bool:
        decorators = (d.func if isinstance(d, s.Call) else d for d in cls.node.decorators)
        return any(self.inference.external_names(decorator, cls.parent) & WITH_FIELDS for decorator in decorators)

    def _parameter(self, function: Function, parameter: s.Parameter, depth: int, owner: v.Instance | None) -> Values:
        if parameter.kind in ("*", "**"):
            return NOTHING
        dependency = self.inference.results.dependency(function, parameter)
        if dependency is not None:
            return _all(self._made(value, depth) for value in dependency)
        if function.name == "__init__" and function.cls is not None:
            return self._given(owner, function.cls, function, parameter.name, depth)
        return NOTHING

    def _given(self, owner: v.Instance | None, cls: Class, init: Function | None, name: str, depth: int) -> Values:
        """What the calls that make objects of a class, or of one that inherits its constructor, give to a parameter.

        Where it is known which of them made the object, that one counts.
        """
        found: list[Values] = []
        making = list(self._making(cls, init))
        if owner is not None and owner.site is not None:
            making = [(call, scope) for call, scope in making if call is owner.site.call] or making
        for call, scope in making:
            value = self._argument(call, cls, init, name)
            if value is None:
                return NOTHING
            found.append(self._known(value, scope, depth))
        self._apart += len(set(found)) > 1
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


def _made_in(site: Site, callees: Values, values: Values) -> Values:
    """The values, those that the callees make with the call that had them made."""
    makers = [callee.function for callee in callees if isinstance(callee, v.FunctionValue)]
    return tuple(
        replace(value, site=value.site.within(site))
        if isinstance(value, v.Instance) and value.site is not None and value.site.outermost.scope in makers
        else value
        for value in values
    )


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
