"""Imports that fixes leave without a use: dropped, where nobody else can want them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from fastlint.fixes.apply import rewritten
from fastlint.fixes.tree import Tree
from fastlint.project.catalogue.python import STANDARD_MODULES
from fastlint.source import Edit, SourceFile, Span

KNOWN = frozenset({"fastapi", "pydantic", "pydantic_settings", "starlette", "typing_extensions"})
"""Besides the standard library: importing a name of these does nothing that a program could miss."""
PROSE = 100
"""From so many characters on a string is a text, no annotation."""
WORD = re.compile(r"\w+")
IMPORTS = re.compile(r"^(?:from|import)\b(?:[^\n(]*\([^)]*\)|[^\n]*)", re.MULTILINE)


def without_leftovers(
    changed: Mapping[str, tuple[SourceFile, SourceFile]], sources: Mapping[str, SourceFile]
) -> dict[str, SourceFile]:
    """Files as they were and are now: the new text of those in which names are imported that only the old text used.

    A name stays that another file takes from this one, or that a string in it holds (`__all__`, an annotation).
    """
    found: dict[str, SourceFile] = {}
    for path, (before, after) in changed.items():
        if not path.endswith(".py") or path.endswith("__init__.py"):
            continue
        current = after
        while edits := _edits(path, before, current, sources):
            current = found[path] = rewritten(current, edits)
    return found


def _edits(path: str, before: SourceFile, after: SourceFile, sources: Mapping[str, SourceFile]) -> list[Edit]:
    """What removes the names, of each import one at a time: two of a list would overlap."""
    old, new = _counted(before.text), _counted(after.text)
    rarer = {word for word in old if new.get(word, 0) < old[word]}
    if rarer.isdisjoint(word for line in IMPORTS.findall(after.text) for word in WORD.findall(line)):
        return []
    tree = Tree(after)
    edits: dict[ast.stmt, Edit] = {}
    for statement, alias in _unused(tree, rarer):
        if statement not in edits and not _wanted(path, alias.asname or alias.name, sources):
            edit = _dropped(tree, path, statement, alias)
            if edit is not None:
                edits[statement] = edit
    return list(edits.values())


def _counted(text: str) -> Counter[str]:
    return Counter(WORD.findall(text))


def _unused(tree: Tree, rarer: set[str]) -> Iterator[tuple[ast.Import | ast.ImportFrom, ast.alias]]:
    """The imports of the module itself whose names are used nowhere in the file, and stood in it more often before."""
    used: frozenset[str] | None = None
    for node in tree.module.body:
        if isinstance(node, ast.Import | ast.ImportFrom) and _harmless(node):
            for alias in node.names:
                name = alias.asname or alias.name
                if name.isidentifier() and name in rarer:
                    used = _used(tree) if used is None else used
                    if name not in used:
                        yield node, alias


def _used(tree: Tree) -> frozenset[str]:
    """The names that are read, and the words of strings that may be annotations or lists of names; no docstrings."""
    found: set[str] = set()
    texts: set[ast.AST] = set()
    for node in ast.walk(tree.module):
        if isinstance(node, ast.Expr):
            texts.add(node.value)
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < PROSE:
            if node not in texts:
                found.update(WORD.findall(node.value))
    return frozenset(found)


def _harmless(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        roots = [(node.module or "").partition(".")[0]] if not node.level else [""]
    else:
        roots = [alias.name.partition(".")[0] for alias in node.names]
    return all(root != "__future__" and (root in STANDARD_MODULES or root in KNOWN) for root in roots)


def _wanted(path: str, name: str, sources: Mapping[str, SourceFile]) -> bool:
    """Whether another file may take the name from the module, or change it there, as tests do."""
    word = path.rpartition("/")[2].removesuffix(".py")
    stem = re.escape(word)
    taken = re.compile(
        rf"\b{stem}\.{name}\b"
        rf"|\b{stem}\s+import\s*(?:\*|\([^)]*\b{name}\b|[^\n]*\b{name}\b)"
        rf"|\bimport\b[^\n]*\b{stem}\b(?s:.)*\.{name}\b"
    )
    return any(word in source.text and taken.search(source.text) for other, source in sources.items() if other != path)


def _dropped(tree: Tree, path: str, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Edit | None:
    """The edit that removes one name; None where a comment or another statement is in the way."""
    source = tree.source
    end = node.end_lineno or node.lineno
    lines = [source.line(number) for number in range(node.lineno, end + 1)]
    rest = lines[-1][tree.span(node).end_column - 1 :]
    if any("#" in line or "\\" in line or ";" in line for line in lines) or rest.strip() or not tree.begins_line(node):
        return None
    if len(node.names) == 1:
        after = end + 1
        if _blank(source, node.lineno - 1) and _blank(source, after) and after <= len(source.lines):
            after += 1  # its group is gone
        return Edit(path, Span(node.lineno, 1, after, 1), "")
    span, index = tree.span(alias), node.names.index(alias)
    line = source.line(span.line)
    if line.strip().rstrip(",") == source.slice(span):
        return Edit(path, Span(span.line, 1, span.line + 1, 1), "")
    if index + 1 < len(node.names):
        following = tree.span(node.names[index + 1])
        return Edit(path, Span(*span[:2], *following[:2]), "") if following.line == span.line else None
    previous = tree.span(node.names[index - 1])
    return Edit(path, Span(*previous[2:], *span[2:]), "") if previous.end_line == span.line else None


def _blank(source: SourceFile, number: int) -> bool:
    return not source.line(number).strip()
