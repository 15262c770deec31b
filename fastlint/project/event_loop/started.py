"""What the start of an application sets going, and leaves running while requests are served."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fastlint.facts import syntax as s
from fastlint.project.application.roots import Root
from fastlint.project.language import values as v
from fastlint.project.language.callers import last_name
from fastlint.project.language.control_flow import caught
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function

TITLE = "startup task"
TAKERS = frozenset(
    {
        *("asyncio.create_task", "asyncio.ensure_future", "asyncio.run_coroutine_threadsafe"),
        *("asyncio.AbstractEventLoop.create_task", "asyncio.TaskGroup.create_task", "anyio.abc.TaskGroup.start_soon"),
    }
)
CANCELLED = frozenset({"asyncio.CancelledError", "asyncio.exceptions.CancelledError"})
GROUPS = frozenset({"asyncio.TaskGroup.create_task", "anyio.abc.TaskGroup.start_soon"})
NAMES = frozenset(name.rpartition(".")[2] for name in TAKERS)


def set_going(
    roots: Iterable[Root], mentions: Callable[[Function], list[Function]], inference: Inference
) -> Iterator[Root]:
    """The coroutines that startup handlers and the lifespan, or what these call, turn into tasks.

    A task that is awaited where it is made ends before the application starts.
    """
    stack = [root.function for root in roots if root.kind == "startup"]
    seen: set[Function] = set()
    while stack:
        function = stack.pop()
        if function in seen:
            continue
        seen.add(function)
        stack += mentions(function)
        if function.node.calls & NAMES:
            for started in _tasks(function, inference):
                yield Root(started, TITLE, None, "task")


def ends_with_cancellation(node: s.Node, function: Function, inference: Inference) -> bool:
    """Whether a node only runs where a task is cancelled, which is done as the application stops."""
    handler = function.body.enclosing(node, s.Handler)
    return handler is not None and caught(handler, function, inference) <= CANCELLED


def _tasks(function: Function, inference: Inference) -> Iterator[Function]:
    for call in function.body.all(s.Call):
        if last_name(call) not in NAMES or not call.args:
            continue
        names = inference.external_names(call.func, function)
        if not names & TAKERS or _ends_here(call, function, bool(names & GROUPS)):
            continue
        for value in inference.infer(call.args[0], function):
            started = value.function if isinstance(value, v.Coroutine | v.FunctionValue) else None
            if started is not None and started.is_async:  # a coroutine, or `start_soon(poll)`
                yield started


def _ends_here(call: s.Call, function: Function, grouped: bool) -> bool:
    """Whether the function waits for the task before it gives way: by `await`, or by leaving the group."""
    body = function.body
    yields = [node.start for node in body.all(s.Yield)]
    if grouped:
        group = body.enclosing(call, s.With)
        return group is not None and not any(group.start < start <= _end(group) for start in yields)
    names = _kept_in(body.statement(call))
    for waiting in body.all(s.Await):
        inside = list(s.walk(waiting))
        waited = any(node is call or (isinstance(node, s.Name) and node.id in names) for node in inside)
        if waited and (not yields or waiting.start < min(yields)):
            return True
    return False


def _end(node: s.Stmt) -> tuple[int, int]:
    return node.end_line + 1, 0


def _kept_in(statement: s.Stmt | None) -> set[str]:
    """The names under which a statement keeps what it makes: `task = ...`, `tasks.append(...)`."""
    match statement:
        case s.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, s.Name)}
        case s.AnnAssign(target=s.Name(id=name)):
            return {name}
        case s.ExprStmt(value=s.Call(func=s.Attribute(value=s.Name(id=name), attr="append" | "add"))):
            return {name}
    return set()
