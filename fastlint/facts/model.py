"""What facts hold of one file."""

from __future__ import annotations

import marshal
from dataclasses import dataclass
from typing import Any

from fastlint.facts.syntax import ClassDef, FunctionDef, Stmt, decode


@dataclass(slots=True, eq=False)
class ModuleFacts:
    """One Python file.

    `blob` is the encoded body; `comments` are (line, column from 1, text) of those that may speak to a linter;
    `ranges` are the physical lines (first, last) of statements, headers and decorators of more than one line;
    `decorated` are (first line, last line, line of the `def`) of each decorator; `imports` the modules it names.
    """

    path: str
    blob: bytes
    comments: tuple[tuple[int, int, str], ...]
    ranges: tuple[tuple[int, int], ...]
    decorated: tuple[tuple[int, int, int], ...]
    imports: frozenset[str]
    calls: frozenset[str]
    _body: tuple[Stmt, ...] | None = None

    @property
    def body(self) -> tuple[Stmt, ...]:
        """The module's statements."""
        if self._body is None:
            self._body = tuple(decode(item) for item in marshal.loads(self.blob))
            self.blob = b""  # functions have what is theirs: a twelfth of the memory of a run
        return self._body

    def encoded(self) -> tuple[Any, ...]:
        """Plain data for the cache and for other processes, before the body is asked for; `decoded` reads it back."""
        return self.path, self.blob, self.comments, self.ranges, self.decorated, self.imports, self.calls

    @classmethod
    def decoded(cls, data: tuple[Any, ...]) -> ModuleFacts:
        return cls(*data)


def definitions(body: tuple[Stmt, ...]) -> dict[str, FunctionDef | ClassDef]:
    """The functions and classes defined directly in `body`, the last of a name."""
    return {item.name: item for item in body if isinstance(item, FunctionDef | ClassDef)}
