"""Runs the rules on the linked project, each one guarded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from fastlint import progress
from fastlint.registry import Registry, RuleEntry
from fastlint.rule import CannotFix, Edits, Finding, Fix, Rule, Span
from fastlint.settings import Settings
from fastlint.toolcodes import FAILED_RULE

if TYPE_CHECKING:
    from fastlint.project.model import Project

Gate = Literal["all", "some", "none"]


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One rule to be run, with its options: it speaks for the files that have one of the settings (None: for all)."""

    entry: RuleEntry
    rule: Rule[Any]
    gate: Gate
    speaks_for: frozenset[int] | None = None


@dataclass(slots=True)
class Found:
    """One finding with the rule that made it, under the options that made it.

    `number` is what another process knows it by: there its subject is, and there its fix has to be worked out.
    """

    entry: RuleEntry
    rule: Rule[Any] | None
    finding: Finding
    gate: Gate = "all"
    number: int | None = None

    @property
    def sensitive(self) -> bool:
        """Whether the text at its place must not be shown."""
        return self.entry.rule is not None and self.entry.rule.sensitive


@dataclass(slots=True)
class Run:
    """What the rules found, what failed, and which ran."""

    found: list[Found] = field(default_factory=list)
    ran: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)


def turns(project: Project, registry: Registry, governing: Mapping[str, Settings]) -> list[Turn]:
    """Every rule that is on for some file; `governing` are the settings of each file by its path.

    A rule whose options differ between settings has a turn for each choice.
    """
    found: list[Turn] = []
    all_settings = list({id(settings): settings for settings in governing.values()}.values())
    for entry in registry.entries.values():
        wanting = [settings for settings in all_settings if entry.code in settings.enabled]
        if entry.rule is None or not wanting:
            continue
        gate: Gate = "all" if entry.applies is None else project.gate(entry.applies)
        if gate == "none":
            continue
        variants = list(_variants(entry, wanting))
        for options, speaks_for in variants:
            rule = entry.rule(**options)
            found.append(Turn(entry, rule, gate, frozenset(speaks_for) if len(variants) > 1 else None))
    return found


def _variants(entry: RuleEntry, wanting: Iterable[Settings]) -> list[tuple[dict[str, Any], set[int]]]:
    choices: list[tuple[dict[str, Any], set[int]]] = []
    for settings in wanting:
        options = settings.options_of(entry)
        for known, speaks_for in choices:
            if known == options:
                speaks_for.add(id(settings))
                break
        else:
            choices.append((options, {id(settings)}))
    return choices


def run(project: Project, turns: Iterable[Turn], governing: Mapping[str, Settings]) -> Run:
    """What the rules say, each in its turn."""
    result = Run()
    for turn in progress.told("running rules", turns):
        result.ran.add(turn.entry.code)
        for finding in _guarded(turn.entry, turn.rule, project, result):
            settings = governing.get(finding.path)
            if turn.speaks_for is None or settings is None or id(settings) in turn.speaks_for:
                result.found.append(Found(turn.entry, turn.rule, finding, turn.gate))
    return result


def fixes(wanted: Sequence[Found], edits: Edits) -> tuple[list[Fix | None], Run]:
    """The fix that the rule offers for each finding, and what failed on the way.

    Those of one file should come together: each file is parsed for it.
    """
    offered: list[Fix | None] = []
    result = Run()
    for found in wanted:
        fix = None
        if found.rule is not None:
            try:
                fix = found.rule.fix(found.finding, edits)
            except CannotFix:
                pass
            except Exception as error:
                result.found.append(failure(found.entry, error, found.finding, result))
        offered.append(fix)
    return offered, result


def _guarded(entry: RuleEntry, rule: Rule[Any], project: Project, result: Run) -> Iterator[Finding]:
    """The findings of the rule on every subject. What it raises becomes a failure, and the next subject is asked."""
    try:
        subjects = iter(project.subjects_for(type(rule)))
    except Exception as error:
        result.found.append(failure(entry, error, None, result))
        return
    while True:
        subject: object = None
        try:
            subject = next(subjects)
            yield from rule.check(subject, project)
        except StopIteration:
            return
        except Exception as error:
            failed = failure(entry, error, subject, result)
            if not any(known.entry is FAILED_RULE and _same(known, failed) for known in result.found):
                result.found.append(failed)
            if subject is None:  # the subjects themselves cannot be listed
                return


def _same(one: Found, other: Found) -> bool:
    return (one.finding.path, one.finding.symbol) == (other.finding.path, other.finding.symbol)


def failure(entry: RuleEntry, error: Exception, subject: object, result: Run) -> Found:
    """The diagnostic for a rule that raised, at the place of its subject as far as that is known."""
    result.failed.add(entry.code)
    path, span = place_of(subject)
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    on = f" on {path}" if path else ""
    message = f"rule {entry.code} ({entry.name}) failed{on}: {what.splitlines()[0]}"
    return Found(FAILED_RULE, None, Finding(path, span, message, symbol=entry.code))


def place_of(subject: object) -> tuple[str, Span]:
    """The file and place of a subject or finding, as far as it has them."""
    path = getattr(subject, "path", "")
    span = getattr(subject, "span", None) or getattr(getattr(subject, "node", None), "span", None)
    return path if isinstance(path, str) else "", span if isinstance(span, Span) else Span.of_line(1)
