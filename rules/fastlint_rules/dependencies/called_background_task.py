"""A background task that is called at once."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.callables import gives_no_callable
from fastlint.project.model import Call, Project, syntax, v
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class CalledBackgroundTask(Rule[Call]):
    """`add_task(f())` where `f()` gives nothing that can be called.

    ## What it does

    Reports `BackgroundTasks.add_task(f(...))` and `BackgroundTask(f(...))` when what `f` gives is no callable.

    ## Why it matters

    The work is done at once, before the response, or never, when `f` is an `async def`. After the response the server
    calls the result and logs `TypeError: 'NoneType' object is not callable`; the client has 200 and hears nothing.

    ## Instead

    Give the function and its arguments: `tasks.add_task(send_mail, address, subject="Welcome")`.

    ## Fix safety

    Unsafe: what ran before the response runs after it, and its errors no longer reach the client.
    """

    code = "FST412"
    name = "called-background-task"
    since = "0.1"
    level = Level.ERROR
    status = "stable"
    callees = ("fastapi.BackgroundTasks.add_task", "starlette.background.BackgroundTask")

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        given = call.node.argument(0, "func")
        if isinstance(given, syntax.Await):
            given = given.value
        if not isinstance(given, syntax.Call) or not gives_no_callable(given, call.scope, project.inference):
            return
        values = project.infer(given, call.scope)
        when = "never" if any(isinstance(value, v.Coroutine) for value in values) else "at once"
        message = f"the background task is the result of a call: it runs {when}, and `TypeError` follows the response"
        yield Finding(call.path, call.span, message, subject=(call.node, given), symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, given = finding.subject
        if len(call.args) + len(call.keywords) != 1 or any(k.arg == "func" for k in given.keywords):
            return None
        argument = call.args[0] if call.args else call.keywords[0]
        function = edit.text(finding.path, given.func.span)
        inside = edit.text(finding.path, given.span)[len(function) :].strip()[1:-1].strip()
        content = f"{function}, {inside}" if inside else function
        edits = (edit.replace(finding.path, argument.span, content),)
        return Fix(f"Give `{function}` and its arguments", Applicability.UNSAFE, edits)
