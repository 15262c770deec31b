"""The claims of a JSON Web Token: the keys of what is put into it."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.arguments import argument_for
from fastlint.project.language.constants import Constants
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope

if TYPE_CHECKING:
    from fastlint.project.language.callers import Callers
    from fastlint.project.language.inference import Inference

DEPTH = 8
READING = frozenset(
    {
        *(f"builtins.{name}" for name in ("dict", "list", "len", "str", "repr", "print", "sorted", "bool", "iter")),
        *("copy.copy", "copy.deepcopy", "json.dumps", "jwt.encode", "jose.jwt.encode", "jwt.api_jwt.encode"),
    }
)
"""What changes nothing in a dictionary that it is handed."""


class Claims:
    """The keys of what is put into tokens; one per project."""

    def __init__(self, constants: Constants, callers: Callers, runs: Container[Function]) -> None:
        self.constants = constants
        self.callers = callers
        self.runs = runs
        self.inference: Inference = constants.inference

    def of(self, expr: s.Expr, scope: Scope, depth: int = 0) -> set[str] | None:
        """All keys that a dictionary can have; None when there may be others."""
        if depth > DEPTH:
            return None
        match expr:
            case s.Dict():
                return self._dictionary(expr, scope, depth)
            case s.Binary(op="BitOr"):
                left, right = self.of(expr.left, scope, depth + 1), self.of(expr.right, scope, depth + 1)
                return None if left is None or right is None else left | right
            case s.Call():
                return self._called(expr, scope, depth)
            case s.Name():
                return self._named(expr, scope, depth)
        return None

    def _dictionary(self, expr: s.Dict, scope: Scope, depth: int) -> set[str] | None:
        keys: set[str] = set()
        for key, value in zip(expr.keys, expr.values, strict=True):
            if key is None:
                inner = self.of(value, scope, depth + 1)
                if inner is None:
                    return None
                keys |= inner
                continue
            name = self.constants.text(key, scope)
            if name is None:
                return None
            keys.add(name)
        return keys

    def _called(self, call: s.Call, scope: Scope, depth: int) -> set[str] | None:
        if isinstance(call.func, s.Attribute) and call.func.attr in ("copy", "model_dump", "dict", "to_dict"):
            for value in self.inference.infer(call.func.value, scope):
                if isinstance(value, v.Instance) and isinstance(value.of, Class):
                    return self._fields(value.of)
            return self.of(call.func.value, scope, depth + 1) if call.func.attr == "copy" else None
        values = self.inference.infer(call.func, scope)
        if len(values) != 1:
            return None
        match values[0]:
            case v.External("builtins.dict"):
                keys = {k.arg for k in call.keywords if k.arg is not None}
                inner = [self.of(expr, scope, depth + 1) for expr in self._spread(call)]
                return None if None in inner else keys.union(*[item or set() for item in inner])
            case v.External("copy.copy" | "copy.deepcopy") if call.args:
                return self.of(call.args[0], scope, depth + 1)
            case v.FunctionValue(function):
                returned = [
                    None if item.value is None else self.of(item.value, function, depth + 1)
                    for item in function.body.all(s.Return)
                ]
                return set().union(*[item or set() for item in returned]) if returned and None not in returned else None
        return None

    @staticmethod
    def _spread(call: s.Call) -> list[s.Expr]:
        return [*call.args, *(k.value for k in call.keywords if k.arg is None)]

    def _fields(self, cls: Class) -> set[str] | None:
        found: set[str] = set()
        for item in self.inference.classes.ancestry(cls):
            if isinstance(item, Class):
                found |= set(item.body.bindings)
            elif item == "?":
                return None
        return found

    def _named(self, expr: s.Name, scope: Scope, depth: int) -> set[str] | None:
        """A name with one source, and what the function adds to it."""
        found = self.inference.define(expr, scope)
        if len(found) != 1 or not isinstance(found[0], Definition):
            return None
        binding, inside = found[0].binding, found[0].scope
        if binding.kind == "parameter" and isinstance(inside, Function):
            keys, added = self._passed(binding.name, inside, depth), self._added(binding.name, inside, expr)
            return None if keys is None or added is None else keys | added
        if binding.value is None or binding.path or binding.kind not in ("assign", "annotated"):
            return None
        keys = self.of(binding.value, inside, depth + 1)
        added = self._added(binding.name, inside, expr)
        return None if keys is None or added is None else keys | added

    def _passed(self, name: str, function: Function, depth: int) -> set[str] | None:
        """The keys of what the project hands to a parameter; None where a call may be one that is not seen."""
        if function in self.runs or function.cls is not None or depth > DEPTH:
            return None
        calls = self.callers.of(function)
        if not calls or len(calls) != len(self.callers.named(function.name)):
            return None
        keys: set[str] = set()
        for call, scope in calls:
            if scope.module.is_test:
                continue
            given = argument_for(call, function, name, receiver=False)
            inner = None if given is None or call.spread else self.of(given, scope, depth + 2)
            if inner is None:
                return None
            keys |= inner
        return keys

    def _added(self, name: str, scope: Scope, use: s.Expr) -> set[str] | None:
        """The keys that a scope puts into a dictionary; None when somebody else may put some in."""
        keys: set[str] = set()
        for node in scope.body.all(s.Name):
            parent = scope.body.parents.get(node)
            if node.id != name or node is use:
                continue
            match parent:
                case s.Subscript(value=value, index=index) if value is node:
                    key = self.constants.text(index, scope)
                    if key is None:
                        return None
                    keys.add(key)
                case s.Attribute(attr="update" | "setdefault"):
                    added = self._updated(scope.body.parents.get(parent), scope)
                    if added is None:
                        return None
                    keys |= added
                case s.Keyword(arg=None):
                    continue  # spread: a copy
                case s.Call() if self.inference.external_names(parent.func, scope) & READING:
                    continue
                case s.Call() | s.Keyword() | s.AugAssign() | s.Starred():
                    return None
        return keys

    def _updated(self, call: s.Node | None, scope: Scope) -> set[str] | None:
        if not isinstance(call, s.Call) or not isinstance(call.func, s.Attribute):
            return None
        if call.func.attr == "setdefault":
            key = self.constants.text(call.args[0], scope) if call.args else None
            return None if key is None else {key}
        keys = {k.arg for k in call.keywords if k.arg is not None}
        for expr in self._spread(call):
            inner = self.of(expr, scope, DEPTH - 2)
            if inner is None:
                return None
            keys |= inner
        return keys
