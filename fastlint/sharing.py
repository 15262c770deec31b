"""Shares the rules out between this process and another one, which knows the linked project as well.

What blocks the event loop takes about half of a run to find out, and the rules that ask it stay together, here; all
others run there. What the other process finds comes back without subjects: it works out the fixes of its findings
itself. When it cannot be had, or ends, everything is done here.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastlint import disk, progress
from fastlint.partner import Gone, Partner
from fastlint.project.event_loop.loop import LoopCall
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Related, Rule, Span
from fastlint.running import Found, Run, Turn, fixes, run
from fastlint.settings import Settings
from fastlint.toolcodes import FAILED_RULE

if TYPE_CHECKING:
    from fastlint.project.model import Project

Plain = tuple[Any, ...]
LEAST_SHARED = 1_000_000
"""Bytes of source from which on a second process for rules pays: measured by `benchmarks/speed.py`."""


class Alone:
    """All rules run in this process."""

    def __init__(self, project: Project, turns: Sequence[Turn], governing: Mapping[str, Settings]) -> None:
        self.project = project
        self.turns = turns
        self.governing = governing

    def __enter__(self) -> Alone:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self) -> Run:
        """What the rules say."""
        return run(self.project, self.turns, self.governing)

    def fixes(self, wanted: Sequence[Found], edits: Edits) -> tuple[list[Fix | None], Run]:
        """The fix for each finding, and what failed on the way."""
        return fixes(wanted, edits)


class Shared(Alone):
    """Half of the rules run in another process. `edits` makes there what fixes are built with."""

    def __init__(
        self, project: Project, turns: Sequence[Turn], governing: Mapping[str, Settings], edits: Callable[[], Edits]
    ) -> None:
        super().__init__(project, turns, governing)
        self.own, self.others = divided(turns)
        self._edits = edits
        self._kept = Run()
        self._partner: Partner | None = None
        try:
            self._partner = Partner(self._serve)
            self._partner.ask(marshal.dumps(None))
        except Gone:
            self._give_up()

    def __exit__(self, *_: object) -> None:
        if self._partner is not None:
            self._partner.dismiss()

    def run(self) -> Run:
        result = run(self.project, self.own, self.governing)
        elsewhere = self._elsewhere()
        result.found += elsewhere.found
        result.ran |= elsewhere.ran
        result.failed |= elsewhere.failed
        return result

    def _elsewhere(self) -> Run:
        answer = self._answer()
        if answer is None:
            return run(self.project, self.others, self.governing)
        found, ran, failed, took = answer
        disk.join(took)
        entries = {turn.entry.code: turn.entry for turn in self.others} | {FAILED_RULE.code: FAILED_RULE}
        return Run(
            [
                Found(entries[code], None, _finding(plain), gate, number)
                for number, (code, gate, plain) in enumerate(found)
            ],
            set(ran),
            set(failed),
        )

    def fixes(self, wanted: Sequence[Found], edits: Edits) -> tuple[list[Fix | None], Run]:
        numbers = [found.number for found in wanted if found.number is not None]
        if numbers:
            self._ask(numbers)
        offered, result = fixes([found for found in wanted if found.number is None], edits)
        there: list[Fix | None] = []
        if numbers:
            answer = self._answer()
            if answer is None:
                again = run(self.project, self.others, self.governing)
                there, more = fixes([again.found[number] for number in numbers], edits)
            else:
                there = [None if plain is None else _fix(plain) for plain in answer[0]]
                more = Run([Found(FAILED_RULE, None, _finding(plain)) for plain in answer[1]])
                disk.join(answer[2])
            result.found += more.found
        here, elsewhere = iter(offered), iter(there)
        return [next(here if found.number is None else elsewhere) for found in wanted], result

    def _ask(self, numbers: list[int]) -> None:
        if self._partner is not None:
            try:
                self._partner.ask(marshal.dumps(numbers))
            except Gone:
                self._give_up()

    def _answer(self) -> Any:
        """What the other process says; None when there is none any more."""
        if self._partner is not None:
            try:
                return marshal.loads(self._partner.answer())
            except Gone:
                self._give_up()
        return None

    def _give_up(self) -> None:
        if self._partner is not None:
            self._partner.dismiss()
            self._partner = None

    # in the other process

    def _serve(self, question: bytes) -> bytes:
        """The answer to the first question is what the rules say, to others the fixes of findings by their numbers."""
        numbers = marshal.loads(question)
        progress.listener = None
        with disk.Record() as record:
            if numbers is None:
                self._kept = run(self.project, self._wanted(), self.governing)
                found = [(one.entry.code, one.gate, _plain_finding(one.finding)) for one in self._kept.found]
                return marshal.dumps((found, list(self._kept.ran), list(self._kept.failed), record.took()))
            offered, result = fixes([self._kept.found[number] for number in numbers], self._edits())
            plain = [None if fix is None else _plain_fix(fix) for fix in offered]
            return marshal.dumps((plain, [_plain_finding(one.finding) for one in result.found], record.took()))

    def _wanted(self) -> Iterator[Turn]:
        """The rules, as long as there is somebody to hear of them: a process that is killed cannot end another."""
        parent = os.getppid()
        for turn in self.others:
            if os.getppid() != parent:
                os._exit(0)
            yield turn


def divided(turns: Sequence[Turn]) -> tuple[list[Turn], list[Turn]]:
    """The rules that ask what blocks the event loop, and all others."""
    own = [turn for turn in turns if _asks_loop(type(turn.rule))]
    return own, [turn for turn in turns if not _asks_loop(type(turn.rule))]


def _asks_loop(rule: type[Rule[Any]]) -> bool:
    return rule.asks_loop or rule.subject is LoopCall  # type: ignore[attr-defined]


def _plain_finding(finding: Finding) -> Plain:
    related = tuple((one.path, tuple(one.span), one.message) for one in finding.related)
    level = None if finding.level is None else int(finding.level)
    return finding.path, tuple(finding.span), finding.message, related, level, finding.symbol, finding.about


def _finding(plain: Plain) -> Finding:
    path, span, message, related, level, symbol, about = plain
    places = tuple(Related(other, Span(*there), said) for other, there, said in related)
    return Finding(
        path, Span(*span), message, places, None if level is None else Level(level), None, symbol=symbol, about=about
    )


def _plain_fix(fix: Fix) -> Plain:
    return fix.title, fix.applicability.value, [(edit.path, tuple(edit.span), edit.content) for edit in fix.edits]


def _fix(plain: Plain) -> Fix:
    title, applicability, edits = plain
    made = tuple(Edit(path, Span(*span), content) for path, span, content in edits)
    return Fix(title, Applicability(applicability), made)
