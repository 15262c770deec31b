"""Whether a plain function gives something that can be awaited in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.responses import is_response_name
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Function

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference


def gives_no_awaitable(function: Function, inference: Inference) -> bool:
    """Whether a plain function gives, on some way through it, nothing to await: awaiting its result fails there."""
    if function.is_async:
        return False
    if function.is_generator or not function.node.has_return_value:
        return True
    given = [inference.infer(item.value, function) for item in function.body.all(s.Return) if item.value is not None]
    return any(values and all(_no_awaitable(value) for value in values) for values in given)


def _no_awaitable(value: v.Value) -> bool:
    match value:
        case v.Const() | v.Display() | v.Elements():
            return True
        case v.Instance(str() as name):
            return name.startswith("builtins.") or is_response_name(name)
    return False
