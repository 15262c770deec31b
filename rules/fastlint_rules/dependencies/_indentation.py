"""Putting statements one level deeper: shared by fixes that wrap code."""

from __future__ import annotations

from fastlint.project.model import Span, syntax
from fastlint.rule import CannotFix, Edits


def lines_of(first: syntax.Stmt, last: syntax.Stmt) -> Span:
    """The whole lines from one statement to another."""
    return Span(first.line, 1, last.end_line + 1, 1)


def indentation(edit: Edits, path: str, statement: syntax.Stmt) -> str:
    text = edit.text(path, Span(statement.line, 1, statement.line, statement.column + 1))
    if text.strip():
        raise CannotFix("the statement does not begin its line")
    return text


def deeper(edit: Edits, path: str, first: int, last: int, statements: list[syntax.Stmt]) -> str:
    """The lines `first` to `last`, which hold the statements, one level deeper. Text that goes on cannot move."""
    indent = ""
    for statement in statements:
        indent = indentation(edit, path, statement)
        if any(_goes_on(node) for node in syntax.walk(statement)):
            raise CannotFix("a string goes on over several lines")
    step = "\t" if indent.startswith("\t") else "    "
    source = edit.source(path)
    found = []
    for number in range(first, last + 1):
        line = source.line(number)
        if line.endswith("\\"):
            raise CannotFix("a line is continued")
        found.append((step if line.strip() else "") + line + source.newline)
    return "".join(found)


def _goes_on(node: syntax.Node) -> bool:
    return isinstance(node, syntax.Constant | syntax.FString) and node.end_line > node.line
