"""Objects fetched by an id of the path, and whether anybody asks whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.auth import scheme_name
from fastlint.project.application.orm import Orm
from fastlint.project.application.parameters import Dependency, Parameter
from fastlint.project.application.routers import Route
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function
from fastlint.project.language.words import words_of

if TYPE_CHECKING:
    from fastlint.project.model import Project

OWNERS = frozenset({"owner", "user", "account", "author", "creator", "customer", "tenant", "member", "created"})
PRIVILEGED = frozenset(
    {"admin", "superuser", "staff", "permission", "permissions", "role", "roles", "scope", "scopes", "access"}
)
GETTERS = frozenset({"get", "get_one"})
QUERIES = frozenset({"where", "filter"})
DEPTH = 3


class Ownership:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.inference = project.inference
        self.orm: Orm = project.returns.orm

    def unchecked(self, route: Route) -> tuple[str, Class] | None:
        """The path parameter and the class that the route fetches by it without a look at the user."""
        handler = route.handler
        if route.kind != "http" or route.plain or handler is None:
            return None
        ids = [p for p in route.parameters if p.kind == "path" and words_of(p.node.name)[-1:] in (("id",), ("uuid",))]
        if not ids or not self._signed_in_only(route, ids, handler):
            return None
        for parameter in ids:
            cls = self._fetched(handler, parameter.node.name, 0)
            if cls is not None:
                return parameter.node.name, cls
        return None

    def _signed_in_only(self, route: Route, ids: list[Parameter], handler: Function) -> bool:
        """Whether somebody is signed in, and neither the handler nor a dependency looks at who it is."""
        outer = [d for effective in route.effective for d in effective.outer] or route.owner.dependencies
        top = [*outer, *route.own_dependencies]
        if not any(self._signs_in(item) for d in top for item in d.walk()):
            return False
        taken = {parameter.node.name for parameter in ids}
        for dependency in [item for d in top for item in d.walk()]:
            if not dependency.known or PRIVILEGED.intersection(words_of(dependency.name.rpartition(".")[2])):
                return False
            if dependency.call is not None and dependency.call.keyword("scopes") is not None:
                return False
            if any(parameter.node.name in taken or parameter.kind == "path" for parameter in dependency.parameters):
                return False
        for dependency in route.own_dependencies:
            name = dependency.parameter.node.name if dependency.parameter is not None else None
            if name is not None and any(self._signs_in(item) for item in dependency.walk()) and _used(name, handler):
                return False
        return not PRIVILEGED.intersection(words_of(f"{handler.name} {route.template or ''}"))

    def _signs_in(self, dependency: Dependency) -> bool:
        return scheme_name(dependency.value, self.inference) is not None

    def _fetched(self, function: Function, name: str, depth: int) -> Class | None:
        """The class with an owner whose row a function fetches by this parameter."""
        for call in function.body.all(s.Call):
            cls = self._got(call, function, name)
            if cls is not None and self._owned(cls):
                return cls
        if depth >= DEPTH:
            return None
        for call in function.body.all(s.Call):
            inner = self._handed_to(call, function, name)
            if inner is not None and (cls := self._fetched(*inner, depth + 1)) is not None:
                return cls
        return None

    def _got(self, call: s.Call, function: Function, name: str) -> Class | None:
        if not isinstance(call.func, s.Attribute):
            return None
        if call.func.attr in GETTERS and len(call.args) > 1 and _is(call.args[1], name):
            for value in self.inference.infer(call.args[0], function):
                if isinstance(value, v.ClassValue) and self.orm.maps_table(value.cls):
                    return value.cls
        if call.func.attr in QUERIES and len(call.args) == 1 and isinstance(call.args[0], s.Compare):
            compare = call.args[0]
            column = compare.left
            if compare.ops == ("Eq",) and isinstance(column, s.Attribute) and _is(compare.comparators[0], name):
                for value in self.inference.infer(column.value, function):
                    if isinstance(value, v.ClassValue) and self.orm.maps_table(value.cls):
                        return value.cls
        return None

    def _handed_to(self, call: s.Call, function: Function, name: str) -> tuple[Function, str] | None:
        """The project function that is given the parameter, and what it calls it."""
        for value in self.inference.infer(call.func, function):
            if not isinstance(value, v.FunctionValue):
                continue
            parameters = value.function.node.parameters[1 if value.receiver is not None else 0 :]
            for parameter, argument in zip(parameters, call.args, strict=False):
                if _is(argument, name):
                    return value.function, parameter.name
            for keyword in call.keywords:
                if keyword.arg is not None and _is(keyword.value, name):
                    return value.function, keyword.arg
        return None

    def _owned(self, cls: Class) -> bool:
        return any(
            OWNERS.intersection(words_of(name)) and words_of(name)[-1] in ("id", "by", "owner", "user")
            for item in self.inference.classes.ancestry(cls)
            if isinstance(item, Class)
            for name in item.body.bindings
        )


def _is(expr: s.Expr, name: str) -> bool:
    return isinstance(expr, s.Name) and expr.id == name


def _used(name: str, function: Function) -> bool:
    return any(node.id == name for node in function.body.all(s.Name))
