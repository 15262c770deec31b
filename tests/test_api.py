"""The Python interface."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import fastlint.api
from fastlint.api import FORMATS, Level, Report, SettingsError, check, fingerprint, rules
from tests.checking import FIXTURES, ROOT
from tests.test_engine import write

SLEEPY = """\
import time
from fastapi import FastAPI

app = FastAPI()

@app.get("/")
async def read() -> None:
    time.sleep(1)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, {"fastlint.toml": 'select = ["FST101"]\n', "main.py": SLEEPY, "app/fine.py": "x = 1\n"})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_report_tells_what_was_found(project: Path) -> None:
    report = check()
    (found,) = report.diagnostics

    assert (found.path, found.span.line, found.code, found.level) == ("main.py", 8, "FST101", Level.ERROR)
    assert (report.root, report.failing, report.silenced, report.broken) == (project.as_posix(), 1, 0, False)
    assert report.exit_code == 1
    assert len(fingerprint(found)) == 32


def test_paths_narrow_what_is_reported(project: Path) -> None:
    assert check([project / "app"]).diagnostics == ()
    assert check([project / "app"]).exit_code == 0
    assert len(check(["main.py", "app"]).diagnostics) == 1
    assert len(check("main.py").diagnostics) == 1  # a path alone


def test_settings_win_over_files(project: Path) -> None:
    assert check(settings={"ignore": ["FST101"]}).diagnostics == ()
    assert check(settings={"levels": {"FST101": "info"}}).exit_code == 0
    assert check(settings={"exclude": ["main.py"]}).diagnostics == ()
    assert {one.code for one in check(settings={"select": ["FST113"], "preview": True}).diagnostics} == {"FST113"}
    assert len(check(isolated=True).diagnostics) >= 1
    write(project, {"ci.toml": 'ignore = ["ALL"]\n'})
    assert check(config="ci.toml").diagnostics == ()


def test_all_problems_of_settings_are_told(project: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        check(settings={"selct": [], "preview": "yes"})

    assert sorted(raised.value.problems) == [
        "settings: preview: must be true or false, not the string 'yes'",
        "settings: selct: unknown key (did you mean 'select'?)",
    ]
    write(project, {"fastlint.toml": "nonsense = 1\n"})
    with pytest.raises(SettingsError, match="nonsense: unknown key"):
        check()


def test_what_cannot_be_done_raises(project: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.py: no such file or folder"):
        check(["gone.py"])
    with pytest.raises(ValueError, match="exclude each other"):
        check(config="fastlint.toml", isolated=True)
    with pytest.raises(ValueError, match="no paths"):
        check([])
    with pytest.raises(ValueError, match="unknown format 'xml'"):
        check().render("xml")


@pytest.mark.parametrize("name", FORMATS)
def test_it_renders_what_the_command_line_shows(project: Path, name: str) -> None:
    command = [sys.executable, "-m", "fastlint", "check", "--output-format", name, "--output-file", "out.txt", "."]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'rules'}", "PATH": ""}
    subprocess.run(command, cwd=project, capture_output=True, env=environment)
    shown, rendered = (project / "out.txt").read_text(encoding="utf-8"), check().render(name)
    if name == "sarif":  # the command line also tells its own version
        shown, rendered = (json.dumps(json.loads(text)["runs"][0]["results"]) for text in (shown, rendered))

    assert shown == rendered.replace("[*] ", "" if name in ("concise", "grouped") else "[*] ")


def test_without_fixes_none_is_worked_out() -> None:
    shop = FIXTURES / "apps" / "shop"

    assert not [one for one in check([shop], fixes=False).diagnostics if one.fix is not None]
    assert [one for one in check([shop]).diagnostics if one.fix is not None]


def test_rules_are_listed_with_their_metadata() -> None:
    known = {rule.code: rule for rule in rules()}

    assert known["FST101"].name == "blocking-sleep"
    assert known["FST101"].summary


def test_the_public_names_are_documented_and_typed() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")

    assert [name for name in fastlint.api.__all__ if f"`{name}" not in text] == []
    assert files("fastlint").joinpath("py.typed").is_file()
    assert Report.__doc__ and check.__doc__


def test_importing_the_package_alone_stays_light() -> None:
    code = (
        "import sys, fastlint; print(sorted(m for m in sys.modules if m.partition('.')[0] in ('libcst', 'pydantic')))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout

    assert shown.strip() == "[]"
