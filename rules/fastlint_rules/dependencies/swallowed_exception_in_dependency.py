"""A dependency that keeps the request's exception to itself."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.cleanup import YieldDependency
from fastlint.project.language.control_flow import UNKNOWN
from fastlint.project.model import Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

NOT_THE_REQUEST = frozenset(
    {
        *("builtins.GeneratorExit", "asyncio.CancelledError", "asyncio.exceptions.CancelledError"),
        *("fastapi.WebSocketDisconnect", "builtins.KeyboardInterrupt", "builtins.SystemExit"),
    }
)
"""What an HTTP request does not raise; a websocket may be left quietly."""


class SwallowedExceptionInDependency(Rule[YieldDependency]):
    """`except` around `yield` without `raise`.

    ## What it does

    Reports handlers around the `yield` of a dependency through which the exception does not go on, and
    `contextlib.suppress` around it.

    ## Why it matters

    Since 0.110 FastAPI has no answer left when a dependency swallows the exception of the handler: the client gets 500
    (`FastAPIError: Response not awaited`), also where the handler raised `HTTPException(404)`, and the log shows
    nothing of the cause.

    ## Instead

    End the handler with `raise`, or raise another exception.

    ## Fix safety

    A repair: `raise` is added at the end of the handler, where 500 was answered before.
    """

    code = "FST404"
    name = "swallowed-exception-in-dependency"
    since = "0.1"
    level = Level.ERROR
    status = "stable"
    applies = "fastapi>=0.110"

    def check(self, dependency: YieldDependency, project: Project) -> Iterator[Finding]:
        for handler in dependency.handlers():
            caught = dependency.caught(handler)
            if caught <= NOT_THE_REQUEST or dependency.always_raises(handler):
                continue
            what = "the request's exception" if handler.type is None else f"`{_text(handler.type)}`"
            message = f"`{dependency.name}` swallows {what}: the client gets 500 in place of the handler's answer"
            head = handler.type.span if handler.type is not None else handler.span
            span = handler.span._replace(end_line=head.end_line, end_column=head.end_column)
            if handler.type is None:
                span = handler.span._replace(end_line=handler.line, end_column=handler.column + 7)
            symbol = dependency.function.qualname
            yield Finding(dependency.path, span, message, subject=handler, symbol=symbol)

        for call, names in dependency.suppressing():
            if not names <= NOT_THE_REQUEST and UNKNOWN not in names:
                what = ", ".join(f"`{_text(item)}`" for item in call.args)
                message = f"`{dependency.name}` suppresses {what}: the client gets 500 in place of the handler's answer"
                yield Finding(dependency.path, call.span, message, symbol=dependency.function.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        handler: syntax.Handler | None = finding.subject
        if handler is None:
            return None
        last = handler.body[-1]
        if isinstance(last, syntax.Return | syntax.Raise) or any(isinstance(s, syntax.Return) for s in handler.body):
            return None
        if last.line == handler.line:
            return None
        if len(handler.body) == 1 and isinstance(last, syntax.Jump) and last.kind == "pass":
            edits = (edit.replace(finding.path, last.span, "raise"),)
        else:
            edits = (edit.insert_after(finding.path, last.span, "raise"),)
        return Fix("Raise the exception again", Applicability.REPAIR, edits)


def _text(expr: syntax.Expr) -> str:
    match expr:
        case syntax.Name(id=name):
            return name
        case syntax.Attribute(attr=name):
            return name
        case syntax.Tuple(elements=elements):
            return ", ".join(_text(element) for element in elements)
    return "..."
