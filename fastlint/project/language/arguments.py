"""Which argument of a call a parameter of the project's function receives."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.language.classes import is_static
from fastlint.project.language.scopes import Function


def argument_for(call: s.Call, function: Function, name: str, receiver: bool) -> s.Expr | None:
    """What a call writes for the parameter; None where it gives nothing, or where a starred argument hides it.

    `receiver` says that the function is called on an object or class, which is its first argument.
    """
    return arguments_of(call, function, receiver).get(name)


def arguments_of(call: s.Call, function: Function, receiver: bool) -> dict[str, s.Expr]:
    """What a call writes for each parameter, as `argument_for` tells for one."""
    found: dict[str, s.Expr] = {}
    if call.args and not any(isinstance(item, s.Starred) for item in call.args):
        names = [p.name for p in function.node.parameters if p.kind not in ("*", "**", "k")]
        if receiver and function.cls is not None and not is_static(function):
            names = names[1:]
        found.update(zip(names, call.args, strict=False))
    for keyword in reversed(call.keywords):
        if keyword.arg is not None:
            found[keyword.arg] = keyword.value
    return found
