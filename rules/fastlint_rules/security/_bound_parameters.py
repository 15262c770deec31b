"""The edits that turn values put into SQL text into bound parameters."""

from __future__ import annotations

import re

from fastlint.project.flows.steps import key
from fastlint.project.flows.text import Hole
from fastlint.project.model import Flow, syntax
from fastlint.rule import Edit, Edits, Span

TEXTS = frozenset({"sqlalchemy.text", "sqlmodel.text"})
EXECUTING = frozenset({"execute", "exec", "scalar", "scalars", "stream"})
LITERAL = re.compile(r"""[fF](?P<quote>["'])(?P<inner>[^\\\n]*)(?P=quote)""")
LEFT, RIGHT = re.compile(r"'(%?)\Z"), re.compile(r"(%?)'")


def bind(flow: Flow, edit: Edits) -> tuple[Edit, ...] | None:
    """`text(f"... = '{x}'")` -> `text("... = :x"), {"x": x}`; None where a value stands where no parameter may."""
    call = flow.sink.node
    if flow.sink.name not in TEXTS or not isinstance(call, syntax.Call) or not flow.holes:
        return None
    outer = flow.scope.body.parents.get(call)
    if not _executes(outer, call) or not all(hole.is_value and hole.scope is flow.scope for hole in flow.holes):
        return None
    literal = _literal(flow)
    if literal is None:
        return None
    changed = _changed(edit.text(flow.path, literal.span), literal, flow, edit)
    if changed is None:
        return None
    text, values = changed
    given = ", ".join(f'"{name}": {value}' for name, value in values.items())
    return (
        edit.replace(flow.path, literal.span, text),
        edit.insert(flow.path, call.span.end_line, call.span.end_column, f", {{{given}}}"),
    )


def _executes(outer: syntax.Node | None, call: syntax.Call) -> bool:
    """Whether the text is the only argument of a call that executes it."""
    return (
        isinstance(outer, syntax.Call)
        and isinstance(outer.func, syntax.Attribute)
        and outer.func.attr in EXECUTING
        and outer.args == (call,)
        and not outer.keywords
    )


def _literal(flow: Flow) -> syntax.FString | None:
    """The f-string in place, or the one that the variable was given, once and only for this."""
    expr = flow.sink.expr
    if isinstance(expr, syntax.Name):
        bindings = flow.scope.body.bindings.get(expr.id, ())
        uses = [node for node in flow.scope.body.all(syntax.Name) if node.id == expr.id]
        if len(bindings) != 1 or len(uses) != 2 or bindings[0].value is None:
            return None
        expr = bindings[0].value
    return expr if isinstance(expr, syntax.FString) else None


def _changed(source: str, literal: syntax.FString, flow: Flow, edit: Edits) -> tuple[str, dict[str, str]] | None:
    """The literal with place holders, and the values by their names."""
    if LITERAL.fullmatch(source) is None:
        return None
    values: dict[str, str] = {}
    for hole in sorted(flow.holes, key=lambda item: item.expr.start, reverse=True):
        expr = hole.expr
        written = edit.text(flow.path, expr.span)
        if key(expr) is None or written != key(expr):
            return None
        start = _offset(literal, expr.span)
        end = start + len(written)
        if source[start - 1 : start] != "{" or source[end : end + 1] != "}":
            return None
        before, after = source[: start - 1], source[end + 1 :]
        value = written
        if hole.quoted:
            left, right = LEFT.search(before), RIGHT.match(after)
            if left is None or right is None:
                return None
            before, after = before[: left.start()], after[right.end() :]
            if left[1] or right[1]:
                value = f'f"{left[1]}{{{written}}}{right[1]}"'
        name = _name(hole, values)
        source = f"{before}:{name}{after}"
        values[name] = value
    if "{" not in source.replace("{{", ""):
        source = source[1:].replace("{{", "{").replace("}}", "}")
    return source, dict(reversed(values.items()))


def _offset(literal: syntax.FString, span: Span) -> int:
    """Where in the source of a literal of one line an expression begins."""
    return span.column - literal.span.column if span.line == literal.span.line else -1


def _name(hole: Hole, taken: dict[str, str]) -> str:
    expr = hole.expr
    name = expr.attr if isinstance(expr, syntax.Attribute) else expr.id if isinstance(expr, syntax.Name) else "value"
    number = 2
    found = name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found
