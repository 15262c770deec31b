"""What the decorators of a project put around its functions."""

from __future__ import annotations

from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function


class Decorating:
    """Asked through Runs; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._wrappers: dict[Function, Function | None] = {}

    @cached_property
    def wrapped(self) -> dict[Function, list[Function]]:
        """The functions that each wrapper of a project decorator is put around."""
        found: dict[Function, list[Function]] = {}
        for module in self.inference.names.modules:
            for function in module.functions():
                if (wrapper := self.wrapper(function)) is not None:
                    found.setdefault(wrapper, []).append(function)
        return found

    def wrapper(self, function: Function) -> Function | None:
        """The function of the project that a decorator puts in the function's place."""
        if not function.node.decorators:
            return None
        if function not in self._wrappers:
            before = self.inference.cuts
            wrapper = self._wrapper(function)
            if self.inference.cuts != before:
                return wrapper  # asked again on its own, another may be known
            self._wrappers[function] = wrapper
        return self._wrappers[function]

    def _wrapper(self, function: Function) -> Function | None:
        for decorator in function.node.decorators:
            target = decorator.func if isinstance(decorator, s.Call) else decorator
            for value in self.inference.infer(target, function.parent):
                if isinstance(value, v.FunctionValue):
                    maker: Function | None = value.function
                    if isinstance(decorator, s.Call):
                        maker = _returned_function(maker)
                    inner = _returned_function(maker, function)
                    if maker is not None and inner is not None and maker.node.parameters:
                        return inner
        return None

    def runs_wrapped(self, call: s.Call, wrapper: Function) -> list[Function]:
        """The functions that a call in a wrapper runs, if it calls what it is put around."""
        maker = wrapper.parent
        if isinstance(maker, Function) and self.calls_subject(call, maker):
            return self.wrapped.get(wrapper, [])
        return []

    @staticmethod
    def calls_subject(call: s.Call, maker: Function) -> bool:
        """Whether a call is of what the decorator `maker` was put around."""
        return isinstance(call.func, s.Name) and call.func.id == _subject(maker)


def _returned_function(maker: Function | None, around: Function | None = None) -> Function | None:
    """The nested function that `maker` returns, also inside a call such as `wraps(f)(inner)`.

    Of several, the first that is as async as the function it is put around: such makers look at it first.
    """
    if maker is None:
        return None
    own = {m.name: m for m in maker.members.values() if isinstance(m, Function)}
    found: list[Function] = []
    for item in maker.body.all(s.Return):
        value = item.value
        if isinstance(value, s.Call) and value.args:
            value = value.args[-1]
        if isinstance(value, s.Name) and value.id in own:
            found.append(own[value.id])
    alike = [inner for inner in found if around is not None and inner.is_async is around.is_async]
    return next(iter(alike or found), None)


def _subject(maker: Function) -> str:
    """The parameter that receives the decorated function."""
    parameters = [p for p in maker.node.parameters if p.name not in ("self", "cls")]
    return parameters[0].name if parameters else ""
