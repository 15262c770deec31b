"""Startup and shutdown handlers."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.lifespans import has_lifespan
from fastlint.project.application.receivers import Event
from fastlint.project.model import Function, Module, Project, Router, Scope, Span, syntax
from fastlint.rule import Applicability, CannotFix, Edit, Edits, Finding, Fix, Rule

EVENTS = ("startup", "shutdown")
LISTS = ("on_startup", "on_shutdown")


class OnEvent(Rule[Router]):
    """`@app.on_event("startup")`: deprecated in favour of a lifespan.

    ## What it does

    Reports `on_event` of applications and routers, and `on_startup=` and `on_shutdown=` where they are made.

    ## Why it matters

    FastAPI warns at each start. What is opened at startup and closed at shutdown stands apart, shares its objects
    through globals, and is dropped without a word as soon as somebody gives the application a `lifespan`.

    ## Instead

    One function under `@asynccontextmanager`: what comes before `yield` runs at startup, the rest at shutdown.

    ## Fix safety

    The handlers stay as they are, and a lifespan calls them in the same order. Safe where the application is made and
    all its handlers are defined at the top of one module, and no other router has handlers; else there is no fix.

    ## Known gaps

    Beside a lifespan the handlers never run: that is FST416.
    """

    code = "FST701"
    name = "on-event"
    since = "0.1"
    status = "stable"
    applies = "fastapi>=0.93"

    def check(self, router: Router, project: Project) -> Iterator[Finding]:
        events = [event for event in router.events if event.verb == "on_event"]
        listed = [k for k in router.call.keywords if k.arg in LISTS and not _may_be_empty(k.value, router.scope)]
        if not (events or listed) or has_lifespan(router, project.inference):
            return
        for keyword in listed:
            message = f"`{keyword.arg}` is the old way: a lifespan takes its place"
            yield Finding(router.path, keyword.span, message, symbol=router.scope.qualname)
        plan = _plan(router, events, project)
        for event in events:
            subject = plan if event is events[0] else None
            message = "`on_event` is deprecated: a lifespan takes its place"
            path, span = event.scope.module.path, event.call.span
            yield Finding(path, span, message, subject=subject, symbol=event.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        router, handlers = finding.subject
        statement = router.scope.body.statement(router.call)
        manager, imports = edit.add_import(router.path, "contextlib", "asynccontextmanager")
        calls = {
            name: [
                f"    {'await ' if handler.is_async else ''}{handler.name}()"
                for kind, handler, _ in handlers
                if kind == name
            ]
            for name in EVENTS
        }
        made = edit.text(router.path, router.call.func.span)
        lines = [f"@{manager}", f"async def lifespan(app: {made}):", *calls["startup"], "    yield", *calls["shutdown"]]
        above = edit.source(router.path).line(statement.span.line - 1) if statement.span.line > 2 else ""
        second = edit.source(router.path).line(statement.span.line - 2) if statement.span.line > 2 else ""
        apart = [""] * (2 if above.strip() else 1 if second.strip() else 0)
        text = "\n".join([*apart, *lines, "", ""]) + "\n"
        edits = [edit.insert_before(router.path, statement.span, text), *imports]
        edits.append(edit.set_keyword(router.path, router.call.span, "lifespan", "lifespan"))
        edits += [_without_decorator(router.path, decorator, edit) for _, _, decorator in handlers]
        return Fix("Call the handlers from a lifespan", Applicability.SAFE, tuple(edits))


def _may_be_empty(value: syntax.Expr, scope: Scope) -> bool:
    """Whether no handler is listed, or only those that a caller may give: `APIRouter(on_startup=on_startup)`."""
    if isinstance(value, syntax.Name) and isinstance(scope, Function) and scope.parameter(value.id) is not None:
        return True
    return isinstance(value, syntax.Constant | syntax.List | syntax.Tuple) and not (
        value.value if isinstance(value, syntax.Constant) else value.elements
    )


def _plan(
    router: Router, events: list[Event], project: Project
) -> tuple[Router, list[tuple[str, Function, syntax.Expr]]] | None:
    """The application with its handlers in order, where a lifespan can call them; None elsewhere."""
    module = router.scope
    if not router.is_app or not isinstance(module, Module) or "lifespan" in module.body.bindings:
        return None
    if project.names(router.call.func, module) != {"fastapi.FastAPI"} or router.call.spread:
        return None
    if any(router.call.keyword(name) is not None for name in ("lifespan", "on_startup", "on_shutdown")):
        return None
    if any(event.verb == "on_event" for other in project.routers if other is not router for event in other.events):
        return None
    if not isinstance(module.body.statement(router.call), syntax.Assign):
        return None
    found = []
    for event in events:
        kind, handler = project.constant(event.call.argument(0, "event_type"), event.scope), event.handler
        if kind not in EVENTS or handler is None or handler.parent is not module or handler.node.parameters:
            return None
        if event.endpoint is not None or len(handler.node.decorators) != 1 or handler.is_generator or event.conditional:
            return None
        if len(module.body.bindings.get(handler.name, ())) != 1:
            return None
        found.append((kind, handler, handler.node.decorators[0]))
    return router, found


def _without_decorator(path: str, decorator: syntax.Expr, edit: Edits) -> Edit:
    """The decorator's lines removed; a comment behind it stays, on a line of its own."""
    span = decorator.span
    if "#" in edit.text(path, span):
        raise CannotFix("a comment stands inside the decorator")
    line = edit.source(path).line(span.end_line)
    rest = line[span.end_column - 1 :]
    if rest.strip():
        start = len(line) - len(rest.lstrip()) + 1
        return edit.delete(path, Span(span.line, 1, span.end_line, start))
    return edit.delete(path, Span(span.line, 1, span.end_line + 1, 1))
