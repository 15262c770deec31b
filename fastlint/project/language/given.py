"""What configuration is known to be: a text or a collection of texts, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 10_000
"""Longer texts are no configuration."""


@dataclass(frozen=True, slots=True)
class Given:
    """A text, or a collection of texts: `items` are those that are known, `complete` whether these are all.

    `default` says that settings or environment can give another one.
    """

    items: tuple[str, ...] = ()
    is_text: bool = False
    complete: bool = True
    default: bool = False

    @property
    def text(self) -> str | None:
        return self.items[0] if self.is_text and self.complete else None


SOME_TEXT = Given(is_text=True, complete=False, default=True)


def added(left: Given | None, right: Given | None) -> Given | None:
    """`left + right`, of two texts or of two collections; one of them may be unknown."""
    known = left or right
    if known is None:
        return None
    default = bool(left and left.default) or bool(right and right.default)
    if known.is_text:
        whole = left is not None and right is not None and left.text is not None and right.text is not None
        text = f"{left.text}{right.text}" if whole and left is not None and right is not None else ""
        return Given((text,) if whole else (), True, whole, default)
    if (left is not None and left.is_text) or (right is not None and right.is_text):
        return None
    items = (*(left.items if left else ()), *(right.items if right else ()))
    complete = left is not None and right is not None and left.complete and right.complete
    return Given(items, False, complete, default)


def joined(parts: Sequence[Given | None]) -> Given | None:
    """Collections one after the other."""
    found = parts[0] if parts else None
    for part in parts[1:]:
        found = added(found, part)
    return None if found is None or found.is_text else found


def called(base: Given, method: str, argument: str | None, *, known: bool) -> Given:
    """What `split` or a method that strips makes of a text; `known` says that all arguments are."""
    if base.text is None or not known:
        return Given((), method != "split", False, base.default)
    if method == "split":
        return Given(tuple(base.text.split(argument or None)), default=base.default)
    arguments = [argument] if argument is not None and method != "lower" else []
    return Given((getattr(base.text, method)(*arguments),), True, True, base.default)


def parsed(found: Given | None) -> Given | None:
    """The text or the list of texts that a text is in JSON."""
    if found is None or found.text is None or len(found.text) > LONGEST:
        return None
    try:
        value = json.loads(found.text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, str):
        return Given((value,), True, True, found.default)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return Given(tuple(value), False, True, found.default)
    return None
