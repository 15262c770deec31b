"""A decorator that FastAPI does not see, or that hides what it must see."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.wrappers import hides_signature, replacement
from fastlint.project.model import Function, Project, Route, syntax
from fastlint.rule import Finding, Level, Rule

WRAPPING = frozenset(
    {
        *("functools.lru_cache", "functools.cache", "fastapi_cache.decorator.cache", "slowapi.Limiter.limit"),
        *("slowapi.Limiter.shared_limit", "slowapi.extension.Limiter.limit", "slowapi.extension.Limiter.shared_limit"),
        *("tenacity.retry", "starlette.authentication.requires", "async_lru.alru_cache", "cachetools.cached"),
        *("aiocache.cached", "ratelimit.limits", "backoff.on_exception"),
    }
)
"""Decorators of libraries that give another function than the one they are put on."""
UNSIGNED = "the wrapper lacks `functools.wraps`: FastAPI takes `args` and `kwargs` for query parameters"


class UnregisteredWrapper(Rule[Route]):
    """A decorator above the route's decorator, or below it without `functools.wraps`.

    ## What it does

    Reports decorators above `@app.get(...)` that give another function, and decorators of the project below it whose
    wrapper takes `*args` or `**kwargs` without `functools.wraps`.

    ## Why it matters

    `@app.get` registers what stands below it. What stands above wraps a function that nobody calls: the guard, the
    cache or the rate limit is not there. Without `wraps`, FastAPI takes `args` and `kwargs` for query parameters, and
    each request is answered with 422.

    ## Instead

    Put the route's decorator on top, and `@functools.wraps(function)` on the wrapper.

    ## Known gaps

    Decorators of libraries are known by name only.
    """

    code = "FST427"
    name = "unregistered-wrapper"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None:
            return
        if route.event.handler is None:
            yield from self._given(route, handler, project)
            return
        if project.handlers.routes_of[handler][0] is not route:
            return
        calls = {id(item.call) for item in project.handlers.routes_of[handler]}
        decorators = handler.node.decorators
        places = [index for index, item in enumerate(decorators) if id(item) in calls]
        if not places:
            return
        for index, decorator in enumerate(decorators):
            problem = ""
            if index < places[0] and self._wraps(decorator, handler, project):
                problem = f"`{handler.short}` is registered without it: it must stand below the route's decorator"
            elif index > places[-1] and self._hides(decorator, handler, project):
                problem = UNSIGNED
            if problem:
                message = f"`@{_name(decorator)}`: {problem}"
                yield Finding(handler.path, decorator.span, message, symbol=handler.qualname)

    def _given(self, route: Route, handler: Function, project: Project) -> Iterator[Finding]:
        """`app.add_api_route("/", timed(read))`: the wrapper is given as the endpoint."""
        given = route.event.endpoint.expr if route.event.endpoint is not None else route.call.argument(1, "endpoint")
        if not isinstance(given, syntax.Call):
            return
        wrapper = replacement(given.func, route.scope, project.inference)
        if wrapper is not None and wrapper is handler and hides_signature(wrapper):
            message = f"`{_name(given.func)}`: {UNSIGNED}"
            yield Finding(route.path, given.span, message, symbol=route.scope.qualname)

    def _wraps(self, decorator: syntax.Expr, handler: Function, project: Project) -> bool:
        """Whether the decorator surely gives another function."""
        if replacement(decorator, handler.parent, project.inference) is not None:
            return True
        target = decorator.func if isinstance(decorator, syntax.Call) else decorator
        names = project.names(target, handler.parent)
        return bool(names) and names <= WRAPPING

    def _hides(self, decorator: syntax.Expr, handler: Function, project: Project) -> bool:
        wrapper = replacement(decorator, handler.parent, project.inference)
        return wrapper is not None and hides_signature(wrapper)


def _name(expr: syntax.Expr) -> str:
    match expr:
        case syntax.Call(func=func):
            return _name(func)
        case syntax.Attribute(value=value, attr=attr):
            return f"{_name(value)}.{attr}"
        case syntax.Name(id=name):
            return name
    return "..."
