"""The declared policy of who may call which route, held against the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.project.application.parameters import Dependency
from fastlint.project.application.routers import Effective
from fastlint.project.language import values as v
from fastlint.project.language.names import Definition

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference
    from fastlint.project.link import AuthPolicy


class Policy:
    """Answers for one project."""

    def __init__(self, policy: AuthPolicy, inference: Inference) -> None:
        self.inference = inference
        self.required = frozenset(policy.required)
        self.public = [_parts(pattern) for pattern in policy.public]

    def open_title(self, effective: Effective) -> str | None:
        """`GET /path` of a method under which the route is neither guarded nor public; None when there is none."""
        if effective.path is None or self._guarded(effective):
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

    def _names(self, dependency: Dependency) -> set[str]:
        """The dotted names of a dependency: of its function or class, and of the variable that holds it."""
        names = {dependency.name} if dependency.name else set()
        wanted = None if dependency.call is None else dependency.call.argument(0, "dependency")
        for found in self.inference.define(wanted, dependency.scope) if wanted is not None else ():
            if isinstance(found, Definition):
                names.add(f"{found.scope.qualname}.{found.binding.name}")
        return names


def _parts(pattern: str) -> tuple[str | None, str]:
    method, space, path = pattern.strip().partition(" ")
    return (method.upper(), path.strip()) if space else (None, method)


def _matches(pattern: tuple[str | None, str], method: str, path: str) -> bool:
    wanted, text = pattern
    return (wanted is None or wanted == method) and _wildcard(text, path)


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
