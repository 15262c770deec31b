"""A diagnostic: a finding after judgement, as every face and report shows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastlint.rule import Fix, Level, Related
from fastlint.source import Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """`path` is relative to the project's root, with `/`; the face decides how to show it.

    `about` is what the rule reports without the evidence for it: what a fingerprint is made of. It may be the whole
    message without what judging added to it.
    """

    path: str
    span: Span
    code: str
    name: str
    level: Level
    message: str
    related: tuple[Related, ...] = ()
    fix: Fix | None = field(default=None, compare=False)
    symbol: str = ""
    sensitive: bool = False
    about: str = ""

    @property
    def order(self) -> tuple[str, Span, str, str]:
        return self.path, self.span, self.code, self.message
