"""Statements as concrete syntax: changes of shape that keep comments and layout.

The lines of a statement are parsed with their indentation under an `if 1:` (dedenting would change strings over several
lines). What a change means for the text is the difference between the code before and after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from fastlint.facts.extract import parse
from fastlint.rule import CannotFix
from fastlint.source import SourceFile, Span, Unreadable

HEADER = "if 1:\n"


@dataclass(slots=True)
class Slice:
    """The whole lines from `first` to `last`, parsed."""

    source: SourceFile
    first: int
    last: int
    text: str
    header: str
    wrapper: MetadataWrapper

    @classmethod
    def of(cls, source: SourceFile, first: int, last: int) -> Slice:
        text = "".join(source.lines[first - 1 : last])
        header = HEADER if text.lstrip("\f")[:1] in (" ", "\t") else ""
        try:
            module = cst.parse_module(header + text)
        except cst.ParserSyntaxError as error:
            raise CannotFix(f"the statement cannot be parsed: {error.message}") from None
        if module.code != header + text:  # a form feed right before code is lost
            raise CannotFix("the layout cannot be kept")
        return cls(source, first, last, text, header, MetadataWrapper(module))

    def find(self, span: Span, *kinds: type[cst.CSTNode]) -> cst.CSTNode:
        """The outermost node of one of these classes at a span."""
        positions = self.wrapper.resolve(PositionProvider)
        shift = self.first - 1 - (1 if self.header else 0)
        wanted = (span.line - shift, span.column - 1, span.end_line - shift, span.end_column - 1)
        for node, position in positions.items():
            start, end = position.start, position.end
            if isinstance(node, kinds) and (start.line, start.column, end.line, end.column) == wanted:
                return node
        raise CannotFix(f"nothing to change at line {span.line}")

    def changed(self, node: cst.CSTNode, make: Callable[[cst.CSTNode], cst.CSTNode]) -> tuple[Span, str]:
        """The smallest replacement that turns `node` into what `make` gives: the span and its new text."""
        after = self.wrapper.module.deep_replace(node, make(node))
        assert isinstance(after, cst.Module)
        code = after.code[len(self.header) :]
        try:
            parse(after.code, self.source.path)
        except (Unreadable, RecursionError):
            raise CannotFix("the result would not parse") from None
        start = 0
        while start < min(len(code), len(self.text)) and code[start] == self.text[start]:
            start += 1
        end = 0
        while end < min(len(code), len(self.text)) - start and code[-1 - end] == self.text[-1 - end]:
            end += 1
        offset = self.source.offset(self.first, 1)
        span = Span(*self.source.position(offset + start), *self.source.position(offset + len(self.text) - end))
        return span, code[start : len(code) - end]


def with_keyword(call: cst.Call, name: str, value: str) -> cst.Call:
    """The call with `name=value`: in place of the one it has, else last (before `**`), laid out as its neighbours."""
    parsed = cst.parse_expression(value)
    for index, argument in enumerate(call.args):
        if argument.keyword is not None and argument.keyword.value == name:
            return call.with_changes(
                args=[*call.args[:index], argument.with_changes(value=parsed), *call.args[index + 1 :]]
            )
    new = cst.Arg(
        parsed, keyword=cst.Name(name), equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    )
    args = list(call.args)
    if not args:
        return call.with_changes(args=[new])
    place = next((i for i, a in enumerate(args) if a.star == "**"), len(args))
    between = _between(call)
    if place < len(args):
        after = args[place - 1].comma if place else None
        space = bare(after.whitespace_after) if isinstance(after, cst.Comma) else between
        return call.with_changes(args=[*args[:place], new.with_changes(comma=_comma(space)), *args[place:]])
    last = args[-1]
    trailing = isinstance(last.comma, cst.Comma)
    end = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else last.whitespace_after_arg
    if isinstance(end, cst.ParenthesizedWhitespace) and _comments(end):  # they are about the last argument
        deeper = between if isinstance(between, cst.ParenthesizedWhitespace) else call.whitespace_before_args
        if not isinstance(deeper, cst.ParenthesizedWhitespace):
            raise CannotFix("a comment ends the line of the last argument")
        between = end.with_changes(indent=deeper.indent, last_line=deeper.last_line)
        end = bare(end)
    before = last.with_changes(comma=_comma(between), whitespace_after_arg=cst.SimpleWhitespace(""))
    new = new.with_changes(comma=_comma(end)) if trailing else new.with_changes(whitespace_after_arg=end)
    return call.with_changes(args=[*args[:-1], before, new])


def _between(call: cst.Call) -> cst.BaseParenthesizableWhitespace:
    """What stands between the last two arguments, or before the only one, without its comments."""
    comma = call.args[-2].comma if len(call.args) > 1 else None
    if isinstance(comma, cst.Comma):
        return bare(comma.whitespace_after)
    return bare(call.whitespace_before_args)


def bare(space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    """A line break without comments and empty lines, else one space."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return cst.SimpleWhitespace(" ")
    newline = cst.TrailingWhitespace(newline=space.first_line.newline)
    return space.with_changes(first_line=newline, empty_lines=[])


def _comma(space: cst.BaseParenthesizableWhitespace) -> cst.Comma:
    return cst.Comma(whitespace_after=space)


def without_argument(call: cst.Call, argument: cst.Arg) -> cst.Call:
    """The call without one argument; a comment beside it cannot be kept."""
    if _comments(argument.comma) or _comments(argument.whitespace_after_arg):
        raise CannotFix("a comment would be lost")
    kept = [a for a in call.args if a is not argument]
    if kept and call.args[-1] is argument:
        comma, before = argument.comma, kept[-1].comma
        end = comma.whitespace_after if isinstance(comma, cst.Comma) else argument.whitespace_after_arg
        if isinstance(before, cst.Comma) and _comments(before):  # they are about the argument that stays
            if not isinstance(end, cst.ParenthesizedWhitespace):
                raise CannotFix("a comment would be lost")
            end = before.whitespace_after.with_changes(indent=end.indent, last_line=end.last_line)
        kept[-1] = (
            kept[-1].with_changes(comma=_comma(end))
            if isinstance(comma, cst.Comma)
            else kept[-1].with_changes(comma=comma, whitespace_after_arg=end)
        )
    return call.with_changes(args=kept)


def with_returns(function: cst.FunctionDef, annotation: str) -> cst.FunctionDef:
    """The function with a return annotation."""
    new = cst.Annotation(
        cst.parse_expression(annotation),
        whitespace_before_indicator=cst.SimpleWhitespace(" "),
        whitespace_after_indicator=cst.SimpleWhitespace(" "),
    )
    return function.with_changes(returns=new)


def _comments(node: object) -> bool:
    return isinstance(node, cst.CSTNode) and bool(_Comments.of(node))


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found.append(node.value)

    @classmethod
    def of(cls, node: cst.CSTNode) -> list[str]:
        visitor = cls()
        node.visit(visitor)
        return visitor.found
