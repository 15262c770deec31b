"""What is empty where it is made and filled later on.

`client = None` and `global client` in a function, `models = {}` and `models["price"] = ...`, a field that is None until
another part of the project sets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Binding
from fastlint.project.language.classes import is_classmethod
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Module, Scope, every_scope
from fastlint.project.language.values import NOTHING_KNOWN, Values, union

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

REBINDING = s.KIND_BITS[s.Scope]
"""`global` and `nonlocal`."""
ASSIGNING = s.KIND_BITS[s.Assign] | s.KIND_BITS[s.Call]
Item = tuple[s.Expr, s.Expr, Scope]
"""Key and value with the scope in which they stand."""


class FilledLater:
    """Asked through Inference; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._rebound: dict[Module, dict[str, list[tuple[Binding, Function]]]] = {}
        self._items: dict[s.Node, list[Item]] = {}

    def name(self, name: str, module: Module) -> Values:
        """What functions of a module give one of its names by `global`."""
        if module not in self._rebound:
            found: dict[str, list[tuple[Binding, Function]]] = {}
            self._rebound[module] = found
            for function in module.functions():
                if function.node.kinds & REBINDING:
                    for changed, kind in function.body.elsewhere.items():
                        if kind == "global":
                            given = [(binding, function) for binding in function.body.bindings.get(changed, ())]
                            found.setdefault(changed, []).extend(given)
        given = self._rebound[module].get(name, [])
        return union(*[self.inference.bound(binding, function) for binding, function in given])

    def attribute(self, cls: Class, name: str) -> Values:
        """What other parts of the project assign to an attribute of a class or of its objects."""
        found = [
            self.inference.infer(value, scope)
            for owner, value, scope in self.inference.set_fields.assigned(name)
            if self._is_of(owner, scope, cls)
        ]
        return union(*found)

    def _is_of(self, owner: s.Expr, scope: Scope, cls: Class) -> bool:
        if isinstance(owner, s.Name) and isinstance(scope, Function) and scope.cls is not None:
            parameters = scope.node.parameters
            if parameters and parameters[0].name == owner.id and not is_classmethod(scope):
                return False  # its own methods are looked at already
        return any(
            cls is (value.of if isinstance(value, v.Instance) else value.cls)
            for value in self.inference.infer(owner, scope)
            if isinstance(value, v.Instance | v.ClassValue)
        )

    def item(self, made: s.Expr, maker: Scope, index: s.Expr, scope: Scope) -> Values:
        """What the project puts under a key into a dictionary that a module or class makes by the expression `made`."""
        wanted = self.inference.infer(index, scope)
        known = len(wanted) == 1 and isinstance(wanted[0], v.Const)
        found = [
            self.inference.infer(value, inside)
            for key, value, inside in self._put(made, maker)
            if not known or not isinstance(key, s.Constant) or wanted == (v.Const(key.value),)
        ]
        return union(*found) if found else NOTHING_KNOWN

    def _put(self, made: s.Expr, maker: Scope) -> list[Item]:
        if made not in self._items:
            self._items[made] = []
            cls = maker if isinstance(maker, Class) else maker.cls if isinstance(maker, Function) else None
            named = [b for bindings in maker.body.bindings.values() for b in bindings if b.value is made and not b.path]
            if isinstance(maker, Module) and len(named) == 1:
                self._items[made] = list(self._put_into(named[0], maker))
            elif isinstance(maker, Function) and len(named) == 1:
                changes = maker.body.item_changes.get(named[0].name, ())
                self._items[made] = [(k, x, maker) for c in changes for k, x in _given(c, named[0].name)]
            elif cls is not None:
                held = [binding.name for binding in named] if cls is maker else self._attributes(made, cls)
                self._items[made] = [item for name in held[:1] for item in _put_by_methods(name, cls)]
        return self._items[made]

    def _attributes(self, made: s.Expr, cls: Class) -> list[str]:
        """The attributes that methods of a class make by the expression."""
        assigned = self.inference.classes.assigned(cls)
        return [name for name, values in assigned.items() if any(value is made for value, _, _ in values)]

    def _put_into(self, binding: Binding, module: Module) -> Iterator[Item]:
        """`name[key] = value` wherever the name means the dictionary."""
        name = binding.name
        for other in self.inference.names.modules:
            if other.is_test or name not in other.body.bindings:
                continue
            for scope in every_scope(other):
                if isinstance(scope, Function) and not (scope.node.kinds & ASSIGNING and scope.body.spells(name)):
                    continue
                for change in scope.body.item_changes.get(name, ()):
                    if self._means(name, scope, binding, module):
                        yield from ((key, value, scope) for key, value in _given(change, name))

    def _means(self, name: str, scope: Scope, binding: Binding, module: Module) -> bool:
        found = self.inference.names.lookup(name, scope)
        return found == (Definition(binding, module),)


def _put_by_methods(name: str, cls: Class) -> Iterator[Item]:
    """`self.name[key] = value` in the methods of a class."""
    for method in cls.methods.values():
        if not (method.node.parameters and method.node.kinds & ASSIGNING and method.body.spells(name)):
            continue
        me = method.node.parameters[0].name
        for assign in method.body.all(s.Assign):
            for target in assign.targets:
                match target:
                    case s.Subscript(value=s.Attribute(value=s.Name(id=owner), attr=attr), index=key):
                        if attr == name and owner in (me, cls.name):
                            yield key, assign.value, method


def _given(change: s.Node, name: str) -> Iterator[tuple[s.Expr, s.Expr]]:
    """The keys and values that a change of the items of `name` sets."""
    match change:
        case s.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, s.Subscript) and isinstance(target.value, s.Name) and target.value.id == name:
                    yield target.index, value
        case s.Call(func=s.Attribute(attr="setdefault"), args=(key, value)):
            yield key, value
        case s.Call(func=s.Attribute(attr="update"), args=args, keywords=keywords):
            for argument in args:
                if isinstance(argument, s.Dict):
                    pairs = zip(argument.keys, argument.values, strict=True)
                    yield from ((key, value) for key, value in pairs if key is not None)
            for keyword in keywords:
                if keyword.arg is not None:
                    yield (
                        s.Constant(keyword.line, keyword.column, keyword.line, keyword.column, keyword.arg),
                        keyword.value,
                    )
