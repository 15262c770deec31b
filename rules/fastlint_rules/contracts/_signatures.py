"""How parameters are laid out when they get longer: as formatters do it."""

from __future__ import annotations

import io
import tokenize

from fastlint.project.model import Span, syntax
from fastlint.rule import Edit, Edits
from fastlint.source import SourceFile


def step(indentation: str) -> str:
    return "\t" if indentation.startswith("\t") else "    "


def annotated(name: str, annotation: str, marker: str, node: syntax.Parameter, source: SourceFile) -> str:
    """`Annotated[annotation, marker]`; a marker over several lines is one level deeper, where nothing forbids that."""
    before = source.line(node.line)[: node.column]
    if "\n" not in marker or before.strip() or "\n" in annotation or _text_goes_on(marker):
        return f"{name}[{annotation}, {marker}]"
    newline, deeper = source.newline, before + step(before)
    first, *rest = marker.split("\n")
    lines = [first, *(step(before) + line if line.strip() else line for line in rest)]
    return f"{name}[{newline}{deeper}{annotation},{newline}{deeper}{chr(10).join(lines)},{newline}{before}]"


def _text_goes_on(code: str) -> bool:
    """Whether a string goes on over several lines, or anything is not plain to see."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return True
    names = ("STRING", "FSTRING_MIDDLE", "TSTRING_MIDDLE")
    return "\\\n" in code or any(
        tokenize.tok_name[token.type] in names and token.start[0] != token.end[0] for token in tokens
    )


def fitting(edits: list[Edit], function: syntax.FunctionDef, path: str, edit: Edits) -> list[Edit]:
    """The edits of parameters, or one that puts each of them on its own line where the line would be too long."""
    source, nodes = edit.source(path), function.parameters
    row = nodes[0].line
    line = source.line(row)
    last = nodes[-1].end_column
    line = line[:last] + line[last:].partition("#")[0].rstrip()  # a comment behind it may be long
    longer = sum(len(one.content) - (one.span.end_column - one.span.column) for one in edits)
    if (
        any(node.line != row or node.end_line != row or node.kind in ("*", "**") for node in nodes)
        or not len(line) <= source.width < len(line) + longer
    ):
        return edits
    indentation = line[: len(line) - len(line.lstrip())]
    if row == function.line:
        start, end = line.rfind("(", 0, nodes[0].column) + 1, line.find(")", last)
        body = source.line(function.body[0].line)[: function.body[0].column]
        deeper = body if body.startswith(indentation) and not body.strip() else f"{indentation}    "
    else:
        start, end, deeper = len(indentation), len(line), indentation
    inside = line[start:end]
    if start <= 0 or end < 0 or inside.count("(") != inside.count(")"):
        return edits
    new = {one.span: one.content for one in edits}
    parts: list[str] = []
    at = start
    for node in nodes:
        parts += _between(line[at : node.column])
        star, found, content = new.get(node.span, line[node.column : node.end_column]).rpartition("*, ")
        parts += ["*", content] if found and not star else [f"{star}{found}{content}"]
        at = node.end_column
    parts += _between(line[at:end])
    if any(part in ("(", ")") for part in parts):
        return edits
    text = f",{source.newline}{deeper}".join(parts) + ","
    if row == function.line:
        text = f"{source.newline}{deeper}{text}{source.newline}{indentation}"
    return [edit.replace(path, Span(row, start + 1, row, end + 1), text)]


def _between(gap: str) -> list[str]:
    """The bare `*` and `/` between two parameters."""
    return [part.strip() for part in gap.split(",") if part.strip()]
