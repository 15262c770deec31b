"""Which physical lines belong to the header of a compound statement."""

from __future__ import annotations

import ast
import re

from fastlint.source import SourceFile

COLON = re.compile(r":\s*(?:#.*)?$")


def header_last(node: ast.stmt | ast.ExceptHandler | ast.match_case, line: int) -> int:
    """The last line of what the header is known to hold: its arguments, test, items or type."""
    parts: list[ast.AST | None] = []
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            arguments = node.args
            parts = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            parts += [*arguments.defaults, *arguments.kw_defaults, node.returns]
        case ast.ClassDef():
            parts = [*node.bases, *node.keywords]
        case ast.For() | ast.AsyncFor():
            parts = [node.iter]
        case ast.While() | ast.If():
            parts = [node.test]
        case ast.With() | ast.AsyncWith():
            parts = [part for item in node.items for part in (item.context_expr, item.optional_vars)]
        case ast.ExceptHandler():
            parts = [node.type]
        case _:
            pass
    ends: list[int] = [part.end_lineno for part in parts if part is not None]  # type: ignore[attr-defined]
    return max([line, *ends])


def header_end(source: SourceFile, last: int, body: int) -> int:
    """The line of the colon: the first from `last` on that ends with one, before the body's first line."""
    for number in range(last, body):
        if COLON.search(source.line(number)):
            return number
    return last
