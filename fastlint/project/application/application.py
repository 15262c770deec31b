"""The application as it will run: applications, routers, routes, and the effective ones after all inclusions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.overriding import keeps_path
from fastlint.project.application.parameters import Dependency, Parameters
from fastlint.project.application.registrations import HTTP_METHODS, Event, Receiver, Registrations
from fastlint.project.application.responses import Responses
from fastlint.project.application.routers import App, Effective, Inclusion, Middleware, Mounted, Route, Router
from fastlint.project.language import values as v
from fastlint.project.language.constants import Constants
from fastlint.project.language.frames import Bound
from fastlint.project.language.scopes import Class, Function

if TYPE_CHECKING:
    from fastlint.project.application.shadows import Shadow

DEEPEST = 40
"""Routers included in routers."""
MOST_ENTRIES = 100_000
"""Places of an application's routes; routers that include each other twice over and over would make more."""
OBJECTS = {
    "fastapi.routing.APIRoute": "APIRoute",
    "fastapi.routing.APIWebSocketRoute": "APIWebSocketRoute",
    "starlette.routing.Route": "Route",
    "starlette.routing.WebSocketRoute": "WebSocketRoute",
    "starlette.routing.Mount": "Mount",
    "starlette.routing.Host": "Host",
}
"""What `routes=[...]` holds."""
LISTED = ("api_route", "add_api_route", "APIRoute")
SOCKETS = ("websocket", "add_api_websocket_route", "APIWebSocketRoute")
PLAIN = ("route", "add_route", "Route")
PLAIN_SOCKETS = ("websocket_route", "add_websocket_route", "WebSocketRoute")
TAKES_ENDPOINT = ("add_api_route", "add_api_websocket_route", "add_route", "add_websocket_route")
Entry = Effective | Mounted


