"""The functions that middleware is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.project.application.routers import App, Middleware
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function, Module
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

BASE = "starlette.middleware.base.BaseHTTPMiddleware"


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """`awaited` says that Starlette awaits what the function gives and sends it: `dispatch`, not `__call__`."""

    function: Function
    awaited: bool

    @property
    def path(self) -> str:
        return self.function.path

    @property
    def span(self) -> Span:
        return self.function.node.name_span


def dispatchers(apps: list[App], modules: Iterator[Module], inference: Inference) -> list[Dispatcher]:
    """The functions of all middleware that is added to an application or derives from BaseHTTPMiddleware."""
    found: dict[Function, bool] = {}
    for app in apps:
        for middleware in app.middleware:
            for function, awaited in _functions(middleware, inference):
                found.setdefault(function, awaited)
    for module in modules:
        for cls in module.classes() if not module.is_test else ():
            method = cls.methods.get("dispatch")
            if method is not None and inference.classes.is_a(cls, BASE):
                found.setdefault(method, True)
    ordered = sorted(found, key=lambda f: (f.path, f.node.start))
    return [Dispatcher(function, found[function]) for function in ordered]


def _functions(middleware: Middleware, inference: Inference) -> Iterator[tuple[Function, bool]]:
    if middleware.handler is not None:
        yield middleware.handler, True
    if middleware.cls is None:
        return
    for value in inference.infer(middleware.cls, middleware.scope):
        match value:
            case v.ClassValue(Class() as cls):
                awaited = inference.classes.is_a(cls, BASE)
                method = inference.classes.method(cls, "dispatch" if awaited else "__call__")
                if method is not None:
                    yield method, awaited
            case v.External(name) if name == BASE:
                given = middleware.call.keyword("dispatch")
                for item in inference.infer(given, middleware.scope) if given is not None else ():
                    if isinstance(item, v.FunctionValue):
                        yield item.function, True
