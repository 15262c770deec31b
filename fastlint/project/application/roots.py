"""What FastAPI itself calls: routes, dependencies, middleware, handlers, background tasks, startup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.application.application import App, Applications, Route
from fastlint.project.application.parameters import Dependency
from fastlint.project.language import values as v
from fastlint.project.language.callers import Callers
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function, Scope

BASE = "starlette.middleware.base.BaseHTTPMiddleware"
REGISTERED = {
    "middleware": ("middleware", "middleware"),
    "exception_handler": ("exception handler", "handler"),
    "on_event": ("startup", "startup"),
}
"""What a function is that one of these registers: title and kind."""
BACKGROUND = frozenset({"fastapi.BackgroundTasks.add_task", "starlette.background.BackgroundTask"})


@dataclass(frozen=True, slots=True)
class Root:
    """A function that FastAPI calls, and what people call it.

    `kind` is route, dependency, handler (of exceptions), background, middleware, task (left running by the startup) or
    startup.
    """

    function: Function
    title: str
    route: Route | None = None
    kind: str = "route"


class Roots:
    """Asked through Contexts; one per project."""

    def __init__(self, applications: Applications, inference: Inference, callers: Callers) -> None:
        self.applications = applications
        self.inference = inference
        self.classes = inference.classes
        self.callers = callers

    @cached_property
    def roots(self) -> list[Root]:
        """Everything that FastAPI itself calls, on the loop or in the threadpool; startup comes last."""
        found = [*self._routes(), *self._registered()]
        for app in self.applications.apps:
            found += self._middleware(app)
        found += self._background()
        return sorted(dict.fromkeys(found), key=lambda root: (root.kind == "startup", root.title))

    def _routes(self) -> Iterator[Root]:
        for route in self.applications.routes:
            title = route.title
            if route.handler is not None:
                yield Root(route.handler, title, route)
            for dependency in self._dependencies(route):
                if dependency.function is not None:
                    yield Root(dependency.function, title, route, "dependency")

    def _dependencies(self, route: Route) -> Iterator[Dependency]:
        outer = [d for effective in route.effective for d in effective.outer] or route.owner.dependencies
        for dependency in [*outer, *route.own_dependencies]:
            yield from dependency.walk()

    def _registered(self) -> Iterator[Root]:
        for router in self.applications.routers:
            for event in router.receiver.events:
                match event.verb:
                    case "middleware" | "exception_handler" | "on_event" as verb:
                        handler = self.applications.handler(event)
                        if handler is not None:
                            yield Root(handler, REGISTERED[verb][0], None, REGISTERED[verb][1])
                    case "add_exception_handler" | "add_event_handler" if len(event.call.args) > 1:
                        title, kind = (
                            ("startup", "startup") if "event" in event.verb else ("exception handler", "handler")
                        )
                        for function in self.functions(event.call.args[1], event.scope):
                            yield Root(function, title, None, kind)
            given = router.argument("lifespan")
            if given is not None:
                for function in self.functions(*given):
                    yield Root(function, "lifespan", None, "startup")

    def functions(self, expr: s.Expr, scope: Scope) -> list[Function]:
        """The functions of the project that calling the expression runs."""
        found = (self.applications.parameters.code(value)[0] for value in self.inference.infer(expr, scope))
        return [function for function in found if function is not None]

    def _middleware(self, app: App) -> Iterator[Root]:
        for item in app.middleware:
            if item.cls is None:
                continue
            for value in self.inference.infer(item.cls, item.scope):
                dispatch = item.call.keyword("dispatch")
                if isinstance(value, v.External) and value.name == BASE and dispatch is not None:
                    for function in self.functions(dispatch, item.scope):
                        yield Root(function, "middleware", None, "middleware")
                if isinstance(value, v.ClassValue):
                    for name in ("dispatch", "__call__"):
                        method = self.classes.method(value.cls, name)
                        if method is not None:
                            yield Root(method, "middleware", None, "middleware")

    def _background(self) -> Iterator[Root]:
        for name in ("add_task", "BackgroundTask"):
            for call, scope in self.callers.named(name):
                task = call.argument(0, "func")
                if task is not None and self.inference.external_names(call.func, scope) & BACKGROUND:
                    for function in self.functions(task, scope):
                        yield Root(function, "background task", None, "background")

    def of(self, function: Function) -> list[Root]:
        """The roots that are this function."""
        return self._by_function.get(function, [])

    @cached_property
    def _by_function(self) -> dict[Function, list[Root]]:
        found: dict[Function, list[Root]] = {}
        for root in self.roots:
            found.setdefault(root.function, []).append(root)
        return found

    @cached_property
    def handlers(self) -> frozenset[Function]:
        """The handlers of path operations."""
        return frozenset(
            root.function
            for root in self.roots
            if root.kind == "route" and root.route is not None and root.route.kind != "websocket"
        )

    @cached_property
    def threaded(self) -> dict[Function, Root]:
        """The plain functions that FastAPI itself runs in the threadpool, with the first root of each."""
        found: dict[Function, Root] = {}
        for root in self.roots:
            websocket = root.kind == "route" and root.route is not None and root.route.kind == "websocket"
            if not root.function.is_async and root.kind not in ("middleware", "startup") and not websocket:
                found.setdefault(root.function, root)
        return found
