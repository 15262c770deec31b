"""Small rule packages for tests of the engine, made on disk and importable for one test."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastlint.loader import load
from fastlint.registry import Registry, RuleEntry
from fastlint.rule import Level
from fastlint.toolcodes import TOOL_CODES

DOCUMENTATION = """\
A rule for tests.

## What it does

Reports something.

## Why it matters

It is tested.

## Instead

Do nothing.
"""

RULE = '''\
"""A rule for tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import Project
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Related, Rule, Span

{before}
class {cls}(Rule[{subject}]):
    """{doc}"""

    code = "{code}"
    name = "{name}"
    since = "0.1"
    status = "{status}"
{members}
'''


def rule_text(
    code: str,
    name: str,
    members: str,
    *,
    subject: str = "Project",
    doc: str = DOCUMENTATION,
    status: str = "stable",
    before: str = "",
) -> str:
    """The text of a rule file; `members` are the indented parts after the metadata."""
    return RULE.format(
        code=code,
        name=name,
        cls=name.replace("-", " ").title().replace(" ", "").replace(".", ""),
        subject=subject,
        doc=textwrap.indent(doc, "    ").strip(),
        status=status,
        members=textwrap.indent(textwrap.dedent(members), "    "),
        before=before,
    )


@contextmanager
def rule_package(folder: Path, files: dict[str, str], name: str = "made_rules_package") -> Iterator[str]:
    """A package of rules from file names such as `event_loop/blocking_sleep.py`; gives its name."""
    package = folder / name
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for path, text in files.items():
        target = package / path
        target.parent.mkdir(exist_ok=True)
        (target.parent / "__init__.py").touch()
        target.write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        yield name
    finally:
        sys.path.remove(str(folder))
        for module in [module for module in sys.modules if module.partition(".")[0] == name]:
            del sys.modules[module]
        load.cache_clear()


def registry(*entries: RuleEntry) -> Registry:
    """The tool's codes and these entries."""
    return Registry([*TOOL_CODES, *entries])


def entry(code: str, name: str, *, default: bool = True, status: str = "stable", **more: object) -> RuleEntry:
    """The metadata of a rule that is never run."""
    return RuleEntry(code, name, "0.1", Level.WARNING, default, status, DOCUMENTATION, **more)  # type: ignore[arg-type]


SOME = registry(
    entry("FST101", "blocking-sleep"),
    entry("FST102", "blocking-http"),
    entry("FST119", "threadpool-only-network", default=False),
    entry("FST204", "missing-response-model"),
    entry("FST205", "generic-response-model", status="preview"),
    entry("FST501", "cors-any-origin-with-credentials"),
)
