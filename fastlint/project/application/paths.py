"""Path templates: placeholders, and which paths they take, as Starlette matches them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

PLACEHOLDER = re.compile(r"{([^{}:]*)(?::([^{}]*))?}")
"""Every pair of braces, names that are none included; the converter follows the colon."""
PARAMETER = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?}")
"""What Starlette takes for a placeholder; other braces are text."""
CONVERTERS = {
    "str": "[^/]+",
    "path": ".*",
    "int": "[0-9]+",
    "float": r"[0-9]+(\.[0-9]+)?",
    "uuid": "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}",
}
SAMPLES = {
    "str": "\x7f",
    "path": "\x7f/\x7f",
    "int": "7",
    "float": "7",
    "uuid": "00000000-0000-0000-0000-00000000000e",
}
LONGEST = 500
"""Characters of a template that is looked at."""
MOST_PARTS = 50
MOST_AMBIGUOUS = 2
"""Placeholders whose end is open: the time that matching takes grows with the length to their power."""
MOST_STATES = 2000
"""Of the two machines together; templates with many open ends can have as many as there are subsets."""
HEX = frozenset("0123456789abcdefABCDEF")
DIGITS = frozenset("0123456789")
Step = tuple[Callable[[str], bool], int]


def placeholders(template: str) -> tuple[tuple[str, str], ...]:
    """(name, converter) of each placeholder; the converter is empty where none is given."""
    return tuple((name, kind) for name, kind in PLACEHOLDER.findall(template))


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one template takes.

    `head` is its text up to the last slash before the first placeholder, `tail` that from the first slash behind the
    last: what it takes begins and ends with them.
    """

    template: str
    regex: re.Pattern[str]
    sample: str
    head: str
    tail: str
    fixed: bool

    def ends(self) -> list[tuple[str, str]]:
        """The heads and tails of all patterns that may take what this one takes."""
        slashes = [index for index, char in enumerate(self.sample) if char == "/"]
        tails = ["", *(self.sample[index:] for index in slashes)]
        return [(self.sample[: index + 1], tail) for index in slashes for tail in tails]

    def covers(self, other: Pattern) -> bool:
        """Whether it takes every path that the other one takes."""
        if self.template == other.template:
            return True
        if self.fixed or self.regex.match(other.sample) is None:
            return False
        return contained(other.template, self.template)


@cache
def pattern(template: str) -> Pattern | None:
    """The pattern of a full path; None when it has a converter of somebody's own making, or is past all measure."""
    if len(template) > LONGEST or template.count("/") > MOST_PARTS or _ambiguous(template) > MOST_AMBIGUOUS:
        return None
    regex, sample, at = "", "", 0
    head: str | None = None
    for match in PARAMETER.finditer(template):
        kind = match[2] or "str"
        if kind not in CONVERTERS:
            return None
        text = template[at : match.start()]
        regex += re.escape(text) + f"(?:{CONVERTERS[kind]})"
        sample += text
        head = sample[: sample.rfind("/") + 1] if head is None else head
        sample += SAMPLES[kind]
        at = match.end()
    rest = template[at:]
    whole = sample + rest
    compiled = re.compile(regex + re.escape(rest) + r"\Z", re.DOTALL)
    tail = rest[rest.find("/") :] if "/" in rest else ""
    return Pattern(template, compiled, whole, head or whole, tail, head is None)


def _ambiguous(template: str) -> int:
    """How many placeholders can end in more than one place: those of several parts, and those that share a part."""
    parts = [[match[2] for match in PARAMETER.finditer(part)] for part in template.split("/")]
    return sum(max(0, len(kinds) - 1) + ("path" in kinds) for kinds in parts)


# ---- is one contained in the other? ----


class Machine:
    """A nondeterministic automaton that accepts what a template takes."""

    def __init__(self, template: str) -> None:
        self.steps: list[list[Step]] = [[]]
        self.free: list[list[int]] = [[]]
        self.letters: set[str] = set()
        at = 0
        for match in PARAMETER.finditer(template):
            self._text(template[at : match.start()])
            self._converter(match[2] or "str")
            at = match.end()
        self._text(template[at:])
        self.last = len(self.steps) - 1

    def _state(self) -> int:
        self.steps.append([])
        self.free.append([])
        return len(self.steps) - 1

    def _text(self, text: str) -> None:
        for char in text:
            self.letters.add(char)
            self._one(lambda c, char=char: c == char)  # type: ignore[misc]

    def _one(self, test: Callable[[str], bool]) -> None:
        start = len(self.steps) - 1
        self.steps[start].append((test, self._state()))

    def _many(self, test: Callable[[str], bool]) -> None:
        self._one(test)
        end = len(self.steps) - 1
        self.steps[end].append((test, end))

    def _converter(self, kind: str) -> None:
        if kind == "str":
            self._many(lambda c: c != "/")
        elif kind == "int":
            self._many(lambda c: c in DIGITS)
        elif kind == "float":
            self._many(lambda c: c in DIGITS)
            whole = len(self.steps) - 1
            self._one(lambda c: c == ".")
            self._many(lambda c: c in DIGITS)
            self.free[whole].append(len(self.steps) - 1)
        elif kind == "path":
            start = len(self.steps) - 1
            inner = self._state()
            self.free[start].append(inner)
            self.steps[inner].append((lambda c: True, inner))
        else:
            for index, count in enumerate((8, 4, 4, 4, 12)):
                if index:
                    start = len(self.steps) - 1
                    self._one(lambda c: c == "-")
                    self.free[start].append(len(self.steps) - 1)
                for _ in range(count):
                    self._one(lambda c: c in HEX)

    def closed(self, states: frozenset[int]) -> frozenset[int]:
        found, stack = set(states), list(states)
        while stack:
            for state in self.free[stack.pop()]:
                if state not in found:
                    found.add(state)
                    stack.append(state)
        return frozenset(found)

    def after(self, states: frozenset[int], char: str) -> frozenset[int]:
        return self.closed(frozenset(end for state in states for test, end in self.steps[state] if test(char)))


@lru_cache(maxsize=4096)
def contained(inner: str, outer: str) -> bool:
    """Whether all that `inner` takes surely is taken by `outer` too: both run side by side over all that can come."""
    small, large = Machine(inner), Machine(outer)
    alphabet = _alphabet(small.letters | large.letters)
    start = small.closed(frozenset({0})), large.closed(frozenset({0}))
    seen, stack = {start}, [start]
    while stack:
        if len(seen) > MOST_STATES:
            return False
        one, two = stack.pop()
        if small.last in one and large.last not in two:
            return False
        for char in alphabet:
            following = small.after(one, char)
            if following:
                pair = following, large.after(two, char)
                if pair not in seen:
                    seen.add(pair)
                    stack.append(pair)
    return True


def _alphabet(letters: set[str]) -> set[str]:
    """The characters of both, and one for each kind of others."""
    kinds = (DIGITS, HEX - DIGITS, frozenset("ghijklmnopqrstuvwxyz"), frozenset("~!$&,;=@\x7f"))
    others = {next((char for char in sorted(kind) if char not in letters), "/") for kind in kinds}
    return letters | others | {"/", ".", "-"}
