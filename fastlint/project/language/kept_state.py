"""What an application keeps in `app.state`, and middleware in `request.state`: by the assignments of the project."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Function, Scope, every_scope
from fastlint.project.language.values import NOTHING_KNOWN, Values, union

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

APP_STATE = "fastapi.FastAPI.state()"
REQUEST_STATE = "fastapi.Request.state()"
STATES = frozenset({APP_STATE, REQUEST_STATE})
FRAMEWORKS = ("fastapi", "starlette")
MANAGER = "contextlib.asynccontextmanager"


class KeptState:
    """Asked through Inference; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def attribute(self, state: str, name: str) -> Values:
        """What `state.name` is: all that the project assigns to it; unknown where nothing does."""
        given = [
            self.inference.infer(value, scope)
            for target, value, scope in self._assigned.get(name, ())
            if self._holds(target, scope, state)
        ]
        if state == REQUEST_STATE:
            given += [self.inference.infer(value, scope) for value, scope in self.yielded.get(name, ())]
        return union(*given) if given else NOTHING_KNOWN

    def _holds(self, target: s.Attribute, scope: Scope, state: str) -> bool:
        return any(
            isinstance(value, v.Instance) and value.of == state for value in self.inference.infer(target.value, scope)
        )

    @cached_property
    def _assigned(self) -> dict[str, list[tuple[s.Attribute, s.Expr, Scope]]]:
        """The assignments to `x.state.name` in files that name the framework, by name."""
        found: dict[str, list[tuple[s.Attribute, s.Expr, Scope]]] = {}
        for scope in self._scopes():
            if not scope.body.sets_attributes:
                continue
            assigns: list[s.Assign | s.AnnAssign] = [*scope.body.all(s.Assign), *scope.body.all(s.AnnAssign)]
            for assign in assigns:
                for target in assign.targets if isinstance(assign, s.Assign) else (assign.target,):
                    if isinstance(target, s.Attribute) and _is_state(target.value) and assign.value is not None:
                        found.setdefault(target.attr, []).append((target, assign.value, scope))
        return found

    @cached_property
    def yielded(self) -> dict[str, list[tuple[s.Expr, Scope]]]:
        """The items of the mappings that lifespans yield: Starlette puts them into each request's state."""
        found: dict[str, list[tuple[s.Expr, Scope]]] = {}
        for scope in self._scopes():
            if not (isinstance(scope, Function) and scope.is_async and scope.is_generator and scope.node.decorators):
                continue
            if len(scope.node.parameters) != 1 or MANAGER not in self.inference.results.decorators(scope):
                continue
            for item in scope.body.all(s.Yield):
                if isinstance(item.value, s.Dict):
                    for key, value in zip(item.value.keys, item.value.values, strict=True):
                        if isinstance(key, s.Constant) and isinstance(key.value, str):
                            found.setdefault(key.value, []).append((value, scope))
        return found

    def _scopes(self) -> Iterator[Scope]:
        for module in self.inference.names.modules:
            if not module.is_test and any(name.partition(".")[0] in FRAMEWORKS for name in module.facts.imports):
                yield from every_scope(module)


def _is_state(owner: s.Expr) -> bool:
    """Whether it reads `x.state`, or `state` for a variable that holds one."""
    return (isinstance(owner, s.Attribute) and owner.attr == "state") or (
        isinstance(owner, s.Name) and owner.id == "state"
    )
