"""Putting statements one level deeper: shared by fixes that wrap code."""

from __future__ import annotations

from fastlint.project.model import Span, syntax
from fastlint.rule import CannotFix, Edit, Edits


def deeper(edit: Edits, path: str, first: int, last: int, nodes: list[syntax.Stmt]) -> list[Edit]:
    """Indent the lines `first` to `last` by one level; text that goes on over lines must not move."""
    if any(_goes_on(node) for node in nodes):
        raise CannotFix("a string goes on over several lines")
    step = unit(edit, path, nodes[0])
    lines = edit.source(path)
    return [edit.insert(path, number, 1, step) for number in range(first, last + 1) if lines.line(number).strip()]


def line_before(edit: Edits, path: str, statement: syntax.Stmt, content: str) -> Edit:
    """A new line before a statement, at its indentation."""
    return edit.insert(path, statement.line, 1, indentation(edit, path, statement) + content + edit.source(path).newline)


def indentation(edit: Edits, path: str, statement: syntax.Stmt) -> str:
    text = edit.text(path, Span(statement.line, 1, statement.line, statement.column + 1))
    if text.strip():
        raise CannotFix("the statement does not begin its line")
    return text


def unit(edit: Edits, path: str, statement: syntax.Stmt) -> str:
    """One level of indentation, as the file writes it."""
    return "\t" if indentation(edit, path, statement).startswith("\t") else "    "


def _goes_on(statement: syntax.Stmt) -> bool:
    return any(
        isinstance(node, syntax.Constant | syntax.FString) and node.end_line > node.line for node in syntax.walk(statement)
    )
