"""What stays the same from request to request: constants, globals, configuration, and what is only made of these."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.event_loop.caching import CACHES
from fastlint.project.language import values as v
from fastlint.project.language.arguments import argument_for
from fastlint.project.language.bodies import Binding
from fastlint.project.language.callers import Callers
from fastlint.project.language.scopes import Class, Function, Module, Scope

FARTHEST = 6
"""Callers that are followed to what they give to a parameter."""
ENVIRONMENT = frozenset({"os.getenv", "os.environ.get", "os.environ.setdefault"})
IMPORTED = frozenset({"import", "from", "def", "class"})


class Lasting:
    """Asked through Runs; one per project."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.inference = callers.inference
        self._alike: dict[tuple[Function, str], bool] = {}

    def always_alike(self, function: Function) -> bool:
        """Whether all calls in the project give the function nothing that a request could change."""
        parameters = [p for p in function.node.parameters if p.kind not in ("*", "**")]
        return len(parameters) == len(function.node.parameters) and all(
            self._parameter(function, parameter, 0) for parameter in parameters
        )

    def _parameter(self, function: Function, parameter: s.Parameter, depth: int) -> bool:
        key = function, parameter.name
        if key not in self._alike:
            self._alike[key] = False  # for what calls itself
            self._alike[key] = depth < FARTHEST and self._given_alike(function, parameter, depth)
        return self._alike[key]

    def _given_alike(self, function: Function, parameter: s.Parameter, depth: int) -> bool:
        if function.cls is not None:
            return False  # whose object may be another for each request
        calls = [(call, scope) for call, scope in self.callers.of(function) if not scope.module.is_test]
        for call, scope in calls:
            value = argument_for(call, function, parameter.name, False)
            value = parameter.default if value is None and not call.spread else value
            within = scope.body.ancestors(call)
            if value is None or any(isinstance(node, s.Lambda | s.Comprehension) for node in within):
                return False
            if not self.lasts(value, scope, depth + 1):
                return False
        return bool(calls)

    def lasts(self, expr: s.Expr, scope: Scope, depth: int = 0) -> bool:
        """Whether an expression gives the same in all requests."""
        match expr:
            case s.Constant():
                return True
            case s.Name(id=name):
                return self._name(name, scope, depth)
            case s.Attribute(value=value):
                return self.lasts(value, scope, depth)
            case s.Subscript(value=value, index=index):
                return self.lasts(value, scope, depth) and self.lasts(index, scope, depth)
            case s.Boolean(values=values) | s.Tuple(elements=values):
                return all(self.lasts(value, scope, depth) for value in values)
            case s.Call():
                arguments = [*expr.args, *(keyword.value for keyword in expr.keywords)]
                return self._configured(expr, scope) and all(self.lasts(item, scope, depth) for item in arguments)
        return False

    def _configured(self, call: s.Call, scope: Scope) -> bool:
        """Whether a call reads the environment, or an object that is made once."""
        values = v.without_none(self.inference.infer(call.func, scope))
        return bool(values) and all(
            value.name in ENVIRONMENT
            if isinstance(value, v.External)
            else isinstance(value, v.FunctionValue) and bool(self.inference.results.decorators(value.function) & CACHES)
            for value in values
        )

    def _name(self, name: str, scope: Scope, depth: int) -> bool:
        inner: Scope | None = scope
        while isinstance(inner, Function | Class):
            if isinstance(inner, Function):
                if inner.body.elsewhere.get(name) == "global":
                    return True
                bindings = inner.body.bindings.get(name, [])
                if bindings:
                    return self._bound(bindings, inner, depth)
            inner = inner.parent
        return isinstance(inner, Module)

    def _bound(self, bindings: list[Binding], function: Function, depth: int) -> bool:
        if all(binding.kind in IMPORTED for binding in bindings):
            return True
        binding = bindings[0]
        if len(bindings) != 1 or binding.path:
            return False
        if binding.kind == "parameter":
            parameter = next((p for p in function.node.parameters if p.name == binding.name), None)
            return parameter is not None and self._parameter(function, parameter, depth)
        if binding.kind not in ("assign", "annotated") or binding.value is None:
            return False
        return self.lasts(binding.value, function, depth)
