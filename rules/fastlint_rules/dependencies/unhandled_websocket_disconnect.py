"""A websocket loop that ends with a traceback."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.websockets import loops
from fastlint.project.language.control_flow import suite_of
from fastlint.project.model import Endpoint, Function, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Related, Rule
from fastlint_rules.dependencies._indentation import deeper, indentation, lines_of


class UnhandledWebsocketDisconnect(Rule[Project]):
    """A `while` loop over a websocket that nothing leaves when the client does.

    ## What it does

    Reports the first receive or send in a `while` loop when nothing around it catches `WebSocketDisconnect`: in a
    websocket endpoint, or in a function that it awaits.

    ## Why it matters

    Each client that leaves raises `WebSocketDisconnect`, and the server logs a traceback at level ERROR. What stands
    after the loop never runs.

    ## Instead

    Put the loop into `try: ... except WebSocketDisconnect:`, or iterate: `async for text in websocket.iter_text():`.

    ## Fix safety

    A repair where nothing follows the loop: the messages are the same, the traceback is gone. Otherwise what follows
    would run now, and the fix is unsafe."""

    code = "FST419"
    name = "unhandled-websocket-disconnect"
    since = "0.1"
    level = Level.WARNING
    status = "stable"

    def check(self, project: Project, _: Project) -> Iterator[Finding]:
        seen: set[syntax.While] = set()
        for endpoint in project.endpoints:
            if not endpoint.wrapped and not endpoint.disconnects_handled:
                yield from self._loops(endpoint, project, seen)

    def _loops(self, endpoint: Endpoint, project: Project, seen: set[syntax.While]) -> Iterator[Finding]:
        for function, loop, call in loops(endpoint, project.inference):
            if loop in seen:
                continue
            seen.add(loop)
            assert isinstance(call.func, syntax.Attribute)
            what = f"`{call.func.attr}` in a loop of `{function.short}`"
            message = f"{what} raises when the client leaves, and nothing catches it"
            hop = Related(function.path, loop.test.span, "the loop")
            subject = function, loop, function is not endpoint.handler or _followed(function, loop)
            yield Finding(function.path, call.span, message, (hop,), subject=subject, symbol=function.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        _, loop, followed = finding.subject
        path = finding.path
        indent, newline = indentation(edit, path, loop), edit.source(path).newline
        body = deeper(edit, path, loop.line, loop.end_line, [loop])
        name, imports = edit.add_import(path, "fastapi", "WebSocketDisconnect")
        step = "\t" if indent.startswith("\t") else "    "
        content = f"{indent}try:{newline}{body}{indent}except {name}:{newline}{indent}{step}pass{newline}"
        applicability = Applicability.UNSAFE if followed else Applicability.REPAIR
        edits = (*imports, edit.replace(path, lines_of(loop, loop), content))
        return Fix("Catch `WebSocketDisconnect` around the loop", applicability, edits)


def _followed(function: Function, loop: syntax.While) -> bool:
    """Whether something would run after the loop now, apart from `finally`."""
    body = function.body
    current: syntax.Node = loop
    while True:
        parent = body.parents.get(current)
        suite = suite_of(current, body)
        if isinstance(parent, syntax.For | syntax.While) or (suite and suite[-1] is not current):
            return True
        if isinstance(parent, syntax.Try) and suite is parent.body and parent.orelse:
            return True
        if isinstance(parent, syntax.Handler):
            parent = body.parents[parent]
        if parent is None:
            return False
        current = parent
