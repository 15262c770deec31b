"""Classes derived from FastAPI's that register under another path than they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.registering import HTTP_METHODS
from fastlint.project.language.callers import last_name
from fastlint.project.language.scopes import Class, Function

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

REGISTERING = HTTP_METHODS | {"api_route", "add_api_route", "websocket", "add_api_websocket_route"}
ADDING = {"websocket": ("websocket", "add_api_websocket_route")}
"""The methods of `APIRouter` that one method goes through (`fastapi.routing`); `FastAPI` asks its router instead."""


def keeps_path(cls: Class, verb: str, call: s.Call, is_app: bool, inference: Inference) -> bool:
    """Whether a route that a call of the method `verb` registers on an object of the class has the path it is given."""
    names: tuple[str, ...] = (verb,)
    if not is_app and (verb in HTTP_METHODS or verb == "api_route"):
        names = (verb, "api_route", "add_api_route")
    elif not is_app:
        names = ADDING.get(verb, names)
    if isinstance(call.func, s.Attribute) and isinstance(call.func.value, s.Call):
        names = names[1:]  # `super().get(...)`, in the overriding method itself
    for above in inference.classes.ancestry(cls):
        if isinstance(above, Class) and any(
            not _passes(above.methods[name]) for name in names if name in above.methods
        ):
            return False
    return True


def _passes(method: Function) -> bool:
    """Whether an overriding method hands its path on as it is: `super().add_api_route(path, endpoint, **options)`."""
    nodes = [node for statement in method.node.body for node in s.walk(statement)]
    taken = [p.name for p in method.node.parameters if p.kind not in ("*", "**")]
    kept = set(taken) - {name for node in nodes for name in _assigned(node)}
    paths = [_path(node, taken) for node in nodes if isinstance(node, s.Call) and _is_inherited(node)]
    return bool(paths) and all(
        path is None or isinstance(path, s.Starred) or (isinstance(path, s.Name) and path.id in kept) for path in paths
    )


def _is_inherited(call: s.Call) -> bool:
    if not isinstance(call.func, s.Attribute) or call.func.attr not in REGISTERING:
        return False
    return not isinstance(call.func.value, s.Call) or last_name(call.func.value) == "super"


def _path(call: s.Call, taken: list[str]) -> s.Expr | None:
    """What is given as the path, also in `APIRouter.add_api_route(self, path)`."""
    first = call.args[0] if call.args else None
    unbound = bool(taken) and isinstance(first, s.Name) and first.id == taken[0]
    return call.argument(int(unbound), "path")


def _assigned(node: s.Node) -> list[str]:
    targets: tuple[s.Expr, ...] = ()
    match node:
        case s.Assign():
            targets = node.targets
        case s.AugAssign(target=target) | s.AnnAssign(target=target) | s.For(target=target):
            targets = (target,)
    return [item.id for target in targets for item in s.walk(target) if isinstance(item, s.Name)]
