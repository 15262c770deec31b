"""Calls that give a resource back: shared by the rules on exit code."""

from __future__ import annotations

from fastlint.project.application.cleanup import Exit, YieldDependency
from fastlint.project.model import Project, syntax

METHODS = frozenset(
    {"close", "aclose", "dispose", "release", "disconnect", "cancel", "unlink", "wait_closed", "shutdown"}
)
CONTEXT = "contextvars.ContextVar"
REMOVING = frozenset({"os.unlink", "os.remove", "os.rmdir", "os.close", "shutil.rmtree"})
"""Functions that release what they are given."""
MAKING = frozenset({"tempfile.mkstemp", "os.pipe"})
"""What gives a pair of things to release."""


def receiver(call: syntax.Call, dependency: YieldDependency, project: Project) -> str | None:
    """The dotted name of what a call releases; None when it is no release of something the function made."""
    given = _removed(call, dependency)
    if given:
        return given if _made_here(given.partition(".")[0], dependency) else None
    if not isinstance(call.func, syntax.Attribute):
        return None
    name = dotted(call.func.value)
    if not name:
        return None
    if call.func.attr == "reset":
        return name if project.types(call.func.value, dependency.function) == {CONTEXT} else None
    return name if call.func.attr in METHODS and _made_here(name.partition(".")[0], dependency) else None


def _removed(call: syntax.Call, dependency: YieldDependency) -> str:
    """The dotted name of what `os.unlink(path)` and the like is given."""
    if not call.args or not dependency.inference.external_names(call.func, dependency.function) & REMOVING:
        return ""
    return dotted(call.args[0])


def _made_here(name: str, dependency: YieldDependency) -> bool:
    """Whether the function made the object itself; what `with` binds is released by that."""
    bindings = dependency.function.body.bindings.get(name, [])
    return bool(bindings) and all(
        b.kind in ("assign", "annotated") and (not b.path or _makes_pair(b.value, dependency)) for b in bindings
    )


def _makes_pair(value: syntax.Expr | None, dependency: YieldDependency) -> bool:
    if not isinstance(value, syntax.Call):
        return False
    return bool(dependency.inference.external_names(value.func, dependency.function) & MAKING)


def released(statements: list[syntax.Stmt], dependency: YieldDependency) -> set[str]:
    """The names that are released, or handed to a function that may do so, in some statements."""
    names = set()
    for call in dependency.calls_in(statements):
        if isinstance(call.func, syntax.Attribute):
            names.add(dotted(call.func.value))
        names |= {dotted(argument) for argument in call.args}
    return names


def protected(found: Exit, dependency: YieldDependency) -> set[str]:
    """What is released when the request fails, too: in `finally`, or in each handler."""
    names = released(found.final, dependency)
    for guard in found.guards:
        each = [_closed(handler, dependency) for handler in guard.handlers]
        names |= set.intersection(*each) if each else set()
    return names


def _closed(handler: syntax.Handler, dependency: YieldDependency) -> set[str]:
    calls = dependency.calls_in(list(handler.body))
    methods = {
        dotted(call.func.value)
        for call in calls
        if isinstance(call.func, syntax.Attribute) and call.func.attr in METHODS
    }
    return methods | {_removed(call, dependency) for call in calls}


def dotted(expr: syntax.Expr) -> str:
    if isinstance(expr, syntax.Name):
        return expr.id
    if isinstance(expr, syntax.Attribute):
        inner = dotted(expr.value)
        return f"{inner}.{expr.attr}" if inner else ""
    return ""
