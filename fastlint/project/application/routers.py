"""Applications and routers, what they include and mount, and their routes as they are declared and served."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.parameters import Dependency, Parameter
from fastlint.project.application.paths import placeholders
from fastlint.project.application.registrations import Event, Receiver
from fastlint.project.application.responses import Response
from fastlint.project.language import values as v
from fastlint.project.language.frames import Arguments, Bound
from fastlint.project.language.scopes import Function, Scope
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.application.application import Applications


@dataclass(eq=False)
class Router:
    """An APIRouter, or an application (`App`), with what is registered on it.

    `prefix` is None when it is not constant.
    """

    receiver: Receiver
    linked: Applications = field(repr=False)

    @property
    def name(self) -> str:
        return self.receiver.name

    @property
    def label(self) -> str:
        """What to call it in a message: not each is bound to a name where it is made."""
        return f"`{self.name}`" if self.name else "the application" if self.is_app else "the router"

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

    @property
    def known(self) -> bool:
        """Whether it is known where it comes from; a parameter of a function that nobody calls is not."""
        return self.receiver.known

    @cached_property
    def arguments(self) -> Arguments:
        """What FastAPI's own class is given in the end, through the constructors of derived classes."""
        return self.linked.registrations.made(self.receiver)

    def argument(self, name: str) -> tuple[s.Expr, Scope] | None:
        """A keyword given where it is made, or where a class derived from it calls its base."""
        given = self.arguments.get(None, name)
        return None if given is None else (given.expr, given.scope)

    @cached_property
    def prefix(self) -> str | None:
        given = self.arguments.get(None, "prefix")
        if given is None:
            return None if self.arguments.more else ""
        return self.linked.constants.text(given.expr, given.scope, given.names)

    @cached_property
    def dependencies(self) -> list[Dependency]:
        given = self.arguments.get(None, "dependencies")
        if given is None:
            return [Dependency(None, self.scope, v.UNKNOWN, None, None, known=False)] if self.arguments.more else []
        return self.linked.listed(given)

    @cached_property
    def events(self) -> list[Event]:
        return list(dict.fromkeys(self.receiver.events))

    @cached_property
    def entries(self) -> list[Route | Inclusion]:
        """Its routes, inclusions and mounts, in the order in which they are tried."""
        found: list[Route | Inclusion] = []
        given = self.arguments.get(None, "routes")
        for event in [*(self.linked.written_routes(given) if given is not None else ()), *self.events]:
            route = self.linked.route(event, self)
            if route is not None:
                found.append(route)
            elif event.verb in ("include_router", "mount", "Mount", "Host"):
                found += self.linked.inclusion(event, self)
        return found

    @cached_property
    def routes(self) -> list[Route]:
        """Its own routes."""
        return [entry for entry in self.entries if isinstance(entry, Route)]

    @cached_property
    def inclusions(self) -> list[Inclusion]:
        """The routers it includes, and the applications it mounts."""
        return [entry for entry in self.entries if isinstance(entry, Inclusion)]


class App(Router):
    """A FastAPI (or Starlette) application."""

    @cached_property
    def middleware(self) -> list[Middleware]:
        """Its middleware, outermost first, as Starlette stacks it."""
        added: list[Middleware] = []
        for event in self.events:
            if event.verb == "add_middleware" and event.call.args:
                added.insert(0, Middleware(event.call.args[0], event.call, event.scope, None))
            elif event.verb == "middleware" and (handler := self.linked.handler(event)) is not None:
                added.insert(0, Middleware(None, event.call, event.scope, handler))
        given = self.arguments.get(None, "middleware")
        for element in (given is not None and self.linked.elements(given)) or ():
            if isinstance(element.expr, s.Call) and element.expr.args:
                added.append(Middleware(element.expr.args[0], element.expr, element.scope, None))
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
    """`include_router` or `mount`: `router` is None when it is not known, `prefix` when it is not constant.

    `arguments` are those of the call. FastAPI refuses an inclusion that closes a circle (`refused`).
    """

    event: Event
    owner: Router
    router: Router | None
    prefix: str | None
    prefix_expr: s.Expr | None
    mounted: bool
    dependencies: list[Dependency]
    arguments: Arguments
    refused: bool = False

    @property
    def call(self) -> s.Call:
        return self.event.call

    @property
    def scope(self) -> Scope:
        return self.event.scope

    @property
    def path(self) -> str:
        return self.event.scope.module.path


@dataclass(eq=False)
class Route:
    """One registration of a path operation or websocket, as its router declares it.

    `methods` is None when not constant; `template` is the path as written, None when not constant. `plain` routes are
    Starlette's own: without dependencies, parameters, schema, and without the prefix of their own router.
    """

    kind: str
    methods: tuple[str, ...] | None
    template: str | None
    template_expr: s.Expr | None
    handler: Function | None
    event: Event
    owner: Router
    linked: Applications = field(repr=False)
    plain: bool = False
    bare: bool = False
    """Given as an object in `routes=[...]`: it takes nothing from its own router."""
    endpoint: v.Value | None = None

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

    @cached_property
    def arguments(self) -> Arguments:
        return self.linked.constants.arguments(self.call, self.scope, self.event.names)

    def given(self, name: str) -> Bound | None:
        """An option of the route, `**options` included."""
        return self.arguments.get(None, name)

    def keyword(self, name: str) -> s.Expr | None:
        return self.call.keyword(name)

    @cached_property
    def placeholders(self) -> tuple[tuple[str, str], ...]:
        """(name, converter) of each placeholder of the path as written."""
        return placeholders(self.template or "")

    @cached_property
    def names(self) -> frozenset[str]:
        """The placeholders of the whole path, prefixes included."""
        texts = [self.template or "", self.owner.prefix or ""]
        texts += [effective.path or "" for effective in self.effective]
        return frozenset(name for text in texts for name, _ in placeholders(text))

    @cached_property
    def parameters(self) -> list[Parameter]:
        if self.handler is None or self.plain:
            return []  # Starlette hands its own routes the request, by position
        return self.linked.parameters.filled_in(self.endpoint, self.handler, self.names)

    @cached_property
    def own_dependencies(self) -> list[Dependency]:
        """Those in the signature and in the decorator."""
        if self.plain:
            return []
        found = [p.dependency for p in self.parameters if p.dependency is not None]
        given = self.given("dependencies")
        view = self.linked.view(self)
        return (
            (self.linked.listed(given, self.names) if given is not None else [])
            + ([view] if view is not None else [])
            + found
        )

    @cached_property
    def response(self) -> Response:
        return self.linked.responses.of(self.call, self.scope, self.handler, self.arguments)

    @property
    def effective(self) -> list[Effective]:
        """Each place at which the route can be reached; empty when its router is included nowhere that is known."""
        return self.linked.places_of(self)

    @property
    def in_schema(self) -> bool:
        shown = self.given("include_in_schema")
        return self.linked.constants.of(shown) is not False

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
        return [] if self.route.plain else [*self.outer, *self.route.own_dependencies]


@dataclass(eq=False, slots=True)
class Mounted:
    """A mount under its full path, in `app`."""

    inclusion: Inclusion
    app: Router
    path: str | None
    inclusions: tuple[Inclusion, ...]
    conditional: bool = False


__all__ = ["App", "Effective", "Inclusion", "Middleware", "Mounted", "Route", "Router"]
