"""Fields of objects that the project sets from outside: `settings.files_url = "/files"`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function, Module, Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference


class SetFields:
    """Asked through Inference; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._of: dict[str, list[tuple[s.Expr, s.Expr, Scope]]] = {}

    def sets(self, cls: Class, name: str) -> bool:
        """Whether something but `self` assigns to this field of an object of the class, or of one that extends it."""
        return any(
            isinstance(value, v.Instance)
            and isinstance(value.of, Class)
            and cls in self.inference.classes.ancestry(value.of)
            for owner, _, scope in self.assigned(name)
            if not (isinstance(owner, s.Name) and owner.id == "self")
            for value in self.inference.infer(owner, scope)
        )

    def assigned(self, name: str) -> list[tuple[s.Expr, s.Expr, Scope]]:
        """What is assigned to attributes of this name outside of tests: the object, the value, and where it stands."""
        known = self._of.get(name)
        if known is None:
            self._of[name] = known = [
                (target.value, assign.value, scope)
                for place in self._assigning.get(f".{name}", ())
                for scope in _directly_in(place)
                for assign in scope.body.all(s.Assign)
                for target in assign.targets
                if isinstance(target, s.Attribute) and target.attr == name
            ]
        return known

    @cached_property
    def _assigning(self) -> dict[str, list[Module | Function]]:
        """The files that may assign to an attribute, each before its functions that may."""
        found: dict[str, list[Module | Function]] = {}
        for module in self.inference.names.modules:
            if module.is_test:
                continue
            named: list[tuple[Module | Function, frozenset[str]]] = [(module, module.facts.calls)]
            named += [(function, function.node.calls) for function in module.functions()]
            for place, words in named:
                for word in words:
                    if word[:1] == ".":
                        found.setdefault(word, []).append(place)
        return found


def _directly_in(place: Module | Function) -> list[Scope]:
    """The scopes that a place stands for: a file for its classes too, which `calls` of it tell of alike."""
    return [place, *place.classes()] if isinstance(place, Module) else [place]
