"""Functions whose result is kept: by `functools`, or by a decorator of the project that does no more than apply it."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.event_loop.given import Constants
from fastlint.project.event_loop.run_targets import Given
from fastlint.project.language import values as v
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function

CACHES = frozenset({"functools.lru_cache", "functools.cache"})
"""A function under one of these that takes nothing runs once in the life of a process."""


class Caching:
    """Asked through Callees; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.constants = Constants()
        self._cached: dict[Function, bool] = {}

    def cached(self, function: Function) -> bool:
        """Whether a decorator keeps what the function gave, for as long as the process lives."""
        if not function.node.decorators:
            return False
        if function not in self._cached:
            self._cached[function] = bool(self.inference.results.decorators(function) & CACHES) or any(
                self._applies_cache(decorator, function) for decorator in function.node.decorators
            )
        return self._cached[function]

    def _applies_cache(self, decorator: s.Expr, function: Function) -> bool:
        """Whether a decorator of the project surely gives `lru_cache(...)(function)`, as it is called here."""
        call = decorator if isinstance(decorator, s.Call) else None
        values = self.inference.infer(decorator if call is None else call.func, function.parent)
        if len(values) != 1 or not isinstance(values[0], v.FunctionValue):
            return False
        maker = values[0].function
        if call is None:
            return self._gives_cached(maker, {})
        known = self.constants.known(maker, call, values[0].receiver is not None, {})
        inner = [member for member in maker.members.values() if isinstance(member, Function)]
        given = {item.value.id for item in maker.body.all(s.Return) if isinstance(item.value, s.Name)}
        return len(inner) == 1 and given == {inner[0].name} and self._gives_cached(inner[0], known)

    def _gives_cached(self, decorate: Function, known: dict[str, object]) -> bool:
        parameters = decorate.node.parameters
        returned = decorate.body.all(s.Return)
        if len(parameters) != 1 or not returned:
            return False
        left_out = self.constants.left_out(Given(decorate, tuple(known.items())))
        taken = [r for r in returned if left_out.isdisjoint((r, *decorate.body.ancestors(r)))]
        return bool(taken) and all(self._is_cache_of(item.value, parameters[0].name, decorate) for item in taken)

    def _is_cache_of(self, expr: s.Expr | None, name: str, scope: Function) -> bool:
        match expr:
            case s.Call(func=func, args=(s.Name(id=argument),)) if argument == name:
                target = func.func if isinstance(func, s.Call) else func
                return bool(self.inference.external_names(target, scope) & CACHES)
        return False
