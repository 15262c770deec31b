"""From findings to diagnostics: selection, per-file ignores, levels and version gates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from fastlint.diagnostic import Diagnostic
from fastlint.registry import RuleEntry
from fastlint.rule import Finding, Level
from fastlint.settings import Settings

ALWAYS = "FST001"


class Judge:
    """Decides under the settings that govern each file."""

    def __init__(self, root: str, settings_of: Callable[[str], Settings]) -> None:
        self.root = PurePosixPath(root.replace("\\", "/"))
        self.settings_of = settings_of

    def diagnostic(self, entry: RuleEntry, finding: Finding, *, only_on: str | None = None) -> Diagnostic | None:
        """The diagnostic that a finding becomes, None when settings do not want it.

        `only_on` says which of the versions the project may run on are concerned, when not all are.
        """
        settings = self.settings_of(finding.path)
        level = finding.level or entry.level
        if entry.code != ALWAYS:
            if not self.wanted(entry.code, finding.path):
                return None
            if only_on is not None:
                level = Level.INFO
            level = settings.level_of(entry) or level
        message = finding.message if only_on is None else f"{finding.message} [only on {only_on}]"
        return Diagnostic(
            path=finding.path,
            span=finding.span,
            code=entry.code,
            name=entry.name,
            level=level,
            message=message,
            related=finding.related,
            symbol=finding.symbol,
            sensitive=entry.rule is not None and entry.rule.sensitive,
            about=finding.about or finding.message,
        )

    def wanted(self, code: str, path: str) -> bool:
        """Whether the rule is on for the file."""
        settings = self.settings_of(path)
        return code in settings.enabled and code not in settings.ignored_in(str(self.root / path))

    def on_in(self, path: str) -> frozenset[str]:
        """All codes that are on for the file."""
        settings = self.settings_of(path)
        return settings.enabled - settings.ignored_in(str(self.root / path))

    def fails(self, diagnostic: Diagnostic) -> bool:
        """Whether the diagnostic turns the exit code to 1."""
        return diagnostic.level >= self.settings_of(diagnostic.path).fail_level


def concerns(diagnostic: Diagnostic, asked: frozenset[str]) -> bool:
    """Whether the diagnostic lies in one of the files asked for, or a place that belongs to it does."""
    return (
        diagnostic.path in asked
        or diagnostic.code == ALWAYS
        or any(place.path in asked for place in diagnostic.related)
    )
