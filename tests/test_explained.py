"""Every finding on the fixtures can be explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlint.engine import check
from tests.soundness import inputs_of

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
FOLDERS = sorted(
    {path.parent for path in FIXTURES.rglob("bad*") if path.name in ("bad", "bad.py") and "apps" not in path.parts}
)


@pytest.mark.parametrize("category", sorted({folder.relative_to(FIXTURES).parts[0] for folder in FOLDERS}))
def test_every_finding_is_explained_by_what_was_resolved(category: str) -> None:
    explained = 0
    for folder in FOLDERS:
        if folder.relative_to(FIXTURES).parts[0] != category:
            continue
        bad = folder / "bad"
        paths = sorted(path for path in bad.rglob("*") if path.is_file()) if bad.is_dir() else [folder / "bad.py"]
        root = bad if bad.is_dir() else folder
        if not paths[0].is_file():  # several cases of one rule, each a folder
            continue
        files = {p.relative_to(root).as_posix(): p.read_bytes() for p in paths if "__pycache__" not in p.parts}
        report = check(inputs_of(files), explain=True)
        for one in report.diagnostics:
            if one.code.startswith("FST0"):
                continue
            told = report.evidence[one]
            assert told and all(line == line.strip() and "\n" not in line for line in told), one
            assert one.level.name.lower() in told[-1], told
            explained += 1
    assert explained
