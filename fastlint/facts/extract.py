"""SourceFile -> ModuleFacts: one walk over Python's own tree."""

from __future__ import annotations

import ast
import gc
import marshal
import re
import warnings
from bisect import bisect_left

from fastlint.facts.encode import Encoder
from fastlint.facts.model import ModuleFacts
from fastlint.source import SourceFile, Unreadable

SPEAKING = re.compile(r"#[^\n\r]*?(?:noqa|fastlint\s*:|flake8\s*[:=])", re.IGNORECASE)


def extract(source: SourceFile) -> ModuleFacts:
    """The facts of a file. Raises Unreadable when it cannot be decoded or parsed."""
    text = source.text
    tree = parse(text, source.path)
    collecting = gc.isenabled()
    gc.disable()
    try:
        if not text.isascii():
            _count_characters(tree, source)
        encoder = Encoder(source, speaking_lines(source))
        body = encoder.suite(tree.body)
        blob = marshal.dumps(body)
    except RecursionError:
        raise Unreadable("nested too deeply to be analysed") from None
    finally:
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
    import sys

    line = text.splitlines()[error.lineno - 1] if error.lineno and error.lineno <= len(text.splitlines()) else ""
    running = f"fastlint runs on Python {sys.version_info.major}.{sys.version_info.minor}"
    checks = (
        ((3, 12), re.match(r"\s*type\s+\w+.*=", line) or re.match(r"\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[", line)),
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
    wide = {n: line.encode(errors="surrogatepass") for n, line in enumerate(source.lines, 1) if not line.isascii()}
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
                node.col_offset = len(wide[line][: node.col_offset].decode(errors="ignore"))  # type: ignore[attr-defined]
            if last in wide:
                node.end_col_offset = len(wide[last][: node.end_col_offset].decode(errors="ignore"))  # type: ignore[attr-defined]
        stack.extend(ast.iter_child_nodes(node))


def speaking_lines(source: SourceFile) -> frozenset[int]:
    """The lines that may hold a comment to a linter: a cheap look before the strings on them are known."""
    text = source.text
    if not SPEAKING.search(text):
        return frozenset()
    return frozenset(number for number, line in enumerate(source.lines, 1) if SPEAKING.search(line))


def _comments(source: SourceFile, encoder: Encoder) -> tuple[tuple[int, int, str], ...]:
    """The comments on those lines: a `#` that stands in no string begins one."""
    found = []
    for number in sorted(encoder.speaking):
        line = source.line(number)
        strings = [
            (start if first == number else 0, end if last == number else len(line))
            for first, start, last, end in encoder.strings
            if first <= number <= last
        ]
        for match in re.finditer("#", line):
            if not any(start <= match.start() < end for start, end in strings):
                text = line[match.start() :]
                if SPEAKING.search(text):
                    found.append((number, match.start() + 1, text))
                break
    return tuple(found)
