"""Every regular expression of fastlint and its rules, with texts on which a slow one would be slow.

Texts are made from the expression itself: whatever it repeats is written very often, behind what may stand before it
and before something that does not match, so that an expression with more than one way to read the same text tries all.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from math import log
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import fastlint
import fastlint_rules

ENDS = ("", "\0", "!", "\n")
METHODS = {"match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
SAMPLES = " aA0_-.:/\"'#([{,=\té\n\0"


@dataclass(frozen=True)
class Expression:
    """A compiled expression, where it was found, and how it is asked."""

    pattern: re.Pattern[str] | re.Pattern[bytes]
    place: str
    methods: frozenset[str]

    def ask(self, text: str) -> None:
        subject: Any = text.encode() if isinstance(self.pattern.pattern, bytes) else text
        for method in self.methods:
            if method in ("match", "search", "fullmatch"):
                getattr(self.pattern, method)(subject)
            else:
                for _ in self.pattern.finditer(subject):
                    pass


def modules() -> Iterator[Any]:
    for package in (fastlint, fastlint_rules):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


@cache
def expressions() -> tuple[Expression, ...]:
    """All of them: those that modules and classes hold, and those written where they are asked."""
    found: dict[tuple[str | bytes, int], tuple[re.Pattern[Any], str, set[str]]] = {}
    named: dict[str, dict[str, set[str]]] = {}

    def add(pattern: re.Pattern[Any], place: str, methods: set[str]) -> None:
        found.setdefault((pattern.pattern, pattern.flags), (pattern, place, set()))[2].update(methods)

    loaded = list(modules())
    for module in loaded:
        tree = ast.parse(Path(module.__file__).read_bytes())
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner, method = node.func.value, node.func.attr
            if method not in METHODS:
                continue
            if isinstance(owner, ast.Name) and owner.id == "re":
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    flags = re.MULTILINE if "MULTILINE" in ast.unparse(node) else 0
                    add(re.compile(first.value, flags), f"{module.__name__}:{node.lineno}", {method})
            else:
                asked = named.setdefault(module.__name__, {})
                asked.setdefault(ast.unparse(owner).rpartition(".")[2], set()).add(method)
    for module in loaded:
        for name, value in vars(module).items():
            for pattern in _held(value, module.__name__):
                add(pattern, f"{module.__name__}.{name}", named.get(module.__name__, {}).get(name, set()))
    return tuple(
        Expression(pattern, place, frozenset(methods or _guessed(named.get(place.rpartition(".")[0], {}))))
        for pattern, place, methods in found.values()
    )


def _guessed(named: dict[str, set[str]]) -> set[str]:
    """How a module asks expressions that it holds in a table: as it asks what it calls by small names."""
    asked = {method for name, methods in named.items() if not name.isupper() for method in methods}
    return asked - {"split"} or {"search", "fullmatch"}


def _held(value: object, module: str, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth > 4:
        return
    elif isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            yield from _held(item, module, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _held(item, module, depth + 1)
    elif isinstance(value, type) and value.__module__ == module:
        for item in vars(value).values():
            yield from _held(item, module, depth + 1)
    elif not isinstance(value, type) and type(value).__module__.startswith("fastlint"):
        for item in getattr(value, "__dict__", {}).values():
            yield from _held(item, module, depth + 1)


def attacks(expression: Expression, length: int) -> Iterator[str]:
    """Texts of about that length."""
    pattern = expression.pattern
    source: Any = pattern.pattern
    parsed = _parser.parse(source, pattern.flags & ~re.DEBUG)
    for before, body in dict.fromkeys(_repeated(list(parsed), "")):
        for begin in dict.fromkeys((before, "", before[-1:])):
            for end in ENDS:
                if body:
                    yield begin + body * (length // len(body)) + end


def _repeated(items: list[Any], before: str) -> Iterator[tuple[str, str]]:
    """For everything that is repeated: what may stand before it, and what it may repeat."""
    for code, argument in items:
        for inner in _inside(code, argument):
            yield from _repeated(inner, before)
        if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and argument[1] > 1:
            for body in islice(_texts(list(argument[2])), 6):
                yield before, body
        before += next(_texts([(code, argument)]), "")
    for body in islice(_texts(items), 3):
        yield "", body


def _inside(code: Any, argument: Any) -> Iterator[list[Any]]:
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        yield list(argument[2])
    elif code is op.SUBPATTERN:
        yield list(argument[3])
    elif code is op.BRANCH:
        yield from map(list, argument[1])
    elif code is op.ATOMIC_GROUP:
        yield list(argument)
    elif code in (op.ASSERT, op.ASSERT_NOT):
        yield list(argument[1])


def _texts(items: list[Any]) -> Iterator[str]:
    """Some of the texts that a sequence matches, short ones."""
    if not items:
        yield ""
        return
    code, argument = items[0]
    for head in islice(_texts_of(code, argument), 6):
        for tail in islice(_texts(items[1:]), 2):
            yield head + tail


def _texts_of(code: Any, argument: Any) -> Iterator[str]:
    if code in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY):
        yield from _characters(code, argument)
    elif code is op.SUBPATTERN:
        yield from _texts(list(argument[3]))
    elif code is op.ATOMIC_GROUP:
        yield from _texts(list(argument))
    elif code is op.BRANCH:
        for branch in argument[1]:
            yield from islice(_texts(list(branch)), 2)
    elif code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        for body in _texts(list(argument[2])):
            yield body * max(argument[0], 1)
        if argument[0] == 0:
            yield ""
    else:  # anchors, looks and references take nothing or what was there
        yield ""


def _characters(code: Any, argument: Any) -> Iterator[str]:
    if code is op.LITERAL:
        yield chr(argument)
    elif code is op.NOT_LITERAL:
        yield from (c for c in SAMPLES if ord(c) != argument)
    elif code is op.ANY:
        yield from SAMPLES.replace("\n", "")
    else:
        named = [chr(value) for kind, value in argument if kind is op.LITERAL]
        named += [chr(value[0]) for kind, value in argument if kind is op.RANGE]
        one = re.compile(_class_text(argument))
        yield from (c for c in dict.fromkeys([*SAMPLES, *named]) if one.fullmatch(c))


CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}


def _class_text(argument: Any) -> str:
    parts = []
    for kind, value in argument:
        if kind is op.NEGATE:
            parts.append("^")
        elif kind is op.LITERAL:
            parts.append(f"\\U{value:08x}")
        elif kind is op.RANGE:
            parts.append(f"\\U{value[0]:08x}-\\U{value[1]:08x}")
        else:
            parts.append(CATEGORIES[value])
    return f"[{''.join(parts)}]"


def seconds(expression: Expression, text: str, times: int) -> float:
    """The least processor time of so many askings."""
    least = float("inf")
    for _ in range(times):
        began = time.process_time()
        expression.ask(text)
        least = min(least, time.process_time() - began)
    return least


def growth(expression: Expression, length: int, floor: float) -> tuple[float, str]:
    """By how much the worst text takes longer when it is twice as long, and that text at its shortest.

    Linear expressions give about 2, quadratic ones 4. What takes less than `floor` seconds at `length` counts as 1:
    there is nothing to measure. Texts grow step by step, so that an exponential expression ends at a short one.
    """
    worst, at = 1.0, ""
    sizes = [size for size in (10, 16, 22, 28, 40, 100, 400, 1500) if size < length / 2] + [length // 2, length]
    made = [list(attacks(expression, size)) for size in sizes]
    for texts in zip(*made, strict=False):
        for shorter, longer in pairwise(texts):
            if len(longer) <= len(shorter) or seconds(expression, longer, 1) < floor:
                continue
            times = seconds(expression, longer, 3) / max(seconds(expression, shorter, 3), 1e-6)
            ratio = 2 ** (log(max(times, 1)) / log(len(longer) / len(shorter)))
            if ratio > worst:
                worst, at = ratio, texts[0]
            if ratio > 3:
                break
    return worst, at
