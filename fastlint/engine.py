"""The pipeline: facts, link, rules, judge, suppress, baseline."""

from __future__ import annotations

import gc
import os.path
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from fastlint import progress
from fastlint.diagnostic import Diagnostic
from fastlint.extraction import unreadable_file
from fastlint.facts.model import ModuleFacts
from fastlint.fixes.plan import Planner
from fastlint.inputs import Inputs
from fastlint.judge import Judge, concerns
from fastlint.project.language.scopes import scope_at
from fastlint.project.link import AuthPolicy, LinkOptions, link
from fastlint.project.model import Project
from fastlint.project.packaging.manifests import ManifestFile, is_script
from fastlint.rule import Finding
from fastlint.running import Found, Run, turns
from fastlint.sharing import LEAST_SHARED, Alone, Shared, divided
from fastlint.sieve import Sifted
from fastlint.source import SourceFile, Span
from fastlint.suppress import Suppressions, manifest_comments
from fastlint.toolcodes import BLANKET_SUPPRESSION, FAILED_RULE, SUPPRESSION_CODES, UNREADABLE_FILE
from fastlint.workers import sensible

RECURSION = 3000
FRAMEWORKS = (b"fastapi", b"starlette")


@dataclass(slots=True)
class Report:
    """What one run has to say. `diagnostics` are those that concern the files asked for, in order.

    `failing` of them are at or above their file's `fail-level`; `silenced` others were silenced by comments, `known`
    others are in the baseline, or older than the change that was asked about. `secrets` are the places of all secrets
    that were found, of which nothing shown may tell more.
    """

    inputs: Inputs
    diagnostics: list[Diagnostic]
    failing: int = 0
    silenced: int = 0
    known: int = 0
    secrets: list[tuple[str, Span]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    inference: str = ""
    """How often astroid was asked, for those who want statistics."""
    evidence: dict[Diagnostic, tuple[str, ...]] = field(default_factory=dict)

    @property
    def broken(self) -> bool:
        """Whether a rule failed, so that the report may lack something."""
        return any(diagnostic.code == FAILED_RULE.code for diagnostic in self.diagnostics)


@dataclass(slots=True)
class Survey:
    """What is to be said of the whole project, before it is cut down to what somebody wants to see.

    `kept` are in no order; `silenced` those that comments silence. `ran` are the rules that did and did not fail.
    """

    inputs: Inputs
    project: Project
    kept: list[Diagnostic]
    silenced: list[Diagnostic]
    suppressions: dict[str, Suppressions]
    judge: Judge
    ran: frozenset[str]

    def looked_for(self, code: str, path: str) -> bool:
        """Whether a finding of this rule in this file would have been found."""
        return code in self.judge.on_in(path) and (code in self.ran or code in SUPPRESSION_CODES)


def linked(inputs: Inputs) -> tuple[Project, list[ModuleFacts], dict[str, Finding]]:
    """The project, the facts it was linked from, and why some files could not be read."""
    modules, unreadable = inputs.facts()
    scripts = {path: source for path, source in inputs.sources.items() if is_script(source.data)}
    manifests = [ManifestFile(path, source.data) for path, source in sorted({**scripts, **inputs.manifests}.items())]
    progress.phase("linking")
    project = link(modules, manifests, link_options(inputs, frozenset(unreadable)))
    for path, line, reason in project.unreadable_manifests:
        unreadable.setdefault(path, unreadable_file(path, reason, line))
    return project, modules, unreadable


def check(inputs: Inputs, *, fixes: bool = True, explain: bool = False) -> Report:
    """Run everything once. Without `fixes` no fix is worked out, which is faster; `explain` gathers evidence."""
    with _long_lived():
        return _check(inputs, linked(inputs), fixes=fixes, explain=explain)


def inspect(inputs: Inputs) -> tuple[Project, Report]:
    """The linked project together with what the rules say of it, without fixes."""
    with _long_lived():
        found = linked(inputs)
        return found[0], _check(inputs, found, fixes=False)


@contextmanager
def _long_lived() -> Iterator[None]:
    """Trees and models are many small objects that live as long as the run: collecting among them is in vain.

    Whatever depth of tree facts can hold (`extract.ROOM`) must be walked here, a few frames for each level.
    """
    collecting = gc.isenabled()
    limit = sys.getrecursionlimit()
    gc.disable()
    sys.setrecursionlimit(max(limit, RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()


def _check(
    inputs: Inputs,
    found: tuple[Project, list[ModuleFacts], dict[str, Finding]],
    *,
    fixes: bool,
    explain: bool = False,
) -> Report:
    with _working(inputs, found[0], explain=explain) as work:
        return _reported(inputs, found, work, fixes=fixes, explain=explain)


def _working(inputs: Inputs, project: Project, *, explain: bool) -> Alone:
    """Who runs the rules: two processes where that pays, and nothing is asked that only one of them could answer."""
    files = inputs.files()
    governing = {path: inputs.settings_of(path) for path in files}
    order = turns(project, inputs.tree.registry, governing)
    sizes = [len(source.data) for source in inputs.sources.values()]
    few = sensible(inputs.jobs, sizes) < 2 or (inputs.jobs == "auto" and sum(sizes) < LEAST_SHARED)
    if few or explain or project.options.inference != "off" or not all(divided(order)) or not _has_routes(project):
        return Alone(project, order, governing)
    return Shared(project, order, governing, lambda: Planner(files))


def _has_routes(project: Project) -> bool:
    """Whether there are routes; nearly every rule asks for them, so that they should be known before there are two."""
    try:
        return bool(project.routes)
    except Exception:
        return False  # each rule that asks will fail, and say so


def _reported(
    inputs: Inputs,
    found: tuple[Project, list[ModuleFacts], dict[str, Finding]],
    work: Alone,
    *,
    fixes: bool,
    explain: bool,
) -> Report:
    project, modules, unreadable = found
    result = work.run()
    result.found.extend(Found(UNREADABLE_FILE, None, finding) for finding in unreadable.values())

    judge = Judge(inputs.root, inputs.settings_of)
    judged = _judged(result, project, judge)
    suppressions = _suppressions(inputs, modules)
    silenced = [one for one in judged if one.path in suppressions and suppressions[one.path].silence(one)]
    for diagnostic in silenced:
        del judged[diagnostic]
    complaints = _complaints(suppressions, inputs, result, judge)

    ran = frozenset(result.ran - result.failed)
    survey = Survey(inputs, project, [*judged, *complaints], silenced, suppressions, judge, ran)
    sifted = Sifted(set()) if inputs.sieve is None else inputs.sieve.sift(survey)
    wanted = [one for one in survey.kept if concerns(one, inputs.asked)]
    news = [one for one in wanted if one not in sifted.known]
    shown = [one for one in news if one in judged]
    if fixes:
        shown = _with_fixes(shown, judged, inputs, judge, work)
    for diagnostic in news:
        if diagnostic not in judged:
            shown.append(diagnostic if fixes and _fixable(diagnostic, inputs) else replace(diagnostic, fix=None))
    failing = sum(judge.fails(diagnostic) for diagnostic in shown) + sifted.failing
    evidence: dict[Diagnostic, tuple[str, ...]] = {}
    if explain:
        from fastlint.explain import Explainer

        explainer = Explainer(project)
        for diagnostic in shown:
            if found_as := judged.get(diagnostic):
                evidence[diagnostic] = explainer.explained(
                    found_as.entry, found_as.finding, diagnostic.level, inputs.settings_of(diagnostic.path)
                )
    return Report(
        inputs,
        sorted((*shown, *sifted.added), key=lambda diagnostic: diagnostic.order),
        failing=failing,
        silenced=len(silenced),
        known=len(wanted) - len(news),
        secrets=[(one.finding.path, one.finding.span) for one in result.found if one.sensitive],
        notes=[*_notes(inputs), *sifted.notes],
        inference=project.asked,
        evidence=evidence,
    )


def survey(inputs: Inputs) -> Survey:
    """What is to be said of the whole project, whatever the baseline knows of it."""
    kept: list[Survey] = []

    class Keep:
        def sift(self, survey: Survey, /) -> Sifted:
            kept.append(survey)
            return Sifted(set())

    check(replace(inputs, sieve=Keep()), fixes=False)
    return kept[0]


def _judged(result: Run, project: Project, judge: Judge) -> dict[Diagnostic, Found]:
    """The diagnostics that settings want, each once, with what they were made from."""
    judged: dict[Diagnostic, Found] = {}
    for found in result.found:
        only_on = None
        if found.gate == "some" and found.entry.applies is not None:
            only_on = project.versions_text(found.entry.applies)
        diagnostic = judge.diagnostic(found.entry, found.finding, only_on=only_on)
        if diagnostic is not None:
            if not diagnostic.symbol and (module := project.modules.by_path.get(diagnostic.path)) is not None:
                diagnostic = replace(diagnostic, symbol=scope_at(module, diagnostic.span).qualname)
            judged.setdefault(diagnostic, found)
    return judged


def _suppressions(inputs: Inputs, modules: Iterable[ModuleFacts]) -> dict[str, Suppressions]:
    """The comments of each file that has any."""
    suppressions: dict[str, Suppressions] = {}
    for facts in modules:
        if facts.comments:
            source = inputs.sources[facts.path]
            copy = SourceFile(source.path, source.data)
            suppressions[facts.path] = Suppressions(copy, facts.comments, facts.ranges, facts.decorated)
    for path, source in inputs.manifests.items():
        comments = [] if path in inputs.sources else manifest_comments(source)
        if comments:
            suppressions[path] = Suppressions(source, comments)
    return suppressions


def _complaints(suppressions: dict[str, Suppressions], inputs: Inputs, result: Run, judge: Judge) -> list[Diagnostic]:
    """What is wrong with comments, unless a comment that names the code silences it."""
    complaints: list[Diagnostic] = []
    for path, file in suppressions.items():
        settings = inputs.settings_of(path)
        ran = (judge.on_in(path) & result.ran) - result.failed
        require_reason = bool(settings.options_of(BLANKET_SUPPRESSION).get("require_reason", False))
        for complaint in file.complaints(inputs.tree.registry, ran, require_reason=require_reason):
            diagnostic = judge.diagnostic(complaint.entry, complaint.finding)
            if diagnostic is not None and not file.silence(diagnostic):
                complaints.append(replace(diagnostic, fix=complaint.fix))
    return complaints


def _with_fixes(
    shown: list[Diagnostic], judged: dict[Diagnostic, Found], inputs: Inputs, judge: Judge, work: Alone
) -> list[Diagnostic]:
    """The diagnostics with the fixes their rules offer; a rule that raises here becomes a diagnostic too."""
    progress.phase("working out fixes")
    fixed = sorted(shown, key=lambda one: one.path)
    fixable = [index for index, one in enumerate(fixed) if _fixable(one, inputs)]
    offered, result = work.fixes([judged[fixed[index]] for index in fixable], Planner(inputs.files()))
    for index, fix in zip(fixable, offered, strict=True):
        fixed[index] = replace(fixed[index], fix=fix)
    failures = {(one.finding.path, one.finding.symbol): one for one in result.found}
    for one in failures.values():
        failed = judge.diagnostic(one.entry, one.finding)
        if failed is not None:
            fixed.append(failed)
    return fixed


def _fixable(diagnostic: Diagnostic, inputs: Inputs) -> bool:
    return diagnostic.code in inputs.settings_of(diagnostic.path).fixable


def _notes(inputs: Inputs) -> Iterator[str]:
    """What explains an empty report."""
    if not inputs.asked:
        yield "no Python files or manifests found"
    elif inputs.sources and not any(
        framework in source.data for source in inputs.sources.values() for framework in FRAMEWORKS
    ):
        yield "no file here uses FastAPI"


def link_options(inputs: Inputs, unread: frozenset[str]) -> LinkOptions:
    """What linking needs of settings: the root's, with the source folders and names that nested settings add."""
    governing = inputs.tree.at(inputs.root)
    every = {id(settings): settings for settings in (governing, *map(inputs.settings_of, inputs.sources))}.values()
    blocking: dict[str, str] = {}
    for settings in reversed(every):
        blocking.update(settings.blocking)
    policy = governing.auth
    return LinkOptions(
        root=inputs.root,
        src=tuple(dict.fromkeys(name for settings in every for name in _below(inputs.root, settings.src))),
        target_fastapi=governing.target_fastapi,
        python=governing.python,
        blocking=blocking,
        offloaders=tuple(dict.fromkeys(name for settings in every for name in settings.offloaders)),
        non_blocking=tuple(dict.fromkeys(name for settings in every for name in settings.non_blocking)),
        auth=None if policy is None else AuthPolicy(policy.required, policy.public),
        inference=governing.inference,
        unread=unread,
    )


def _below(root: str, folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        if relative != ".." and not relative.startswith("../"):
            yield relative
