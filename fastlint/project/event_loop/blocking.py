"""The catalogue of what blocks, as one question: does this canonical name block, and how?"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.catalogue import compute, conditions, databases, http, sdks, stdlib
from fastlint.project.catalogue.types import BASES
from fastlint.project.language.kinds import reads_kernel

UPLOAD = "fastapi.UploadFile.file."
UPLOAD_METHODS = frozenset(
    {"read", "readline", "readlines", "write", "writelines", "seek", "close", "flush", "truncate"}
)


NESTED: dict[str, tuple[str, str]] = dict.fromkeys(
    (
        *("asyncio.run", "asyncio.Runner.run", "asyncio.AbstractEventLoop.run_until_complete"),
        *("asyncio.AbstractEventLoop.run_forever", "anyio.run", "trio.run", "uvloop.run"),
    ),
    ("nested", "await the coroutine"),
)
"""What raises where a loop is running already."""


@dataclass(frozen=True, slots=True)
class Blocking:
    """An entry: canonical name, kind of work (`http`, `database`, ...) and what to use instead."""

    name: str
    kind: str
    hint: str


class Catalogue:
    """All entries with the user's own added."""

    def __init__(self, blocking: Mapping[str, str] | None = None, non_blocking: Iterable[str] = ()) -> None:
        self._entries: dict[str, tuple[str, str]] = {}
        for module in (stdlib, http, databases, sdks, compute):
            self._entries.update(module.BLOCKING)
        self._entries.update(NESTED)
        self._own = {pattern: Blocking(pattern, "sdk", hint) for pattern, hint in (blocking or {}).items()}
        self._free = tuple(non_blocking)
        self._wild = {name[:-2]: entry for name, entry in self._entries.items() if name.endswith(".*")}
        self._found: dict[str, Blocking | None] = {}

    @cached_property
    def last_names(self) -> frozenset[str]:
        """The methods and functions worth asking about, by their last name."""
        names = {name.rpartition(".")[2] for name in (*self._entries, *self._own)}
        return frozenset(name for name in names if not name.startswith("__") and name != "*")

    @cached_property
    def wildcards(self) -> frozenset[str]:
        """The owners of which every member blocks, and the user's own patterns that end in a wildcard."""
        return frozenset({*self._wild, *self.own_wildcards})

    @cached_property
    def own_wildcards(self) -> frozenset[str]:
        return frozenset(pattern for pattern in self._own if any(sign in pattern.rpartition(".")[2] for sign in "*?["))

    def find(self, name: str) -> Blocking | None:
        """The entry for a canonical name, through external base classes too."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Blocking | None:
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self._free) or name in conditions.NON_BLOCKING:
            return None
        for pattern, entry in self._own.items():
            if fnmatch.fnmatchcase(name, pattern):
                return Blocking(name, entry.kind, entry.hint)
        if name.startswith(UPLOAD) and name[len(UPLOAD) :] in UPLOAD_METHODS:
            return Blocking(name, "upload", f"await upload.{name[len(UPLOAD) :]}()")
        for spelling in spellings(name):
            if spelling in conditions.NON_BLOCKING:
                return None
            if spelling in self._entries:
                return Blocking(spelling, *self._entries[spelling])
            owner, last = spelling, spelling.rpartition(".")[2]
            while "." in owner and not last.startswith("__"):
                owner = owner.rpartition(".")[0]
                if owner in self._wild and "()" not in spelling[len(owner) :]:
                    return Blocking(spelling, *self._wild[owner])
        return None

    def applies(self, entry: Blocking, call: s.Call | None) -> bool:
        """Whether the call as written blocks: `acquire(blocking=False)` and the like do not."""
        if call is None:
            return True
        if entry.kind in ("file", "metadata") and any(map(reads_kernel, (call, _receiver(call)))):
            return False
        for keyword, index, value in conditions.UNLESS.get(entry.name, ()):
            argument = call.argument(index, keyword)
            if argument is None and value == conditions.MISSING and not call.spread:
                return False
            if argument is not None and _is(argument, value):
                return False
        return True


def _receiver(call: s.Call) -> s.Expr | None:
    return call.func.value if isinstance(call.func, s.Attribute) else None


def _is(argument: s.Expr, value: object) -> bool:
    if isinstance(argument, s.Constant):
        return argument.value == value and isinstance(argument.value, bool) == isinstance(value, bool)
    if isinstance(argument, s.Binary) and argument.op == "BitOr":  # flags: `LOCK_EX | LOCK_NB`
        return _is(argument.left, value) or _is(argument.right, value)
    return isinstance(value, str) and _dotted(argument).endswith(value.rpartition(".")[2]) and bool(_dotted(argument))


def _dotted(expr: s.Expr) -> str:
    if isinstance(expr, s.Name):
        return expr.id
    return f"{_dotted(expr.value)}.{expr.attr}" if isinstance(expr, s.Attribute) else ""


def spellings(name: str) -> list[str]:
    """The name, and the same member of each external base class of the owner."""
    found = [name]
    for item in found:
        owner, rest = item, ""
        while "." in owner:
            owner, _, last = owner.rpartition(".")
            rest = f".{last}{rest}"
            for base in BASES.get(owner, ()):
                if base + rest not in found:
                    found.append(base + rest)
    return found
