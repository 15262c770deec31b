"""An `async def` that awaits nothing and blocks."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Project, Root, syntax, v
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._blocking import near

NEEDS_LOOP = ("asyncio.", "anyio.", "trio.", "contextvars.", "sniffio.")


class NeedlessAsyncRoute(Rule[Function]):
    """An async route or dependency that awaits nothing and only blocks.

    ## What it does

    Reports `async def` path operations and dependencies in which nothing is awaited, and which call code that blocks
    the event loop. Those that do no slow work are fine as they are: a thread would cost more than it saves.

    ## Why it matters

    FastAPI runs a `def` in its threadpool, where it blocks nobody. As `async def` the same code stops every request.

    ## Instead

    Remove `async`, or make the slow calls async.

    ## Fix safety

    `def` is unsafe: the function now runs in a thread, at the same time as others. The fix is offered where nothing
    else calls the function, no state of the module or an object is written, and it makes no coroutine. There is none
    for a dependency with `yield`: as a `def` it would be entered in one thread and left in another.
    """

    code = "FST113"
    name = "needless-async-route"
    since = "0.1"
    level = Level.INFO
    asks_loop = True

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if not function.is_async or function.node.has_await or function.module.is_test:
            return
        calls = project.loop.by_function.get(function, [])
        slow = [call for call in calls if call.kind not in ("metadata", "nested") and near(call)]
        root = next((root for root in project.loop.contexts.of(function) if _replaceable(root)), None)
        if not slow or root is None or _tied_to_the_loop(function, project):
            return
        what = "route" if root.kind == "route" else "dependency"
        message = (
            f"the async {what} `{function.short}` awaits nothing and calls `{slow[0].entry.name}`: "
            "as a `def` it runs in the threadpool"
        )
        yield Finding(
            function.path, function.node.name_span, message, subject=(function, project), symbol=function.qualname
        )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        function, project = finding.subject
        if (
            project.calls_of(function)
            or _writes_state(function)
            or function.members
            or function.node.has_yield
            or len(function.node.decorators) > 1
        ):
            return None
        line = edit.source(function.path).line(function.node.line)
        start = function.node.column
        if not line[start:].startswith("async def "):
            return None
        span = function.node.span._replace(end_line=function.node.line, end_column=start + 1 + len("async "))
        return Fix("Make it a plain `def`", Applicability.UNSAFE, (edit.delete(function.path, span),))


def _replaceable(root: Root) -> bool:
    websocket = root.route is not None and root.route.kind == "websocket"
    return root.kind == "dependency" or (root.kind == "route" and not websocket)


def _tied_to_the_loop(function: Function, project: Project) -> bool:
    """Whether it asks the loop for something, makes coroutines or sets context variables: a thread would not do."""
    if any(member.is_async for member in function.members.values() if isinstance(member, Function)):
        return True
    for call in function.body.all(syntax.Call):
        for value in project.infer(call.func, function):
            if isinstance(value, v.External) and value.name.startswith(NEEDS_LOOP):
                return True
            if isinstance(value, v.FunctionValue) and value.function.is_async:
                return True
    return False


def _writes_state(function: Function) -> bool:
    body = function.body
    targets = [t for a in body.all(syntax.Assign) for t in a.targets] + [a.target for a in body.all(syntax.AugAssign)]
    return bool(body.elsewhere) or any(isinstance(t, syntax.Attribute | syntax.Subscript) for t in targets)
