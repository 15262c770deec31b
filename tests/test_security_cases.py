"""Whole small projects as people write them, under all rules on security and packaging at once.

Each line that is marked is reported with the marked codes, and no other line with any: what one rule must find is a
look-alike for all the others. The cases were written from how FastAPI applications look, before the rules ran on them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fastlint.engine import check
from tests.checking import EXPECT, FIXTURES, inputs_of

CASES = sorted(path for path in (FIXTURES / "apps" / "security").iterdir() if path.is_dir())
CATEGORIES = re.compile(r"FST(?:000|[56]\d\d)")
OPINIONS = frozenset({"FST536", "FST537", "FST538"})
"""Rules that are off by default, or about the size of what is sent: their own fixtures cover them."""
Place = tuple[str, int, str]


def expected(case: Path) -> set[Place]:
    """The marked lines, and those that `expected.txt` names for files that take no comments."""
    found: set[Place] = set()
    for file in sorted(path for path in case.rglob("*") if path.is_file()):
        name = file.relative_to(case).as_posix()
        lines = file.read_text(encoding="utf-8").split("\n")
        if name == "expected.txt":
            for line in filter(None, lines):
                path, number, code = line.replace(" ", "").split(":")
                found.add((path, int(number), code))
            continue
        for number, line in enumerate(lines, 1):
            marker = EXPECT.search(line)
            codes = CATEGORIES.findall(marker[1]) if marker is not None else []
            found |= {(name, number, code) for code in codes}
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_marked_lines_are_reported_and_no_others(case: Path, tmp_path: Path) -> None:
    report = check(inputs_of(case, tmp_path, "FST000", "FST5", "FST6"), fixes=False)
    found = {(item.path, item.span.line, item.code) for item in report.diagnostics if item.code not in OPINIONS}

    assert sorted(found) == sorted(expected(case))


def test_there_are_cases() -> None:
    assert len(CASES) > 100
