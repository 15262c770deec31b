"""Calls that have become too long for their line, laid out as formatters do: an argument a line."""

from __future__ import annotations

import libcst as cst

from fastlint.fixes.concrete import Slice, bare


def wrapped(call: cst.Call, piece: Slice, step: str, widest: int) -> cst.Call:
    """The call with each argument on a line of its own, if it was on one line; and so the entries of its last, if they
    are still too long for one.
    """
    args = list(call.args)
    if not {"\n", "\r"} & set(cst.Module([]).code_for_node(call)):
        between, last = _line(piece, step), _line(piece, "")
        args = [arg.with_changes(comma=cst.Comma(whitespace_after=between)) for arg in args[:-1]] + [
            args[-1].with_changes(comma=cst.Comma(whitespace_after=last), whitespace_after_arg=cst.SimpleWhitespace(""))
        ]
        call = call.with_changes(whitespace_before_args=between)
    elif len(args) > 1 and isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
        comma = args[-2].comma
        if isinstance(comma, cst.Comma) and isinstance(comma.whitespace_after, cst.SimpleWhitespace):
            args[-2] = args[-2].with_changes(comma=cst.Comma(whitespace_after=bare(call.whitespace_before_args)))
    indentation = len(piece.text) - len(piece.text.lstrip()) + len(step)
    new = args[-1]
    alone = isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace)
    if (
        alone
        and isinstance(new.value, cst.Dict)
        and new.value.elements
        and indentation + len(cst.Module([]).code_for_node(new).strip()) > widest
    ):
        args[-1] = new.with_changes(value=_dictionary(new.value, piece, step))
    return call.with_changes(args=args)


def _dictionary(value: cst.Dict, piece: Slice, step: str) -> cst.Dict:
    inner, last = _line(piece, step + step), _line(piece, step)
    elements = [
        element.with_changes(comma=cst.Comma(whitespace_after=inner if element is not value.elements[-1] else last))
        for element in value.elements
    ]
    return value.with_changes(elements=elements, lbrace=cst.LeftCurlyBrace(whitespace_after=inner))


def _line(piece: Slice, indentation: str) -> cst.ParenthesizedWhitespace:
    """A new line in a bracket, so much deeper than the statement."""
    newline = cst.TrailingWhitespace(newline=cst.Newline(value=piece.source.newline))
    return cst.ParenthesizedWhitespace(newline, indent=True, last_line=cst.SimpleWhitespace(indentation))
