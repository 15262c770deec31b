"""What cuts a report down to what is news: a baseline, or the comparison with an earlier commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from fastlint.diagnostic import Diagnostic

if TYPE_CHECKING:
    from fastlint.engine import Survey


@dataclass(slots=True)
class Sifted:
    """What a sieve makes of a survey: what is `known`, what it adds itself, `failing` or not, and notes for people."""

    known: set[Diagnostic]
    added: list[Diagnostic] = field(default_factory=list)
    failing: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Since:
    """What a comparison is asked for: with the merge base of `ref` and HEAD, or with HEAD itself where it is None.

    `staged` compares what is staged instead of what is on the disk; `touched` also shows older findings on changed
    lines.
    """

    ref: str | None
    staged: bool = False
    touched: bool = False


class Sieve(Protocol):
    """Knows which findings are not news."""

    def sift(self, survey: Survey, /) -> Sifted: ...
