"""What ends with the request: the values of dependencies with `yield`, and what is built on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.parameters import Dependency, Parameter
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

DEEPEST = 6


def request_scoped(parameters: list[Parameter], inference: Inference) -> dict[str, Dependency]:
    """The parameters that are closed when the request ends, each with the dependency that closes it."""
    found = {}
    for parameter in parameters:
        closing = _closing(parameter.dependency, inference) if parameter.dependency is not None else None
        if closing is not None:
            found[parameter.node.name] = closing
    return found


def _closing(dependency: Dependency, inference: Inference, depth: int = DEEPEST) -> Dependency | None:
    """The dependency with `yield` whose end closes the value that this one gives."""
    function = dependency.function
    if function is None or not depth:
        return None
    if function.is_generator:
        values = v.without_none(inference.results.yielded(function))
        closes = bool(values) and all(_closable(value) for value in values) and _ends(function)
        return dependency if closes else None
    below = {
        parameter.node.name: closing
        for parameter in dependency.parameters
        if parameter.dependency is not None
        and (closing := _closing(parameter.dependency, inference, depth - 1)) is not None
    }
    handed_on = _kept(function) if function.name == "__init__" else _returned_with(function)
    return next((closing for name, closing in below.items() if name in handed_on), None)


def _closable(value: v.Value) -> bool:
    match value:
        case v.Instance(Class()):
            return True
        case v.Instance(str() as name):
            return not name.startswith(("builtins.", "datetime.", "uuid.", "decimal."))
    return False


def _ends(function: Function) -> bool:
    """Whether something is done with the value after `yield`: a `with` around it, or statements after it."""
    for node in function.body.all(s.Yield):
        names = {n.id for n in s.walk(node) if isinstance(n, s.Name)}
        for ancestor in function.body.ancestors(node):
            if isinstance(ancestor, s.With) and any(_binds(item, names) for item in ancestor.items):
                return True
        for call in function.body.all(s.Call):
            after = call.start > (node.end_line, node.end_column)
            if after and isinstance(call.func, s.Attribute) and call.func.attr in CLOSING:
                if isinstance(call.func.value, s.Name) and call.func.value.id in names:
                    return True
    return False


CLOSING = frozenset({"close", "aclose", "dispose", "release", "disconnect", "remove", "cleanup", "shutdown"})


def _binds(item: s.WithItem, names: set[str]) -> bool:
    return isinstance(item.target, s.Name) and item.target.id in names


def _kept(function: Function) -> set[str]:
    """The parameters that a constructor keeps as they are."""
    return {
        assign.value.id
        for assign in function.body.all(s.Assign)
        if isinstance(assign.value, s.Name) and any(isinstance(target, s.Attribute) for target in assign.targets)
    }


def _returned_with(function: Function) -> set[str]:
    """The parameters that are returned, or given to the constructor of what is returned."""
    found: set[str] = set()
    for item in function.body.all(s.Return):
        if isinstance(item.value, s.Name):
            found.add(item.value.id)
        elif isinstance(item.value, s.Call) and _name(item.value)[:1].isupper():
            arguments = (*item.value.args, *(keyword.value for keyword in item.value.keywords))
            found |= {argument.id for argument in arguments if isinstance(argument, s.Name)}
    return found


def _name(call: s.Call) -> str:
    match call.func:
        case s.Name(id=name) | s.Attribute(attr=name):
            return name
    return ""
