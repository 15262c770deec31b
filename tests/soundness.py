"""What must hold of every run, whatever the input: asked by the fuzzing campaign, a small share of which tests are."""

from __future__ import annotations

import ast
import json
import re
import traceback
import warnings
from collections.abc import Iterator, Mapping
from functools import cache

import fastlint.running
from fastlint.diagnostic import Diagnostic
from fastlint.engine import check
from fastlint.inputs import Inputs
from fastlint.loader import load
from fastlint.project.packaging.manifests import is_manifest
from fastlint.registry import RuleEntry
from fastlint.report import FORMATS, Page, lines
from fastlint.rounds import fix_rounds
from fastlint.running import Found, Run
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree
from fastlint.source import SourceFile, Span, Unreadable

ROOT = "/a/project/that/is/nowhere"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What no report may contain: it would act on a terminal instead of being shown."""

TRACES: list[str] = []


@cache
def everything_on() -> SettingsTree:
    """Settings under which every rule runs."""
    overrides = Layer("test", Choice(("ALL",)), preview=True)
    return SettingsTree(load(), overrides=overrides, isolated=True)


def inputs_of(files: Mapping[str, bytes], tree: SettingsTree | None = None) -> Inputs:
    """The files as a project that lies on no disk."""
    sources = {path: SourceFile(path, data) for path, data in files.items() if path.endswith(".py")}
    manifests = {path: SourceFile(path, data) for path, data in files.items() if is_manifest(path)}
    return Inputs(ROOT, tree or everything_on(), sources, manifests, frozenset({*sources, *manifests}))


def faults(files: Mapping[str, bytes], *, fixing: bool = False) -> Iterator[tuple[str, str]]:
    """Everything that is wrong with a run on these files, as (kind, what): an empty run is a sound one.

    Kinds: `crash`, `position`, `format`, `order` and, with `fixing`, `damage`.
    """
    _keep_traces()
    TRACES.clear()
    inputs = inputs_of(files)
    try:
        report = check(inputs)
    except Exception:
        yield "crash", traceback.format_exc(limit=-40)
        return
    yield from (("crash", trace) for trace in TRACES)
    for diagnostic in report.diagnostics:
        yield from (("position", f"{what}: {diagnostic}") for what in _misplaced(diagnostic, inputs))
    yield from _misshown(report.diagnostics, inputs)
    if fixing:
        yield from _damage(inputs)


def _keep_traces() -> None:
    """A rule that raises becomes a diagnostic: keep where it raised as well."""
    original = fastlint.running.failure
    if original.__name__ == "kept":
        return

    def kept(entry: RuleEntry, error: Exception, subject: object, result: Run) -> Found:
        TRACES.append("".join(traceback.format_exception(error, limit=-40)))
        return original(entry, error, subject, result)

    fastlint.running.failure = kept


def _misplaced(diagnostic: Diagnostic, inputs: Inputs) -> Iterator[str]:
    places = [(diagnostic.path, diagnostic.span), *((place.path, place.span) for place in diagnostic.related)]
    if diagnostic.fix is not None:
        places.extend((edit.path, edit.span) for edit in diagnostic.fix.edits)
    for path, span in places:
        source = inputs.source(path)
        if source is None:
            if diagnostic.code != "FST001":
                yield f"no such file: {path}"
        elif diagnostic.code != "FST000":
            yield from _outside(source, span)


def _outside(source: SourceFile, span: Span) -> Iterator[str]:
    try:
        texts = source.lines
    except Unreadable:
        if span != Span.of_line(1):
            yield "a place in a file that cannot be read"
        return
    for line, column in (span[:2], span[2:]):
        after_the_end = line == len(texts) + 1 and column == 1
        if not after_the_end and not (1 <= line <= max(1, len(texts)) and 1 <= column <= len(source.line(line)) + 1):
            yield f"{span} lies outside of {source.path}"
            return
    if span[:2] > span[2:]:
        yield f"{span} ends before it begins"


def _misshown(diagnostics: list[Diagnostic], inputs: Inputs) -> Iterator[tuple[str, str]]:
    if diagnostics != sorted(diagnostics, key=lambda one: one.order):
        yield "order", "not in order"
    files = inputs.files()
    page = Page(ROOT, ROOT, files.get)
    for name in FORMATS:
        try:
            shown = "\n".join(lines(name, diagnostics, page))
        except Exception:
            yield "format", f"{name}: {traceback.format_exc(limit=-40)}"
            continue
        if found := CONTROL.search(shown):
            yield "format", f"{name} shows {found[0]!r}"
        if name == "json" and len(json.loads(shown)) != len(diagnostics):
            yield "format", "json lacks diagnostics"


def _damage(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """What goes wrong when every fix is applied, unsafe ones too."""
    TRACES.clear()
    try:
        fixed = fix_rounds(inputs, unsafe=True)
        after = fixed.report.inputs
        again = fix_rounds(after, unsafe=True)
    except Exception:
        yield "crash", traceback.format_exc(limit=-40)
        return
    yield from (("crash", trace) for trace in TRACES)
    for path, (before, now) in fixed.changed.items():
        if path in inputs.sources and _parses(before) and not _parses(now):
            yield "damage", f"{path} does not parse any more:\n{now.data!r}"
    if again.changed:
        yield "damage", f"a second run of fixes changes {', '.join(sorted(again.changed))}: {dict(again.applied)}"


def _parses(source: SourceFile) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source.data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
