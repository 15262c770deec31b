"""Imports that a fix needs: reused where they stand, added where they belong."""

from __future__ import annotations

import ast
from collections.abc import Callable

from fastlint.fixes.tree import Tree
from fastlint.project.catalogue.python import STANDARD_MODULES
from fastlint.rule import CannotFix
from fastlint.source import Edit, Span


def add_import(
    tree: Tree, path: str, module: str, name: str | None, alias: str | None = None
) -> tuple[str, tuple[Edit, ...]]:
    """The name to use in the file for `module` (or its member), and the edits that bring it.

    `alias` is what it is called where its own name means something else. Imports behind the first function or class do
    not count: what stands above them could not use the name.
    """
    top = _usable(tree)
    present = _present(top, module, name)
    if present is not None:
        found, bound = present
        if _means_only(tree, found.partition(".")[0], bound):
            return found, ()
        if alias is None or name is None:
            raise CannotFix(f"`{found}` means something else somewhere in this file")
    wanted = name or module
    if present is not None or _taken(tree, wanted.partition(".")[0]):
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


def _usable(tree: Tree) -> list[ast.Import | ast.ImportFrom]:
    """The imports of the module itself that come before its first function or class."""
    found: list[ast.Import | ast.ImportFrom] = []
    for node in tree.module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            break
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
    return found


def _present(top: list[ast.Import | ast.ImportFrom], module: str, name: str | None) -> tuple[str, ast.alias] | None:
    for node in top:
        if isinstance(node, ast.Import) and name is None:
            for alias in node.names:
                if alias.name == module:
                    return alias.asname or alias.name, alias
        if isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                if name is not None and node.module == module and alias.name == name:
                    return alias.asname or alias.name, alias
                if name is None and f"{node.module}.{alias.name}" == module:
                    return alias.asname or alias.name, alias
    return None


def _means_only(tree: Tree, name: str, bound: ast.alias) -> bool:
    """Whether nothing in the file binds the name but imports of the very same thing."""
    for node in tree.bound.get(name, ()):
        if node is bound:
            continue
        if not isinstance(node, ast.alias) or _imported(tree, node) != _imported(tree, bound):
            return False
    return True


def _imported(tree: Tree, alias: ast.alias) -> str:
    """What an import binds: `import a.b` binds `a`."""
    node = tree.parents[alias]
    if isinstance(node, ast.ImportFrom):
        return f"{'.' * node.level}{node.module or ''}.{alias.name}"
    return alias.name if alias.asname else alias.name.partition(".")[0]


def _taken(tree: Tree, name: str) -> bool:
    """Whether the name has a meaning in the file: it is bound somewhere, or used and so comes from a star import."""
    return name in tree.bound or name in tree.used


def _extended(tree: Tree, path: str, node: ast.ImportFrom, name: str) -> Edit:
    """The name put into the list of an import: in order where the list is, on a line of its own like others."""
    names = node.names
    spans = [tree.span(alias) for alias in names]
    place = _place([alias.name for alias in names], name)
    lines = {span.line for span in spans}
    apart = len(lines) == len(names) and node.lineno not in lines
    space = tree.source.newline + tree.indentation(spans[-1].line) if apart else " "
    if place == len(names):
        last = spans[-1]
        if "#" not in tree.source.line(last.end_line)[last.end_column - 1 :]:
            return Edit(path, Span(last.end_line, last.end_column, last.end_line, last.end_column), f",{space}{name}")
        place -= 1  # behind it stands a comment about it
    first = spans[place]
    return Edit(path, Span(first.line, first.column, first.line, first.column), f"{name},{space}")


def _place(names: list[str], name: str) -> int:
    """Where the name belongs among others that are in some order; behind them when they are in none."""
    keys: tuple[Callable[[str], tuple[int, str]], ...] = (_by_kind, lambda one: (0, one.lower()), lambda one: (0, one))
    for key in keys:
        if len(names) > 1 and names == sorted(names, key=key):
            return next((index for index, other in enumerate(names) if key(other) > key(name)), len(names))
    if len(names) == 1:
        return int(_by_kind(names[0]) < _by_kind(name))
    return len(names)


def _by_kind(name: str) -> tuple[int, str]:
    """As isort orders by default: CONSTANTS, Classes, functions."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


def _inserted(
    tree: Tree, path: str, top: list[ast.Import | ast.ImportFrom], module: str, line: str, plain: bool
) -> Edit:
    """A new line: among the imports at the head of the file, standard library before the rest."""
    newline = tree.source.newline
    head = _head(tree, top)
    futures = [node for node in head if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    others = [node for node in head if node not in futures]
    standard = module.partition(".")[0] in STANDARD_MODULES
    same = _beside([node for node in others if _is_standard(node) == standard], module)
    if plain:
        same = [node for node in same if isinstance(node, ast.Import) and _key(node) < module]
    before = [node for node in same if isinstance(node, ast.Import) or (not plain and _key(node) < module)]
    if before:
        return _line_after(tree, path, before[-1], line + newline)
    if others and standard:
        gap = newline if not any(_is_standard(node) for node in others) else ""
        return _line_before(tree, path, others[0], line + newline + gap)
    if others:
        following = [node for node in others if _is_standard(node) == standard]
        if following:
            return _line_before(tree, path, following[0], line + newline)
        return _line_after(tree, path, others[-1], newline + line + newline)
    if futures:
        return _line_after(tree, path, futures[-1], newline + line + newline)
    return _at_top(tree, path, line + newline)


def _beside(nodes: list[ast.Import | ast.ImportFrom], module: str) -> list[ast.Import | ast.ImportFrom]:
    """Of these imports the block, without empty lines in it, that has others of the same package; else all of them."""
    root = module.partition(".")[0]
    blocks: list[list[ast.Import | ast.ImportFrom]] = []
    for node in nodes:
        if not blocks or node.lineno != (blocks[-1][-1].end_lineno or 0) + 1:
            blocks.append([])
        blocks[-1].append(node)
    return next((block for block in blocks if any(_key(node).partition(".")[0] == root for node in block)), nodes)


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
    return _key(node).partition(".")[0] in STANDARD_MODULES


def _key(node: ast.Import | ast.ImportFrom) -> str:
    return node.names[0].name if isinstance(node, ast.Import) else node.module or ""


def _line_after(tree: Tree, path: str, node: ast.stmt, text: str) -> Edit:
    end = node.end_lineno or node.lineno
    if end >= len(tree.source.lines) and not tree.source.lines[-1].endswith(("\n", "\r")):
        column = len(tree.source.line(end)) + 1
        return Edit(path, Span(end, column, end, column), tree.source.newline + text.rstrip("\r\n"))
    return Edit(path, Span(end + 1, 1, end + 1, 1), text)


def _line_before(tree: Tree, path: str, node: ast.stmt, text: str) -> Edit:
    if not tree.begins_line(node):
        raise CannotFix("the first import shares its line with another statement")
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
