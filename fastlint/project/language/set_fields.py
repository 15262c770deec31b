"""Fields of objects that the project sets from outside: `settings.files_url = "/files"`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Scope, scopes_with

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference


class SetFields:
    """Asked through Constants; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._of: dict[str, list[tuple[s.Expr, Scope]]] = {}

    def sets(self, cls: Class, name: str) -> bool:
        """Whether something assigns to this field of an object of the class, or of one that extends it."""
        return any(
            isinstance(value, v.Instance)
            and isinstance(value.of, Class)
            and cls in self.inference.classes.ancestry(value.of)
            for owner, scope in self._owners(name)
            for value in self.inference.infer(owner, scope)
        )

    def _owners(self, name: str) -> list[tuple[s.Expr, Scope]]:
        """The objects of which something by this name is assigned, but for `self`."""
        known = self._of.get(name)
        if known is None:
            self._of[name] = known = [
                (target.value, scope)
                for module in self.inference.names.modules
                if not module.is_test and f".{name}" in module.facts.calls
                for scope in scopes_with(module, frozenset({f".{name}"}))
                for assign in scope.body.all(s.Assign)
                for target in assign.targets
                if isinstance(target, s.Attribute)
                and target.attr == name
                and not (isinstance(target.value, s.Name) and target.value.id == "self")
            ]
        return known
