"""Requests that another site can make in a user's name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.auth import scheme_name
from fastlint.project.application.parameters import Dependency, Parameter
from fastlint.project.application.routers import App, Route
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Function
from fastlint.project.language.words import words_of
from fastlint.project.security.cookies import Cookie, cookies, says_who

if TYPE_CHECKING:
    from fastlint.project.model import Project

CHECKS = frozenset({"csrf", "xsrf", "origin", "origins", "referer", "forgery"})
REQUESTS = ("fastapi.Request", "fastapi.requests.HTTPConnection")
ANONYMOUS = frozenset({"login", "signin", "logout", "signout", "register", "signup", "callback", "token", "refresh"})


class Forgery:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.inference = project.inference

    @cached_property
    def all(self) -> list[Cookie]:
        return [cookie for module in self.project.modules for cookie in cookies(module, self.project.texts)]

    @cached_property
    def cookies_for_all(self) -> set[str]:
        """The names of cookies that browsers send from every site."""
        return {c.name for c in self.all if c.same_site == "none" and not c.session and c.name and not c.removed}

    @property
    def session_for_all(self) -> bool:
        return any(cookie.session and cookie.same_site == "none" for cookie in self.all)

    def open_by(self, route: Route) -> str | None:
        """The cookie by which a form of another site can use the route; None when something keeps it out."""
        if route.kind != "http" or route.plain or route.handler is None or "POST" not in (route.methods or ()):
            return None
        parameters, functions, dependencies = self._parts(route)
        if any(parameter.kind == "body" for parameter in parameters) or self._anonymous(route):
            return None
        if self._checked(parameters, dependencies, route):
            return None
        return next(self._trusted(parameters, functions, dependencies), None)

    def _parts(self, route: Route) -> tuple[list[Parameter], list[Function], list[Dependency]]:
        dependencies = list(self.project.handlers.dependencies(route))
        parameters = [*route.parameters, *(p for d in dependencies for p in d.parameters)]
        functions = [d.function for d in dependencies if d.function is not None]
        return parameters, [*functions, *([route.handler] if route.handler else [])], dependencies

    @staticmethod
    def _anonymous(route: Route) -> bool:
        return bool(ANONYMOUS.intersection(words_of(route.template or "")))

    def _checked(self, parameters: list[Parameter], dependencies: list[Dependency], route: Route) -> bool:
        """Whether a token, the origin or a header that a form cannot send is asked for."""
        if any(parameter.kind == "header" for parameter in parameters) or any(not d.known for d in dependencies):
            return True
        names = [d.name for d in dependencies] + [parameter.name for parameter in parameters]
        if any(CHECKS.intersection(words_of(name.rpartition(".")[2])) for name in names):
            return True
        if any(d for d in dependencies if (scheme_name(d.value, self.inference) or "APIKeyCookie") != "APIKeyCookie"):
            return True
        apps = [effective.app for effective in route.effective]
        return any(self._guards(app) for app in apps if isinstance(app, App))

    def _guards(self, app: App) -> bool:
        for middleware in app.middleware:
            expr = middleware.cls
            name = (
                middleware.handler.name
                if middleware.handler is not None
                else getattr(expr, "id", "") or getattr(expr, "attr", "")
            )
            if CHECKS.intersection(words_of(name)) - {"origin", "origins"}:
                return True
        return False

    def _trusted(
        self, parameters: list[Parameter], functions: list[Function], dependencies: list[Dependency]
    ) -> Iterator[str]:
        for parameter in parameters:
            if parameter.kind == "cookie" and parameter.name in self.cookies_for_all and says_who(parameter.name):
                yield parameter.name
        for dependency in dependencies:
            name = self._scheme_cookie(dependency)
            if name is not None and name in self.cookies_for_all:
                yield name
        for function in functions:
            yield from self._read(function)

    def _scheme_cookie(self, dependency: Dependency) -> str | None:
        value = dependency.value
        if (
            scheme_name(value, self.inference) != "APIKeyCookie"
            or not isinstance(value, v.Instance)
            or value.site is None
        ):
            return None
        return self.project.texts.text(value.site.call.keyword("name"), value.site.scope)

    def _read(self, function: Function) -> Iterator[str]:
        """The cookies and the session that a function reads from the request."""
        for node in function.body.all(s.Attribute):
            if node.attr not in ("cookies", "session") or not self._is_request(node.value, function):
                continue
            if node.attr == "session":
                if self.session_for_all and self._keyed(node, function) is not None:
                    yield "session"
            elif (name := self._keyed(node, function)) in self.cookies_for_all and name is not None and says_who(name):
                yield name

    def _keyed(self, node: s.Attribute, function: Function) -> str | None:
        """The key under which a mapping is read."""
        match function.body.parents.get(node):
            case s.Subscript(value=value, index=index) as item if value is node:
                return None if _written(item, function) else self.project.texts.text(index, function)
            case s.Attribute(attr="get") as method:
                call = function.body.parents.get(method)
                return (
                    self.project.texts.text(call.args[0], function) if isinstance(call, s.Call) and call.args else None
                )
        return None

    def _is_request(self, expr: s.Expr, function: Function) -> bool:
        return any(
            isinstance(value, v.Instance) and value.of in REQUESTS for value in self.inference.infer(expr, function)
        )


def _written(item: s.Subscript, function: Function) -> bool:
    parent = function.body.parents.get(item)
    return isinstance(parent, s.Assign) and item in parent.targets
