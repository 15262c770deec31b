"""A task that nothing keeps alive."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fastlint.project.language.callers import last_name
from fastlint.project.model import Call, Function, Module, Project, Scope, syntax, v
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Rule


class DanglingTask(Rule[Call]):
    """A task that nothing keeps alive.

    ## What it does

    Reports `asyncio.create_task`, `asyncio.ensure_future` and `loop.create_task` whose result is thrown away. A
    callback (`.add_done_callback(...)`) does not keep the task.

    ## Why it matters

    The event loop only holds a weak reference to its tasks: one that nothing else refers to can be collected before it
    is done. Its exception is lost too.

    ## Instead

    Use a task group, or keep the task in a set until it is done. What belongs to one request can be a FastAPI
    background task.

    ## Fix safety

    Keeps the task in a set of the module and removes it when it is done.
    """

    code = "FST112"
    name = "dangling-task"
    since = "0.1"
    status = "stable"
    level = Level.ERROR
    callees = ("asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task")

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        if call.scope.module.is_test or not isinstance(call.scope, Function):
            return
        body = call.scope.body
        if body.in_lambda(call.node) or not _starts(call, project) or self._raises(call, project):
            return
        parent = body.parents.get(call.node)
        if isinstance(parent, syntax.Attribute) and parent.attr == "add_done_callback":
            outer = body.parents.get(parent)
            parent = body.parents.get(outer) if outer is not None else None
        if isinstance(parent, syntax.ExprStmt):
            message = f"nothing keeps the task that `{call.name}` starts: it can be collected before it is done"
            yield Finding(call.path, call.node.func.span, message, subject=call, symbol=call.scope.qualname)

    @staticmethod
    def _raises(call: Call, project: Project) -> bool:
        """Whether no task is made, because FastAPI runs the function in a thread without a loop (FST115)."""
        return call.name != "asyncio.AbstractEventLoop.create_task" and call.scope in project.loop.contexts.threaded

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call: Call = finding.subject
        statement = call.scope.body.parents.get(call.node)
        first = _first_definition(call.scope.module.facts.body)
        if not isinstance(statement, syntax.ExprStmt) or first is None:
            return None
        path, module = call.path, call.scope.module
        kept = _free("_tasks", call.scope, lambda name: name not in module.body.bindings or _is_set(name, module))
        task = _free("task", call.scope, lambda name: True)
        edits = [
            edit.replace(path, statement.span, f"{task} = {edit.text(path, call.span)}"),
            edit.insert_after(path, statement.span, f"{kept}.add({task})\n{task}.add_done_callback({kept}.discard)"),
        ]
        if kept not in module.body.bindings:
            asyncio, imports = edit.add_import(path, "asyncio")
            # a set of tasks is one of tasks with any result, a set of futures is not
            kind = "Task" if last_name(call.node) == "create_task" else "Future"
            edits += [*imports, _declared(f"{kept}: set[{asyncio}.{kind}[object]] = set()", path, first, edit)]
        return Fix("Keep the task until it is done", Applicability.SAFE, tuple(edits))


def _starts(call: Call, project: Project) -> bool:
    """Whether a task begins here: `ensure_future` gives a task that it is handed back as it is."""
    if last_name(call.node) != "ensure_future":
        return True
    given = call.node.argument(0, "coro_or_future")
    if given is None or isinstance(given, syntax.Call):
        return given is not None
    return any(isinstance(value, v.Coroutine) for value in project.infer(given, call.scope))


def _declared(line: str, path: str, first: syntax.Stmt, edit: Edits) -> Edit:
    """The line, apart from the first definition and above the comment that is about it."""
    source = edit.source(path)
    number = min([first.line, *(decorator.line for decorator in getattr(first, "decorators", ()))])
    while number > 1 and source.line(number - 1).startswith("#"):
        number -= 1
    return edit.insert(path, number, 1, line + 3 * source.newline)


def _free(name: str, scope: Scope, fits: Callable[[str], bool]) -> str:
    """The name, or one made from it, that no function around the call binds."""
    around: list[Function] = []
    current: Scope | None = scope
    while current is not None:
        around += [current] if isinstance(current, Function) else []
        current = current.parent
    while any(name in function.body.bindings for function in around) or not fits(name):
        name += "_"
    return name


def _is_set(name: str, module: Module) -> bool:
    values = [binding.value for binding in module.body.bindings[name]]
    return len(values) == 1 and isinstance(values[0], syntax.Call) and last_name(values[0]) == "set"


def _first_definition(body: tuple[syntax.Stmt, ...]) -> syntax.Stmt | None:
    """The first function or class of the file."""
    return next((item for item in body if isinstance(item, syntax.FunctionDef | syntax.ClassDef)), None)
