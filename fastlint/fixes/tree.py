"""One file as Python's own tree, to find what stands at a span."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from functools import cached_property

from fastlint.facts.extract import parse
from fastlint.rule import CannotFix
from fastlint.source import SourceFile, Span


class Tree:
    """Parsed once for each file that has something to fix."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.module = parse(source.text, source.path)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node around each node but the module, outer ones first: the only walk through the whole tree."""
        found: dict[ast.AST, ast.AST] = {}
        waiting: deque[ast.AST] = deque([self.module])
        while waiting:
            node = waiting.popleft()
            for child in ast.iter_child_nodes(node):
                found[child] = node
                waiting.append(child)
        return found

    @cached_property
    def bound(self) -> dict[str, list[ast.AST]]:
        """Every name that something in the file binds, in whatever scope, with the nodes that do."""
        found: dict[str, list[ast.AST]] = {}
        for node in self.parents:
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    found.setdefault(name, []).append(node)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    found.setdefault(name, []).append(node)
                case ast.arg(arg=name):
                    found.setdefault(name, []).append(node)
                case ast.alias():
                    found.setdefault(node.asname or node.name.partition(".")[0], []).append(node)
                case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    found.setdefault(name, []).append(node)
        return found

    @cached_property
    def used(self) -> frozenset[str]:
        """Every name that is read somewhere in the file."""
        nodes = (node for node in self.parents if isinstance(node, ast.Name))
        return frozenset(node.id for node in nodes if isinstance(node.ctx, ast.Load))

    @cached_property
    def _by_line(self) -> dict[int, list[ast.AST]]:
        """The nodes that begin on each line."""
        found: dict[int, list[ast.AST]] = {}
        for node in self.parents:
            line = getattr(node, "lineno", None)
            if line is not None:
                found.setdefault(line, []).append(node)
        return found

    def span(self, node: ast.AST) -> Span:
        return self.source.span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def at(self, span: Span, *kinds: type[ast.AST]) -> ast.AST:
        """The node of one of these classes that covers exactly the span. Raises CannotFix."""
        for node in self._by_line.get(span.line, ()):
            if (not kinds or isinstance(node, kinds)) and self.span(node) == span:
                return node
        raise CannotFix(f"nothing to change at line {span.line}")

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        current = self.parents.get(node)
        while current is not None:
            yield current
            current = self.parents.get(current)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The smallest statement around a node (or the node itself) that begins its line."""
        for candidate in (node, *self.ancestors(node)):
            if isinstance(candidate, ast.stmt) and self.begins_line(candidate):
                return candidate
        raise CannotFix("the statement shares its line with another")

    def first_line(self, statement: ast.stmt) -> int:
        """The line on which a statement begins, decorators included."""
        decorators = getattr(statement, "decorator_list", [])
        lines: list[int] = [statement.lineno, *(decorator.lineno for decorator in decorators)]
        return min(lines)

    def begins_line(self, statement: ast.stmt) -> bool:
        """Whether nothing but indentation stands before it; `elif` hides an `if`."""
        line = self.source.line(self.first_line(statement))
        before = self.source.span(statement.lineno, 0, statement.lineno, statement.col_offset).end_column - 1
        if getattr(statement, "decorator_list", []):
            return line.lstrip().startswith("@")
        return not line[:before].strip() and not line.lstrip().startswith("elif")

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The suite that a statement is part of."""
        parent = self.parents[statement]
        for name in ("body", "orelse", "finalbody"):
            suite = getattr(parent, name, None)
            if isinstance(suite, list) and statement in suite:
                return suite
        raise CannotFix("the statement is in no block")

    @cached_property
    def step(self) -> str:
        """What one level of indentation is in this file."""
        for node in self.module.body:
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and body[0].lineno > node.lineno:
                return self.indentation(body[0].lineno) or "    "
        return "    "

    def indentation(self, line: int) -> str:
        text = self.source.line(line)
        return text[: len(text) - len(text.lstrip())]
