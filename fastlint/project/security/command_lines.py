"""What runs because somebody typed a command, who sees and may know all that the program keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.project.language.scopes import Function, Module, Scope

if TYPE_CHECKING:
    from fastlint.project.language.callers import Callers
    from fastlint.project.language.inference import Inference

LIBRARIES = ("asyncclick.", "click.", "cyclopts.", "rich_click.", "typer.")


def is_command(function: Function, inference: Inference) -> bool:
    """Whether the function is given what stands on a command line."""
    return any(name.startswith(LIBRARIES) for name in inference.results.decorators(function))


def started_by_hand(function: Function, callers: Callers) -> bool:
    """Whether a command or the main part of a module calls the function."""
    return any(_by_hand(scope, callers.inference) for _, scope in callers.of(function))


def _by_hand(scope: Scope, inference: Inference) -> bool:
    if isinstance(scope, Module):
        return True
    while isinstance(scope, Function):
        if is_command(scope, inference):
            return True
        scope = scope.parent
    return False
