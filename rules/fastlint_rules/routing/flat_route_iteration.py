"""A loop over the routes of an application as if they were a flat list."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Module, Project, Scope, syntax, v
from fastlint.project.model import scopes as scopes_of
from fastlint.rule import Finding, Level, Rule

READ = frozenset({"path", "methods", "endpoint", "name", "operation_id", "path_format", "tags", "dependant"})
CLASSES = frozenset({"fastapi.routing.APIRoute", "starlette.routing.Route", "fastapi.routing.APIWebSocketRoute"})
COPIES = frozenset({"list", "tuple", "sorted", "reversed", "iter"})


class FlatRouteIteration(Rule[Module]):
    """A loop over `app.routes` that reads the routes' attributes.

    ## What it does

    Reports loops and comprehensions over `routes` of an application or router that read `path`, `methods`, `endpoint`
    and the like of what they find, or ask whether it is an `APIRoute`.

    ## Why it matters

    Since FastAPI 0.137 included routers are one entry of the list, not copies of their routes. The entry has no path,
    and a loop that skips what is no `APIRoute` skips everything that was included.

    ## Instead

    `fastapi.routing.iter_route_contexts(app.routes)` goes through the included routers and gives the full paths.

    ## Known gaps

    Silent for applications that surely include no router, and when the routes are handed to another function.
    """

    code = "FST310"
    name = "flat-route-iteration"
    since = "0.1"
    status = "stable"
    level = Level.ERROR
    applies = "fastapi>=0.137"

    def check(self, module: Module, project: Project, /) -> Iterator[Finding]:
        for scope in scopes_of(module):
            for loop in scope.body.all(syntax.For):
                yield from self._loop(loop.target, loop.iterable, loop, scope, project)
            for comprehension in scope.body.all(syntax.Comprehension):
                for generator in comprehension.generators:
                    yield from self._loop(generator.target, generator.iterable, comprehension, scope, project)

    def _loop(
        self, target: syntax.Expr, iterable: syntax.Expr, around: syntax.Node, scope: Scope, project: Project
    ) -> Iterator[Finding]:
        if (
            isinstance(iterable, syntax.Call)
            and isinstance(iterable.func, syntax.Name)
            and iterable.func.id == "enumerate"
        ):
            if isinstance(target, syntax.Tuple) and len(target.elements) == 2 and iterable.args:
                target, iterable = target.elements[1], iterable.args[0]
        routes = _inner(iterable)
        if not isinstance(routes, syntax.Attribute) or routes.attr != "routes" or not isinstance(target, syntax.Name):
            return
        if _rewrites(around, scope):
            return  # `app.routes[:] = [... for route in app.routes]` takes entries of this very list away
        if not _looks_at(target.id, around, scope, project) or not _includes(routes.value, scope, project):
            return
        message = "the routes of included routers are not in this list: use `iter_route_contexts`"
        symbol = scope.qualname if scope is not scope.module else ""
        yield Finding(scope.module.path, routes.span, message, symbol=symbol)


def _inner(iterable: syntax.Expr) -> syntax.Expr:
    """Without `list(...)` and the like around it."""
    if isinstance(iterable, syntax.Call) and isinstance(iterable.func, syntax.Name) and iterable.func.id in COPIES:
        return iterable.args[0] if iterable.args else iterable
    return iterable


def _rewrites(around: syntax.Node, scope: Scope) -> bool:
    """Whether the result is put in the place of the list."""
    above = scope.body.parents.get(around)
    targets = above.targets if isinstance(above, syntax.Assign) else ()
    bare = [target.value if isinstance(target, syntax.Subscript) else target for target in targets]
    return any(isinstance(target, syntax.Attribute) and target.attr == "routes" for target in bare)


def _looks_at(name: str, around: syntax.Node, scope: Scope, project: Project) -> bool:
    """Whether attributes of the loop's variable are read, or its class is asked for."""
    for node in syntax.walk(around):
        match node:
            case syntax.Attribute(value=syntax.Name(id=owner), attr=attr) if owner == name and attr in READ:
                return True
            case syntax.Call(func=syntax.Name(id="isinstance"), args=(syntax.Name(id=owner), asked)) if owner == name:
                if project.names(asked, scope) & CLASSES:
                    return True
            case syntax.Call(func=syntax.Name(id="getattr"), args=(syntax.Name(id=owner), key, *_)) if owner == name:
                if isinstance(key, syntax.Constant) and key.value in READ:
                    return True
    return False


def _includes(owner: syntax.Expr, scope: Scope, project: Project) -> bool:
    """Whether it is an application or router that may include routers."""
    answers = [_owner(value, project) for value in project.infer(owner, scope)]
    return bool(answers) and all(answers)


def _owner(value: v.Value, project: Project) -> bool:
    applications = project.applications
    if isinstance(value, v.External) and value.name == "fastapi.Request.app":
        return any(_has_included(app) for app in project.apps)
    if not isinstance(value, v.Instance) or (kind := applications.registrations.kind(value)) is None:
        return False
    names = (value.of,) if isinstance(value.of, str) else project.inference.classes.ancestry(value.of)
    if not any(name in ("fastapi.FastAPI", "fastapi.APIRouter") for name in names):
        return False
    known = [r for r in project.routers if value.site is not None and r.call is value.site.call]
    if known:
        return any(_has_included(router) for router in known)
    return any(_has_included(router) for router in (project.apps if kind == "app" else project.routers))


def _has_included(router: object) -> bool:
    inclusions = getattr(router, "inclusions", ())
    return any(not inclusion.mounted for inclusion in inclusions)
