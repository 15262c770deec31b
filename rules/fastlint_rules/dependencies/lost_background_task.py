"""Background tasks that never run."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.responses import is_response_name
from fastlint.project.language.control_flow import suite_of
from fastlint.project.model import Call, Function, Project, syntax, v
from fastlint.rule import Finding, Level, Rule

ADD = "fastapi.BackgroundTasks.add_task"
TASK = "starlette.background.BackgroundTask"
TASKS = "fastapi.BackgroundTasks"
RESPONSES = ("fastapi.responses.*", "starlette.responses.*", "fastapi.Response")


class LostBackgroundTask(Rule[Call]):
    """A lambda that makes a coroutine, a generator, tasks that are not attached, or tasks that another one displaces.

    ## What it does

    Reports background tasks whose function is a lambda around an `async def` or a generator function,
    `BackgroundTasks()` made by hand and attached to nothing, and a returned response with `background=` beside injected
    tasks.

    ## Why it matters

    The client gets its 200, the log is empty, and the work is never done. A lambda gives a coroutine that nobody
    awaits, a generator function a generator that nobody reads. FastAPI runs only the tasks it has injected, and only
    when the response has none of its own.

    ## Instead

    `tasks.add_task(send_mail, address)` on a `BackgroundTasks` parameter, or the tasks as `background=` of the
    response.
    """

    code = "FST413"
    name = "lost-background-task"
    since = "0.1"
    level = Level.ERROR
    status = "stable"
    callees = (ADD, TASK, TASKS, *(f"{name}(background=)" for name in RESPONSES))

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        if call.names <= {ADD, TASK}:
            problem = self._never_runs(call, project)
            if not problem:
                yield from self._assigned_over(call, project)
        elif call.names == {TASKS}:
            problem = self._never_attached(call)
        else:
            problem = self._displaces(call, project)
        if problem:
            span = call.span
            background = call.node.keyword("background")
            if background is not None and not call.names <= {ADD, TASK, TASKS}:
                span = next(k for k in call.node.keywords if k.arg == "background").span
            yield Finding(call.path, span, problem, symbol=call.scope.qualname)

    def _never_runs(self, call: Call, project: Project) -> str:
        given = call.node.argument(0, "func")
        if given is None:
            return ""
        values = project.infer(given, call.scope)
        if len(values) != 1:
            return ""
        match values[0]:
            case v.LambdaValue(node, scope):
                made = project.infer(node.body, scope)
                if made and all(isinstance(value, v.Coroutine) for value in made):
                    return "the background task is a lambda that makes a coroutine: nothing awaits it, it never runs"
            case v.FunctionValue(function) if function.is_generator and not function.node.decorators:
                return (
                    f"the background task `{function.short}` is a generator function: nothing reads it, it never runs"
                )
        return ""

    def _never_attached(self, call: Call) -> str:
        """`tasks = BackgroundTasks()` of which nothing is asked but `add_task`."""
        function = call.scope
        if not isinstance(function, Function):
            return ""
        statement = function.body.parents.get(call.node)
        match statement:
            case syntax.Assign(targets=(syntax.Name(id=name),)) | syntax.AnnAssign(target=syntax.Name(id=name)):
                uses = [n for n in function.body.all(syntax.Name) if n.id == name and n.start > call.node.start]
                inner = any(
                    isinstance(node, syntax.Name) and node.id == name
                    for member in function.members.values()
                    for node in syntax.walk(member.node)
                )
                if uses and not inner and name not in function.body.elsewhere and all(_adds(n, function) for n in uses):
                    return f"`{name}` is attached to no response: its tasks never run"
        return ""

    def _displaces(self, call: Call, project: Project) -> str:
        """A response of its own tasks where others were injected and used."""
        function, own = call.scope, call.node.keyword("background")
        if own is None or not isinstance(function, Function) or not all(map(is_response_name, call.names)):
            return ""
        if function not in project.handlers.routes_of or not self._returned(call.node, function):
            return ""
        if isinstance(own, syntax.Constant) and own.value is None:
            return ""
        if not isinstance(own, syntax.Call) and not self._made_by_hand(own, function):
            return ""
        for name in self._injected(function, project):
            if any(node.id == name for node in syntax.walk(own) if isinstance(node, syntax.Name)):
                continue
            for task in function.body.all(syntax.Call):
                if _is_add(task, name) and self._comes_first(task, call.node, function):
                    return f"the response's own `background` displaces `{name}`: those tasks never run"
        return ""

    def _assigned_over(self, call: Call, project: Project) -> Iterator[Finding]:
        """`response.background = ...` on what is returned, where this call is the first that adds injected tasks."""
        function = call.scope
        if not isinstance(function, Function) or function not in project.handlers.routes_of:
            return
        name = next((name for name in self._injected(function, project) if _is_add(call.node, name)), "")
        adds = [node for node in function.body.all(syntax.Call) if name and _is_add(node, name)]
        if not adds or call.node is not adds[0]:
            return
        for assign in function.body.all(syntax.Assign):
            match assign.targets:
                case (syntax.Attribute(value=syntax.Name(id=response) as owner, attr="background"),):
                    own = assign.value
                case _:
                    continue
            if not isinstance(own, syntax.Call) and not self._made_by_hand(own, function):
                continue
            if any(isinstance(node, syntax.Name) and node.id == name for node in syntax.walk(own)):
                continue
            values = project.infer(owner, function)
            if not values or not all(project.applications.responses.is_response_value(value) for value in values):
                continue
            for leaving in function.body.all(syntax.Return):
                value = leaving.value
                if isinstance(value, syntax.Name) and value.id == response:
                    if self._comes_first(call.node, value, function) and self._comes_first(assign, value, function):
                        message = f"the response's own `background` displaces `{name}`: those tasks never run"
                        yield Finding(call.path, assign.span, message, symbol=function.qualname)
                        return

    @staticmethod
    def _injected(function: Function, project: Project) -> list[str]:
        found = []
        for parameter in function.node.parameters:
            annotation = project.annotation(function, parameter.name)
            if annotation is not None and annotation.bare().name == TASKS:
                found.append(parameter.name)
        return found

    @staticmethod
    def _returned(call: syntax.Call, function: Function) -> bool:
        return isinstance(function.body.parents.get(call), syntax.Return)

    @staticmethod
    def _made_by_hand(own: syntax.Expr, function: Function) -> bool:
        """Whether a name stands for a task or tasks made in the function."""
        bindings = function.body.bindings.get(own.id, []) if isinstance(own, syntax.Name) else []
        return bool(bindings) and all(b.kind == "assign" and isinstance(b.value, syntax.Call) for b in bindings)

    @staticmethod
    def _comes_first(task: syntax.Node, response: syntax.Node, function: Function) -> bool:
        """Whether the task has surely been added when the response is made or returned."""
        statement = function.body.statement(task)
        around = {id(node) for node in function.body.ancestors(response)}
        suite = suite_of(statement, function.body) if statement is not None else ()
        return task.start < response.start and any(id(item) in around for item in suite)


def _adds(node: syntax.Name, function: Function) -> bool:
    parent = function.body.parents.get(node)
    call = function.body.parents.get(parent) if parent is not None else None
    return isinstance(parent, syntax.Attribute) and isinstance(call, syntax.Call) and _is_add(call, node.id)


def _is_add(call: syntax.Call, name: str) -> bool:
    match call.func:
        case syntax.Attribute(value=syntax.Name(id=found), attr="add_task"):
            return found == name
    return False
