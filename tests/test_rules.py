"""Every rule on its fixtures: what is marked is reported, what is not is not. Names no rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fastlint.engine import check
from fastlint.registry import RuleEntry
from fastlint.rounds import fix_rounds
from tests.checking import EXPECT, FIXTURES, cases, expected, folder_of, inputs_of, registry, run

RULES = [entry for entry in registry().entries.values() if entry.rule is not None]
BAD = [(entry, case) for entry in RULES if folder_of(entry).is_dir() for case in cases(folder_of(entry), "bad")]
GOOD = [(entry, case) for entry in RULES if folder_of(entry).is_dir() for case in cases(folder_of(entry), "good")]
FIXED = [(entry, case) for entry in RULES if folder_of(entry).is_dir() for case in cases(folder_of(entry), "fixed")]
MARKER = re.compile(r"[ \t]*#\s*expect:.*$", re.MULTILINE)


def named(value: object) -> str:
    if isinstance(value, RuleEntry):
        return value.code
    return value.name if isinstance(value, Path) else ""


@pytest.mark.parametrize("entry", RULES, ids=named)
def test_a_rule_has_bad_and_good_fixtures(entry: RuleEntry) -> None:
    folder = folder_of(entry)

    assert folder.is_dir(), f"{entry.code} has no fixtures in {folder}"
    bad = cases(folder, "bad")
    assert bad, f"{entry.code} has no bad fixture"
    assert cases(folder, "good"), f"{entry.code} has no good fixture"
    assert any(expected(case, entry.code) for case in bad), f"no line of a bad fixture is marked {entry.code}"


def test_no_fixture_is_orphaned() -> None:
    known = {folder_of(entry) for entry in RULES}
    planned = FIXTURES / "apps"
    folders = {rule for category in FIXTURES.iterdir() if category != planned for rule in category.iterdir()}

    assert sorted(str(folder) for folder in folders - known) == []


@pytest.mark.parametrize(("entry", "case"), BAD, ids=named)
def test_bad_fixtures_report_the_marked_lines(entry: RuleEntry, case: Path, tmp_path: Path) -> None:
    assert sorted(run(case, tmp_path, entry.code)) == sorted(expected(case, entry.code))


@pytest.mark.parametrize(("entry", "case"), GOOD, ids=named)
def test_good_fixtures_are_silent(entry: RuleEntry, case: Path, tmp_path: Path) -> None:
    assert expected(case, entry.code) == set(), "a good fixture expects nothing"
    assert sorted(run(case, tmp_path, entry.code)) == []


@pytest.mark.parametrize(("entry", "case"), FIXED, ids=named)
def test_fixes_give_the_fixed_fixture(entry: RuleEntry, case: Path, tmp_path: Path) -> None:
    bad = case.with_name(case.name.replace("fixed", "bad", 1))
    inputs = inputs_of(bad, tmp_path, entry.code)
    result = fix_rounds(inputs, unsafe=True)
    after = {path: new.text for path, (_, new) in result.changed.items()}
    files = [case] if case.is_file() else sorted(path for path in case.rglob("*") if path.is_file())
    base = case.parent if case.is_file() else case

    for file in files:
        name = bad.name if case.is_file() else file.relative_to(base).as_posix()
        wanted = file.read_text(encoding="utf-8")
        assert MARKER.sub("", after.get(name, inputs.files()[name].text)) == MARKER.sub("", wanted)


@pytest.mark.parametrize(("entry", "case"), BAD, ids=named)
def test_fixing_again_changes_nothing(entry: RuleEntry, case: Path, tmp_path: Path) -> None:
    inputs = inputs_of(case, tmp_path, entry.code)
    once = fix_rounds(inputs, unsafe=True)
    again = fix_rounds(inputs.replaced({path: new for path, (_, new) in once.changed.items()}), unsafe=True)

    assert again.changed == {}


@pytest.mark.parametrize(("entry", "case"), BAD, ids=named)
def test_findings_lie_in_their_files(entry: RuleEntry, case: Path, tmp_path: Path) -> None:
    inputs = inputs_of(case, tmp_path, entry.code)

    for diagnostic in check(inputs).diagnostics:
        source = inputs.files()[diagnostic.path]
        last = (len(source.lines), len(source.line(len(source.lines))) + 1)
        assert (1, 1) <= diagnostic.span[:2] <= diagnostic.span[2:] <= max(last, diagnostic.span[:2])
        assert diagnostic.span.line <= max(1, len(source.lines))
        assert "\n" not in diagnostic.message
        assert not diagnostic.message.endswith(".")


def test_markers_are_understood() -> None:
    assert EXPECT.search("x = 1  # expect: FST101, FST105") is not None
