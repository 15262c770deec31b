"""A few manifests, with as much of a project as the rules on packages ask for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fastlint.fixes.plan import Planner
from fastlint.project.packaging.manifests import ManifestFile, read
from fastlint.project.packaging.versions import Versions
from fastlint.rule import Finding, Fix, Level, Rule
from fastlint.source import SourceFile
from fastlint_rules.packaging.missing_multipart import MissingMultipart

LOCKED = '[[package]]\nname = "{}"\nversion = "{}"\n'


class Case:
    """A few manifests, with as much of a project as these rules ask for."""

    def __init__(
        self, files: dict[str, str], *, root: str = "", apps: tuple[str, ...] = ("main.py",), forms: bool = False
    ) -> None:
        self.sources = {path: SourceFile(path, text.encode()) for path, text in files.items()}
        manifests = read([ManifestFile(path, source.data) for path, source in self.sources.items()])
        assert manifests.unreadable == ()
        owner = SimpleNamespace(short="upload")
        span = SourceFile("", b"").span(1, 0, 1, 0)
        parameter = SimpleNamespace(
            kind="form", path="main.py", span=span, node=SimpleNamespace(name="user"), owner=owner
        )
        self.project: Any = SimpleNamespace(
            manifests=manifests,
            versions=Versions(manifests, None, None, root),
            apps=[SimpleNamespace(path=path) for path in apps],
            parameters=[parameter] if forms else [],
            dependencies=[],
        )

    def findings(self, rule: Rule[Any]) -> list[Finding]:
        subjects = [self.project] if isinstance(rule, MissingMultipart) else self.project.manifests.requirements
        return [finding for subject in subjects for finding in rule.check(subject, self.project)]

    def levels(self, rule: Rule[Any]) -> list[Level]:
        return [finding.level or rule.level for finding in self.findings(rule)]

    def fixes(self, rule: Rule[Any]) -> list[Fix | None]:
        planner: Any = Planner(self.sources)
        return [rule.fix(finding, planner) for finding in self.findings(rule)]

    def fixed(self, rule: Rule[Any]) -> dict[str, str]:
        """The files after all fixes."""
        texts = {path: source.text for path, source in self.sources.items()}
        edits = [edit for fix in self.fixes(rule) if fix is not None for edit in fix.edits]
        for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
            source = self.sources[edit.path]
            start, end = source.offset(*edit.span[:2]), source.offset(*edit.span[2:])
            texts[edit.path] = texts[edit.path][:start] + edit.content + texts[edit.path][end:]
        return texts
