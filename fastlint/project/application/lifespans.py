"""The functions given as `lifespan=`, and what FastAPI makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastlint.project.application.routers import Router
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Function
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

ASYNC_MANAGER = "contextlib.asynccontextmanager"
MANAGER = "contextlib.contextmanager"


@dataclass(eq=False)
class Lifespan:
    """A project function that applications or routers run as their lifespan."""

    function: Function
    routers: list[Router]
    inference: Inference = field(repr=False)

    @property
    def path(self) -> str:
        return self.function.path

    @property
    def span(self) -> Span:
        return self.function.node.name_span

    @property
    def name(self) -> str:
        return self.function.short

    @property
    def decorator(self) -> str:
        """The one decorator by canonical name; empty without one, `?` when it is another or there are more."""
        if not self.function.node.decorators:
            return ""
        names = self.inference.results.decorators(self.function)
        return min(names) if len(names) == 1 == len(self.function.node.decorators) else "?"

    @property
    def gives_nothing(self) -> bool:
        """Whether a plain function surely returns no context manager."""
        if self.function.is_generator or not self.function.node.has_return_value:
            return not self.function.is_generator
        values = self.inference.results.returned(self.function)
        return bool(values) and all(isinstance(value, v.Const | v.Display) for value in values)


def has_lifespan(router: Router, inference: Inference) -> bool:
    """Whether an application or router surely has a lifespan of its own."""
    given = router.argument("lifespan")
    if given is None:
        return False
    values = inference.infer(*given)
    return bool(values) and not any(isinstance(value, v.Unknown | v.Const) for value in values)


def lifespans(routers: list[Router], inference: Inference) -> Iterator[Lifespan]:
    """Each lifespan function once, in the order of files and lines."""
    found: dict[Function, list[Router]] = {}
    for router in routers:
        given = router.argument("lifespan")
        for value in inference.infer(*given) if given is not None else ():
            while isinstance(value, v.Partial):
                value = value.function
            if isinstance(value, v.FunctionValue):
                found.setdefault(value.function, []).append(router)
    for function in sorted(found, key=lambda f: (f.path, f.node.start)):
        yield Lifespan(function, found[function], inference)
