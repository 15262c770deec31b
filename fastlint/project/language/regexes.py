"""Regular expressions of the code under review, matched in polynomial time whatever they look like.

Python's own engine can take for ever on a hostile expression, so the parsed one is walked with sets of positions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

LONGEST = 2_000
"""Longer expressions are not looked at."""
WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
DIGITS, SPACE = frozenset("0123456789"), frozenset(" \t\n\r\f\v")
CATEGORIES = {
    "CATEGORY_DIGIT": (DIGITS, True),
    "CATEGORY_NOT_DIGIT": (DIGITS, False),
    "CATEGORY_WORD": (WORD, True),
    "CATEGORY_NOT_WORD": (WORD, False),
    "CATEGORY_SPACE": (SPACE, True),
    "CATEGORY_NOT_SPACE": (SPACE, False),
}
BEGINNINGS = frozenset({"AT_BEGINNING", "AT_BEGINNING_STRING"})
ENDS = frozenset({"AT_END", "AT_END_STRING"})
Item = tuple[Any, Any]


class NotUnderstood(Exception):
    """Look-around, back references and the like."""


@dataclass(eq=False)
class Pattern:
    """A parsed expression."""

    text: str
    items: list[Item]
    ignore_case: bool
    _known: dict[tuple[int, int], frozenset[int]] = field(default_factory=dict)
    _subject: str = ""

    @classmethod
    def of(cls, text: str) -> Pattern | None:
        """None when Python refuses it or it is not understood here."""
        from re import _parser as parser  # type: ignore[attr-defined]

        if len(text) > LONGEST:
            return None
        try:
            parsed = parser.parse(text)
        except (re.error, RecursionError, OverflowError):
            return None
        try:
            understood(parsed)
        except (NotUnderstood, RecursionError):
            return None
        return cls(text, list(parsed), bool(parsed.state.flags & re.IGNORECASE))

    def fullmatch(self, subject: str) -> bool:
        self._known, self._subject = {}, subject.lower() if self.ignore_case else subject
        return len(subject) in self._sequence(self.items, frozenset({0}))

    def _sequence(self, items: Any, starts: frozenset[int]) -> frozenset[int]:
        """Where the items can end that begin at one of the positions."""
        for item in items:
            starts = frozenset().union(*(self._item(item, start) for start in starts)) if starts else starts
        return starts

    def _item(self, item: Item, start: int) -> frozenset[int]:
        key = id(item), start
        if key not in self._known:
            self._known[key] = self._ends(item, start)
        return self._known[key]

    def _ends(self, item: Item, start: int) -> frozenset[int]:
        kind, argument = str(item[0]), item[1]
        match kind:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                taken = start < len(self._subject) and self._takes(kind, argument, self._subject[start])
                return frozenset({start + 1}) if taken else frozenset()
            case "SUBPATTERN":
                return self._sequence(argument[3], frozenset({start}))
            case "BRANCH":
                return frozenset().union(*(self._sequence(way, frozenset({start})) for way in argument[1]))
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeated(int(argument[0]), argument[1], argument[2], start)
            case "AT":
                return frozenset({start}) if self._at(str(argument), start) else frozenset()
        raise NotUnderstood(kind)

    def _repeated(self, least: int, most: Any, body: Any, start: int) -> frozenset[int]:
        positions = frozenset({start})
        for _ in range(min(least, len(self._subject) + 1)):
            positions = self._sequence(body, positions)
        found, rounds = positions, min(int(most), len(self._subject) + 1) - min(least, len(self._subject) + 1)
        while rounds > 0 and positions:
            positions = self._sequence(body, positions) - found
            found, rounds = found | positions, rounds - 1
        return found

    def _takes(self, kind: str, argument: Any, character: str) -> bool:
        match kind:
            case "LITERAL":
                return character == self._fold(argument)
            case "NOT_LITERAL":
                return character != self._fold(argument)
            case "ANY":
                return character != "\n"
        negated = str(argument[0][0]) == "NEGATE"
        return negated != any(self._in_class(item, character) for item in argument[1 if negated else 0 :])

    def _in_class(self, item: Item, character: str) -> bool:
        kind, argument = str(item[0]), item[1]
        if kind == "LITERAL":
            return character == self._fold(argument)
        if kind == "RANGE":
            folded = {character, character.upper()} if self.ignore_case else {character}
            return any(argument[0] <= ord(one) <= argument[1] for one in folded)
        if kind == "CATEGORY" and str(argument) in CATEGORIES:
            members, wanted = CATEGORIES[str(argument)]
            return (character in members) is wanted
        raise NotUnderstood(kind)

    def _fold(self, code: int) -> str:
        return chr(code).lower() if self.ignore_case else chr(code)

    def _at(self, where: str, position: int) -> bool:
        if where in BEGINNINGS:
            return position == 0
        return position == len(self._subject)


def understood(items: Any) -> None:
    """Raise NotUnderstood where something in an expression cannot be matched here."""
    for kind, argument in ((str(item[0]), item[1]) for item in items):
        match kind:
            case "LITERAL" | "NOT_LITERAL" | "ANY":
                pass
            case "IN":
                for inner, value in ((str(item[0]), item[1]) for item in argument):
                    if inner not in ("LITERAL", "RANGE", "NEGATE") and str(value) not in CATEGORIES:
                        raise NotUnderstood(inner)
            case "SUBPATTERN":
                understood(argument[3])
            case "BRANCH":
                for way in argument[1]:
                    understood(way)
            case "MAX_REPEAT" | "MIN_REPEAT":
                understood(argument[2])
            case "AT" if str(argument) in BEGINNINGS | ENDS:
                pass
            case _:
                raise NotUnderstood(kind)
