"""A session that is closed while somebody still works with it."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.cleanup import is_function_scoped
from fastlint.project.application.lifetimes import request_scoped
from fastlint.project.model import Dependency, Function, Project, Route, syntax
from fastlint.rule import Finding, Level, Related, Rule

STARTING = {
    "asyncio.create_task": 0,
    "asyncio.ensure_future": 0,
    "asyncio.AbstractEventLoop.create_task": 0,
    "asyncio.AbstractEventLoop.run_in_executor": 1,
    "threading.Thread": 1,
    "concurrent.futures.ThreadPoolExecutor.submit": 0,
    "concurrent.futures.Executor.submit": 0,
}
ADD = "fastapi.BackgroundTasks.add_task"
CLOSED_FIRST = "fastapi>=0.106,<0.118"
"""The versions in which exit code runs before background tasks."""


class RequestSessionOutlivesRequest(Rule[Route]):
    """A request's session handed to a task or thread that outlives the request.

    ## What it does

    Reports `asyncio.create_task`, threads and executors that are given a session, or another value that a dependency
    with `yield` closes, when the handler does not wait for them. Background tasks, and tasks that a generator of the
    handler awaits or cancels as it streams the response, are reported where the exit code runs before them: FastAPI
    0.106 to 0.117, and `scope="function"`.

    ## Why it matters

    The dependency closes the session at the end of the request, while the task is using it: errors that come and go
    with load, or a session that quietly opens a connection which nobody gives back.

    ## Instead

    Pass ids, and open a session in the task.
    """

    code = "FST415"
    name = "request-session-outlives-request"
    since = "0.1"
    level = Level.ERROR

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or project.handlers.routes_of[handler][0] is not route:
            return
        scoped = request_scoped(route.parameters, project.inference)
        if not scoped:
            return
        for call in handler.body.all(syntax.Call):
            names = project.names(call.func, handler)
            if len(names) != 1 or (min(names) not in STARTING and names != {ADD}):
                continue
            given = next((name for name in scoped if _hands_on(call, name, handler)), None)
            if given is None or (names != {ADD} and _waited_for(call, handler)):
                continue
            with_response = names == {ADD} or _ended_by_stream(call, handler)
            level = self._level(scoped[given], project) if with_response else self.level
            if level is None:
                continue
            closing = scoped[given].function
            assert closing is not None
            message = f"`{given}` is closed when the request ends, and `{_name(call)}` may still use it"
            hop = Related(closing.path, closing.node.name_span, "closes it")
            yield Finding(handler.path, call.span, message, (hop,), level=level, symbol=handler.qualname)

    @staticmethod
    def _level(closing: Dependency, project: Project) -> Level | None:
        """How bad it is to hand the value to what runs until the response is sent, or in the background after it."""
        if is_function_scoped(closing):
            return Level.ERROR
        return {"all": Level.ERROR, "some": Level.INFO, "none": None}[project.gate(CLOSED_FIRST)]


def _hands_on(call: syntax.Call, name: str, handler: Function) -> bool:
    """Whether the value goes along: as an argument, in a coroutine, or through a nested function."""
    stack: list[syntax.Node] = [*call.args, *call.keywords]
    seen: set[str] = set()
    while stack:
        node = stack.pop()
        for inner in syntax.walk(node):
            if not isinstance(inner, syntax.Name):
                continue
            if inner.id == name:
                parent = handler.body.parents.get(inner)
                if not isinstance(parent, syntax.Attribute) or _is_receiver(parent, handler):
                    return True
            elif inner.id not in seen:
                seen.add(inner.id)
                stack += _made_of(inner.id, handler)
    return False


def _is_receiver(attribute: syntax.Attribute, handler: Function) -> bool:
    """`reports.build()`: a method's object goes with it; `user.id` does not."""
    parent = handler.body.parents.get(attribute)
    if isinstance(parent, syntax.Call) and parent.func is attribute:
        return not isinstance(handler.body.parents.get(parent), syntax.Await)
    return False


def _made_of(name: str, handler: Function) -> list[syntax.Node]:
    """What a local coroutine is made of; the bodies of a nested function."""
    found: list[syntax.Node] = []
    for binding in handler.body.bindings.get(name, []):
        if binding.kind == "assign" and isinstance(binding.value, syntax.Call) and not binding.path:
            found += [binding.value] if binding.value.args and not _is_await(binding.value, handler) else []
        elif binding.kind == "def" and isinstance(binding.node, syntax.FunctionDef):
            if not any(p.name == name for p in binding.node.parameters):
                found += list(binding.node.body)
    return found


def _is_await(node: syntax.Node, handler: Function) -> bool:
    return isinstance(handler.body.parents.get(node), syntax.Await)


def _waited_for(call: syntax.Call, handler: Function) -> bool:
    """Whether the handler waits for the end: it awaits, gathers, joins or asks for the result."""
    body = handler.body
    for ancestor in body.ancestors(call):
        if isinstance(ancestor, syntax.Await):
            return True
    statement = body.statement(call)
    if isinstance(statement, syntax.Assign) and isinstance(statement.targets[0], syntax.Name):
        names = {statement.targets[0].id}
        names |= {held for node in body.all(syntax.Name) if node.id in names and (held := _collected(node, handler))}
    elif held := _collected(call, handler):
        names = {held}
    else:
        return _in_comprehension(call, handler)
    for node in body.all(syntax.Name):
        if node.id not in names or node.start < call.start:
            continue
        parent = body.parents.get(node)
        if isinstance(parent, syntax.Attribute) and parent.attr in ("join", "result"):
            return True
        if isinstance(parent, syntax.For) and parent.iterable is node:
            return True
        if any(isinstance(ancestor, syntax.Await | syntax.Return | syntax.Yield) for ancestor in body.ancestors(node)):
            return True
    return False


def _ended_by_stream(call: syntax.Call, handler: Function) -> bool:
    """Whether a generator in the handler, which streams the response, awaits or cancels the task before it ends."""
    statement = handler.body.statement(call)
    if not isinstance(statement, syntax.Assign) or not isinstance(statement.targets[0], syntax.Name):
        return False
    task = statement.targets[0].id
    return any(
        _ends(node, task)
        for bindings in handler.body.bindings.values()
        for binding in bindings
        if isinstance(binding.node, syntax.FunctionDef) and binding.node.has_yield
        for inner in binding.node.body
        for node in syntax.walk(inner)
    )


def _ends(node: syntax.Node, task: str) -> bool:
    match node:
        case syntax.Await(value=value):
            return any(isinstance(inner, syntax.Name) and inner.id == task for inner in syntax.walk(value))
        case syntax.Call(func=syntax.Attribute(value=syntax.Name(id=name), attr="cancel")):
            return name == task
    return False


def _collected(node: syntax.Expr, handler: Function) -> str:
    """The local list or set that something is put into: `tasks.append(create_task(...))`."""
    match handler.body.parents.get(node):
        case syntax.Call(func=syntax.Attribute(value=syntax.Name(id=name), attr="append" | "add")):
            return name if name in handler.body.bindings and name not in handler.body.elsewhere else ""
    return ""


def _in_comprehension(call: syntax.Call, handler: Function) -> bool:
    """`tasks = [create_task(...) for ...]`: most likely gathered later."""
    return handler.body.enclosing(call, (syntax.Comprehension, syntax.List, syntax.Tuple)) is not None


def _name(call: syntax.Call) -> str:
    match call.func:
        case syntax.Name(id=name) | syntax.Attribute(attr=name):
            return name
    return "the task"
