"""What is known of every rule, and looking rules up by code, prefix or name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fastlint.rule import Level, Rule

ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a rule: a field of its class. `name` is how settings spell it."""

    name: str
    field: str
    type: Any
    default: Any


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """The metadata of one rule; `rule` is None for what the tool itself reports."""

    code: str
    name: str
    since: str
    level: Level
    default: bool
    status: str
    doc: str
    applies: str | None = None
    category: str = "tool"
    rule: type[Rule[Any]] | None = field(default=None, compare=False)
    options: tuple[Option, ...] = ()

    @property
    def summary(self) -> str:
        return self.doc.partition("\n")[0]

    @property
    def preview(self) -> bool:
        return self.status == "preview"


class Registry:
    """All rules, by code and by name; `plugins` are the packages of others that some of them come from."""

    def __init__(self, entries: Iterable[RuleEntry], plugins: tuple[str, ...] = ()) -> None:
        self.plugins = plugins
        self.entries: Mapping[str, RuleEntry] = {entry.code: entry for entry in sorted(entries, key=lambda e: e.code)}
        self.names: Mapping[str, RuleEntry] = {entry.name: entry for entry in self.entries.values()}
        self._matches: dict[str, tuple[RuleEntry, ...]] = {}

    def get(self, code_or_name: str) -> RuleEntry | None:
        return self.entries.get(code_or_name) or self.names.get(code_or_name)

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """What codes begin with: `FST`, and the prefix of each plugin."""
        return frozenset(code[:3] for code in self.entries)

    def owns(self, word: str) -> bool:
        """Whether a code in somebody's comment or option is meant for fastlint, even one that no rule has."""
        return word[:3].upper() in self.prefixes

    def matching(self, selector: str) -> tuple[RuleEntry, ...]:
        """The rules that a code, a prefix of codes, a name or `ALL` selects; none when the selector is unknown."""
        found = self._matches.get(selector)
        if found is None:
            found = self._matches[selector] = tuple(self._find(selector))
        return found

    def _find(self, selector: str) -> Iterable[RuleEntry]:
        if selector == ALL:
            return self.entries.values()
        if selector in self.names:
            return (self.names[selector],)
        if len(selector) < 3:
            return ()
        return (entry for code, entry in self.entries.items() if code.startswith(selector))

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """What a selector was probably meant to be: prefixes are so short that they resemble everything."""
        return (ALL, *self.entries, *self.names)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    import difflib

    candidates = list(known)
    for spelling in (word, word.upper(), word.lower().replace("_", "-")):
        if spelling in candidates:
            return spelling
    found = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)`, or nothing when no known word is near."""
    found = nearest(word, known)
    return f" (did you mean '{found}'?)" if found else ""
