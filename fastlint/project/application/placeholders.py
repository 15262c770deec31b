"""Which placeholders of a route's path its handler and dependencies take, and which they miss."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.application import Effective, Route
from fastlint.project.application.parameters import Dependency, Parameter
from fastlint.project.application.paths import placeholders
from fastlint.project.application.registrations import DECORATORS
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.scopes import Function
from fastlint.project.language.wrappers import gives_given

if TYPE_CHECKING:
    from fastlint.project.model import Project

REQUESTS = ("fastapi.Request", "fastapi.WebSocket", "fastapi.requests.HTTPConnection")
ADDRESSES = ("path_params", "scope", "url")
"""What of a request tells its path."""
NEARNESS = 0.8
REFUSED = {
    "int": frozenset({"builtins.str", "builtins.bytes", "uuid.UUID", "datetime.date", "datetime.datetime"}),
    "float": frozenset({"builtins.str", "builtins.bytes", "uuid.UUID"}),
    "uuid": frozenset({"builtins.str", "builtins.int", "builtins.float"}),
}
"""The types that Pydantic does not make of what a converter made."""


def unclaimed(route: Route, project: Project) -> tuple[list[str], dict[str, Parameter]]:
    """The placeholders that nothing takes wherever the route is served, and the parameters that were meant for some."""
    handler = route.handler
    places = [effective for effective in route.effective if effective.path is not None]
    if handler is None or route.plain or not places or len(places) < len(route.effective):
        return [], {}
    if not signature_known(handler, project) or _only_refuses(handler):
        return [], {}
    missing: list[str] = []
    for effective in places:
        taken = _taken(effective, route, project)
        if taken is None:
            return [], {}
        found = placeholders(effective.path or "")
        wanted = found[:-1] if _for_all_pages(effective, route) else found
        named = [name for name, _ in wanted if name.isidentifier()]
        missing += [name for name in named if name not in taken and name not in missing]
    free = [p for p in _all_parameters(route) if p.kind == "query" and p.required and p.marker is None]
    mistaken: dict[str, Parameter] = {}
    for name in missing:
        near = [p for p in free if similar(p.node.name, name) and p not in mistaken.values()]
        if near:
            mistaken[name] = near[0]
    return missing, mistaken


def _only_refuses(handler: Function) -> bool:
    """Whether all that the handler does is raise: the answer is the same for every value."""
    *docstring, last = handler.node.body
    return isinstance(last, s.Raise) and all(
        isinstance(item, s.ExprStmt) and isinstance(item.value, s.Constant) for item in docstring
    )


def _for_all_pages(effective: Effective, route: Route) -> bool:
    """Whether the route answers a whole tree of addresses with one page, as single-page applications do.

    `GET /app/{rest:path}` with nothing that could take a part of the address: the page finds its way by itself.
    """
    methods = route.methods
    found = placeholders(effective.path or "")
    return (
        bool(found)
        and found[-1][1] == "path"
        and (effective.path or "").endswith("}")
        and methods is not None
        and {"GET", "HEAD", "OPTIONS"}.issuperset(methods)
        and not any(parameter.kind in ("query", "path") for parameter in _all_parameters(route))
    )


def _taken(effective: Effective, route: Route, project: Project) -> set[str] | None:
    """The names that parameters take; None when something may take what is not known."""
    dependencies = [item for dependency in effective.dependencies for item in dependency.walk()]
    if not all(_known(item, project) for item in dependencies):
        return None
    functions = [route.handler, *(item.function for item in dependencies)]
    if any(function is not None and _reads_request(function, project) for function in functions):
        return None
    owned = [*route.parameters, *(p for item in dependencies for p in item.parameters)]
    return {name for p in owned for name in (p.name, p.node.name) if p.marker is None or name == p.name}


def _known(dependency: Dependency, project: Project) -> bool:
    if not dependency.known:
        return False
    if isinstance(dependency.value, v.Instance | v.External):
        return True
    return dependency.function is None or signature_known(dependency.function, project)


def _all_parameters(route: Route) -> list[Parameter]:
    below = [p for own in route.own_dependencies for item in own.walk() for p in item.parameters]
    return [*route.parameters, *below]


def signature_known(function: Function, project: Project) -> bool:
    """Whether FastAPI sees the parameters that are written: no decorator below the route's may have changed them."""
    for decorator in function.node.decorators:
        if (
            isinstance(decorator, s.Call)
            and isinstance(decorator.func, s.Attribute)
            and decorator.func.attr in DECORATORS
        ):
            continue
        target = decorator.func if isinstance(decorator, s.Call) else decorator
        values = project.infer(target, function.parent)
        called = isinstance(decorator, s.Call)
        if not values or not all(_keeps(value, called, project) for value in values):
            return False
    return True


