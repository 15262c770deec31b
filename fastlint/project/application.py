"""The application as it will run: applications, routers, routes, and the effective ones after all inclusions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project import values as v
from fastlint.project.constants import Constants
from fastlint.project.parameters import Dependency, Parameter, Parameters
from fastlint.project.registrations import Event, Receiver, Registrations, call_names
from fastlint.project.responses import Response, Responses
from fastlint.project.scopes import Function, Scope
from fastlint.source import Span

PLACEHOLDER = re.compile(r"{([^{}:]*)(?::([^{}]*))?}")
HTTP = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
DEEPEST = 12
"""Routers included in routers; a cycle ends here too."""


@dataclass(eq=False)
class Router:
    """An APIRouter, or an application (`App`), with what is registered on it.

    `prefix` is None when it is not constant. `known` says that nothing it cannot see is registered on it.
    """

    receiver: Receiver
    linked: Applications = field(repr=False)

    @property
    def name(self) -> str:
        return self.receiver.name

    @property
    def path(self) -> str:
        return self.receiver.site.path

    @property
    def call(self) -> s.Call:
        return self.receiver.site.call

    @property
    def scope(self) -> Scope:
        return self.receiver.site.scope

    @property
    def span(self) -> Span:
        return self.call.span

    @property
    def is_app(self) -> bool:
        return self.receiver.is_app

    def argument(self, name: str) -> tuple[s.Expr, Scope] | None:
        """A keyword given where it is made, or where a class derived from it calls its base."""
        value = self.call.keyword(name)
        if value is not None:
            return value, self.scope
        if self.receiver.cls is not None:
            init = self.linked.constants.inference.classes.method(self.receiver.cls, "__init__")
            if init is not None:
                for call in init.body.all(s.Call):
                    if (
                        isinstance(call.func, s.Attribute)
                        and call.func.attr == "__init__"
                        and (value := call.keyword(name))
                    ):
                        return value, init
        return None

    @cached_property
    def prefix(self) -> str | None:
        given = self.argument("prefix")
        if given is None:
            return None if self.call.spread else ""
        names = self.receiver.names
        if self.receiver.cls is not None and isinstance(given[1], Function):
            names = {**names, **call_names(given[1], self.call, self.scope, names)}
        return self.linked.constants.text(given[0], given[1], names)

    @cached_property
    def dependencies(self) -> list[Dependency]:
        given = self.argument("dependencies")
        return [] if given is None else self.linked.listed(given[0], given[1])

    @cached_property
    def routes(self) -> list[Route]:
        """Its own routes, in the order they are registered."""
        return [route for event in self.events if (route := self.linked.route(event, self)) is not None]

    @cached_property
    def events(self) -> list[Event]:
        return sorted(self.receiver.events, key=lambda event: (event.scope.module.path != self.path, event.order))

    @cached_property
    def inclusions(self) -> list[Inclusion]:
        """The routers it includes, and the applications it mounts."""
        return [
            found
            for event in self.events
            if event.verb in ("include_router", "mount")
            for found in self.linked.inclusion(event, self)
        ]


class App(Router):
    """A FastAPI (or Starlette) application."""

    @cached_property
    def middleware(self) -> list[Middleware]:
        """Its middleware, outermost first, as Starlette stacks it."""
        added: list[Middleware] = []
        for event in self.events:
            if event.verb == "add_middleware" and event.call.args:
                added.insert(0, Middleware(event.call.args[0], event.call, event.scope, None))
            elif event.verb == "middleware" and event.handler is not None:
                added.insert(0, Middleware(None, event.call, event.scope, event.handler))
        given = self.argument("middleware")
        if given is not None:
            for value in self.linked.constants.inference.infer(*given):
                if isinstance(value, v.Display) and isinstance(value.node, s.List | s.Tuple):
                    for element in value.node.elements:
                        if isinstance(element, s.Call) and element.args:
                            added.append(Middleware(element.args[0], element, value.scope, None))
        return added


@dataclass(eq=False, slots=True)
class Middleware:
    """One middleware: `call` adds it, `cls` is the class expression, `handler` a function under `@app.middleware`."""

    cls: s.Expr | None
    call: s.Call
    scope: Scope
    handler: Function | None

    @property
    def path(self) -> str:
        return self.scope.module.path


@dataclass(eq=False, slots=True)
class Inclusion:
    """`include_router` or `mount`: `router` is None when it is not known, `prefix` when it is not constant."""

    event: Event
    router: Router | None
    prefix: str | None
    mounted: bool
    dependencies: list[Dependency]
    included: bool | None = True

    @property
    def call(self) -> s.Call:
        return self.event.call

    @property
    def path(self) -> str:
        return self.event.scope.module.path


@dataclass(eq=False)
class Route:
    """One registration of a path operation or websocket, as its router declares it.

    `methods` is None when not constant; `template` is the path as written, None when not constant.
    """

    kind: str
    methods: tuple[str, ...] | None
    template: str | None
    template_expr: s.Expr | None
    handler: Function | None
    event: Event
    owner: Router
    linked: Applications = field(repr=False)

    @property
    def call(self) -> s.Call:
        return self.event.call

    @property
    def scope(self) -> Scope:
        return self.event.scope

    @property
    def path(self) -> str:
        """The file of the registration."""
        return self.scope.module.path

    @property
    def span(self) -> Span:
        """The path as written, else the registering call."""
        return self.template_expr.span if self.template_expr is not None else self.call.span

    def keyword(self, name: str) -> s.Expr | None:
        return self.call.keyword(name)

    @cached_property
    def placeholders(self) -> tuple[tuple[str, str], ...]:
        """(name, converter) of each placeholder of the path as written."""
        return tuple((name, kind) for name, kind in PLACEHOLDER.findall(self.template or ""))

    @cached_property
    def names(self) -> frozenset[str]:
        """The placeholders of the whole path, prefixes included."""
        texts = [self.template or ""] + [effective.path or "" for effective in self.effective]
        texts.append(self.owner.prefix or "")
        return frozenset(name for text in texts for name, _ in PLACEHOLDER.findall(text))

    @cached_property
    def parameters(self) -> list[Parameter]:
        return [] if self.handler is None else self.linked.parameters.of(self.handler, self.names)

    @cached_property
    def own_dependencies(self) -> list[Dependency]:
        """Those in the signature and in the decorator."""
        found = [p.dependency for p in self.parameters if p.dependency is not None]
        given = self.keyword("dependencies")
        return (self.linked.listed(given, self.scope, self.names) if given is not None else []) + found

    @cached_property
    def response(self) -> Response:
        return self.linked.responses.of(self.call, self.scope, self.handler)

    @cached_property
    def effective(self) -> list[Effective]:
        """Each place at which the route can be reached; empty when its router is included nowhere that is known."""
        return [item for item in self.linked.table if item.route is self or item.route.event is self.event]

    @property
    def in_schema(self) -> bool:
        shown = self.keyword("include_in_schema")
        return not (isinstance(shown, s.Constant) and shown.value is False)

    @property
    def title(self) -> str:
        """How people call it: `GET /users/{id}`."""
        shown = next((e.path for e in self.effective if e.path is not None), None) or self.template or "?"
        verbs = "WEBSOCKET" if self.kind == "websocket" else "|".join(self.methods or ("?",))
        return f"{verbs} {shown}"


@dataclass(eq=False, slots=True)
class Effective:
    """A route under its full path (None: not constant), in `app`, with the dependencies that come before its own."""

    route: Route
    app: Router
    path: str | None
    outer: list[Dependency]
    inclusions: tuple[Inclusion, ...]
    conditional: bool = False

    @property
    def dependencies(self) -> list[Dependency]:
        """All that run before the handler, outermost first, without those they depend on."""
        return [*self.outer, *self.route.own_dependencies]


class Applications:
    """Everything registered in a project, linked."""

    def __init__(self, registrations: Registrations, constants: Constants) -> None:
        self.registrations = registrations
        self.constants = constants
        self.parameters = Parameters(constants.inference)
        self.responses = Responses(constants)
        self._routers: dict[int, Router] = {}
        receivers = sorted(registrations.receivers.values(), key=lambda r: (r.site.path, r.site.call.start))
        self.routers = [self._wrap(receiver) for receiver in receivers]

    @property
    def apps(self) -> list[App]:
        return [router for router in self.routers if isinstance(router, App)]

    def _wrap(self, receiver: Receiver) -> Router:
        known = self._routers.get(id(receiver))
        if known is None:
            known = App(receiver, self) if receiver.is_app else Router(receiver, self)
            self._routers[id(receiver)] = known
        return known

    @cached_property
    def routes(self) -> list[Route]:
        """Each registration once, wherever its router ends up."""
        found: dict[tuple[int, int], Route] = {}
        for router in self.routers:
            for route in router.routes:
                found.setdefault((id(route.call), id(route.handler)), route)
        return sorted(found.values(), key=lambda route: (route.path, route.call.start))

    @cached_property
    def table(self) -> list[Effective]:
        """All effective routes of all applications, in the order they are tried."""
        mounted = {i.router for router in self.routers for i in router.inclusions if i.mounted}
        found: list[Effective] = []
        for app in self.apps:
            if app not in mounted:
                found += self._effective(app, app, "", [], (), 0, False)
        return found

    def _effective(
        self,
        router: Router,
        app: Router,
        prefix: str | None,
        outer: list[Dependency],
        way: tuple[Inclusion, ...],
        depth: int,
        doubtful: bool,
    ) -> Iterator[Effective]:
        outer = [*outer, *router.dependencies]
        base = _join(prefix, router.prefix)
        for event in router.events:
            route = next((r for r in router.routes if r.event is event), None)
            maybe = doubtful or event.conditional
            if route is not None:
                yield Effective(route, app, _join(base, route.template), outer, way, maybe)
                continue
            for inclusion in router.inclusions:
                if (
                    inclusion.event is event
                    and inclusion.router is not None
                    and depth < DEEPEST
                    and inclusion.router is not router
                ):
                    inner = [] if inclusion.mounted else [*outer, *inclusion.dependencies]
                    below = _join(base, inclusion.prefix)
                    yield from self._effective(inclusion.router, app, below, inner, (*way, inclusion), depth + 1, maybe)

    def route(self, event: Event, owner: Router) -> Route | None:
        """The route that an event registers, if it registers one."""
        call, verb = event.call, event.verb
        registering = call
        if isinstance(call.func, s.Call):
            registering = call.func
        if verb in HTTP:
            methods: tuple[str, ...] | None = (verb.upper(),)
            kind = "http"
        elif verb in ("api_route", "add_api_route"):
            given = registering.keyword("methods")
            listed = self.constants.value(given, event.scope, event.names) if given is not None else ["GET"]
            methods = tuple(sorted(str(m).upper() for m in listed)) if isinstance(listed, list) else None
            kind = "http"
        elif verb in ("websocket", "add_api_websocket_route"):
            methods, kind = (), "websocket"
        else:
            return None
        template_expr = registering.argument(0, "path")
        template = self.constants.text(template_expr, event.scope, event.names)
        handler = event.handler
        if verb.startswith("add_api"):
            handler = self._endpoint(registering.argument(1, "endpoint"), event)
        elif call is not registering and call.args:
            handler = self._endpoint(call.args[0], event)
        return Route(kind, methods, template, template_expr, handler, event, owner, self)

    def _endpoint(self, expr: s.Expr | None, event: Event) -> Function | None:
        if expr is None:
            return None
        for value in self.constants.values(expr, event.scope, event.names):
            function, _ = self.parameters.code(value)
            if function is not None:
                return function
        return None

    def inclusion(self, event: Event, owner: Router) -> Iterator[Inclusion]:
        mounted = event.verb == "mount"
        target = event.call.argument(1, "app") if mounted else event.call.argument(0, "router")
        prefix_expr = event.call.argument(0, "path") if mounted else event.call.keyword("prefix")
        prefix = (
            ""
            if prefix_expr is None and not event.call.spread
            else self.constants.text(prefix_expr, event.scope, event.names)
        )
        if mounted and prefix is not None:
            prefix = prefix.rstrip("/")
        given = event.call.keyword("dependencies")
        dependencies = self.listed(given, event.scope) if given is not None else []
        found = False
        for value in (
            v.without_none(self.constants.values(target, event.scope, event.names)) if target is not None else ()
        ):
            if isinstance(value, v.Instance) and (receiver := self.registrations.receiver(value)) is not None:
                found = True
                yield Inclusion(event, self._wrap(receiver), prefix, mounted, dependencies)
        if not found:
            yield Inclusion(event, None, prefix, mounted, dependencies)

    def listed(self, expr: s.Expr, scope: Scope, names: frozenset[str] = frozenset()) -> list[Dependency]:
        """The dependencies of a `dependencies=[Depends(...), ...]`."""
        found: list[Dependency] = []
        for value in self.constants.inference.infer(expr, scope):
            if isinstance(value, v.Display) and isinstance(value.node, s.List | s.Tuple):
                for element in value.node.elements:
                    call, inside = self._marker_call(element, value.scope)
                    if call is not None:
                        found.append(self.parameters.dependency(call, inside, names))
                    else:
                        found.append(Dependency(None, value.scope, v.UNKNOWN, None, None, known=False))
            else:
                found.append(Dependency(None, scope, v.UNKNOWN, None, None, known=False))
        return found

    def _marker_call(self, element: s.Expr, scope: Scope) -> tuple[s.Call | None, Scope]:
        if isinstance(element, s.Call):
            return element, scope
        for found in self.constants.inference.define(element, scope):
            binding = getattr(found, "binding", None)
            if binding is not None and isinstance(binding.value, s.Call):
                return binding.value, found.scope  # type: ignore[union-attr]
        return None, scope


def _join(left: str | None, right: str | None) -> str | None:
    return None if left is None or right is None else left + right
