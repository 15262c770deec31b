"""The planner: what a rule's `fix` builds edits with. Implements `fastlint.rule.Edits`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from fastlint.fixes.imports import add_import
from fastlint.fixes.tree import Tree
from fastlint.rule import CannotFix
from fastlint.source import Edit, SourceFile, Span

if TYPE_CHECKING:
    import libcst as cst

    from fastlint.fixes.concrete import Slice


KEPT = 4
"""Trees that are kept: a fix may change a few files."""


class Planner:
    """Looks at the files as they were read; parses only those that something is to be fixed in.

    The trees of the last few are kept: who goes through findings file by file parses each once, and holds few.
    """

    def __init__(self, sources: Mapping[str, SourceFile]) -> None:
        self._sources = sources
        self._trees: dict[str, Tree] = {}

    def source(self, path: str) -> SourceFile:
        return self._sources[path]

    def tree(self, path: str) -> Tree:
        tree = self._trees.pop(path, None) or Tree(self._sources[path])
        self._trees[path] = tree  # the last one used is the last to go
        if len(self._trees) > KEPT:
            del self._trees[next(iter(self._trees))]
        return tree

    def text(self, path: str, span: Span) -> str:
        return self._sources[path].slice(span)

    def replace(self, path: str, span: Span, content: str) -> Edit:
        return Edit(path, span, content)

    def insert(self, path: str, line: int, column: int, content: str) -> Edit:
        return Edit(path, Span(line, column, line, column), content)

    def delete(self, path: str, span: Span) -> Edit:
        return Edit(path, span, "")

    def delete_statement(self, path: str, span: Span) -> Edit:
        tree = self.tree(path)
        statement = tree.at(span, ast.stmt)
        assert isinstance(statement, ast.stmt)
        if tree.block(statement) == [statement]:
            return self.replace(path, span, "pass")
        source = self._sources[path]
        rest = source.line(span.end_line)[span.end_column - 1 :].strip()
        if not tree.begins_line(statement) or rest.startswith(";"):
            raise CannotFix("the statement shares its line with another")
        if rest:
            return self.delete(path, span)
        return self.delete(path, Span(span.line, 1, span.end_line + 1, 1))

    def add_import(
        self, path: str, module: str, name: str | None = None, alias: str | None = None
    ) -> tuple[str, tuple[Edit, ...]]:
        return add_import(self.tree(path), path, module, name, alias)

    def awaited(self, path: str, call: Span, content: str | None = None) -> Edit:
        tree = self.tree(path)
        node = tree.at(call, ast.expr)
        parent = tree.parents[node]
        text = f"await {self.text(path, call) if content is None else content}"
        tight = isinstance(parent, ast.Attribute | ast.Subscript | ast.Await) and parent.value is node
        if tight or (isinstance(parent, ast.Call) and parent.func is node):
            text = f"({text})"
        return self.replace(path, call, text)

    def set_keyword(self, path: str, call: Span, name: str, value: str) -> Edit:
        import libcst as cst

        from fastlint.fixes.concrete import with_keyword
        from fastlint.fixes.layout import wrapped

        piece = self._slice(path, call)
        node = piece.find(call, cst.Call)
        span, content = piece.changed(node, lambda found: with_keyword(cast("cst.Call", found), name, value))
        after = self._line_after(path, span, content)
        widest = self._sources[path].width
        if after > widest >= len(self._sources[path].line(call.end_line)):
            step = self.tree(path).step
            span, content = piece.changed(
                node, lambda found: wrapped(with_keyword(cast("cst.Call", found), name, value), piece, step, widest)
            )
        return self.replace(path, span, content)

    def _line_after(self, path: str, span: Span, content: str) -> int:
        """The length of the longest line that a replacement makes; a comment behind it may be long."""
        source = self._sources[path]
        before, after = source.line(span.line)[: span.column - 1], source.line(span.end_line)[span.end_column - 1 :]
        return max(len(line.partition("  #")[0]) for line in f"{before}{content}{after}".splitlines())

    def remove_argument(self, path: str, call: Span, argument: Span) -> Edit:
        import libcst as cst

        from fastlint.fixes.concrete import without_argument

        piece = self._slice(path, call)
        node = cast("cst.Call", piece.find(call, cst.Call))
        wanted = cast("cst.Arg", piece.find(argument, cst.Arg))
        span, content = piece.changed(node, lambda _: without_argument(node, wanted))
        return self.replace(path, span, content)

    def insert_before(self, path: str, statement: Span, lines: str) -> Edit:
        tree = self.tree(path)
        node = tree.at(statement, ast.stmt)
        assert isinstance(node, ast.stmt)
        if not tree.begins_line(node):
            raise CannotFix("the statement shares its line with another")
        first = tree.first_line(node)
        return self.insert(path, first, 1, self._indented(tree, first, lines))

    def insert_after(self, path: str, statement: Span, lines: str) -> Edit:
        tree = self.tree(path)
        node = tree.at(statement, ast.stmt)
        assert isinstance(node, ast.stmt)
        rest = tree.source.line(statement.end_line)[statement.end_column - 1 :].strip()
        if not tree.begins_line(node) or (rest and not rest.startswith("#")):
            raise CannotFix("the statement shares its line with another")
        text = self._indented(tree, tree.first_line(node), lines)
        end = statement.end_line
        if not tree.source.lines[end - 1].endswith(("\n", "\r")):
            column = len(tree.source.line(end)) + 1
            return self.insert(path, end, column, tree.source.newline + text.rstrip("\r\n"))
        return self.insert(path, end + 1, 1, text)

    def returns(self, path: str, function: Span, annotation: str) -> Edit:

        from fastlint.fixes.concrete import with_returns

        tree = self.tree(path)
        node = tree.at(function, ast.FunctionDef, ast.AsyncFunctionDef)
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.returns is not None:
            return self.replace(path, tree.span(node.returns), annotation)
        piece = self._slice(path, function)
        found = self._function(piece, node.name)
        span, content = piece.changed(found, lambda item: with_returns(cast("cst.FunctionDef", item), annotation))
        return self.replace(path, span, content)

    @staticmethod
    def _function(piece: Slice, name: str) -> cst.CSTNode:
        """The function that a slice consists of."""
        import libcst as cst

        module = piece.wrapper.module
        body = cast("cst.If", module.body[0]).body.body if piece.header else module.body
        for item in body:
            if isinstance(item, cst.FunctionDef) and item.name.value == name:
                return item
        raise CannotFix("the function is not alone in its lines")

    def _slice(self, path: str, span: Span) -> Slice:
        """The lines of the smallest statement around a span, as concrete syntax."""
        from fastlint.fixes.concrete import Slice

        tree = self.tree(path)
        statement = tree.statement(tree.at(span))
        return Slice.of(self._sources[path], tree.first_line(statement), statement.end_lineno or statement.lineno)

    @staticmethod
    def _indented(tree: Tree, line: int, lines: str) -> str:
        indentation, newline = tree.indentation(line), tree.source.newline
        return "".join(f"{indentation}{text}{newline}" if text else newline for text in lines.splitlines())
