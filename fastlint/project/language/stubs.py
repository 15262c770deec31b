"""What the catalogue knows of a package, written as a Python module: classes, methods and what they give."""

from __future__ import annotations

import keyword
from functools import cache

from fastlint.project.catalogue.types import ALIASES, ATTRIBUTES, AWAITABLE, BASES, RETURNS
from fastlint.project.language.externals import CLASSES, MEMBERS

Tree = dict[str, "Tree"]


@cache
def _tree() -> Tree:
    """All dotted names of the catalogue, as a tree."""
    found: Tree = {}
    for name in (*MEMBERS, *CLASSES, *BASES, *ALIASES):
        current = found
        for part in name.removesuffix("()").split("."):
            if not part.isidentifier() or keyword.iskeyword(part):
                break
            current = current.setdefault(part, {})
    return found


def stub(name: str) -> str | None:
    """The text of a module of this dotted name; None where the catalogue knows nothing of it."""
    current = _tree()
    for part in name.split("."):
        if part not in current:
            return None
        current = current[part]
    if _is_class(name) or not current:
        return None
    lines: list[str] = []
    for child, below in sorted(current.items()):
        dotted = f"{name}.{child}"
        if dotted in ALIASES:
            owner, _, last = ALIASES[dotted].rpartition(".")
            if owner and owner != name:
                lines.append(f"from {owner} import {last} as {child}")
        elif _is_class(dotted):
            lines += _class(dotted, below)
        elif any(_is_class(f"{dotted}.{inner}") or deeper for inner, deeper in below.items()):
            lines.append(f"from {name} import {child}")
        else:
            lines += _function(dotted, child, "")
    return "\n".join(lines) + "\n"


LOWER = frozenset(
    {*RETURNS.values(), *ATTRIBUTES.values(), *BASES, *(base for bases in BASES.values() for base in bases)}
)
"""What is a class although its name may begin small: `socket.socket`."""


def _is_class(dotted: str) -> bool:
    return dotted in LOWER or dotted.rpartition(".")[2].lstrip("_")[:1].isupper()


def _class(dotted: str, below: Tree) -> list[str]:
    lines = [f"class {dotted.rpartition('.')[2]}:", "    def __init__(self, *args, **kwargs): pass"]
    for child in sorted(below):
        if child != "__init__":
            lines += _function(f"{dotted}.{child}", child, "    ")
    return lines


def _function(dotted: str, name: str, indent: str) -> list[str]:
    """A function that gives what the catalogue says; an attribute is a property."""
    start = "async def" if dotted in AWAITABLE else "def"
    lines = [f"{start} {name}(*args, **kwargs):"]
    lines += [f"    {line}" for line in _made(ATTRIBUTES.get(dotted) or RETURNS.get(dotted))]
    if dotted in ATTRIBUTES:
        lines.insert(0, "@property")
    return [indent + line for line in lines]


def _made(given: str | None) -> list[str]:
    if given is None or "[" in given or "()" in given or not given.replace(".", "").isidentifier():
        return ["return unknown"]
    owner, _, last = given.rpartition(".")
    return [f"from {owner} import {last}", f"return {last}()"]
