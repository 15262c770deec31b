"""Where an application is put into debug mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.registrations import unreachable
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Module, Scope, scopes_with

if TYPE_CHECKING:
    from fastlint.project.language.constants import Constants

APPLICATIONS = ("fastapi.FastAPI", "starlette.applications.Starlette")
CONDITIONS = (s.If, s.Conditional, s.While, s.Handler, s.Case)

SAYING = frozenset({"debug=", "reload=", ".debug"})


@dataclass(frozen=True, slots=True)
class DebugSwitch:
    """The keyword (with its `call`) or the assignment that switches it on; `reloads` for the server's reloader."""

    node: s.Node
    scope: Scope
    call: s.Call | None = None
    reloads: bool = False


def debug_switches(module: Module, constants: Constants) -> Iterator[DebugSwitch]:
    if module.facts.calls.isdisjoint(SAYING):
        return
    for scope in scopes_with(module, SAYING):
        for keyword in scope.body.all(s.Keyword):
            if keyword.arg not in ("debug", "reload"):
                continue
            call = scope.body.parents.get(keyword)
            if isinstance(call, s.Call) and _on(keyword.value, scope, constants) and not unreachable(call, scope):
                if keyword.arg == "debug" and _makes_application(call, scope, constants):
                    if not _guarded(call, scope):
                        yield DebugSwitch(keyword, scope, call)
                elif keyword.arg == "reload" and "uvicorn.run" in constants.inference.external_names(call.func, scope):
                    if not _guarded(call, scope) and not _started_as_script(scope):
                        yield DebugSwitch(keyword, scope, call, reloads=True)
        for assign in scope.body.all(s.Assign):
            target = assign.targets[0]
            if isinstance(target, s.Attribute) and target.attr == "debug" and _on(assign.value, scope, constants):
                if _is_application(constants.inference.infer(target.value, scope), constants) and not _guarded(
                    assign, scope
                ):
                    yield DebugSwitch(assign, scope)


def _on(expr: s.Expr, scope: Scope, constants: Constants) -> bool:
    """Whether it is True and no setting decides."""
    if isinstance(expr, s.Attribute):
        for value in constants.inference.infer(expr.value, scope):
            if not isinstance(value, v.ModuleValue):
                return False
    return constants.value(expr, scope) is True


def _makes_application(call: s.Call, scope: Scope, constants: Constants) -> bool:
    return _is_application(constants.inference.infer(call, scope), constants)


def _is_application(values: v.Values, constants: Constants) -> bool:
    for value in values:
        if isinstance(value, v.Instance):
            names = constants.inference.classes.ancestry(value.of) if isinstance(value.of, Class) else (value.of,)
            if any(name in APPLICATIONS for name in names):
                return True
    return False


def _guarded(node: s.Node, scope: Scope) -> bool:
    return any(isinstance(ancestor, CONDITIONS) for ancestor in scope.body.ancestors(node))


def _started_as_script(scope: Scope) -> bool:
    """Whether the function only runs when a developer starts the file."""
    if isinstance(scope, Module):
        return False
    return any(
        isinstance(call.func, s.Name)
        and call.func.id == scope.qualname.rpartition(".")[2]
        and unreachable(call, scope.module)
        for call in scope.module.body.all(s.Call)
    )
