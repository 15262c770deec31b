"""A task that nothing keeps alive."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Call, Function, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


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
    level = Level.ERROR
    callees = ("asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task")

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        if call.scope.module.is_test or not isinstance(call.scope, Function):
            return
        body = call.scope.body
        if body.in_lambda(call.node):
            return
        parent = body.parents.get(call.node)
        if isinstance(parent, syntax.Attribute) and parent.attr == "add_done_callback":
            outer = body.parents.get(parent)
            parent = body.parents.get(outer) if outer is not None else None
        if isinstance(parent, syntax.ExprStmt):
            message = f"nothing keeps the task that `{call.name}` starts: it can be collected before it is done"
            yield Finding(call.path, call.node.func.span, message, subject=call, symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call: Call = finding.subject
        statement = call.scope.body.parents.get(call.node)
        first = _first_definition(call.scope.module.facts.body)
        if not isinstance(statement, syntax.ExprStmt) or first is None:
            return None
        path, module = call.path, call.scope.module
        name = "_tasks"
        while _bound(name, call.scope) or (name in module.body.bindings and not _is_task_set(name, module)):
            name += "_"
        made, imports = edit.add_import(path, "asyncio")
        task = "task"
        while _bound(task, call.scope):
            task += "_"
        edits = [edit.replace(path, statement.span, f"{task} = {edit.text(path, call.span)}")]
        edits.append(edit.insert_after(path, statement.span, f"{name}.add({task})\n{task}.add_done_callback({name}.discard)"))
        if name not in module.body.bindings:
            declared = f"{name}: set[{made}.Future[object]] = set()\n\n"
            edits += [*imports, edit.insert_before(path, first.span, declared)]
        return Fix("Keep the task until it is done", Applicability.SAFE, tuple(edits))


def _bound(name: str, scope: object) -> bool:
    """Whether a function around the call uses the name already."""
    while isinstance(scope, Function):
        if name in scope.body.bindings or any(node.id == name for node in scope.body.all(syntax.Name)):
            return True
        scope = scope.parent
    return False


def _is_task_set(name: str, module: object) -> bool:
    return False


def _first_definition(body: tuple[syntax.Stmt, ...]) -> syntax.Stmt | None:
    """The first function or class of the file."""
    return next((item for item in body if isinstance(item, syntax.FunctionDef | syntax.ClassDef)), None)
