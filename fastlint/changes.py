"""What a change brings: the findings that an earlier commit did not have, and what it does to hide others.

The tree at the merge base is analysed too. A finding is new when its fingerprint occurs more often now, whatever lines
were touched: a removed `await`, `include_router` or pin counts. What would silence findings (comments, entries of the
baseline, settings) and is new itself is reported, so that a gate cannot be talked round.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from fastlint.baseline import Baseline, Entry, OldBaseline, load, new_key, place
from fastlint.diagnostic import Diagnostic
from fastlint.earlier import as_listed, renamed
from fastlint.engine import Survey, survey
from fastlint.git import Repository
from fastlint.inputs import Inputs
from fastlint.judge import concerns
from fastlint.loosening import Loosened, Policy, loosened
from fastlint.selection import UNCONDITIONAL
from fastlint.sieve import Sifted, Since
from fastlint.source import SourceFile, Span, Unreadable
from fastlint.toolcodes import FAILED_RULE, HIDING_CHANGE


def since(inputs: Inputs, asked: Since, *, baseline: str | bool = True) -> Inputs:
    """The inputs with a sieve that lets through what is new. Raises GitError and BaselineError."""
    repository = Repository.around(inputs.root)
    base = repository.commit("HEAD") if asked.ref is None else repository.merge_base(asked.ref)
    now = inputs
    if asked.staged:
        staged = as_listed(inputs, repository.index(), repository)
        only_staged = {path for path in staged.asked if inputs.source(path) is None}
        now = replace(staged, asked=staged.asked & (inputs.asked | only_staged))
    before = as_listed(inputs, repository.tree(base), repository)
    known = None if baseline is False else place(inputs.root, inputs.tree.at(inputs.root), _named(baseline))
    sieve = Changes(repository, base, asked, before, known)
    return replace(now, sieve=sieve)


def _named(baseline: str | bool) -> str | None:
    return baseline if isinstance(baseline, str) else None


@dataclass
class Changes:
    """The sieve. `before` is the project as it was; `known` where its baseline lies, None to go without."""

    repository: Repository
    base: str
    asked: Since
    before: Inputs
    known: Baseline | None
    _before: Survey | None = None
    _changed: dict[str, frozenset[int]] = field(default_factory=dict)

    def sift(self, survey: Survey, /) -> Sifted:
        before = self._survey(survey)
        former = renamed(self.before, survey.inputs)
        self._changed = {}
        old = self._baseline(self.base)
        scale = old or Baseline("", key=new_key())
        # the sides are told apart by content, so each reads the text behind a finding in its own files
        counts = Counter(entry for one in before.kept if (entry := scale.entry(one, before.inputs.source)) is not None)
        allowed = counts if old is None else counts | Counter(old.counts)
        found: dict[Entry, list[Diagnostic]] = {}
        for one in survey.kept:
            entry = scale.entry(one, survey.inputs.source, former)
            if entry is not None:
                found.setdefault(entry, []).append(one)
        news = set(self._never_known(survey, before, former))
        for entry, ones in found.items():
            more = len(ones) - allowed[entry]
            if more > 0:
                ranked = sorted(ones, key=lambda one: (self._touches(one, survey, former), one.order), reverse=True)
                news.update(ranked[:more])
            if self.asked.touched and (old is None or old.counts.get(entry, 0) < len(ones)):
                news.update(one for one in ones if self._touches(one, survey, former))
        added, failing = self._hiding(survey, before, former, scale, old)
        older = sum(concerns(one, survey.inputs.asked) and one not in news for one in survey.kept)
        note = f"{older} older finding{'s' * (older != 1)} not shown (compared with {self._shown()})"
        return Sifted(set(survey.kept) - news, added, failing, [note])

    def _survey(self, now: Survey) -> Survey:
        """What is to be said of the project as it was. Where nothing has changed nothing is analysed again."""
        if self._before is None:
            same = self.before.files() == now.inputs.files()
            alike = replace(self.before, _facts=dict(now.inputs._facts))
            self._before = now if same else survey(alike)
        return self._before

    def _shown(self) -> str:
        name = "HEAD" if self.asked.ref is None else f"the merge base with {self.asked.ref}"
        return f"{name}, {self.base[:10]}"

    @staticmethod
    def _never_known(survey: Survey, before: Survey, former: Mapping[str, str]) -> Iterator[Diagnostic]:
        """What no baseline holds: rules that failed, and files that cannot be read now but could before."""
        old = {(one.path, one.message) for one in before.kept if one.code in UNCONDITIONAL}
        for one in survey.kept:
            if one.code in UNCONDITIONAL:
                path = former.get(one.path, one.path)
                if one.code == FAILED_RULE.code or (path, one.message) not in old:
                    yield one

    # what lines changed

    def _touches(self, diagnostic: Diagnostic, survey: Survey, former: Mapping[str, str]) -> bool:
        places = [(diagnostic.path, diagnostic.span), *((one.path, one.span) for one in diagnostic.related)]
        return any(self._lines_changed(path, span, survey, former) for path, span in places)

    def _lines_changed(self, path: str, span: Span, survey: Survey, former: Mapping[str, str]) -> bool:
        changed = self._changed.get(path)
        if changed is None:
            old = self.before.source(former.get(path, path))
            changed = self._changed[path] = changed_lines(old, survey.inputs.source(path))
        return not changed.isdisjoint(range(span.line, max(span.end_line, span.line) + 1))

    # what the change hides

    def _baseline(self, commit: str) -> Baseline | None:
        """The baseline that the commit holds (the index, when it is empty), None without one."""
        if self.known is None:
            return None
        data = self.repository.content(commit, self.known.file)
        if data is None:
            return None
        try:
            return load(self.known, data)
        except OldBaseline:
            return None

    def _hiding(
        self, survey: Survey, before: Survey, former: Mapping[str, str], scale: Baseline, old: Baseline | None
    ) -> tuple[list[Diagnostic], int]:
        """The diagnostics for all that the change adds to hide findings, and how many of them fail."""
        policy = Policy.of(survey.inputs, self.repository, self.base)
        if not policy.reports:
            return [], 0
        root = survey.inputs.root
        found = [
            *self._suppressed(survey, before, former, scale),
            *self._more_known(old, former),
            *loosened(survey.inputs, self.repository, self.base, staged=self.asked.staged),
        ]
        added = [
            Diagnostic(path, span, HIDING_CHANGE.code, HIDING_CHANGE.name, policy.level, f"the change adds {what}")
            for path, span, what in dict.fromkeys((one.from_root(root), one.span, one.what) for one in found)
        ]
        return added, len(added) if policy.fails else 0

    def _suppressed(
        self, survey: Survey, before: Survey, former: Mapping[str, str], scale: Baseline
    ) -> Iterator[Loosened]:
        """New comments that silence more than was silenced before."""
        old = Counter(scale.entry(one, before.inputs.source) for one in before.silenced)
        found: dict[Entry | None, list[Diagnostic]] = {}
        for one in survey.silenced:
            found.setdefault(scale.entry(one, survey.inputs.source, former), []).append(one)
        for entry, ones in found.items():
            if len(ones) <= old[entry]:
                continue
            for one in ones:
                if not concerns(one, survey.inputs.asked):
                    continue
                for directive in survey.suppressions[one.path].speaking_to(one):
                    span = Span.of_line(directive.line)
                    if self._lines_changed(one.path, span, survey, former):
                        what = f"a suppression of {one.code} ({one.name})"
                        span = directive.place
                        yield Loosened(one.path, span, what)

    def _more_known(self, old: Baseline | None, former: Mapping[str, str]) -> Iterator[Loosened]:
        """New entries of the baseline, or one line for a new baseline."""
        if self.known is None:
            return
        data = self._now()
        if data is None:
            return
        now = load(self.known, data)
        file = now.file
        if old is None:
            total = sum(now.counts.values())
            if total:
                yield Loosened(file, Span.of_line(1), f"a baseline with {total} known finding{'s' * (total != 1)}")
            return
        prefix = now.prefix
        moved = {prefix + path: prefix + earlier for path, earlier in former.items()}
        for entry, count in now.counts.items():
            more = count - max(old.counts.get(entry, 0), _moved_count(entry, old, moved))
            if more > 0:
                where = f"`{entry.symbol}` of {entry.path}" if entry.symbol else entry.path
                times = "a known finding" if more == 1 else f"{more} known findings"
                span = Span.of_line(now.lines.get(entry, 1))
                yield Loosened(file, span, f"{times} to the baseline: {entry.code} in {where}")

    def _now(self) -> bytes | None:
        from fastlint.baseline import content

        assert self.known is not None
        return self.repository.content("", self.known.file) if self.asked.staged else content(self.known)


def _moved_count(entry: Entry, old: Baseline, moved: Mapping[str, str]) -> int:
    """How often the baseline knew a finding of a file that was called otherwise: by rule and function, for the digest
    holds the path."""
    former = moved.get(entry.path)
    if former is None:
        return 0
    return sum(
        count
        for one, count in old.counts.items()
        if (one.path, one.code, one.symbol) == (former, entry.code, entry.symbol)
    )


def changed_lines(old: SourceFile | None, new: SourceFile | None) -> frozenset[int]:
    """The lines (from 1) of `new` that `old` has not, in their order."""
    try:
        before, after = _texts(old), _texts(new)
    except Unreadable:
        return frozenset()
    first = 0
    while first < min(len(before), len(after)) and before[first] == after[first]:
        first += 1
    last = 0
    while last < min(len(before), len(after)) - first and before[-1 - last] == after[-1 - last]:
        last += 1
    left, right = before[first : len(before) - last], after[first : len(after) - last]
    steps: Iterable[tuple[str, int, int, int, int]] = difflib.SequenceMatcher(None, left, right).get_opcodes()
    return frozenset(
        number + first + 1 for tag, _, _, start, end in steps if tag != "equal" for number in range(start, end)
    )


def _texts(source: SourceFile | None) -> list[str]:
    return [] if source is None else [line.rstrip("\r\n") for line in source.lines]