class Applications:
    """Everything registered in a project, linked."""

    def __init__(self, registrations: Registrations, constants: Constants) -> None:
        self.registrations = registrations
        self.constants = constants
        self.parameters = Parameters(constants.inference)
        self.responses = Responses(constants)
        self._routers: dict[int, Router] = {}
        self._visits = 0
        self._views: dict[tuple[Class, frozenset[str]], Dependency] = {}
        receivers = sorted(registrations.receivers.values(), key=lambda r: (r.site.path, r.site.call.start))
        self.routers = [self._wrap(receiver) for receiver in receivers]
        self.strangers = [self._wrap(receiver) for receiver in registrations.strangers]
        """Applications and routers that functions are given from nobody knows where."""

    @property
    def apps(self) -> list[App]:
        return [router for router in self.routers if isinstance(router, App)]

    def _wrap(self, receiver: Receiver) -> Router:
        known = self._routers.get(id(receiver))
        if known is None:
            known = App(receiver, self) if receiver.is_app else Router(receiver, self)
            self._routers[id(receiver)] = known
        return known

    # routes as declared and as served

    @cached_property
    def routes(self) -> list[Route]:
        """Each registration once, wherever its router ends up."""
        found: dict[tuple[int, int], Route] = {}
        for router in [*self.routers, *self.strangers]:
            for route in router.routes:
                found.setdefault((id(route.call), id(route.handler)), route)
        return sorted(found.values(), key=lambda route: (route.path, route.call.start))

    @cached_property
    def table(self) -> list[Effective]:
        """All effective routes of all applications, in the order they are tried."""
        return [entry for entry in self.entries if isinstance(entry, Effective)]

    @cached_property
    def entries(self) -> list[Entry]:
        """All effective routes and mounts, application by application."""
        return [entry for entries in self.served.values() for entry in entries]

    @cached_property
    def served(self) -> dict[App, list[Entry]]:
        """What each application serves that is not mounted in another."""
        self._refuse_circles()
        mounted = {i.router for router in self.routers for i in router.inclusions if i.mounted}
        found: dict[App, list[Entry]] = {}
        for app in self.apps:
            if app not in mounted:
                self._visits = 0
                found[app] = list(self._effective(app, app, "", [], (), False))
        return found

    @cached_property
    def shadows(self) -> list[Shadow]:
        """The routes that no request reaches."""
        from fastlint.project.application.shadows import shadows

        return shadows(self)

    def places_of(self, route: Route) -> list[Effective]:
        return self._places.get((id(route.call), id(route.handler)), [])

    @cached_property
    def _places(self) -> dict[tuple[int, int], list[Effective]]:
        found: dict[tuple[int, int], list[Effective]] = {}
        for effective in self.table:
            found.setdefault((id(effective.route.call), id(effective.route.handler)), []).append(effective)
        return found

    def _refuse_circles(self) -> None:
        """An inclusion fails that would make a router include itself, through others too."""
        from graphlib import CycleError, TopologicalSorter

        inclusions = [(i, i.router) for router in self.routers for i in router.inclusions if i.router is not None]
        whole: TopologicalSorter[Router] = TopologicalSorter()
        for inclusion, inner in inclusions:
            whole.add(inclusion.owner, inner)
        try:
            whole.prepare()
        except CycleError:  # which of them fails depends on the order in which they run
            below: dict[Router, set[Router]] = {}
            for inclusion, inner in sorted(inclusions, key=lambda pair: pair[0].event.number):
                if inner is inclusion.owner or self._reaches(inner, inclusion.owner, below):
                    inclusion.refused = True
                else:
                    below.setdefault(inclusion.owner, set()).add(inner)

    @staticmethod
    def _reaches(start: Router, wanted: Router, below: dict[Router, set[Router]]) -> bool:
        seen, stack = {start}, [start]
        while stack:
            router = stack.pop()
            if router is wanted:
                return True
            new = below.get(router, set()) - seen
            seen |= new
            stack += new
        return False

    def _effective(
        self,
        router: Router,
        app: Router,
        prefix: str | None,
        outer: list[Dependency],
        way: tuple[Inclusion, ...],
        doubtful: bool,
    ) -> Iterator[Entry]:
        self._visits += 1 + len(router.entries)
        if self._visits > MOST_ENTRIES:
            return
        inherited = outer if way and not way[-1].mounted else []
        outer = [*outer, *router.dependencies]
        base = _join(prefix, router.prefix)
        for entry in router.entries:
            maybe = doubtful or entry.event.conditional
            if isinstance(entry, Route):
                start = prefix if entry.plain or entry.bare else base
                given = inherited if entry.bare and router.is_app else outer
                yield Effective(entry, app, _join(start, entry.template), given, way, maybe)
            elif entry.mounted:
                here = _join(prefix, entry.prefix)
                yield Mounted(entry, app, here, way, maybe)
                if entry.router is not None and not entry.refused and len(way) < DEEPEST:
                    yield from self._effective(entry.router, app, here, [], (*way, entry), maybe)
            elif entry.router is not None and not entry.refused and len(way) < DEEPEST:
                inner = [*outer, *entry.dependencies]
                below = _join(base, entry.prefix)
                yield from self._effective(entry.router, app, below, inner, (*way, entry), maybe)

    # from events

    def route(self, event: Event, owner: Router) -> Route | None:
        """The route that an event registers, if it registers one."""
        verb = event.verb
        arguments = self.constants.arguments(event.call, event.scope, event.names)
        methods: tuple[str, ...] | None = ()
        if verb in HTTP_METHODS:
            methods = (verb.upper(),)
        elif verb in LISTED or verb in PLAIN:
            methods = self._methods(arguments.get(2 if verb == "Route" else None, "methods"), verb in PLAIN)
            if methods is not None and arguments.more and arguments.get(None, "methods") is None:
                methods = None
        elif verb not in SOCKETS and verb not in PLAIN_SOCKETS:
            return None
        path = arguments.get(0, "path")
        template = None if path is None else self.constants.text(path.expr, path.scope, path.names)
        cls = owner.receiver.cls
        if cls is not None and not keeps_path(cls, verb, event.call, owner.is_app, self.parameters.inference):
            template = None
        written = event.call.argument(0, "path")
        handler, value = event.handler, None
        if event.endpoint is not None or verb in TAKES_ENDPOINT or verb in OBJECTS.values():
            word = "route" if verb in ("add_route", "add_websocket_route") else "endpoint"
            handler, value = self.endpoint(event.endpoint or arguments.get(1, word))
        kind = "websocket" if verb in SOCKETS or verb in PLAIN_SOCKETS else "http"
        plain, bare = verb in PLAIN or verb in PLAIN_SOCKETS, verb in OBJECTS.values()
        return Route(kind, methods, template, written, handler, event, owner, self, plain, bare, value)

    def _methods(self, given: Bound | None, plain: bool) -> tuple[str, ...] | None:
        listed = self.constants.of(given) if given is not None else ["GET"]
        if not isinstance(listed, list):
            return None
        found = {str(item).upper() for item in listed}
        return tuple(sorted(found | {"HEAD"} if plain and "GET" in found else found))

    def handler(self, event: Event) -> Function | None:
        """The function that an event registers, under a decorator or handed to it: `app.middleware("http")(check)`."""
        return event.handler or self.endpoint(event.endpoint)[0]

    def endpoint(self, given: Bound | None) -> tuple[Function | None, v.Value | None]:
        if given is None:
            return None, None
        values = self.constants.values(given.expr, given.scope, given.names) if given.value is None else (given.value,)
        for value in values:
            function, _ = self.parameters.code(value)
            if function is not None:
                return function, value
        return None, values[0] if len(values) == 1 else None

    def written_routes(self, given: Bound) -> Iterator[Event]:
        """The routes and mounts of a `routes=[...]`."""
        for element in self.elements(given) or ():
            for value in self.constants.values(element.expr, element.scope, element.names):
                if isinstance(value, v.Instance) and value.site is not None and isinstance(value.of, str):
                    verb = OBJECTS.get(value.of)
                    if verb is not None:
                        yield Event(verb, value.site.call, value.site.scope, None, element.names)

    def inclusion(self, event: Event, owner: Router) -> Iterator[Inclusion]:
        """The inclusion or mount that an event is, once for each router that it may mean."""
        mounted = event.verb != "include_router"
        arguments = self.constants.arguments(event.call, event.scope, event.names)
        target = arguments.get(1, "app") if mounted else arguments.get(0, "router")
        given = arguments.get(0, "path") if mounted else arguments.get(None, "prefix")
        prefix = self.constants.text(given.expr, given.scope, given.names) if given is not None else None
        if given is None and not mounted and not arguments.more:
            prefix = ""
        if event.verb == "Host":
            prefix = ""
        if mounted and prefix is not None:
            prefix = prefix.rstrip("/")
        listed = arguments.get(None, "dependencies")
        dependencies = self.listed(listed) if listed is not None else []
        if listed is None and arguments.more and not mounted:
            dependencies = [Dependency(None, event.scope, v.UNKNOWN, None, None, known=False)]
        written = given.expr if given is not None else None
        routers = self._targets(target)
        if mounted and target is None and arguments.get(None, "routes") is not None:
            inner = self._wrap(Receiver((event.call,), v.Site(event.call, event.scope), False, None))
            inner.__dict__["prefix"], inner.__dict__["dependencies"] = "", []
            routers = [inner]
        for router in routers or [None]:
            yield Inclusion(event, owner, router, prefix, written, mounted, dependencies, arguments)

    def _targets(self, target: Bound | None) -> list[Router | None]:
        if target is None:
            return []
        found: list[Router | None] = []
        for value in v.without_none(self.constants.values(target.expr, target.scope, target.names)):
            if isinstance(value, v.Instance) and (receiver := self.registrations.receiver(value)) is not None:
                if (router := self._wrap(receiver)) not in found:
                    found.append(router)
        return found

    # dependencies

    def elements(self, given: Bound) -> list[Bound] | None:
        return self.constants.elements(given.expr, given.scope, given.names)

    def listed(self, given: Bound, names: frozenset[str] = frozenset()) -> list[Dependency]:
        """The dependencies of a `dependencies=[Depends(...), ...]`."""
        elements = self.elements(given)
        if elements is None:
            if self.constants.of(given, default="?") is None:
                return []
            return [Dependency(None, given.scope, v.UNKNOWN, None, None, known=False)]
        return [self._dependency(element, names) for element in elements]

    def _dependency(self, element: Bound, names: frozenset[str]) -> Dependency:
        for value in self.constants.values(element.expr, element.scope, element.names):
            if isinstance(value, v.Instance) and value.site is not None and self.parameters.marks(value) is not None:
                return self.parameters.dependency(value.site.call, value.site.scope, names)
        return Dependency(None, element.scope, v.UNKNOWN, None, None, known=False)

    def view(self, route: Route) -> Dependency | None:
        """The class of a class-based view: its object is what `self` depends on."""
        cls = route.handler.cls if route.handler is not None else None
        if cls is None or route.event.handler is None or not self._is_view(cls):
            return None
        key = cls, route.names
        if key not in self._views:
            self._views[key] = self.parameters.of_class(cls, route.scope, route.names)
        return self._views[key]

    def _is_view(self, cls: Class) -> bool:
        """Whether a decorator turns `self` of its methods into a dependency on the class."""
        for decorator in cls.node.decorators:
            target = decorator.func if isinstance(decorator, s.Call) else decorator
            for value in self.constants.inference.infer(target, cls.parent):
                match value:
                    case v.External(name) if name.rpartition(".")[2] in ("cbv", "class_based_view"):
                        return True
                    case v.FunctionValue(function) if _depends_on_parameter(function, self.constants):
                        return True
        return False


def _depends_on_parameter(function: Function, constants: Constants) -> bool:
    """Whether a decorator, or the function that it makes, calls `Depends(cls)` for the class it is given."""
    inner = [member for member in function.members.values() if isinstance(member, Function)]
    for scope in (function, *inner):
        taken: set[str] = {p.name for p in scope.node.parameters} | {p.name for p in function.node.parameters}
        for call in scope.body.all(s.Call):
            argument = call.argument(0, "dependency")
            if isinstance(argument, s.Name) and argument.id in taken:
                if "fastapi.Depends" in constants.inference.external_names(call.func, scope):
                    return True
    return False


def _join(left: str | None, right: str | None) -> str | None:
    return None if left is None or right is None else left + right


__all__ = ["App", "Applications", "Effective", "Entry", "Inclusion", "Middleware", "Mounted", "Route", "Router"]
