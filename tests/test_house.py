"""The rules of the house go red when they are broken: each test breaks one in a copy and looks."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from fastlint.loader import RuleError, load
from fastlint.toolcodes import TOOL_CODES
from tests.checking import ROOT, registry
from tests.made_rules import rule_package, rule_text

CHECK = "    def check(self, project, _):\n        yield from ()\n"
SOUND = rule_text("FST199", "sound-rule", CHECK)


def problems(tmp_path: Path, files: dict[str, str], name: str) -> str:
    with rule_package(tmp_path, files, name) as package, pytest.raises(RuleError) as caught:
        load(package)
    return str(caught.value)


def test_the_sound_rule_is_accepted(tmp_path: Path) -> None:
    with rule_package(tmp_path, {"event_loop/sound_rule.py": SOUND}, "house_sound") as package:
        assert "FST199" in load(package).entries


def test_the_same_code_twice(tmp_path: Path) -> None:
    files = {"event_loop/sound_rule.py": SOUND, "event_loop/other_rule.py": SOUND.replace("sound-rule", "other-rule")}

    assert "FST199 is already" in problems(tmp_path, files, "house_twice")


def test_a_name_that_differs_from_the_file(tmp_path: Path) -> None:
    assert "sound" in problems(tmp_path, {"event_loop/another_rule.py": SOUND}, "house_name")


def test_a_missing_section(tmp_path: Path) -> None:
    text = SOUND.replace("## Why it matters", "## Why not")

    assert "Why it matters" in problems(tmp_path, {"event_loop/sound_rule.py": text}, "house_section")


def test_a_code_of_another_category(tmp_path: Path) -> None:
    assert "FST199" in problems(tmp_path, {"contracts/sound_rule.py": SOUND}, "house_category")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    target = tmp_path / "copy"
    names = ("fastlint", "rules", "fixtures", "tests", "pyproject.toml")
    target.mkdir()
    for name in names:
        source = ROOT / name
        if source.is_dir():
            copytree(source, target / name, ignore=ignore_patterns("__pycache__", "apps", "framework"))
        else:
            (target / name).write_bytes(source.read_bytes())
    (target / "fixtures" / "apps").mkdir()
    return target


def outcome_of(copy: Path, *selection: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/test_rules.py", *selection]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode else ""


def test_missing_orphaned_and_unmarked_fixtures(copy: Path) -> None:
    fixtures = copy / "fixtures" / "event_loop" / "blocking_sleep"
    assert outcome_of(copy, "-k", "FST101 and (bad_and_good or report) or orphaned") == ""

    good = fixtures / "good.py"
    kept = good.read_bytes()
    for name in [path for path in fixtures.iterdir() if path.name.startswith("good")]:
        name.rename(name.with_name(f"x{name.name}"))
    assert "has no good fixture" in outcome_of(copy, "-k", "FST101 and bad_and_good")
    for name in [path for path in fixtures.iterdir() if path.name.startswith("xgood")]:
        name.rename(name.with_name(name.name[1:]))
    assert good.read_bytes() == kept

    orphan = copy / "fixtures" / "event_loop" / "no_such_rule"
    orphan.mkdir()
    assert "no_such_rule" in outcome_of(copy, "-k", "orphaned")
    orphan.rmdir()

    bad = fixtures / "bad.py"
    text = bad.read_text(encoding="utf-8")
    bad.write_text(text.replace("  # expect: FST101", "", 1), encoding="utf-8")
    assert "FST101" in outcome_of(copy, "-k", "FST101 and report_the_marked")


def test_a_rule_that_imports_the_engine(copy: Path) -> None:
    rule = copy / "rules" / "fastlint_rules" / "event_loop" / "blocking_sleep.py"
    code = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"
    paths = {"PYTHONPATH": f"{copy}:{copy / 'rules'}", "PATH": "/usr/bin:/bin", "HOME": str(copy)}

    def lint() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, env=paths, check=False
        )
        return done.returncode, done.stdout + done.stderr

    assert lint()[0] == 0
    rule.write_text("import fastlint.engine\n" + rule.read_text(encoding="utf-8"), encoding="utf-8")
    code_after, said = lint()
    assert code_after == 1
    assert "fastlint_rules.event_loop.blocking_sleep -> fastlint.engine" in said


def test_a_new_rule_edits_nothing(copy: Path) -> None:
    scripts = copy / "scripts"
    scripts.mkdir()
    (scripts / "new_rule.py").write_bytes((ROOT / "scripts" / "new_rule.py").read_bytes())
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    command = [sys.executable, str(scripts / "new_rule.py"), "event_loop", "FST199", "brand-new"]
    subprocess.run(command, check=True, capture_output=True)
    after = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file() and "__pycache__" not in path.parts}

    assert {path.relative_to(copy).as_posix() for path in after if path not in before} == {
        "rules/fastlint_rules/event_loop/brand_new.py",
        "fixtures/event_loop/brand_new/bad.py",
        "fixtures/event_loop/brand_new/good.py",
    }
    assert all(after[path] == data for path, data in before.items() if path in after)
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1


def test_codes_are_those_of_the_categories() -> None:
    for entry in registry().entries.values():
        assert entry.code.startswith("FST")
        assert not entry.summary.endswith(" ")
    assert {entry.code for entry in TOOL_CODES} == {"FST000", "FST001", "FST002", "FST003", "FST004", "FST005"}


def test_metadata_has_floors_not_pins() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert all(">=" in requirement and "==" not in requirement for requirement in project["dependencies"])
