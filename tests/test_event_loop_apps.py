"""Whole applications whose lines say what blocks: nothing is missed, nothing else is reported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fastlint.facts.extract import extract
from fastlint.loader import load
from fastlint.project.link import LinkOptions, link
from fastlint.source import SourceFile

APPS = sorted((Path(__file__).parent.parent / "fixtures" / "apps").glob("loop_*"))
CODES = {f"FST{number}" for number in range(101, 113)}
EXPECT = re.compile(r"# expect: (.*)")
Place = tuple[str, int, str]


def marked(app: Path) -> set[Place]:
    return {
        (path.relative_to(app).as_posix(), number, code)
        for path in app.rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (marker := EXPECT.search(line))
        for code in marker[1].split(", ")
    }


def reported(app: Path) -> set[Place]:
    files = [SourceFile(path.relative_to(app).as_posix(), path.read_bytes()) for path in sorted(app.rglob("*.py"))]
    project = link([extract(file) for file in files], [], LinkOptions(str(app)))
    return {
        (finding.path, finding.span.line, entry.code)
        for entry in load().entries.values()
        if entry.code in CODES and entry.rule is not None
        for subject in project.subjects_for(entry.rule)
        for finding in entry.rule().check(subject, project)
    }


@pytest.mark.parametrize("app", APPS, ids=[app.name for app in APPS])
def test_an_application_is_reported_exactly_where_it_blocks(app: Path) -> None:
    assert reported(app) == marked(app)
