"""What an object was made without: the attributes that stay None because its constructor was given nothing for them."""

from __future__ import annotations

from typing import Any

from fastlint.facts import syntax as s
from fastlint.project.event_loop.given import Constants
from fastlint.project.language import values as v
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Class, Function, Module, Scope


class Objects:
    """Asked through Runs; one per project."""

    def __init__(self, inference: Inference, constants: Constants) -> None:
        self.inference = inference
        self.constants = constants
        self._set_from_outside: dict[Module, frozenset[str]] = {}

    def known(self, receiver: object, names: frozenset[str]) -> dict[str, Any]:
        """The constants that attributes of an object hold, by dotted name: of `names`, which begin with its `self`."""
        if not (isinstance(receiver, v.Instance) and isinstance(receiver.of, Class) and receiver.site is not None):
            return {}
        made, cls = receiver.site, receiver.of
        init = self.inference.classes.method(cls, "__init__")
        if init is None or v.ClassValue(cls) not in self.inference.infer(made.call.func, made.scope):
            return {}
        given = self.constants.known(init, made.call, True, {})
        found: dict[str, Any] = {}
        for name in names:
            attribute = name.rpartition(".")[2]
            source = self._source(cls, attribute, init, made.scope.module)
            if source in given and attribute not in self._outside(made.scope.module):
                found[name] = given[source]
        return found

    def _source(self, cls: Class, attribute: str, init: Function, module: Module) -> str | None:
        """The parameter of the constructor that an attribute is given, where nothing in `module` sets it later."""
        for item in self.inference.classes.ancestry(cls):
            if not isinstance(item, Class):
                return None
            assigned = self.inference.classes.assigned(item).get(attribute, [])
            if assigned:
                values = [value for value, _, function in assigned if function is init]
                setters = {function.name for _, _, function in assigned if function is not init}
                alone = len(values) == 1 and not setters & module.facts.calls
                return values[0].id if alone and isinstance(values[0], s.Name) else None
        return None

    def _outside(self, module: Module) -> frozenset[str]:
        """The attributes that a file sets on anything but `self`."""
        if module not in self._set_from_outside:
            scopes: list[Scope] = [module, *module.functions()]
            self._set_from_outside[module] = frozenset(
                target.attr
                for scope in scopes
                for assign in scope.body.all(s.Assign)
                for target in assign.targets
                if isinstance(target, s.Attribute)
                and not (isinstance(target.value, s.Name) and target.value.id == "self")
            )
        return self._set_from_outside[module]
