"""Origins that an expression takes though it does not mean them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fastlint.project.language.regexes import Item, Pattern

MOST_WAYS = 64
"""Alternatives of one expression that are looked at."""
SECOND_LEVEL = frozenset({"co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "gv"})
SHARED = frozenset(
    {
        *(
            "vercel.app",
            "netlify.app",
            "github.io",
            "gitlab.io",
            "herokuapp.com",
            "pages.dev",
            "workers.dev",
            "web.app",
        ),
        *(
            "firebaseapp.com",
            "onrender.com",
            "fly.dev",
            "azurewebsites.net",
            "cloudfront.net",
            "appspot.com",
            "surge.sh",
        ),
        *("ngrok.io", "ngrok.app", "ngrok-free.app", "up.railway.app", "replit.app", "run.app", "web.app"),
    }
)
"""Domains below which everybody gets a name."""
HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?::\d+)?")
PREFERRED = "a0-.:/_"


@dataclass(slots=True)
class Way:
    """One way through an expression: the shortest text on it, where its bare dots and its wildcards stand."""

    text: str = ""
    dots: list[int] = field(default_factory=list)
    wildcards: list[int] = field(default_factory=list)

    def extended(self, other: Way) -> Way:
        shift = len(self.text)
        return Way(
            self.text + other.text,
            self.dots + [d + shift for d in other.dots],
            self.wildcards + [w + shift for w in other.wildcards],
        )


def stranger(pattern: Pattern) -> tuple[str, str] | None:
    """An origin of another site that the expression takes, and why it does."""
    for way in ways(pattern.items):
        meant = _filled(way.text)
        if HOST.fullmatch(meant) is None:
            continue
        for variant, why in _variants(way):
            origin = _filled(variant)
            if pattern.fullmatch(origin) and _site(origin) not in (None, _site(meant)):
                return origin, why
    return None


def _filled(origin: str) -> str:
    """A wildcard before the first dot of a host is not empty."""
    return origin.replace("://.", "://a.")


def _variants(way: Way) -> Iterator[tuple[str, str]]:
    for dot in way.dots:
        around = way.text[dot - 1 : dot] + way.text[dot + 1 : dot + 2]
        if not around.isdigit():
            yield f"{way.text[:dot]}X{way.text[dot + 1 :]}", "a dot that is not escaped stands for any character"
    for wildcard in way.wildcards:
        before, after = way.text[:wildcard], way.text[wildcard:]
        if after[:1].isalnum():
            yield f"{before}evil{after}", "nothing separates the wildcard from the domain"
        elif not after and before[-1:].isalnum():
            yield f"{before}.evil.net", "its end is open"


def _site(origin: str) -> str | None:
    """The domain that somebody registers: the last two labels, three as in `example.co.uk` or `shop.vercel.app`."""
    found = HOST.fullmatch(origin)
    if found is None:
        return None
    labels = found[1].lower().split(".")
    national = len(labels) > 2 and labels[-2] in SECOND_LEVEL and len(labels[-1]) == 2
    size = 3 if national or ".".join(labels[-2:]) in SHARED else 2
    return ".".join(labels[-size:])


def ways(items: list[Item]) -> list[Way]:
    """The ways through a sequence, wildcards at their shortest."""
    found = [Way()]
    for item in items:
        following = _item(item)
        found = [way.extended(more) for way in found for more in following][:MOST_WAYS]
    return found


def _item(item: Item) -> list[Way]:
    kind, argument = str(item[0]), item[1]
    match kind:
        case "LITERAL":
            return [Way(chr(argument))]
        case "ANY":
            return [Way(".", dots=[0])]
        case "NOT_LITERAL":
            return [Way("a")]
        case "IN":
            return [Way(_member(argument))]
        case "SUBPATTERN":
            return ways(list(argument[3]))
        case "BRANCH":
            return [way for branch in argument[1] for way in ways(list(branch))]
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(int(argument[0]), int(argument[1]), list(argument[2]))
    return [Way()]


def _repeated(least: int, most: int, body: list[Item]) -> list[Way]:
    once = ways(body)
    if most == 1 and least == 0:
        return [Way(), *once]
    if _is_wildcard(body) and most > 4:
        return [Way(wildcards=[0])]
    repeated = [Way()]
    for _ in range(min(least, 40)):
        repeated = [way.extended(more) for way in repeated for more in once][:MOST_WAYS]
    return repeated


def _is_wildcard(body: list[Item]) -> bool:
    """Whether what is repeated takes letters."""
    if len(body) == 1 and str(body[0][0]) == "SUBPATTERN":
        return _is_wildcard(list(body[0][1][3]))
    return len(body) == 1 and str(body[0][0]) in ("ANY", "NOT_LITERAL", "IN") and _takes(body[0], "evil")


def _takes(item: Item, letters: str) -> bool:
    if str(item[0]) in ("ANY", "NOT_LITERAL"):
        return True
    pattern = Pattern("", [item], ignore_case=False)
    return all(pattern.fullmatch(letter) for letter in letters)


def _member(argument: Any) -> str:
    """A character of a class, the plainest there is."""
    pattern = Pattern("", [("IN", argument)], ignore_case=False)
    return next((c for c in PREFERRED if pattern.fullmatch(c)), "a")
