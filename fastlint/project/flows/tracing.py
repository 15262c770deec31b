"""What all parts of the tracer stand on: the memory of what was traced, and the way round."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.flows.checks import Checks
from fastlint.project.flows.sources import Sources
from fastlint.project.flows.steps import OPEN, Origin, distinct, key
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Binding
from fastlint.project.language.scopes import Function, Scope

if TYPE_CHECKING:
    from fastlint.project.language.constants import Constants

DEPTH = 60
Origins = tuple[Origin, ...]


class Tracing:
    """The ground floor of `Tracer`; what it cannot do by itself, the floors above do."""

    def __init__(self, sources: Sources, constants: Constants, kind: str) -> None:
        self.sources = sources
        self.constants = constants
        self.inference = constants.inference
        self.kind = kind
        self.checks = Checks(self.inference, kind)
        self._known: dict[s.Expr, Origins] = {}
        self._returned: dict[tuple[Function, int | str | None], Origins] = {}
        self._active: set[object] = set()
        self._puts: dict[Scope, dict[str, list[s.Expr]]] = {}
        self._known_parts: dict[tuple[s.Expr, str], Origins] = {}
        self._parts: dict[Scope, dict[str, list[tuple[str | None, s.Expr]]]] = {}
        self._depth = 0

    def trace(self, expr: s.Expr, scope: Scope) -> Origins:
        """The origins of a value that are not constant and not made harmless."""
        known = self._known.get(expr)
        if known is not None:
            return known
        if expr in self._active or self._depth > DEPTH:
            return ()
        self._active.add(expr)
        self._depth += 1
        try:
            known = distinct(list(self._trace(expr, scope)))
        finally:
            self._depth -= 1
            self._active.discard(expr)
        self._known[expr] = known
        return known

    def _all(self, exprs: tuple[s.Expr | None, ...] | list[s.Expr], scope: Scope) -> Origins:
        return tuple(origin for expr in exprs if expr is not None for origin in self.trace(expr, scope))

    def _open(self, expr: s.Expr, scope: Scope) -> Origins:
        """Something unknown: of interest only where a text must be constant."""
        return (Origin(OPEN, key(expr) or "", expr, scope),) if self.kind == "sql" else ()

    def _unplaced(self, expr: s.Expr, scope: Scope) -> v.Values:
        values = self.inference.infer(expr, scope)
        return tuple(replace(value, site=None) if isinstance(value, v.Instance) else value for value in values)

    def filled(self, expr: s.Expr, origin: Origin, scope: Scope) -> Origins:
        """The origins of an argument, as far as the parameter's origin asks for them."""
        if origin.part is not None:
            return self.part(expr, origin.part, scope)
        return self.keys(expr, scope) if origin.keys else self.trace(expr, scope)

    def _trace(self, expr: s.Expr, scope: Scope) -> Origins:
        raise NotImplementedError

    def _bound(self, binding: Binding, scope: Scope) -> Origins:
        raise NotImplementedError

    def _behind_host(self, name: str, added: s.Expr, scope: Scope) -> bool:
        raise NotImplementedError

    def _grown(self, expr: s.Name, scope: Scope) -> Origins:
        raise NotImplementedError

    def part(self, expr: s.Expr, name: str, scope: Scope) -> Origins:
        raise NotImplementedError

    def keys(self, expr: s.Expr, scope: Scope, depth: int = 0) -> Origins:
        raise NotImplementedError

    def _result(self, function: Function, call: s.Call, scope: Scope, index: int | str | None = None) -> Origins:
        raise NotImplementedError
