"""What a function changes that outlives it: names and containers of modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Binding
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Function, Module

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

CONTAINERS = frozenset(
    {
        *(f"builtins.{name}" for name in ("dict", "list", "set")),
        *(f"collections.{name}" for name in ("defaultdict", "Counter", "OrderedDict", "deque")),
    }
)
CHANGING = frozenset(
    {
        *("append", "appendleft", "extend", "insert", "add", "update", "setdefault", "pop", "popleft", "popitem"),
        *("remove", "discard", "clear", "sort", "reverse", "subtract"),
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """`node` changes the global `name`, which `binding` defines in `module` (None where nothing does)."""

    node: s.Node
    name: str
    module: Module
    binding: Binding | None


def changes(function: Function, inference: Inference) -> Iterator[Change]:
    """The places where a function changes a global of the project, in source order."""
    found = [*_rebound(function), *_stored(function, inference), *_called(function, inference)]
    yield from sorted(found, key=lambda change: change.node.start)


def _rebound(function: Function) -> Iterator[Change]:
    """`global x` and an assignment."""
    body = function.body
    for name, kind in body.elsewhere.items():
        if kind != "global":
            continue
        defined = function.module.body.bindings.get(name, [])
        found: list[tuple[s.Stmt, tuple[s.Expr, ...]]] = [(node, node.targets) for node in body.all(s.Assign)]
        found += [(node, (node.target,)) for node in body.all(s.AugAssign)]
        found += [(node, (node.target,)) for node in body.all(s.AnnAssign)]
        for statement, targets in found:
            if any(isinstance(target, s.Name) and target.id == name for target in targets):
                yield Change(statement, name, function.module, defined[0] if defined else None)


def _stored(function: Function, inference: Inference) -> Iterator[Change]:
    """`x[key] = value`, `del x[key]`, `module.x = value`."""
    body = function.body
    found: list[tuple[s.Stmt, tuple[s.Expr, ...]]] = [(node, node.targets) for node in body.all(s.Assign)]
    found += [(node, node.targets) for node in body.all(s.Delete)]
    found += [(node, (node.target,)) for node in body.all(s.AugAssign)]
    for node, targets in found:
        for target in targets:
            if isinstance(target, s.Subscript):
                yield from _container(target.value, node, function, inference)
            elif isinstance(target, s.Attribute) and not isinstance(node, s.Delete):
                yield from _attribute(target, node, function, inference)


def _attribute(target: s.Attribute, node: s.Node, function: Function, inference: Inference) -> Iterator[Change]:
    for value in inference.infer(target.value, function):
        if isinstance(value, v.ModuleValue):
            defined = value.module.body.bindings.get(target.attr, [])
            yield Change(node, target.attr, value.module, defined[0] if defined else None)


def _called(function: Function, inference: Inference) -> Iterator[Change]:
    """`x.append(value)`."""
    for call in function.body.all(s.Call):
        if isinstance(call.func, s.Attribute) and call.func.attr in CHANGING and not function.body.in_lambda(call):
            statement = function.body.statement(call)
            yield from _container(call.func.value, statement or call, function, inference)


def _container(expr: s.Expr, node: s.Node, function: Function, inference: Inference) -> Iterator[Change]:
    while isinstance(expr, s.Subscript):
        expr = expr.value
    for found in inference.define(expr, function):
        if isinstance(found, Definition) and isinstance(found.scope, Module) and _is_container(found, inference):
            yield Change(node, found.binding.name, found.scope, found.binding)
            return


def _is_container(found: Definition, inference: Inference) -> bool:
    value = found.binding.value
    if found.binding.kind not in ("assign", "annotated") or found.binding.path:
        return False
    match value:
        case s.List() | s.Dict() | s.Set() | s.Comprehension():
            return True
        case s.Call(func=func):
            names = inference.external_names(func, found.scope)
            return bool(names) and names <= CONTAINERS
    return False
