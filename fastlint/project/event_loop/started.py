"""Tasks that run for as long as the application serves: what its start sets going without waiting, and scheduled jobs.

A poller that the lifespan hands to `create_task` runs beside every request; only what startup waits for blocks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastlint.facts import syntax as s
from fastlint.project.event_loop.filling import dotted
from fastlint.project.language.callers import Callers, last_name
from fastlint.project.language.control_flow import caught
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function, Module, Scope

SETTING_GOING = frozenset(
    {
        *("asyncio.create_task", "asyncio.ensure_future", "asyncio.gather", "asyncio.run_coroutine_threadsafe"),
        *("asyncio.AbstractEventLoop.create_task", "asyncio.TaskGroup.create_task", "anyio.abc.TaskGroup.start_soon"),
    }
)
GOING = frozenset(name.rpartition(".")[2] for name in SETTING_GOING)
ADDING_JOBS = frozenset({"apscheduler.schedulers.asyncio.AsyncIOScheduler.add_job"})
"""What runs its first argument on the loop from time to time."""
SCHEDULES = frozenset(
    {
        "apscheduler.schedulers.asyncio.AsyncIOScheduler.scheduled_job",
        *(f"{package}.repeat_every" for package in ("fastapi_utils.tasks", "fastapi_restful.tasks")),
        *(f"fastapi_utilities.{name}" for name in ("repeat_every", "repeat_at")),
        *(f"fastapi_utilities.repeat.{name}" for name in ("repeat_every", "repeat_at")),
    }
)
"""Decorators of what runs on the loop from time to time."""
STARTUP_TASK = "startup task"
CANCELLED = frozenset({"asyncio.CancelledError", "asyncio.exceptions.CancelledError"})
KEEPING = frozenset({"append", "add", "extend"})


class Started:
    """Asked through Contexts; one per project."""

    def __init__(self, inference: Inference, callers: Callers) -> None:
        self.inference = inference
        self.callers = callers

    def set_going(self, starting: Iterable[Function]) -> Iterator[tuple[s.Expr, Function]]:
        """What functions that run at the start hand to the loop and leave running, with where it stands."""
        for function in starting:
            if function.node.calls.isdisjoint(GOING):
                continue
            for call in function.body.all(s.Call):
                if last_name(call) in GOING and self.inference.external_names(call.func, function) & SETTING_GOING:
                    if not waited_for(call, function):
                        yield from ((argument, function) for argument in call.args)

    def jobs(self, served: set[Module]) -> Iterator[tuple[s.Expr, Scope]]:
        """The functions that schedulers on the loop of an application are given."""
        for call, scope in self.callers.named("add_job"):
            job = call.argument(0, "func")
            if job is None or scope.module not in served:
                continue
            if self.inference.external_names(call.func, scope) & ADDING_JOBS:
                yield job, scope

    def scheduled(self, served: set[Module]) -> Iterator[Function]:
        """The functions that a decorator puts on such a schedule."""
        for name in sorted({name.rpartition(".")[2] for name in SCHEDULES}):
            for call, scope in self.callers.named(name):
                if scope.module in served and self.inference.external_names(call.func, scope) & SCHEDULES:
                    for node, member in scope.members.items():
                        if isinstance(node, s.FunctionDef) and call in node.decorators and isinstance(member, Function):
                            yield member


def ends_with_cancellation(node: s.Node, function: Function, inference: Inference) -> bool:
    """Whether a node only runs where a task is cancelled, which is done as the application stops."""
    handler = function.body.enclosing(node, s.Handler)
    return handler is not None and caught(handler, function, inference) <= CANCELLED


def waited_for(call: s.Call, function: Function) -> bool:
    """Whether the function waits for what a call sets going before it ends or, as a generator, first yields."""
    body = function.body
    around = list(body.ancestors(call))
    if any(isinstance(node, s.Await) for node in around):
        return True
    yields = body.all(s.Yield)
    receiver = dotted(call.func.value) if isinstance(call.func, s.Attribute) else ""
    for node in around:
        if isinstance(node, s.With) and receiver and any(_target(item) == receiver for item in node.items):
            return not any(node.span.contains(inner.span) for inner in yields)  # a group waits as its block ends
    ends = min((inner.start for inner in yields), default=None)
    names = _kept(call, function)
    return any(
        dotted(node) in names
        for awaiting in body.all(s.Await)
        if ends is None or awaiting.start < ends
        for node in s.walk(awaiting.value)
        if isinstance(node, s.Name | s.Attribute)
    )


def _kept(call: s.Call, function: Function) -> set[str]:
    """The names and attributes under which a task is kept, alone or among others."""
    names: set[str] = set()
    for node in function.body.ancestors(call):
        if isinstance(node, s.Assign):
            names.update(dotted(target) for target in node.targets)
        elif isinstance(node, s.AnnAssign | s.NamedExpr):
            names.add(dotted(node.target))
        elif isinstance(node, s.Call) and _keeps(node):
            names.add(dotted(node.func.value))  # type: ignore[attr-defined]
    for other in function.body.all(s.Call):
        if _keeps(other) and any(dotted(argument) in names for argument in other.args):
            names.add(dotted(other.func.value))  # type: ignore[attr-defined]
    return names - {""}


def _keeps(call: s.Call) -> bool:
    return isinstance(call.func, s.Attribute) and call.func.attr in KEEPING


def _target(item: s.WithItem) -> str:
    return "" if item.target is None else dotted(item.target)
