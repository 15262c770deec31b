"""A context variable set in a plain dependency."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

SET = "contextvars.ContextVar.set"
QUICK = ("contextvars.", "builtins.str", "builtins.int", "builtins.dict", "builtins.len", "uuid.")


class LostContextVariable(Rule[Function]):
    """A context variable set in a plain dependency.

    ## What it does

    Reports `variable.set(...)` of a `ContextVar` in `def` dependencies: functions, constructors and `__call__`.

    ## Why it matters

    FastAPI runs a `def` dependency in a worker thread, with a copy of the context. What it sets is gone when it
    returns: the path operation and the rest of the request see the old value.

    ## Instead

    Make the dependency `async def`: it shares the context of the request. Or return the value instead of setting it.

    ## Fix safety

    `async def` is a repair where all that the dependency calls is known to return at once, and nothing else calls it.
    It is unsafe everywhere else: the whole function then runs on the event loop."""

    code = "FST116"
    name = "lost-context-variable"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if function.is_async or "set" not in function.node.calls or function.module.is_test:
            return
        root = project.loop.contexts.threaded.get(function)
        if root is None or root.kind != "dependency":
            return
        if not function.is_generator and "reset" in function.node.calls:
            return  # set and reset around something: nothing is meant to get out
        for call in function.body.all(syntax.Call):
            if project.names(call.func, function) == {SET} and isinstance(call.func, syntax.Attribute):
                message = (
                    f"the value set in the plain dependency `{function.short}` is lost: "
                    "it runs in a thread with a copy of the context"
                )
                subject = function, project
                yield Finding(function.path, call.func.span, message, subject=subject, symbol=function.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        function, project = finding.subject
        if function.name == "__init__":
            return None
        quick = all(_returns_at_once(call, function, project) for call in function.body.all(syntax.Call))
        safe = quick and not project.calls_of(function)
        edits = (edit.insert(function.path, function.node.line, function.node.column + 1, "async "),)
        return Fix("Make it `async def`", Applicability.REPAIR if safe else Applicability.UNSAFE, edits)


def _returns_at_once(call: syntax.Call, function: Function, project: Project) -> bool:
    names = project.names(call.func, function)
    return bool(names) and all(name.startswith(QUICK) for name in names)
