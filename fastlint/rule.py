"""What a rule is: all that a rule imports from the engine.

A rule is one class with one generator. It names its subject in its base, `Rule[Call]`, and is asked once for each such
subject of the linked project. It yields findings; the engine turns them into diagnostics.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from fastlint.source import Edit, SourceFile, Span

if TYPE_CHECKING:
    from fastlint.project.model import Project

__all__ = ["Applicability", "CannotFix", "Edit", "Edits", "Finding", "Fix", "Level", "Related", "Rule", "Span"]

Subject = TypeVar("Subject")


class Level(enum.IntEnum):
    """How bad a finding is; ordered, so that a gate can compare."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        return self.name.lower()


class Applicability(enum.StrEnum):
    """What a fix promises: see the page on fixes."""

    SAFE = "safe"
    REPAIR = "repair"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding: a hop of a chain, an earlier declaration."""

    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule reports.

    `level` overrides the rule's own; `subject` is what the fix needs to know and is never shown. `symbol` is the
    qualified name a baseline keys on together with `about`: what is reported, in words that hold while other code
    changes; the message, where that is empty.
    """

    path: str
    span: Span
    message: str
    related: tuple[Related, ...] = ()
    level: Level | None = None
    subject: Any = None
    symbol: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that remedy one finding; `title` says what they do, in the imperative."""

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...]


class Edits(Protocol):
    """What a rule's `fix` builds edits with.

    All spans are those of the file as it was read (`node.span`). What needs the shape of the code (arguments, imports,
    parameters) is worked out on a concrete syntax tree, so that comments and layout stay. A method that cannot do what
    is asked without losing something raises `CannotFix`; the engine then offers no fix.
    """

    def source(self, path: str) -> SourceFile: ...

    def text(self, path: str, span: Span) -> str:
        """The source text of a span."""
        ...

    def replace(self, path: str, span: Span, content: str) -> Edit: ...

    def insert(self, path: str, line: int, column: int, content: str) -> Edit: ...

    def delete(self, path: str, span: Span) -> Edit: ...

    def delete_statement(self, path: str, span: Span) -> Edit:
        """Remove a whole statement with its line; `pass` stays where a block would be empty."""
        ...

    def add_import(
        self, path: str, module: str, name: str | None = None, alias: str | None = None
    ) -> tuple[str, tuple[Edit, ...]]:
        """The name under which `module` (or its member `name`) can be used in the file, and the edits that import it.

        `alias` is what it is called where its own name means something else.
        """
        ...

    def awaited(self, path: str, call: Span, content: str | None = None) -> Edit:
        """Put `await` before an expression (or `content` in its place), in parentheses where they are needed."""
        ...

    def set_keyword(self, path: str, call: Span, name: str, value: str) -> Edit:
        """Give a call the keyword argument `name=value`, in place of the one it has."""
        ...

    def remove_argument(self, path: str, call: Span, argument: Span) -> Edit:
        """Remove one argument (its span with the keyword) and its comma."""
        ...

    def insert_before(self, path: str, statement: Span, lines: str) -> Edit:
        """New statements on lines of their own before a statement, at its indentation."""
        ...

    def insert_after(self, path: str, statement: Span, lines: str) -> Edit: ...

    def returns(self, path: str, function: Span, annotation: str) -> Edit:
        """Give the function whose `def` statement is at `function` a return annotation, in place of the one it has."""
        ...


class CannotFix(Exception):
    """The edit asked for would lose a comment, break the layout or not parse."""


class Rule(Generic[Subject]):
    """Base of all rules. The class attributes are its metadata, its dataclass fields (if any) its options."""

    code: ClassVar[str]
    name: ClassVar[str]
    since: ClassVar[str]
    level: ClassVar[Level] = Level.WARNING
    default: ClassVar[bool] = True
    status: ClassVar[Literal["preview", "stable"]] = "preview"
    applies: ClassVar[str | None] = None
    """A version gate such as `fastapi>=0.137`: the rule is silent where no version of the target lies in it."""
    sensitive: ClassVar[bool] = False
    """Whether what a span covers must not be shown: reports mask it in every source line they print."""
    asks_loop: ClassVar[bool] = False
    """Whether the rule asks what blocks the event loop, though its subject is something else.

    It decides nothing but which rules run in one process: see `fastlint.sharing`.
    """
    callees: ClassVar[tuple[str, ...]] = ()
    """For rules on calls: the canonical names wanted.

    A trailing `.*` takes everything below, `(keyword=)` after a name only calls that give this keyword.
    """

    def check(self, subject: Subject, project: Project, /) -> Iterator[Finding]:
        raise NotImplementedError

    def fix(self, finding: Finding, edit: Edits, /) -> Fix | None:
        return None


def related(hops: Iterable[tuple[str, Span, str]]) -> tuple[Related, ...]:
    """Related places from (path, span, message) triples."""
    return tuple(Related(*hop) for hop in hops)
