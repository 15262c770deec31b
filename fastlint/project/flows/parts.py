"""The tracer on one attribute or item of an object: what was put under its name, not all that the object holds."""

from __future__ import annotations

from dataclasses import replace

from fastlint.facts import syntax as s
from fastlint.project.flows.cleaning import GROWERS
from fastlint.project.flows.steps import PARAMETER, Origin, distinct, key
from fastlint.project.flows.tracing import DEPTH, Origins, Tracing
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Binding
from fastlint.project.language.classes import is_abstract
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope

MAKING = frozenset({"__init__", "__new__", "__getattr__", "__getattribute__"})
COMPLETING = frozenset({"__post_init__", "model_post_init"})
SETTERS = frozenset({"setattr", "__setattr__", "update"})
OF_FIELDS = frozenset({"pydantic.field_validator", "pydantic.validator", "sqlalchemy.orm.validates"})
"""What makes a method the validator of the fields that it names."""
ANY_KEY = ""
"""What stands under a key that is not known may be under any."""


class Parts(Tracing):
    """Attributes and items under constant names."""

    def part(self, expr: s.Expr, name: str, scope: Scope) -> Origins:
        """The origins of `expr.name` or `expr["name"]`; of all of `expr` where it is not known what is put there."""
        place = expr, name
        known = self._known_parts.get(place)
        if known is not None:
            return known
        if place in self._active or self._depth > DEPTH:
            return ()
        self._active.add(place)
        self._depth += 1
        try:
            known = distinct(list(self._part(expr, name, scope)))
        finally:
            self._depth -= 1
            self._active.discard(place)
        self._known_parts[place] = known
        return known

    def _part(self, expr: s.Expr, name: str, scope: Scope) -> Origins:
        if name == ANY_KEY:
            return self._any_item(expr, scope)
        match expr:
            case s.Dict(keys=keys, values=values) if all(isinstance(key, s.Constant) for key in keys):
                chosen = [x for key, x in zip(keys, values, strict=True) if getattr(key, "value", None) == name]
                return self.trace(chosen[-1], scope) if chosen else ()
            case s.List(elements=elements) | s.Tuple(elements=elements) | s.Set(elements=elements):
                return tuple(origin for element in elements for origin in self.part(element, name, scope))
            case s.Starred(value=value):
                return self.part(value, name, scope)
            case s.Call():
                functions = self._functions(expr, scope)
                if functions:
                    return tuple(o for function in functions for o in self._result(function, expr, scope, name))
                given = self._put_by_maker(expr, name, scope)
                return self.trace(expr, scope) if given is None else given
            case s.Await(value=value) | s.NamedExpr(value=value):
                return self.part(value, name, scope)
            case s.Boolean(values=values):
                return tuple(origin for value in values for origin in self.part(value, name, scope))
            case s.Conditional(body=body, orelse=orelse):
                return (*self.part(body, name, scope), *self.part(orelse, name, scope))
            case s.Attribute(value=s.Name()):
                kept = self._part_of_field(expr, name, scope)
                if kept is not None and not self.checks.ends_part(expr, name, scope):
                    return kept
            case s.Name() if not self._in_comprehension(expr, scope):
                return () if self.checks.ends_part(expr, name, scope) else self._part_of_name(expr, name, scope)
        return self.trace(expr, scope)

    def _any_item(self, expr: s.Expr, scope: Scope) -> Origins:
        """The origins of `expr[key]`: a key only chooses among the values, it is none of them."""
        match expr:
            case s.Dict(keys=keys, values=values):
                return tuple(
                    origin
                    for key, value in zip(keys, values, strict=True)
                    for origin in (self.part(value, ANY_KEY, scope) if key is None else self.trace(value, scope))
                )
            case s.Await(value=value) | s.NamedExpr(value=value):
                return self.part(value, ANY_KEY, scope)
            case s.Call():
                functions = self._functions(expr, scope)
                if functions:
                    return tuple(o for function in functions for o in self._result(function, expr, scope, ANY_KEY))
            case s.Name(id=name) if not self._in_comprehension(expr, scope) and not self.checks.ends(expr, scope):
                bindings = scope.body.bindings.get(name, ()) if isinstance(scope, Function) else ()
                if bindings and all(b.kind in ("assign", "annotated") and not b.path for b in bindings):
                    given = [self.part(b.value, ANY_KEY, scope) for b in bindings if b.value is not None]
                    return (*(origin for origins in given for origin in origins), *self._grown(expr, scope))
        return self.trace(expr, scope)

    def _part_of_name(self, expr: s.Name, name: str, scope: Scope) -> Origins:
        found: list[Origin] = []
        for item in self.inference.names.lookup(expr.id, scope, expr):
            if not isinstance(item, Definition):
                continue
            found += self._part_of_binding(item.binding, name, item.scope)
            if item.scope is scope:
                found += self._put_later(expr, name, scope)
        return tuple(found)

    def _part_of_binding(self, binding: Binding, name: str, scope: Scope) -> Origins:
        node = binding.node
        if not isinstance(scope, Function):
            return ()
        if binding.kind in ("assign", "annotated") and binding.value is not None and not binding.path:
            return self.part(binding.value, name, scope)
        if binding.kind == "for" and not binding.path and isinstance(binding.value, s.Name | s.Attribute | s.List):
            return self.part(binding.value, name, scope)
        whole = self._bound(binding, scope)
        if isinstance(node, s.Parameter) and node.kind == "**":
            return tuple(
                replace(origin, text=f"{node.name}.{name}")
                if origin.kind == PARAMETER and origin.node is node and origin.text == node.name
                else origin
                for origin in whole
            )
        if not isinstance(node, s.Parameter) or node.kind == "*":
            return whole
        return tuple(
            replace(origin, text=f"{origin.text}.{name}", part=name)
            if origin.kind == PARAMETER and origin.node is node and origin.part is None and not origin.keys
            else origin
            for origin in whole
        )

    def _functions(self, call: s.Call, scope: Scope) -> list[Function]:
        """The functions of the project that a call calls; empty where it may call something else."""
        values = self.inference.infer(call.func, scope)
        functions = [value.function for value in values if isinstance(value, v.FunctionValue)]
        return functions if len(functions) == len(values) else []

    def _put_by_maker(self, call: s.Call, name: str, scope: Scope) -> Origins | None:
        """What a call that makes an object puts under a name; None where it is not known."""
        values = v.without_none(self.inference.infer(call.func, scope))
        if call.args or not values:
            return None
        for value in values:
            if value == v.External("builtins.dict"):
                continue
            if not isinstance(value, v.ClassValue) or not self._keeps_field(value.cls, name, call):
                return None
        named = [keyword for keyword in call.keywords if keyword.arg == name]
        if named:
            return self.trace(named[0].value, scope)
        spread = [keyword.value for keyword in call.keywords if keyword.arg is None]
        return tuple(origin for value in spread for origin in self.part(value, name, scope))

    def _part_of_field(self, expr: s.Attribute, name: str, scope: Scope) -> Origins | None:
        """The origins of `held.field["name"]` by what the objects that `held` holds were made with; None if unknown."""
        assert isinstance(expr.value, s.Name)
        bindings = scope.body.bindings.get(expr.value.id, ()) if isinstance(scope, Function) else ()
        found: list[Origin] = []
        for binding in bindings:
            made = binding.value
            if binding.kind not in ("assign", "annotated") or binding.path or not isinstance(made, s.Call):
                return None
            given = made.keyword(expr.attr)
            classes = v.without_none(self.inference.infer(made.func, scope))
            if given is None or made.args or not classes:
                return None
            for value in classes:
                if not isinstance(value, v.ClassValue) or not self._keeps_field(value.cls, expr.attr, made):
                    return None
            found += self.part(given, name, scope)
        for assign in scope.body.all(s.Assign):
            for target in assign.targets:
                if key(target) == key(expr):
                    return None
                if isinstance(target, s.Subscript) and key(target.value) == key(expr):
                    index = target.index.value if isinstance(target.index, s.Constant) else name
                    found += self.trace(assign.value, scope) if index == name else ()
        return tuple(found) if bindings else None

    def _keeps_field(self, cls: Class, name: str, call: s.Call) -> bool:
        """Whether a class keeps an argument under its own name, as models, dataclasses and tables do."""
        fields: set[str] = set()
        for item in self.inference.classes.ancestry(cls):
            if not isinstance(item, Class):
                continue
            for method in item.methods.values():
                if method.name in MAKING and not is_abstract(method):  # a stub for type checkers
                    return False
                if method.name in COMPLETING and self._sets(name, method):
                    return False
                if self._validates(name, method):
                    return False
            fields.update(item.body.bindings)
        return all(keyword.arg is None or keyword.arg in fields for keyword in call.keywords)

    def _sets(self, name: str, method: Function) -> bool:
        """Whether a method that completes an object may set this field."""
        own = self.inference.classes.assigned(method.cls).get(name) if method.cls is not None else None
        return any(setter is method for _, _, setter in own or ()) or not SETTERS.isdisjoint(method.node.calls)

    def _validates(self, name: str, method: Function) -> bool:
        """Whether a method of a model may change a field: those that validate other fields, by name, do not."""
        for decorator in method.node.decorators:
            target = decorator.func if isinstance(decorator, s.Call) else decorator
            names = self.inference.external_names(target, method.parent)
            if not any("validat" in known for known in names):
                continue
            fields = decorator.args if isinstance(decorator, s.Call) and names <= OF_FIELDS else ()
            texts = [field.value if isinstance(field, s.Constant) else "*" for field in fields]
            if not texts or "*" in texts or name in texts:
                return True
        return False

    def _put_later(self, expr: s.Name, name: str, scope: Scope) -> Origins:
        """What a scope puts under the name, or under one that is not known.

        An object that is handed on may be kept: what is put in later is in it by then. One that is read at `expr`, or
        copied into another, holds what was put in before.
        """
        found: list[Origin] = []
        read = _read_at_once(expr, scope)
        for put, value in self._kept(scope).get(expr.id, ()):
            if read and value.start > expr.start and not _in_one_loop(value, expr, scope):
                continue
            if put is None:
                found += self.part(value, name, scope)
            elif put in (name, ANY_KEY):
                found += self.trace(value, scope)
        return tuple(found)

    def _kept(self, scope: Scope) -> dict[str, list[tuple[str | None, s.Expr]]]:
        """What a scope puts into objects, by the name of the object: under which attribute or key, and what.

        Without a key stands what holds keys itself, as in `values.update(others)`.
        """
        cached = self._parts.get(scope)
        if cached is None:
            self._parts[scope] = cached = {}
            for assign in scope.body.all(s.Assign):
                for target in assign.targets:
                    match target:
                        case s.Attribute(value=s.Name(id=owner), attr=name):
                            cached.setdefault(owner, []).append((name, assign.value))
                        case s.Subscript(value=s.Name(id=owner), index=index):
                            text = index.value if isinstance(index, s.Constant) else None
                            name = text if isinstance(text, str) else ANY_KEY
                            cached.setdefault(owner, []).append((name, assign.value))
            for call in scope.body.all(s.Call):
                match call.func:
                    case s.Attribute(value=s.Name(id=owner), attr=attr) if attr in GROWERS:
                        cached.setdefault(owner, []).extend((k.arg, k.value) for k in call.keywords)
                        cached[owner].extend((None, item) for item in call.args)
        return cached

    @staticmethod
    def _in_comprehension(expr: s.Name, scope: Scope) -> bool:
        """Whether the name is bound by a comprehension or lambda around it."""
        return any(
            (isinstance(node, s.Lambda) and any(p.name == expr.id for p in node.parameters))
            or (
                isinstance(node, s.Comprehension)
                and any(
                    isinstance(inner, s.Name) and inner.id == expr.id
                    for generator in node.generators
                    for inner in s.walk(generator.target)
                )
            )
            for node in scope.body.ancestors(expr)
        )


def _read_at_once(expr: s.Name, scope: Scope) -> bool:
    """Whether an object is only read where it stands: an item or attribute of it, or all, `known.update(items)`."""
    match scope.body.parents.get(expr):
        case s.Subscript() | s.Attribute():
            return True
        case s.Call(func=s.Attribute(attr="update" | "extend"), args=(argument,)):
            return argument is expr
    return False


def _in_one_loop(one: s.Node, other: s.Node, scope: Scope) -> bool:
    """Whether two nodes stand in the same loop, so that each comes after the other in some round."""
    loops = [node for node in scope.body.ancestors(one) if isinstance(node, s.For | s.While)]
    return bool(loops) and any(node is loop for node in scope.body.ancestors(other) for loop in loops)
