"""The tracer on objects: parameters, attributes of instances, fields of models."""

from __future__ import annotations

from dataclasses import replace

from fastlint.facts import syntax as s
from fastlint.project.flows.calls import Calls
from fastlint.project.flows.cleaning import OWNERS, PARTS
from fastlint.project.flows.sources import parameter_origin
from fastlint.project.flows.steps import PARAMETER, REQUEST, Origin, Step, key
from fastlint.project.flows.tracing import Origins
from fastlint.project.language import values as v
from fastlint.project.language.accessors import GETTER
from fastlint.project.language.classes import is_static
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope


class Objects(Calls):
    """Parameters and attributes."""

    def parameter(self, node: s.Parameter, function: Function) -> Origins:
        if self.sources.safe_parameter(node, function):
            return ()
        if function.cls is not None and node is function.node.parameters[0] and not is_static(function):
            return ()
        if self.sources.bearer(node):
            return (Origin(REQUEST, f"bearer token `{node.name}`", node, function),)
        found: list[Origin] = []
        for dependency in self.sources.dependencies(node):
            step = Step(function.path, node.span, f"FastAPI passes what `{dependency.short}` gives as `{node.name}`")
            found += [origin.through(step) for origin in self.returned(dependency)]
        return (*found, parameter_origin(node, function))

    def _attribute(self, expr: s.Attribute, scope: Scope) -> Origins:
        source = self.sources.of(expr, scope, self.kind)
        if source is not None:
            return (source,)
        base = v.without_none(self.inference.infer(expr.value, scope))
        has_fields = any(isinstance(value, v.Instance) and isinstance(value.of, Class) for value in base)
        if (expr.attr in PARTS.get(self.kind, ()) and not has_fields) or expr.attr.startswith("__"):
            return ()
        if any(isinstance(value, v.ModuleValue | v.ClassValue | v.External) for value in base):
            return ()
        if self.sources.safe_values(self.inference.infer(expr, scope)) or self.sources.safe_field(base, expr.attr):
            return ()
        found: list[Origin] = []
        stored = self.sources.stored(expr, base, scope) if self.kind == "html" else None
        if stored is not None:
            return (stored,)
        objects = [value.of for value in base if isinstance(value, v.Instance) and isinstance(value.of, Class)]
        for cls in objects:
            own = self._of_object(cls, expr.attr)
            if own is not None:
                found += own
            else:
                found += self._extended(expr, scope)
        if objects:
            return tuple(found)
        if any(isinstance(value, v.Instance) and not str(value.of).startswith(OWNERS) for value in base):
            return self._open(expr, scope)
        return self._extended(expr, scope) or self._open_unless_constant(expr, scope)

    def _open_unless_constant(self, expr: s.Expr, scope: Scope) -> Origins:
        return () if not self._rooted(expr, scope) else self._open(expr, scope)

    def _rooted(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether the object is made where the function runs: a global's attribute is configuration."""
        while isinstance(expr, s.Attribute | s.Subscript):
            expr = expr.value
        if isinstance(expr, s.Name):
            found = self.inference.names.lookup(expr.id, scope, expr)
            return any(isinstance(item, Definition) and isinstance(item.scope, Function) for item in found)
        return True

    def _extended(self, expr: s.Attribute, scope: Scope) -> Origins:
        """The origins of the object, named with the attribute."""
        inner = key(expr.value)
        return tuple(
            replace(origin, text=f"{origin.text}.{expr.attr}")
            if origin.kind == PARAMETER and origin.text == inner
            else origin
            for origin in self.part(expr.value, expr.attr, scope)
        )

    def _of_object(self, cls: Class, name: str) -> Origins | None:
        """What methods assign to the attribute, or a property gives; None where the class says neither."""
        for item in self.inference.classes.ancestry(cls):
            if not isinstance(item, Class):
                continue
            method = item.methods.get(name)
            if method is not None:
                getter = self.inference.classes.accessor(item, name, GETTER)
                return self.returned(getter) if getter is not None else ()
            assigned = self.inference.classes.assigned(item).get(name)
            if assigned:
                return tuple(
                    origin
                    for value, _, function in assigned
                    if value is not None
                    for origin in self.trace(value, function)
                )
            bindings = item.body.bindings.get(name)
            if bindings and any(b.kind == "assign" for b in bindings):
                return ()
        return None
