"""SourceFile -> ModuleFacts: one walk over Python's own tree."""

from __future__ import annotations

import ast
import gc
import marshal
import re
import sys
import warnings
from bisect import bisect_left, bisect_right

from fastlint.facts.encode import Encoder
from fastlint.facts.model import ModuleFacts
from fastlint.source import SourceFile, Unreadable, WideLine

SPEAKING = re.compile(r"noqa|fastlint\s*:|flake8\s*[:=]", re.IGNORECASE)
"""What a comment to a linter holds somewhere behind its `#`."""
SPOKEN = ("noqa", "fastlint", "flake8")
"""Of which it holds one: found faster than a pattern that has to look at every letter in two cases."""
LONGEST_COMMENT = 2000
"""Characters of a comment that are looked at."""
ROOM = 900
"""Frames that a tree may take, however deep the caller stands: what can be read does not depend on who asks."""


def extract(source: SourceFile) -> ModuleFacts:
    """The facts of a file. Raises Unreadable when it cannot be decoded or parsed."""
    text = source.text
    limit = sys.getrecursionlimit()
    collecting = gc.isenabled()
    gc.disable()
    tree = ast.Module([], [])
    try:
        sys.setrecursionlimit(_frames() + ROOM)
        tree = parse(text, source.path)
        if not text.isascii():
            _count_characters(tree, source)
        encoder = Encoder(source, speaking_lines(source))
        blob = marshal.dumps(encoder.suite(tree.body))
        encoder.forget()
    except (RecursionError, ValueError):  # marshal has a limit of its own
        raise Unreadable("nested too deeply to be analysed", _deepest_line(tree)) from None
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()
    return ModuleFacts(
        source.path,
        blob,
        _comments(source, encoder),
        tuple(sorted(set(encoder.ranges))),
        tuple(encoder.decorated),
        frozenset(encoder.imports),
        frozenset(encoder.calls),
    )


def _deepest_line(tree: ast.Module) -> int:
    """The line of the first statement that lies, or holds what lies, deepest."""
    most, deepest = -1, 1
    stack: list[tuple[ast.AST, int, int]] = [(tree, 0, 1)]
    while stack:
        node, depth, line = stack.pop()
        line = node.lineno if isinstance(node, ast.stmt) else line
        if depth > most or (depth == most and line < deepest):
            most, deepest = depth, line
        stack.extend((child, depth + 1, line) for child in ast.iter_child_nodes(node))
    return deepest


def _frames() -> int:
    """How many frames are open."""
    count, frame = 0, sys._getframe()
    while frame.f_back is not None:
        count, frame = count + 1, frame.f_back
    return count


def parse(text: str, path: str) -> ast.Module:
    """Python's tree of the text. Raises Unreadable, with the line, when there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, path)
    except SyntaxError as error:
        raise Unreadable(_explain(error, text), error.lineno or 1) from None
    except RecursionError:
        raise Unreadable("nested too deeply to be parsed") from None
    except (ValueError, MemoryError) as error:
        raise Unreadable(str(error) or "too large to be parsed") from None


def _explain(error: SyntaxError, text: str) -> str:
    """The reason, and which Python reads the file when only newer syntax is at fault."""
    reason = f"syntax error: {error.msg}"
    newer = _newer_syntax(text, error)
    return f"{reason} ({newer})" if newer else reason


def _newer_syntax(text: str, error: SyntaxError) -> str:
    line = text.splitlines()[error.lineno - 1] if error.lineno and error.lineno <= len(text.splitlines()) else ""
    running = f"fastlint runs on Python {sys.version_info.major}.{sys.version_info.minor}"
    checks = (
        ((3, 12), re.match(r"\s*type\s+\w.*=", line) or re.match(r"\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[", line)),
        ((3, 12), "f-string" in str(error.msg)),
        ((3, 14), re.search(r"\bt[\"']", line) or re.match(r"\s*except\s+\w+\s*,", line)),
    )
    wanted = next((version for version, found in checks if found and sys.version_info < version), None)
    if wanted is None or not _parses_elsewhere(text):
        return ""
    return f"needs Python {wanted[0]}.{wanted[1]}, {running}"


def _parses_elsewhere(text: str) -> bool:
    """Whether libcst, whose grammar knows newer versions, accepts the text.

    Its parser recurses in native code and takes the interpreter down on deep nesting: such text is not given to it.
    """
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    too_long = len(text) > LONGEST_TEXT or text.count("elif") > MOST_BRANCHES
    if deepest > DEEPEST_BRACKETS or too_long or CHAINED.search(text):
        return False
    import libcst

    try:
        libcst.parse_module(text)
    except Exception:
        return False
    return True


DEEPEST_BRACKETS = 50
LONGEST_TEXT = 2_000_000
CHAINED = re.compile(r"(?:[-+~] ?){50}|(?:not ){50}|(?:\.\w{1,20}(?:\(\))?){200}")
MOST_BRANCHES = 300


def _count_characters(tree: ast.Module, source: SourceFile) -> None:
    """Turn the byte columns of all nodes on non-ASCII lines into character columns."""
    wide = {number: WideLine(line) for number, line in enumerate(source.lines, 1) if not line.isascii()}
    numbers = sorted(wide)
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        line: int | None = getattr(node, "lineno", None)
        if line is not None:
            last: int = node.end_lineno  # type: ignore[attr-defined]
            first = bisect_left(numbers, min(line, *(d.lineno for d in getattr(node, "decorator_list", ())), line))
            if first == len(numbers) or numbers[first] > last:
                continue  # nothing on these lines is wide
            if line in wide:
                node.col_offset = wide[line].characters(node.col_offset)  # type: ignore[attr-defined]
            if last in wide:
                node.end_col_offset = wide[last].characters(node.end_col_offset)  # type: ignore[attr-defined]
        stack.extend(ast.iter_child_nodes(node))


def speaking_lines(source: SourceFile) -> frozenset[int]:
    """The lines that may hold a comment to a linter: a cheap look before the strings on them are known."""
    small = source.text.lower()
    if not any(word in small for word in SPOKEN):
        return frozenset()
    return frozenset(number for number, line in enumerate(source.lines, 1) if _speaks(line, line.find("#")))


def _speaks(line: str, start: int) -> bool:
    return start >= 0 and SPEAKING.search(line, start) is not None


def _comments(source: SourceFile, encoder: Encoder) -> tuple[tuple[int, int, str], ...]:
    """The comments on those lines: a `#` that stands in no string begins one."""
    numbers = sorted(encoder.speaking)
    strings: dict[int, list[tuple[int, int]]] = {}
    for first, start, last, end in sorted(set(encoder.strings)):
        for number in numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]:
            inside = start if first == number else 0, end if last == number else len(source.line(number))
            strings.setdefault(number, []).append(inside)
    found = []
    for number in numbers:
        line = source.line(number)
        begin = _comment_start(line, sorted(strings.get(number, ())))
        if _speaks(line, begin):
            found.append((number, begin + 1, line[begin : begin + LONGEST_COMMENT]))
    return tuple(found)


def _comment_start(line: str, strings: list[tuple[int, int]]) -> int:
    """Where the first `#` stands that is in none of the strings; -1 when there is none."""
    begin = line.find("#")
    for start, end in strings:
        if begin < start:
            break
        if begin < end:
            begin = line.find("#", end)
        if begin < 0:
            break
    return begin
