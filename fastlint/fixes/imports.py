"""Imports that a fix needs: reused where they stand, added where they belong."""

from __future__ import annotations

import ast
import sys

from fastlint.fixes.tree import Tree
from fastlint.rule import CannotFix
from fastlint.source import Edit, Span


def add_import(
    tree: Tree, path: str, module: str, name: str | None, alias: str | None = None
) -> tuple[str, tuple[Edit, ...]]:
    """The name to use in the file for `module` (or its member), and the edits that bring it.

    `alias` is what it is called where its own name means something else.
    """
    top = [node for node in tree.module.body if isinstance(node, ast.Import | ast.ImportFrom)]
    present = _present(top, module, name)
    if present is not None:
        return present, ()
    wanted = name or module
    if _taken(tree, wanted.partition(".")[0]):
        if alias is not None and name is not None and not _taken(tree, alias):
            line = f"from {module} import {name} as {alias}"
            return alias, (_inserted(tree, path, top, module, line, plain=False),)
        raise CannotFix(f"`{wanted}` means something else in this file")
    if name is not None:
        for node in reversed(top):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == module
                and not node.level
                and node.names[0].name != "*"
            ):
                return name, (_extended(tree, path, node, name),)
    line = f"import {module}" if name is None else f"from {module} import {name}"
    return wanted, (_inserted(tree, path, top, module, line, plain=name is None),)


def _present(top: list[ast.Import | ast.ImportFrom], module: str, name: str | None) -> str | None:
    for node in top:
        if isinstance(node, ast.Import) and name is None:
            for alias in node.names:
                if alias.name == module:
                    return alias.asname or alias.name
        if isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                if name is not None and node.module == module and alias.name == name:
                    return alias.asname or alias.name
                if name is None and f"{node.module}.{alias.name}" == module:
                    return alias.asname or alias.name
    return None


def _taken(tree: Tree, name: str) -> bool:
    """Whether the file gives the name another meaning anywhere."""
    for node in ast.walk(tree.module):
        match node:
            case ast.Name(id=found, ctx=ast.Store() | ast.Del()) if found == name:
                return True
            case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) | ast.ClassDef(name=found) if (
                found == name
            ):
                return True
            case ast.arg(arg=found) if found == name:
                return True
            case ast.alias() if (node.asname or node.name.partition(".")[0]) == name:
                return True
    return False


def _extended(tree: Tree, path: str, node: ast.ImportFrom, name: str) -> Edit:
    last = tree.span(node.names[-1])
    return Edit(path, Span(last.end_line, last.end_column, last.end_line, last.end_column), f", {name}")


def _inserted(
    tree: Tree, path: str, top: list[ast.Import | ast.ImportFrom], module: str, line: str, plain: bool
) -> Edit:
    """A new line: among the imports at the head of the file, standard library before the rest."""
    newline = tree.source.newline
    head = _head(tree, top)
    futures = [node for node in head if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    others = [node for node in head if node not in futures]
    standard = module.partition(".")[0] in sys.stdlib_module_names
    same = [node for node in others if _is_standard(node) == standard]
    if plain:
        same = [node for node in same if isinstance(node, ast.Import) and _key(node) < module]
    before = [node for node in same if isinstance(node, ast.Import) or (not plain and _key(node) < module)]
    if before:
        return _line_after(tree, path, before[-1], line + newline)
    if others and standard:
        gap = newline if not any(_is_standard(node) for node in others) else ""
        return _line_before(path, others[0], line + newline + gap)
    if others:
        following = [node for node in others if _is_standard(node) == standard]
        if following:
            return _line_before(path, following[0], line + newline)
        return _line_after(tree, path, others[-1], newline + line + newline)
    if futures:
        return _line_after(tree, path, futures[-1], newline + line + newline)
    return _at_top(tree, path, line + newline)


def _head(tree: Tree, top: list[ast.Import | ast.ImportFrom]) -> list[ast.Import | ast.ImportFrom]:
    """The imports before the first statement of another kind (docstring aside)."""
    found: list[ast.Import | ast.ImportFrom] = []
    for index, node in enumerate(tree.module.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif not (index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            break
    return found


def _is_standard(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom) and node.level:
        return False
    return _key(node).partition(".")[0] in sys.stdlib_module_names


def _key(node: ast.Import | ast.ImportFrom) -> str:
    return node.names[0].name if isinstance(node, ast.Import) else node.module or ""


def _line_after(tree: Tree, path: str, node: ast.stmt, text: str) -> Edit:
    end = node.end_lineno or node.lineno
    if end >= len(tree.source.lines) and not tree.source.lines[-1].endswith(("\n", "\r")):
        column = len(tree.source.line(end)) + 1
        return Edit(path, Span(end, column, end, column), tree.source.newline + text.rstrip("\r\n"))
    return Edit(path, Span(end + 1, 1, end + 1, 1), text)


def _line_before(path: str, node: ast.stmt, text: str) -> Edit:
    return Edit(path, Span(node.lineno, 1, node.lineno, 1), text)


def _at_top(tree: Tree, path: str, text: str) -> Edit:
    body = tree.module.body
    newline = tree.source.newline
    if (
        body
        and isinstance(body[0], ast.Expr)
        and isinstance(body[0].value, ast.Constant)
        and isinstance(body[0].value.value, str)
    ):
        return _line_after(tree, path, body[0], newline + text)
    line = 1
    while line <= len(tree.source.lines) and tree.source.line(line).startswith("#"):
        line += 1
    following = tree.source.line(line).strip()
    return Edit(path, Span(line, 1, line, 1), (text + newline if following else text) if line == 1 else newline + text)