def _keeps(value: v.Value, called: bool, project: Project) -> bool:
    """Whether a decorator leaves the signature as it is."""
    match value:
        case v.External(name):
            return name in KEEPING or name.startswith(("fastapi.", "starlette.")) or name.endswith((".setter",))
        case v.FunctionValue(function):
            if any("functools.wraps" in project.inference.results.decorators(item) for item in _nested(function)):
                return True
            return _gives_back(function, project) if called else gives_given(function)
    return False


def _gives_back(function: Function, project: Project) -> bool:
    """Whether what a call gives is such a decorator, or one of FastAPI's own: `return router.get(path)`."""
    own = {member.name: member for member in function.members.values() if isinstance(member, Function)}
    returned = [item.value for item in function.body.all(s.Return)]
    return bool(returned) and all(
        (isinstance(item, s.Name) and item.id in own and gives_given(own[item.id]))
        or (isinstance(item, s.Call) and _registers(item, function, project))
        for item in returned
    )


def _registers(call: s.Call, function: Function, project: Project) -> bool:
    if not isinstance(call.func, s.Attribute) or call.func.attr not in DECORATORS:
        return False
    names = project.names(call.func, function)
    return bool(names) and all(name.startswith(("fastapi.", "starlette.")) for name in names)


KEEPING = frozenset(
    {
        *("builtins.staticmethod", "builtins.classmethod", "functools.lru_cache", "functools.cache"),
        *("contextlib.contextmanager", "contextlib.asynccontextmanager", "typing.overload", "functools.wraps"),
    }
)


def _nested(function: Function) -> Iterator[Function]:
    for member in function.members.values():
        if isinstance(member, Function):
            yield member
            yield from _nested(member)


def _reads_request(function: Function, project: Project) -> bool:
    """Whether it may look into the path by itself: through the request, or by handing the request on."""
    for node in function.node.parameters:
        annotation = project.inference.annotations.parameter(function, node)
        if not any(member.name in REQUESTS or _derived(member, project) for member in annotation.members):
            continue
        for name in function.body.all(s.Name):
            if name.id != node.name:
                continue
            above = function.body.parents.get(name)
            if not isinstance(above, s.Attribute) or above.attr in ADDRESSES:
                return True
        if any(node.name in {n.id for n in s.walk(inner.node) if isinstance(n, s.Name)} for inner in _nested(function)):
            return True
    return False


def _derived(annotation: Annotation, project: Project) -> bool:
    return annotation.cls is not None and project.is_a(annotation.cls, *REQUESTS)


def similar(one: str, other: str) -> bool:
    """Whether two names mean the same: `id` and `item_id`, `ownerId` and `owner_id`."""
    left, right = (name.lower().replace("_", "") for name in (one, other))
    if left == right or left.rstrip("s") == right.rstrip("s"):
        return True
    short, long = sorted((one.lower(), other.lower()), key=len)
    if long.endswith(f"_{short}") or long.startswith(f"{short}_"):
        return True
    return min(len(left), len(right)) > 3 and difflib.SequenceMatcher(None, left, right).ratio() >= NEARNESS


def conversions(route: Route, project: Project) -> Iterator[tuple[str, str, Parameter]]:
    """The parameters whose annotation refuses what the converter of their placeholder makes: (name, converter, it)."""
    kinds = {name: kind for name, kind in route.placeholders if kind in REFUSED}
    if route.handler is None or not kinds or not signature_known(route.handler, project):
        return
    for parameter in route.parameters:
        if parameter.kind == "path" and (kind := kinds.get(parameter.name)) is not None:
            annotation = parameter.annotation
            if annotation.kind == "external" and annotation.name in REFUSED[kind]:
                yield parameter.name, kind, parameter


def nameless(route: Route) -> Iterator[str]:
    """What stands in braces and is no identifier."""
    for name, kind in route.placeholders:
        if re.fullmatch(r"[\w.\- ]+", name) and not name.isidentifier():
            yield f"{name}:{kind}" if kind else name


def without_placeholder(route: Route, project: Project) -> Iterator[Parameter]:
    """The parameters declared with `Path()` whose name is nowhere in the path."""
    places = route.effective
    if route.plain or not places or any(effective.path is None for effective in places):
        return
    if route.handler is None or not signature_known(route.handler, project):
        return
    names = [{name for name, _ in placeholders(effective.path or "")} for effective in places]
    for parameter in _all_parameters(route):
        if parameter.kind != "path" or parameter.marker is None or any(parameter.name in known for known in names):
            continue
        alias = parameter.marker.call.keyword("alias")
        if not parameter.marker.call.spread and (alias is None or isinstance(alias, s.Constant)):
            yield parameter
