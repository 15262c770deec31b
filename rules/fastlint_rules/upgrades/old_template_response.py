"""The old order of TemplateResponse's arguments."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.fallbacks import written_for_both
from fastlint.project.model import Call, Project, Span, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class OldTemplateResponse(Rule[Call]):
    """`TemplateResponse("page.html", {"request": request})`: the request comes first now.

    ## What it does

    Reports `TemplateResponse` of a `Jinja2Templates` object whose first argument is the template's name, or whose
    second is a dictionary.

    ## Why it matters

    Starlette 0.29 deprecated this order and 1.0 removed it: the name is taken for the request, and each request answers
    500.

    ## Instead

    `TemplateResponse(request, "page.html", {...})`. The request is put into the context by itself.

    ## Fix safety

    A repair on Starlette 1.0 and later, where the route fails. On 0.29 to 0.52 both orders give the same page, and the
    fix is safe. It is offered where the context is written out with the key `"request"`.
    """

    code = "FST706"
    name = "old-template-response"
    since = "0.1"
    status = "stable"
    level = Level.ERROR
    applies = "starlette>=0.29"
    callees = (
        "fastapi.templating.Jinja2Templates.TemplateResponse",
        "starlette.templating.Jinja2Templates.TemplateResponse",
    )

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        node = call.node
        if node.spread or node.keyword("request") is not None or written_for_both(node, call.scope.body):
            return
        named = node.argument(0, "name")
        if named is None:
            return
        if not isinstance(project.constant(named, call.scope), str) and not _context_second(call, project):
            return
        gone = project.gate("starlette>=1.0")
        level = Level.ERROR if gone == "all" else Level.WARNING
        what = "the name is taken for the request: 500" if gone == "all" else "the request comes first"
        message = f"`TemplateResponse` is called in the old order: {what}"
        yield Finding(call.path, call.span, message, level=level, subject=(call, gone), symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, gone = finding.subject
        context = call.node.argument(1, "context")
        if not isinstance(context, syntax.Dict) or not call.node.args or _comments(finding.path, context.span, edit):
            return None
        places = [
            i for i, key in enumerate(context.keys) if isinstance(key, syntax.Constant) and key.value == "request"
        ]
        if len(places) != 1:
            return None
        place = places[0]
        request = edit.text(finding.path, context.values[place].span)
        first = call.node.args[0].span
        edits = (
            edit.insert(finding.path, first.line, first.column, f"{request}, "),
            edit.delete(finding.path, _item(context, place)),
        )
        applicability = Applicability.REPAIR if gone == "all" else Applicability.SAFE
        return Fix("Give the request first", applicability, edits)


def _context_second(call: Call, project: Project) -> bool:
    """Whether a dictionary stands where the name of the template would stand in the new order."""
    if len(call.node.args) < 2 or isinstance(call.node.args[0], syntax.Starred):
        return False
    if "fastapi.Request" in project.types(call.node.args[0], call.scope):
        return False  # the name is what is missing
    second = call.node.args[1]
    if isinstance(second, syntax.Dict):
        return True
    return isinstance(second, syntax.Call) and project.names(second.func, call.scope) == {"builtins.dict"}


def _item(context: syntax.Dict, place: int) -> Span:
    """The key, its value and the comma that goes with them."""
    key = context.keys[place]
    assert key is not None
    value = context.values[place].span
    following = context.keys[place + 1] if place + 1 < len(context.keys) else None
    if place + 1 < len(context.keys):
        after = following or context.values[place + 1]
        column = after.span.column - (0 if following is not None else len("**"))
        return Span(key.span.line, key.span.column, after.span.line, column)
    if place:
        before = context.values[place - 1].span
        return Span(before.end_line, before.end_column, value.end_line, value.end_column)
    return Span(context.span.line, context.span.column + 1, context.span.end_line, context.span.end_column - 1)


def _comments(path: str, span: Span, edit: Edits) -> bool:
    return "#" in edit.text(path, span)
