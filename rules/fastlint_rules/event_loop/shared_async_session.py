"""One database session used by several tasks at once."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Project, syntax
from fastlint.rule import Finding, Level, Rule
from fastlint_rules.event_loop._blocking import in_branches
from fastlint_rules.event_loop._sessions import loop_around, members, session_of, task_group

TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"})
WAITING = frozenset({"gather", "wait", "wait_for", "as_completed"})


class SharedAsyncSession(Rule[Function]):
    """One database session used by several tasks at once.

    ## What it does

    Reports an `AsyncSession` that several members of `asyncio.gather`, a task group, or several running tasks use:
    passed to them, or held by the object whose methods they are.

    ## Why it matters

    A session is one connection and one transaction. SQLAlchemy raises `InvalidRequestError` or mixes up the results
    when two tasks use it at the same time, but only when they really overlap, so tests do not find it.

    ## Instead

    Open a session in each task, from the factory, or await one after the other.

    ## Known gaps

    A session that is kept in an object is only seen where the class of that object keeps it in an attribute that the
    method itself uses.
    """

    code = "FST117"
    name = "shared-async-session"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if (
            not function.is_async
            or function.module.is_test
            or not function.node.calls & {"gather", "create_task", "ensure_future"}
        ):
            return
        started: list[tuple[str, syntax.Call]] = []
        for call in function.body.all(syntax.Call):
            names = project.names(call.func, function)
            if "asyncio.gather" in names:
                sessions = [
                    name
                    for member, many in members(call, function)
                    for name in [session_of(member, function, project)] * (2 if many else 1)
                    if name
                ]
                shared = next((name for name in sessions if sessions.count(name) > 1), None)
                if shared is not None:
                    yield _finding(function, call, shared)
            elif (names & TASKS or task_group(call, function, project)) and call.args:
                name = session_of(call.args[0], function, project)
                if name is None or isinstance(function.body.parents.get(call), syntax.Await):
                    continue
                running = [
                    c
                    for n, c in started
                    if n == name and not _between(c, call, function) and not in_branches(function, c, call)
                ]
                if running or loop_around(call, name, function):
                    yield _finding(function, call, name)
                started.append((name, call))


def _between(first: syntax.Call, second: syntax.Call, function: Function) -> bool:
    """Whether the first task is awaited before the second starts."""
    statement = function.body.statement(first)
    targets = statement.targets if isinstance(statement, syntax.Assign) else ()
    names = {target.id for target in targets if isinstance(target, syntax.Name)}
    for awaited in function.body.all(syntax.Await):
        if first.start < awaited.start < second.start and any(
            isinstance(n, syntax.Name) and n.id in names for n in syntax.walk(awaited)
        ):
            return True
    return False


def _finding(function: Function, call: syntax.Call, name: str) -> Finding:
    message = f"several tasks use the session `{name}` at the same time"
    return Finding(function.path, call.func.span, message, symbol=function.qualname)
