"""Which functions a call of a function runs: implementations, overrides, wrappers, constructors."""

from __future__ import annotations

from collections.abc import Iterable

from fastlint.facts import syntax as s
from fastlint.project.catalogue.conditions import OFFLOADING_WRAPPERS
from fastlint.project.event_loop.caching import Caching
from fastlint.project.event_loop.run_targets import Around, Inherited, Target
from fastlint.project.event_loop.validating import Validating
from fastlint.project.language import values as v
from fastlint.project.language.classes import is_abstract, is_static
from fastlint.project.language.decorating import Decorating
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Class, Function


class Callees:
    """Asked through Runs; one per project."""

    def __init__(self, inference: Inference, offloaders: Iterable[str] = ()) -> None:
        self.offloading = frozenset({*OFFLOADING_WRAPPERS, *offloaders})
        self.inference = inference
        self.decorating = Decorating(inference)
        self.caching = Caching(inference)
        self.validating = Validating(inference)
        self._overridden: dict[tuple[Function, Class], bool] = {}

    def wrapper(self, function: Function) -> Function | None:
        """The function of the project that a decorator puts in the function's place."""
        return self.decorating.wrapper(function)

    def implementations(self, function: Function, receiver: object = None) -> list[Target]:
        """What a call of `function` may run; for a promise of a base class, what keeps it."""
        cls = receiver.of if isinstance(receiver, v.Instance) else None
        if function.cls is not None and is_abstract(function) and cls is not None:
            kept: list[Target] = []
            for other in self.inference.classes.subclasses(function.cls):
                method = other.methods.get(function.name)
                if method is not None and not is_abstract(method):
                    kept += self._called(method)
            return kept
        called = self._called(function)
        if called == [function] and isinstance(receiver, v.Instance) and receiver.site is not None:
            if isinstance(cls, Class) and self.varies(cls):
                return [Inherited(function, cls, receiver)]
        if called == [function] and isinstance(cls, Class) and cls is not function.cls:
            return [Inherited(function, cls)] if self.overridden(function, cls) else called
        return called

    def varies(self, cls: Class) -> bool:
        """Whether it matters for what the methods of a class run which of its objects they run on."""
        return False

    def _called(self, function: Function) -> list[Target]:
        names = self.inference.results.decorators(function) if function.node.decorators else frozenset()
        if names & self.offloading or (not _arguments(function) and self.caching.cached(function)):
            return []
        wrapper = self.decorating.wrapper(function)
        if wrapper is not None:
            return [] if deferred(wrapper) else [Around(wrapper, function)]
        return [] if deferred(function) else [function]

    def constructed(self, cls: Class) -> list[Target]:
        found: list[Target] = []
        for name in ("__new__", "__init__", "__post_init__"):
            method = self.inference.classes.method(cls, name)
            if method is not None:
                found.append(method)
        if "pydantic.BaseModel" in self.inference.classes.ancestry(cls):
            found += self.validating.of_model(cls)
        return found

    def overridden(self, method: Function, cls: Class) -> bool:
        """Whether `cls` overrides something that an inherited method calls on `self`, directly or further on."""
        key = method, cls
        if key not in self._overridden:
            self._overridden[key] = False
            self._overridden[key] = self._overrides(method, cls)
        return self._overridden[key]

    def _overrides(self, method: Function, cls: Class) -> bool:
        if method.cls is None or not method.node.parameters:
            return False
        me = method.node.parameters[0].name
        for member in method.body.all(s.Attribute):
            if isinstance(member.value, s.Name) and member.value.id == me:
                inherited = self.inference.classes.method(method.cls, member.attr)
                if inherited is not None and inherited is not method:
                    own = self.inference.classes.method(cls, member.attr)
                    if own is not inherited or self.overridden(inherited, cls):
                        return True
        return False


def deferred(function: Function) -> bool:
    """Calling it only makes a coroutine or a generator."""
    return function.is_async or function.is_generator


def _arguments(function: Function) -> int:
    """How many arguments a call gives, besides the object itself."""
    return len(function.node.parameters) - (function.cls is not None and not is_static(function))
