"""Where a value can come from: backwards through assignments, texts, containers, attributes, awaits and functions.

What a function makes of its parameters is worked out once and filled in at each call. One tracer serves one kind of
sink, because what makes a value harmless depends on where it goes.
"""

from __future__ import annotations

import re

from fastlint.facts import syntax as s
from fastlint.project.flows.calls import parts_of
from fastlint.project.flows.objects import Objects
from fastlint.project.flows.steps import Origin
from fastlint.project.flows.tracing import Origins
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Binding
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Function, Scope

NUMBER = re.compile(r"[^{}]*[dfeEgGxXob%n]$")


class Tracer(Objects):
    """Traces for one kind of sink; one per project and kind."""

    def _trace(self, expr: s.Expr, scope: Scope) -> Origins:
        match expr:
            case s.Constant() | s.Compare() | s.Unary() | s.Lambda():
                return ()
            case s.Name():
                return () if self.checks.ends(expr, scope) else self._name(expr, scope)
            case s.Attribute(value=value, attr=("model_fields_set" | "__fields_set__")) if self._is_model(value, scope):
                return self.trace(value, scope) if self._takes_any_field(value, scope) else ()
            case s.Attribute():
                return () if self.checks.ends(expr, scope) else self._attribute(expr, scope)
            case s.Call():
                return self._call(expr, scope)
            case s.Subscript():
                return () if self.checks.ends(expr, scope) else self._subscript(expr, scope)
            case s.FString(parts=parts):
                return self._text(list(parts), scope)
            case s.Formatted(value=value, spec=spec):
                return () if spec is not None and _number(spec) else self.trace(value, scope)
            case s.Binary(op="Add"):
                return self._text(parts_of(expr), scope)
            case s.Binary(op="Mod", left=left, right=right):
                if v.Instance("markupsafe.Markup") in self._unplaced(left, scope):
                    return self.trace(left, scope)
                values = list(right.elements) if isinstance(right, s.Tuple) else [right]
                return self._formatted(left, values, scope)
            case s.Binary(op="Div", left=left, right=right):
                return self._all((left, right), scope)
            case s.Binary(op=op, left=left, right=right):
                return self._all((left, right) if op in ("BitOr", "BitAnd", "Sub") else (left,), scope)
            case s.Boolean(values=values):
                return self._all(values, scope)
            case s.Conditional(body=body, orelse=orelse):
                return self._all((body, orelse), scope)
            case s.List(elements=items) | s.Tuple(elements=items) | s.Set(elements=items):
                return self._all(items, scope)
            case s.Dict(keys=keys, values=values):
                return self._all((*keys, *values), scope)
            case s.Comprehension(element=element, value=value):
                return self._all((element, value), scope)
            case s.Await(value=value) | s.NamedExpr(value=value) | s.Starred(value=value):
                return self.trace(value, scope)
            case _:
                return self._open(expr, scope)

    def _name(self, expr: s.Name, scope: Scope) -> Origins:
        inner = self._of_comprehension(expr, scope)
        if inner is not None:
            return inner
        found: list[Origin] = []
        for item in self.inference.names.lookup(expr.id, scope, expr):
            if isinstance(item, Definition):
                found += self._bound(item.binding, item.scope)
                if item.scope is scope:
                    found += self._grown(expr, scope)
        return tuple(found)

    def _of_comprehension(self, expr: s.Name, scope: Scope) -> Origins | None:
        for node in scope.body.ancestors(expr):
            if isinstance(node, s.Lambda) and any(p.name == expr.id for p in node.parameters):
                return ()
            if isinstance(node, s.Comprehension):
                for generator in node.generators:
                    path = _path_to(expr.id, generator.target)
                    if path is not None and not _in(expr, generator.iterable, scope):
                        return self._element(generator.iterable, path, scope)
        return None

    def _bound(self, binding: Binding, scope: Scope) -> Origins:
        if not isinstance(scope, Function):
            return ()
        match binding.kind:
            case "parameter":
                assert isinstance(binding.node, s.Parameter)
                return self.parameter(binding.node, scope)
            case "for" if binding.value is not None:
                return self._element(binding.value, binding.path, scope)
            case "assign" | "annotated" | "with" if binding.value is not None:
                return self._unpacked(binding.value, binding.path, scope)
            case "match":
                outer = scope.body.parents.get(binding.node)
                return self.trace(outer.subject, scope) if isinstance(outer, s.Match) else ()
        return ()


def _number(spec: s.Expr) -> bool:
    parts = spec.parts if isinstance(spec, s.FString) else (spec,)
    last = parts[-1] if parts else None
    return isinstance(last, s.Constant) and isinstance(last.value, str) and NUMBER.fullmatch(last.value) is not None


def _in(expr: s.Expr, outer: s.Expr, scope: Scope) -> bool:
    return expr is outer or any(node is outer for node in scope.body.ancestors(expr))


def _path_to(name: str, target: s.Expr) -> tuple[int, ...] | None:
    """The way to a name in the target of a loop."""
    if isinstance(target, s.Name):
        return () if target.id == name else None
    if isinstance(target, s.Tuple | s.List):
        for index, element in enumerate(target.elements):
            path = _path_to(name, element)
            if path is not None:
                return (index, *path)
    return None
