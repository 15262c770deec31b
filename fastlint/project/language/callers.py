"""Who calls a function: the calls in the whole project whose callee it is."""

from __future__ import annotations

from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function, Module, Scope


class Callers:
    """Asked on demand; a cheap look at the names called comes first."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._of: dict[Function, list[tuple[s.Call, Scope]]] = {}
        self._by_name: dict[str, list[tuple[s.Call, Scope]]] = {}

    def of(self, function: Function) -> list[tuple[s.Call, Scope]]:
        """The calls that surely or possibly call the function, with the scope they stand in."""
        if function not in self._of:
            self._of[function] = []
            wanted = {function.name}
            if function.name in ("__init__", "__call__") and function.cls is not None:
                wanted = {function.cls.name}
            wanted |= {alias for name in wanted for alias in self.aliases.get(name, ())}
            for name in sorted(wanted):
                for call, scope in self.named(name):
                    if any(self._is(value, function) for value in self.inference.infer(call.func, scope)):
                        self._of[function].append((call, scope))
        return self._of[function]

    @cached_property
    def aliases(self) -> dict[str, set[str]]:
        """The other names under which files import a name."""
        found: dict[str, set[str]] = {}
        for module in self.inference.names.modules:
            for statement in module.body.all(s.ImportFrom):
                for name, alias in statement.names:
                    if alias is not None and alias != name:
                        found.setdefault(name, set()).add(alias)
        return found

    def named(self, name: str) -> list[tuple[s.Call, Scope]]:
        """All calls in the project whose callee ends in this name."""
        known = self._by_name.get(name)
        if known is None:
            known = []
            for place in self._calling.get(name, ()):
                scopes: list[Scope] = [place, *place.classes()] if isinstance(place, Module) else [place]
                for scope in scopes:
                    known += [(call, scope) for call in scope.body.all(s.Call) if last_name(call) == name]
            self._by_name[name] = known
        return known

    @cached_property
    def _calling(self) -> dict[str, list[Module | Function]]:
        """The files that call a name somewhere, each before its functions that do."""
        found: dict[str, list[Module | Function]] = {}
        for module in self.inference.names.modules:
            for name in module.facts.calls:
                found.setdefault(name, []).append(module)
            for function in module.functions():
                for name in function.node.calls:
                    found.setdefault(name, []).append(function)
        return found

    @staticmethod
    def _is(value: v.Value, function: Function) -> bool:
        match value:
            case v.FunctionValue(other):
                return other is function
            case v.ClassValue(cls):
                return function.cls is cls
        return False


def last_name(call: s.Call) -> str:
    """The name right before the parentheses."""
    match call.func:
        case s.Name(id=name) | s.Attribute(attr=name):
            return name
    return ""
