"""A client, an engine or a model made for each request."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.clients import clients_made
from fastlint.project.model import Function, Project
from fastlint.rule import Finding, Level, Rule


class ClientPerRequest(Rule[Function]):
    """An engine, client or model that a handler or dependency makes anew.

    ## What it does

    Reports HTTP, database, cloud and LLM clients, engines and loaded models that are made in the body of a path
    operation or of a dependency that is not cached, or by the constructor of a class of the project that is called
    there. A client made of the request's own values is left alone.

    ## Why it matters

    Its connection pool is never used twice: each request opens connections, and does a TLS handshake, of its own.
    Making one `httpx.AsyncClient` alone takes 50 ms of the event loop; an engine that is not disposed keeps its
    connections; a model takes seconds to load.

    ## Instead

    Make it once: in the lifespan, at module level, or in a dependency under `@lru_cache`.
    """

    code = "FST410"
    name = "client-per-request"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        routes = project.handlers.routes_of.get(function, [])
        if not any(route.kind == "http" for route in routes) and function not in project.dependency_functions:
            return
        where = "request" if routes else "use of the dependency"
        for call, name in clients_made(function, project.inference):
            message = f"`{function.short}` makes `{name}` anew for each {where}"
            yield Finding(function.path, call.span, message, symbol=function.qualname)
