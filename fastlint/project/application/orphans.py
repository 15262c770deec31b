"""Routers that no application serves, as far as everything that could include them is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.application import Router
from fastlint.project.application.registering import CALLS, DECORATORS
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function, Module, Scope

if TYPE_CHECKING:
    from fastlint.project.model import Project

DYNAMIC = frozenset({"import_module", "__import__", "iter_modules", "walk_packages", "import_string", "exec", "eval"})
INCLUDING = frozenset({"include_router", "mount"})


def orphans(project: Project) -> list[Router]:
    """Routers with routes that are included nowhere; of those that include each other, the topmost."""
    applications = project.applications
    if not applications.apps or project.options.unread or applications.registrations.unknown:
        return []
    if any(module.facts.calls & DYNAMIC for module in project.modules if not module.is_test):
        return []
    everything = [*applications.routers, *applications.strangers]
    inclusions = [inclusion for router in everything for inclusion in router.inclusions]
    if any(inclusion.router is None and not inclusion.mounted for inclusion in inclusions):
        return []
    included = {inclusion.router for inclusion in inclusions}
    alone = [
        router
        for router in applications.routers
        if not router.is_app and router not in included and router.name and _has_routes(router, set())
    ]
    return [router for router in alone if not _escapes(router, project)]


def _has_routes(router: Router, seen: set[Router]) -> bool:
    if router in seen:
        return False
    seen.add(router)
    return bool(router.routes) or any(
        inclusion.router is not None and _has_routes(inclusion.router, seen) for inclusion in router.inclusions
    )


def _escapes(router: Router, project: Project) -> bool:
    """Whether the router is handed to anything but its own registrations."""
    scope = router.scope
    statement = scope.body.statement(router.call)
    if not isinstance(statement, s.Assign | s.AnnAssign) or statement.value is not router.call:
        return True
    if isinstance(scope, Function | Class):
        return True  # made by a factory or a constructor: whoever calls that may do anything with it
    return any(_uses(router, inside, project) for module in project.modules for inside in _scopes(module, router))


def _scopes(module: Module, router: Router) -> Iterator[Scope]:
    if module is router.scope or module.facts.imports:
        yield module
        yield from module.classes()
        yield from module.functions()


def _uses(router: Router, scope: Scope, project: Project) -> bool:
    """Whether a scope does more with the router than to register on it."""
    candidates: list[s.Expr] = [node for node in scope.body.all(s.Name) if _may_be(node.id, router, scope)]
    candidates += [node for node in scope.body.all(s.Attribute) if node.attr == router.name]
    for node in candidates:
        above = scope.body.parents.get(node)
        if _is_target(node, above):
            continue
        if isinstance(above, s.Attribute) and above.attr in DECORATORS | CALLS:
            continue
        if isinstance(above, s.Call) and isinstance(above.func, s.Attribute) and above.func.attr in INCLUDING:
            continue
        if any(_is(value, router) for value in project.infer(node, scope)):
            return True
    return _is_public(router, scope)


def _may_be(name: str, router: Router, scope: Scope) -> bool:
    if name == router.name:
        return True
    return any(
        alias == name and original == router.name
        for statement in scope.module.body.all(s.ImportFrom)
        for original, alias in statement.names
    )


def _is(value: v.Value, router: Router) -> bool:
    return isinstance(value, v.Instance) and value.site is not None and value.site.call is router.call


def _is_target(node: s.Expr, above: s.Node | None) -> bool:
    """Whether it is where the router is assigned."""
    if isinstance(above, s.Assign):
        return node in above.targets
    return isinstance(above, s.AnnAssign) and above.target is node


def _is_public(router: Router, scope: Scope) -> bool:
    """Whether the file says that others import it."""
    if scope is not router.scope:
        return False
    for binding in scope.body.bindings.get("__all__", ()):
        if isinstance(binding.value, s.List | s.Tuple):
            if any(isinstance(e, s.Constant) and e.value == router.name for e in binding.value.elements):
                return True
    return False
