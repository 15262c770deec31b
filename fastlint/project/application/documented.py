"""The statuses that a route's documentation names."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.application.handlers import Handlers
from fastlint.project.application.routers import Route
from fastlint.project.language import values as v
from fastlint.project.language.constants import Constants
from fastlint.project.language.scopes import Scope

ALWAYS = frozenset({"422"})
SECURED = frozenset({"401", "403"})


def documented(route: Route, handlers: Handlers, constants: Constants) -> frozenset[str] | None:
    """The keys of all `responses=` that reach the route, and what FastAPI adds; None when some are not known."""
    found = set(ALWAYS)
    for expr, scope in _given(route):
        keys = _keys(expr, scope, constants, 0)
        if keys is None:
            return None
        found |= keys
    if any(_is_scheme(dependency.value) for dependency in handlers.dependencies(route)):
        found |= SECURED
    if route.response.status is not None:
        found.add(str(route.response.status))
    return frozenset(found)


def documented_here(route: Route, constants: Constants) -> frozenset[str] | None:
    """The keys of the route's own `responses=`; None when they are not known."""
    own = route.keyword("responses")
    keys = set() if own is None else _keys(own, route.scope, constants, 0)
    return None if keys is None else frozenset(keys)


def _given(route: Route) -> Iterator[tuple[s.Expr, Scope]]:
    own = route.keyword("responses")
    if own is not None:
        yield own, route.scope
    places = [route.owner]
    for effective in route.effective:
        places.append(effective.app)
        for inclusion in effective.inclusions:
            value = inclusion.call.keyword("responses")
            if value is not None:
                yield value, inclusion.event.scope
            if inclusion.router is not None:
                places.append(inclusion.router)
    for place in dict.fromkeys(places):
        given = place.argument("responses")
        if given is not None:
            yield given


def _keys(expr: s.Expr, scope: Scope, constants: Constants, depth: int) -> set[str] | None:
    """The keys of a dictionary of responses, spreads and unions followed."""
    if depth > 8:
        return None
    if isinstance(expr, s.Binary) and expr.op == "BitOr":
        left, right = _keys(expr.left, scope, constants, depth + 1), _keys(expr.right, scope, constants, depth + 1)
        return None if left is None or right is None else left | right
    values = v.without_none(constants.inference.infer(expr, scope))
    found: set[str] = set()
    for value in values:
        if not (isinstance(value, v.Display) and isinstance(value.node, s.Dict)):
            return None
        for key, item in zip(value.node.keys, value.node.values, strict=True):
            inner = _keys(item, value.scope, constants, depth + 1) if key is None else _key(key, value.scope, constants)
            if inner is None:
                return None
            found |= inner
    return found


def _key(expr: s.Expr, scope: Scope, constants: Constants) -> set[str] | None:
    key = constants.value(expr, scope)
    return (
        {str(int(key) if isinstance(key, int) else key).upper().replace("DEFAULT", "default")}
        if isinstance(key, int | str)
        else None
    )


def _is_scheme(value: v.Value) -> bool:
    return isinstance(value, v.Instance) and str(value.of).startswith("fastapi.security.")
