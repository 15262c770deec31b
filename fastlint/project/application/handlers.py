"""Handlers as rules ask about them: which routes take a parameter or run a function, what is shown, what is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.application.application import Applications
from fastlint.project.application.parameters import Dependency, Parameter
from fastlint.project.application.responses import RESPONSES, is_response_name
from fastlint.project.application.routers import Inclusion, Route
from fastlint.project.language import values as v
from fastlint.project.language.externals import inherits
from fastlint.project.language.scopes import Function, Scope

CLIENT_KINDS = frozenset({"path", "query", "header", "cookie", "body", "form", "file"})
JSON_RESPONSES = frozenset({"JSONResponse", "ORJSONResponse", "UJSONResponse"})


@dataclass(frozen=True, slots=True)
class Use:
    """A parameter as one route sees it: its kind depends on the path of the route."""

    route: Route
    parameter: Parameter


class Handlers:
    """Asked through Project; one per project."""

    def __init__(self, applications: Applications) -> None:
        self.applications = applications
        self.constants = applications.constants

    @cached_property
    def routes_of(self) -> dict[Function, list[Route]]:
        """The routes that each handler serves."""
        found: dict[Function, list[Route]] = {}
        for route in self.applications.routes:
            if route.handler is not None:
                found.setdefault(route.handler, []).append(route)
        return found

    @cached_property
    def declared_by(self) -> dict[s.Call, list[Route]]:
        """The routes that each call declares: several where a decorator in a factory runs more than once."""
        found: dict[s.Call, list[Route]] = {}
        for route in self.applications.routes:
            found.setdefault(route.call, []).append(route)
        return found

    @cached_property
    def uses(self) -> dict[s.Parameter, list[Use]]:
        """Each parameter that FastAPI fills in, with the routes that take it."""
        found: dict[s.Parameter, list[Use]] = {}
        for route in self.applications.routes:
            parameters = list(route.parameters)
            for dependency in self.dependencies(route):
                parameters += dependency.parameters
            for parameter in dict.fromkeys(parameters):
                found.setdefault(parameter.node, []).append(Use(route, parameter))
        return found

    @cached_property
    def runs(self) -> dict[Function, list[Route]]:
        """The handlers and dependencies, each with the routes that run it."""
        found: dict[Function, dict[Route, None]] = {}
        for route in self.applications.routes:
            if route.handler is not None:
                found.setdefault(route.handler, {})[route] = None
            for dependency in self.dependencies(route):
                if dependency.function is not None:
                    found.setdefault(dependency.function, {})[route] = None
        return {function: list(routes) for function, routes in found.items()}

    @cached_property
    def for_any_exception(self) -> frozenset[Function]:
        """The exception handlers that answer for every exception: those for `Exception` and for status 500."""
        found: set[Function] = set()
        for app in self.applications.apps:
            for event in app.events:
                if event.verb == "exception_handler" and (handler := self.applications.handler(event)) is not None:
                    if self._any_exception(event.call.argument(0, "exc_class_or_status_code"), event.scope):
                        found.add(handler)
                elif event.verb == "add_exception_handler":
                    if self._any_exception(event.call.argument(0, "exc_class_or_status_code"), event.scope):
                        found |= self._functions(event.call.argument(1, "handler"), event.scope)
            given = app.argument("exception_handlers")
            for value in self.constants.inference.infer(*given) if given is not None else ():
                if isinstance(value, v.Display) and isinstance(value.node, s.Dict):
                    for key, item in zip(value.node.keys, value.node.values, strict=True):
                        if self._any_exception(key, value.scope):
                            found |= self._functions(item, value.scope)
        return frozenset(found)

    def _any_exception(self, expr: s.Expr | None, scope: Scope) -> bool:
        if expr is None:
            return False
        if self.constants.value(expr, scope) == 500:
            return True
        return bool(
            self.constants.inference.external_names(expr, scope) & {"builtins.Exception", "builtins.BaseException"}
        )

    def _functions(self, expr: s.Expr | None, scope: Scope) -> set[Function]:
        values = () if expr is None else self.constants.inference.infer(expr, scope)
        return {value.function for value in values if isinstance(value, v.FunctionValue)}

    def earlier(self, route: Route) -> list[Route]:
        """The routes that the same handler serves, declared before this one."""
        if route.handler is None:
            return []
        routes = self.routes_of[route.handler]
        return routes[: routes.index(route)]

    def dependencies(self, route: Route) -> Iterator[Dependency]:
        """All dependencies of a route, those below others too, under the placeholders of its whole path."""
        outer = [d for effective in route.effective for d in effective.outer] or route.owner.dependencies
        for dependency in dict.fromkeys(outer):
            if dependency.call is not None:
                dependency = self.applications.parameters.dependency(dependency.call, dependency.scope, route.names)
            yield from dependency.walk()
        for dependency in route.own_dependencies:
            yield from dependency.walk()

    def client(self, parameter: s.Node | None) -> bool:
        """Whether the client sends the value of this parameter, on every route that takes it."""
        uses = self.uses.get(parameter) if isinstance(parameter, s.Parameter) else None
        return uses is not None and all(use.parameter.kind in CLIENT_KINDS for use in uses)

    def path_known(self, route: Route) -> bool:
        """Whether all placeholders of its path are known."""
        return route.template is not None and all(effective.path is not None for effective in route.effective)

    def hidden(self, route: Route) -> bool:
        """Whether no OpenAPI document has the route: hidden itself, by its router, or wherever it is included."""
        if not route.in_schema or _off(route.owner.argument("include_in_schema")):
            return True
        ways = [effective.inclusions for effective in route.effective]
        return bool(ways) and all(any(self._hides(inclusion) for inclusion in way) for way in ways)

    @staticmethod
    def _hides(inclusion: Inclusion) -> bool:
        if _constant_false(inclusion.call.keyword("include_in_schema")):
            return True
        return inclusion.router is not None and _off(inclusion.router.argument("include_in_schema"))

    def sends_json(self, route: Route) -> bool | None:
        """Whether what the handler returns is sent as JSON; None when the response class is not known."""
        given = self._response_class(route)
        if given is None:
            return True
        answers = {self._json_class(value) for value in self.constants.inference.infer(*given)}
        return answers.pop() if len(answers) == 1 else None

    def _response_class(self, route: Route) -> tuple[s.Expr, Scope] | None:
        """The response class that counts: the route's, its router's, the inclusions' from within, the application's."""
        if route.response.class_expr is not None:
            return route.response.class_expr, route.scope
        return self.response_class_around(route)

    def response_class_around(self, route: Route) -> tuple[s.Expr, Scope] | None:
        """The response class that counts for a route that names none."""
        own = route.owner.argument("default_response_class")
        if own is not None:
            return own
        for effective in route.effective:
            for inclusion in reversed(effective.inclusions):
                value = inclusion.call.keyword("default_response_class")
                if value is not None:
                    return value, inclusion.event.scope
            if (given := effective.app.argument("default_response_class")) is not None:
                return given
        return None

    def _json_class(self, value: v.Value) -> bool | None:
        match value:
            case v.External(name):
                names: list[str] = [name]
            case v.ClassValue(cls):
                names = [item for item in self.constants.inference.classes.ancestry(cls) if isinstance(item, str)]
            case _:
                return None
        if any(name.rpartition(".")[2] in JSON_RESPONSES for name in names):
            return True
        return False if any(is_response_name(name) or inherits(name, *RESPONSES) for name in names) else None


def _off(given: tuple[s.Expr, Scope] | None) -> bool:
    return given is not None and _constant_false(given[0])


def _constant_false(expr: s.Expr | None) -> bool:
    return isinstance(expr, s.Constant) and expr.value is False
