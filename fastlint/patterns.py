"""Globs of settings: `exclude` and the per-file ignores, read as ruff reads them.

A pattern matches a file's or folder's own name, or its whole path counted from the folder of the settings that hold the
pattern. `*` and `?` also match `/`; `**/` matches any number of folders; `[...]` and `{a,b}` are classes and choices.
"""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Pattern:
    """A glob and the absolute folder it is counted from; `negated` for one that began with `!`."""

    glob: str
    base: str
    negated: bool = False

    @classmethod
    def of(cls, text: str, base: str) -> Pattern:
        negated = text.startswith("!")
        return cls(text.removeprefix("!").rstrip("/") or "/", base, negated)

    def matches(self, path: str) -> bool:
        """Whether the absolute `path` (with `/`), or its last part, is meant; `negated` turns the answer round."""
        name = path.rpartition("/")[2]
        found = bool(_compiled(self.glob).fullmatch(name) or _absolute(self.glob, self.base).fullmatch(path))
        return found is not self.negated


@cache
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile(translated(glob), re.DOTALL)


@cache
def _absolute(glob: str, base: str) -> re.Pattern[str]:
    if os.path.isabs(glob):
        return _compiled(glob)
    while glob.startswith("../"):
        glob, base = glob[3:], os.path.dirname(base)
    return re.compile(re.escape(base.rstrip("/") + "/") + translated(glob.removeprefix("./")), re.DOTALL)


def problem(glob: str) -> str | None:
    """Why `glob` is not a glob, or None."""
    try:
        re.compile(translated(glob))
    except (ValueError, re.error) as error:
        return str(error)
    return None


def translated(glob: str) -> str:
    """The regular expression of a glob. Raises ValueError when a bracket or brace is not closed."""
    out: list[str] = []
    depth = 0
    position = 0
    while position < len(glob):
        if glob.startswith("**/", position) and (position == 0 or glob[position - 1] == "/"):
            out.append("(?:.*/)?")
            position += 3
            continue
        character = glob[position]
        position += 1
        match character:
            case "*":
                while position < len(glob) and glob[position] == "*":
                    position += 1
                out.append(".*")
            case "?":
                out.append(".")
            case "[":
                end = glob.find("]", position + (2 if glob[position : position + 1] in ("!", "^") else 1))
                if end < 0:
                    raise ValueError(f"'[' without ']' in '{glob}'")
                out.append(_class(glob[position:end]))
                position = end + 1
            case "{":
                depth += 1
                out.append("(?:")
            case "}" if depth:
                depth -= 1
                out.append(")")
            case "," if depth:
                out.append("|")
            case "\\" if position < len(glob):
                out.append(re.escape(glob[position]))
                position += 1
            case _:
                out.append(re.escape(character))
    if depth:
        raise ValueError(f"'{{' without '}}' in '{glob}'")
    return "".join(out)


def _class(text: str) -> str:
    inverted = text[0] in "!^"
    inside = re.sub(r"([\\\[\]^&~|])", r"\\\1", text[1:] if inverted else text)
    return f"[{'^' if inverted else ''}{inside}]"
