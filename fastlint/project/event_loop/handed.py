"""What is handed on along a chain of calls: constants, and objects of which it is known how they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastlint.facts import syntax as s
from fastlint.project.event_loop.given import Constants
from fastlint.project.event_loop.objects import Objects
from fastlint.project.language import values as v
from fastlint.project.language.arguments import arguments_of
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Class, Function, Scope

MAKERS = ("__init__", "__new__", "__post_init__")


@dataclass(frozen=True, slots=True)
class Handed:
    """What a function is given: constants by the names it tests, objects by the names of its parameters."""

    constants: Mapping[str, Any] = field(default_factory=dict)
    objects: Mapping[str, v.Instance] = field(default_factory=dict)


class Handing:
    """Asked through Reach; one per project."""

    def __init__(self, inference: Inference, constants: Constants, objects: Objects) -> None:
        self.inference = inference
        self.constants = constants
        self.objects = objects
        self._alone: dict[tuple[Function, s.Call], Handed] = {}
        """What calls give whose function is given nothing: of many chains, these are the same steps."""

    def into(self, function: Function, call: s.Call, scope: Scope, around: Handed) -> Handed:
        """What a call in `scope`, which is given `around` itself, gives to the function."""
        if around.constants or around.objects:
            return self._into(function, call, scope, around)
        key = function, call
        if key not in self._alone:
            self._alone[key] = self._into(function, call, scope, around)
        return self._alone[key]

    def _into(self, function: Function, call: s.Call, scope: Scope, around: Handed) -> Handed:
        bound = function.cls is not None and not isinstance(call.func, s.Name)
        bound = bound or function.name in (*MAKERS, "__call__")
        constants = self.constants.known(function, call, bound, around.constants)
        objects: dict[str, v.Instance] = {}
        written, parameters = arguments_of(call, function, bound), function.node.parameters
        if parameters and bound and function.name not in MAKERS and isinstance(call.func, s.Attribute):
            written[parameters[0].name] = call.func.value
        for parameter in parameters:
            given = written.get(parameter.name)
            made = None if given is None else self._made(given, scope, around)
            if made is not None:
                objects[parameter.name] = made
        for name in self.constants.tested(function):
            owner, _, attribute = name.rpartition(".")
            if owner in objects and attribute:
                constants.update(self.objects.known(objects[owner], frozenset({name})))
        return Handed(constants, objects)

    def _made(self, expr: s.Expr, scope: Scope, around: Handed) -> v.Instance | None:
        """The object of a class of the project that an expression surely is, where it is known who made it."""
        if isinstance(expr, s.Name) and expr.id in around.objects:
            return around.objects[expr.id]
        if not isinstance(expr, s.Name | s.Attribute):
            return None
        values = self.inference.infer(expr, scope)
        if len(values) != 1 or not isinstance(values[0], v.Instance):
            return None
        (value,) = values
        assert isinstance(value, v.Instance)
        return value if isinstance(value.of, Class) and value.site is not None else None
