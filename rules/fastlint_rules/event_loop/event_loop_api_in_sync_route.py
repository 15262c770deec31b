"""The event loop asked for in a worker thread."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

LOOP_API = frozenset(
    f"asyncio.{name}"
    for name in (
        *("create_task", "ensure_future", "get_running_loop", "get_event_loop", "current_task", "all_tasks"),
        *("timeout", "timeout_at"),
    )
)
GUARDS = frozenset({"RuntimeError", "Exception", "BaseException"})


class EventLoopApiInSyncRoute(Rule[Function]):
    """The event loop asked for in a worker thread.

    ## What it does

    Reports `asyncio.create_task`, `get_running_loop` and their kin in `def` functions that FastAPI runs in its
    threadpool: path operations, dependencies, exception handlers and background tasks.

    ## Why it matters

    No event loop runs in a worker thread: each of these raises `RuntimeError`, and the client gets a 500.

    ## Instead

    Make the function `async def`, or hand the work to `BackgroundTasks`. From a thread, `anyio.from_thread.run` calls
    back into the loop.

    ## Fix safety

    `async def` is unsafe: everything else in the function then runs on the event loop too.
    """

    code = "FST115"
    name = "event-loop-api-in-sync-route"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if function.is_async or function.module.is_test:
            return
        root = project.loop.contexts.threaded.get(function)
        if root is None or _sets_a_loop(function):
            return
        for call in function.body.all(syntax.Call):
            names = project.names(call.func, function) & LOOP_API
            if names and not function.body.in_lambda(call) and not _guarded(call, function):
                message = (
                    f"`{min(names)}` raises in `{function.short}`: FastAPI runs it in a thread that has no event loop"
                )
                yield Finding(function.path, call.func.span, message, subject=function, symbol=function.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        function: Function = finding.subject
        if function.name == "__init__" or not function.node.decorators:
            return None
        edits = (edit.insert(function.path, function.node.line, function.node.column + 1, "async "),)
        return Fix("Make it `async def`", Applicability.UNSAFE, edits)


def _sets_a_loop(function: Function) -> bool:
    return bool(function.node.calls & {"set_event_loop", "new_event_loop"})


def _guarded(call: syntax.Call, function: Function) -> bool:
    """Whether a `try` around it is prepared for there being no loop."""
    inner: syntax.Node = call
    for node in function.body.ancestors(call):
        if isinstance(node, syntax.Try) and inner in node.body:
            for handler in node.handlers:
                caught = handler.type.elements if isinstance(handler.type, syntax.Tuple) else (handler.type,)
                if any(item is None or (isinstance(item, syntax.Name) and item.id in GUARDS) for item in caught):
                    return True
        inner = node
    return False
