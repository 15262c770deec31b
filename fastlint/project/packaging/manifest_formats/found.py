"""What a manifest says: requirements and locks with their positions, and how a format hands them in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fastlint.source import SourceFile, Span

Kind = Literal["dependency", "constraint", "build"]
Style = Literal["pep508", "poetry", "pipfile", "conda", "fixed"]

FOR_DEVELOPMENT = re.compile(
    r"(?:^|[-_. ])(?:dev|devel|develop|development|tests?|testing|lint|linting|linters|docs?|documentation|typing|"
    r"types|mypy|ci|qa|tools?|tooling|bench|benchmarks?|examples?|notebooks?|local)(?:$|[-_. ])",
    re.IGNORECASE,
)
REQUIREMENTS_FOLDERS = ("requirements", "reqs", "constraints")
SEPARATORS = re.compile(r"[-_.]+")


def canonical(name: str) -> str:
    """The name of a distribution as indexes compare it."""
    return SEPARATORS.sub("-", name).lower()


def folder_of(path: str) -> str:
    """The folder that a manifest speaks for: that of the file, or the one above a folder of requirements files."""
    folder = path.rpartition("/")[0]
    outer, _, last = folder.rpartition("/")
    return outer if last.lower() in REQUIREMENTS_FOLDERS else folder


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a manifest.

    `specifier` is the range in the words of PEP 440, whatever the format's own are; `written` is the text as it
    stands. Alternatives (`^1 || ^2`) become the range that holds them all. `span` covers the whole requirement,
    `specifier_span` its version text (None when there is none), `name_end` is the place right behind name and extras.
    `group` is empty for what the project itself needs, else the name of the extra, the group or the file's role.
    `style` says how a version is written here; `fixed` that it cannot simply be rewritten in place.
    """

    path: str
    format: str
    name: str
    spelling: str
    span: Span
    name_end: tuple[int, int]
    specifier: str = ""
    written: str = ""
    specifier_span: Span | None = None
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: bool = False
    group: str = ""
    kind: Kind = "dependency"
    style: Style = "pep508"

    @property
    def development(self) -> bool:
        """Whether only developers of the project install it."""
        return FOR_DEVELOPMENT.search(self.group) is not None

    @property
    def folder(self) -> str:
        """The folder it speaks for: that above a folder of requirements files."""
        return folder_of(self.path)


@dataclass(frozen=True, slots=True)
class Locked:
    """One version of a package in a lock file."""

    name: str
    version: str
    path: str
    line: int

    @property
    def span(self) -> Span:
        return Span.of_line(self.line)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file: every version of every package in it, and what it says about Python.

    `of` is the path of the only manifest it speaks for, empty when it is all of its folder and those below.
    """

    path: str
    format: str
    packages: Mapping[str, tuple[Locked, ...]]
    python: str = ""
    of: str = ""

    @property
    def folder(self) -> str:
        return folder_of(self.path)


@dataclass(slots=True)
class Reading:
    """What has been read so far, over all files. A format adds to it."""

    requirements: list[Requirement] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)
    unreadable: list[tuple[str, int, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    """Files that were looked at."""
    libraries: set[str] = field(default_factory=set)
    """Folders whose pyproject.toml builds a distribution."""
    projects: dict[str, str] = field(default_factory=dict)
    """The names of the projects by the folder of their pyproject.toml."""
    pythons: list[tuple[str, str]] = field(default_factory=list)
    """Folders with the range of Python versions (PEP 440) that a manifest there asks for."""
    includes: list[Include] = field(default_factory=list)

    def complain(self, path: str, line: int, reason: str) -> None:
        self.unreadable.append((path, line, reason))


@dataclass(frozen=True, slots=True)
class Include:
    """`-r target` or `-c target` in a requirements file; paths from the root."""

    path: str
    line: int
    target: str
    constraint: bool


Format = Callable[[SourceFile, Reading], None]


class Piece:
    """Text taken out of a file, with the places its characters came from.

    `starts` are pairs of an index into `text` and the index into the file where the text goes on from there.
    `exact` is False where the file spells the text in another way (escapes), so that it cannot be edited by place.
    """

    __slots__ = ("exact", "source", "starts", "text")

    def __init__(self, source: SourceFile, text: str, starts: list[tuple[int, int]], exact: bool = True) -> None:
        self.source = source
        self.text = text
        self.starts = starts
        self.exact = exact

    def place(self, index: int, *, end: bool = False) -> int:
        """The index into the file; with `end` that of the end of a stretch."""
        if not self.exact:
            return self.starts[-1][1] if end else self.starts[0][1]
        wanted = index - 1 if end and index else index
        for logical, actual in reversed(self.starts):
            if logical <= wanted:
                return actual + index - logical
        return self.starts[0][1]

    def span(self, start: int, end: int) -> Span:
        return Span(*self.source.position(self.place(start)), *self.source.position(self.place(end, end=True)))

    def position(self, index: int) -> tuple[int, int]:
        return self.source.position(self.place(index, end=True))

    @property
    def line(self) -> int:
        return self.source.position(self.starts[0][1])[0]
