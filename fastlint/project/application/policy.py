"""The declared policy of who may call which route, held against the routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.parameters import Dependency
from fastlint.project.application.routers import Effective
from fastlint.project.language import values as v
from fastlint.project.language.modules import Modules
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference
    from fastlint.project.link import AuthPolicy

PARAMETER = re.compile(r"\{[^{}]*\}")
SOCKETS = frozenset({"WS", "WEBSOCKET"})


class Policy:
    """Answers for one project."""

    def __init__(self, policy: AuthPolicy, inference: Inference) -> None:
        self.inference = inference
        self.modules: Modules = inference.names.modules
        self.declared = policy.required
        self.public = [_parts(pattern) for pattern in policy.public if "/" in pattern]
        self.public_names = frozenset(pattern.strip() for pattern in policy.public if "/" not in pattern)
        resolved = {name: self._resolved(name) for name in policy.required}
        self.missing = tuple(name for name, found in resolved.items() if found is None)
        """Guards of the policy that the project does not have."""
        self.required = frozenset(policy.required).union(*(found or () for found in resolved.values()))

    def open_title(self, effective: Effective) -> str | None:
        """`GET /path` of a method under which the route is neither guarded nor public; None when there is none."""
        if effective.path is None or self._guarded(effective):
            return None
        handler = effective.route.handler
        if handler is not None and (handler.qualname in self.public_names or self._decorated(handler)):
            return None
        methods = ("WEBSOCKET",) if effective.route.kind == "websocket" else effective.route.methods
        for method in methods or ():
            if not any(_matches(pattern, method, effective.path) for pattern in self.public):
                return f"{method} {effective.path}"
        return None

    def _guarded(self, effective: Effective) -> bool:
        for dependency in effective.dependencies:
            for item in dependency.walk():
                if item.value == v.UNKNOWN or self.required & self._names(item):
                    return True
        return False

    def _decorated(self, handler: Function) -> bool:
        """Whether a decorator of the handler is one of the guards."""
        for decorator in handler.node.decorators:
            func = decorator.func if isinstance(decorator, s.Call) else decorator
            if self.required & set(self._called(func, handler.parent)):
                return True
        return False

    def _names(self, dependency: Dependency) -> set[str]:
        """The dotted names of a dependency: of its function or class, what makes it, and the variable that holds it."""
        names = {dependency.name} if dependency.name else set()
        function = dependency.function
        if function is not None:
            names |= {outer.qualname for outer in _around(function)}
        if isinstance(dependency.value, v.Instance) and isinstance(dependency.value.of, Class):
            names |= self._classes(dependency.value.of)
        wanted = None if dependency.call is None else dependency.call.argument(0, "dependency")
        if wanted is not None:
            names |= set(self._called(wanted, dependency.scope))
            if isinstance(wanted, s.Call):
                names |= set(self._called(wanted.func, dependency.scope))
        return names

    def _called(self, expr: s.Expr, scope: Scope) -> Iterator[str]:
        """The dotted names of what an expression is: of its definition, and of the variable it stands in."""
        for found in self.inference.define(expr, scope):
            if isinstance(found, Definition):
                yield f"{found.scope.qualname}.{found.binding.name}"
        for value in self.inference.infer(expr, scope):
            match value:
                case v.FunctionValue(function):
                    yield function.qualname
                case v.ClassValue(cls):
                    yield from self._classes(cls)
                case v.External(name):
                    yield name

    def _classes(self, cls: Class) -> set[str]:
        ancestry = self.inference.classes.ancestry(cls)
        return {item.qualname if isinstance(item, Class) else item for item in ancestry}

    def _resolved(self, name: str) -> frozenset[str] | None:
        """The dotted names that a declared name leads to, through re-exports; None when the project has no such."""
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            module = self.modules.by_name.get(".".join(parts[:end]))
            if module is None:
                continue
            found = self.inference.names.member(module, parts[end])
            rest = "".join(f".{part}" for part in parts[end + 1 :])
            names = [f"{f.scope.qualname}.{f.binding.name}{rest}" for f in found if isinstance(f, Definition)]
            return frozenset(names) if found else None
        own = {module.name.partition(".")[0] for module in self.modules}
        return None if parts[0] in own else frozenset()


def _around(function: Function) -> Iterator[Function]:
    """The functions that a function is defined in: what makes it."""
    outer = function.parent
    while isinstance(outer, Function):
        yield outer
        outer = outer.parent


def _parts(pattern: str) -> tuple[frozenset[str], str]:
    """Methods, none for all of them, and path of a pattern; names of path parameters do not count."""
    methods, _, path = pattern.strip().rpartition(" ")
    wanted = frozenset(method for method in re.split(r"[\s,|]+", methods.upper()) if method)
    return frozenset("WEBSOCKET" if method in SOCKETS else method for method in wanted), _plain(path)


def _matches(pattern: tuple[frozenset[str], str], method: str, path: str) -> bool:
    wanted, text = pattern
    return (not wanted or method in wanted) and _wildcard(text, _plain(path))


def _plain(path: str) -> str:
    """A path without the names of its parameters, and without the slash at the end that FastAPI redirects from."""
    return PARAMETER.sub("{}", path).rstrip("/") or "/"


def _wildcard(pattern: str, text: str) -> bool:
    """`*` stands for anything; each piece is looked for once, from the left."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    if not text.startswith(first):
        return False
    position = len(first)
    for piece in rest[:-1]:
        found = text.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return text.endswith(rest[-1]) and len(text) - len(rest[-1]) >= position
