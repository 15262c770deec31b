"""One expression given as text, such as an annotation in quotes."""

from __future__ import annotations

import ast

from fastlint.facts import syntax
from fastlint.facts.encode import Encoder
from fastlint.source import SourceFile


def expression(text: str, line: int, column: int) -> syntax.Expr | None:
    """The expression, placed as a whole at a position; None when the text is none."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    encoder = Encoder(SourceFile("", b""))
    found: syntax.Expr = syntax.decode(encoder.node(tree))
    encoder.forget()
    for node in syntax.walk(found):
        node.line = node.end_line = line
        node.column = node.end_column = column
    return found
