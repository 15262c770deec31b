"""A websocket endpoint that is no coroutine."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.awaitables import gives_no_awaitable
from fastlint.project.model import Endpoint, Function, Project, Span
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class SyncWebsocket(Rule[Endpoint]):
    """A `def` websocket endpoint.

    ## What it does

    Reports plain functions registered as websocket endpoints that give nothing to await.

    ## Why it matters

    FastAPI calls a websocket endpoint on the event loop and awaits what it gives, `None`: every connection ends in
    `TypeError`. A plain function cannot accept, send or receive either.

    ## Instead

    Make it `async def`.

    ## Fix safety

    A repair where nothing else calls the function: it runs on the event loop before and after, and no longer fails.
    """

    code = "FST422"
    name = "sync-websocket"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, endpoint: Endpoint, project: Project) -> Iterator[Finding]:
        handler = endpoint.handler
        if endpoint.wrapped or not gives_no_awaitable(handler, project.inference):
            return
        message = f"the websocket endpoint `{handler.short}` is not `async`: each connection ends in TypeError"
        subject = handler, project
        yield Finding(endpoint.path, endpoint.span, message, subject=subject, symbol=handler.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        handler, project = finding.subject
        if handler.is_generator or project.calls_of(handler) or not _starts_with_def(handler, edit):
            return None
        edits = (edit.insert(handler.path, handler.node.line, handler.node.column + 1, "async "),)
        return Fix("Make it `async def`", Applicability.REPAIR, edits)


def _starts_with_def(function: Function, edit: Edits) -> bool:
    node = function.node
    return edit.text(function.path, Span(node.line, node.column + 1, node.line, node.column + 4)) == "def"
