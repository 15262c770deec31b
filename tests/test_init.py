"""`fastlint init` adds to what a project has, and keeps it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from fastlint.__main__ import main
from fastlint.faces.cli import additions
from tests.test_comfort import ENVIRONMENT
from tests.test_engine import write

PYPROJECT = """\
# mine
[project]
name = "x"  # the name

[tool.ruff.lint]
select = ["E"]  # keep
external = [
    "V",  # vulture
]

[tool.other]
a = 1
"""
HOOKS = """\
# hooks
repos:
  # the first
  - repo: https://example.org/x
    rev: v1
    hooks:
      - id: black
        args: [
          "--line-length=100"
        ]

  - repo: local
    hooks: [{id: a, name: a, entry: a, language: system}]
# trailing comment
ci:
  autofix_prs: false
"""
GITLAB = "stages: [build, lint]\nbuild:\n  stage: build\n  script: [make]\n  rules:\n    - !reference [.x, rules]\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    files = {
        "pyproject.toml": PYPROJECT,
        ".pre-commit-config.yaml": HOOKS,
        ".gitlab-ci.yml": GITLAB,
        ".github/workflows/test.yml": "name: test\n",
        "main.py": "x = 1\n",
    }
    write(folder, files)
    monkeypatch.chdir(folder)
    return folder


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(["init", *argv])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_diff_is_shown_and_nothing_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(project)
    code, out, err = run(capsys)

    assert (code, err) == (0, "fastlint: nothing written; --yes writes it\n")
    for line in (
        "+[tool.fastlint]",
        '+    "FST",',
        "+      - id: fastlint",
        "+fastlint:",
        "+++ .github/workflows/fastlint.yml",
    ):
        assert line in out.splitlines()
    assert not [line for line in out.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert contents(project) == before


def test_what_is_written_keeps_what_was_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(project)
    code, _, err = run(capsys, "--yes")
    after = contents(project)

    assert code == 0 and err.count("wrote ") == 4
    for name in ("pyproject.toml", ".pre-commit-config.yaml", ".gitlab-ci.yml"):
        kept = iter(after[name].splitlines())
        assert all(line in kept for line in before[name].splitlines()), name  # the same lines in the same order
    settings = tomllib.loads(after["pyproject.toml"].decode())["tool"]
    assert settings["fastlint"] == {"fail-level": "warning"}
    assert settings["ruff"]["lint"]["external"] == ["V", "FST"]
    hooks = yaml.safe_load(after[".pre-commit-config.yaml"])
    assert [repo["hooks"][0]["id"] for repo in hooks["repos"]] == ["black", "a", "fastlint"]
    assert hooks["ci"] == {"autofix_prs": False}
    assert b"\n  stage: build\n  image: python" in after[".gitlab-ci.yml"]  # `test`, the default, is no stage here
    assert yaml.safe_load(after[".github/workflows/fastlint.yml"])["jobs"]["fastlint"]["steps"][-1] == {
        "run": "fastlint check --output-format github"
    }
    assert run(capsys, "--yes") == (0, "", "fastlint: nothing to add: everything is there\n")
    assert contents(project) == after
    assert main(["check"]) == 0  # the settings are accepted
    capsys.readouterr()


def test_line_ends_are_kept(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_bytes(PYPROJECT.replace("\n", "\r\n").encode())
    (project / ".pre-commit-config.yaml").write_bytes(HOOKS.replace("\n", "\r\n", 3).encode())
    code, _, err = run(capsys, "--yes")
    text = (project / "pyproject.toml").read_bytes()

    assert code == 0
    assert text.count(b"\r\n") == text.count(b"\n") > PYPROJECT.count("\n")
    assert ".pre-commit-config.yaml mixes line ends, so nothing is added to it" in err


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("pyproject.toml", "[project\n", "pyproject.toml is no TOML, so nothing is added"),
        ("pyproject.toml", "name = '\udcff'", "pyproject.toml is not UTF-8"),
        (".pre-commit-config.yaml", "repos: [a\n", ".pre-commit-config.yaml is no YAML"),
        (".pre-commit-config.yaml", "a: 1\n", "has no list `repos`"),
        (".pre-commit-config.yaml", "repos: [{repo: local, hooks: []}]\n", "in a way that nothing can be added"),
        (".gitlab-ci.yml", "fastlint:\n  script: [make]\n", ".gitlab-ci.yml: no job is added"),
        (".gitlab-ci.yml", "- a\n", ".gitlab-ci.yml: no job is added"),
    ],
)
def test_what_cannot_be_added_to_safely_is_left_alone(
    project: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, hint: str
) -> None:
    (project / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    before = (project / name).read_bytes()
    code, _, err = run(capsys, "--yes")

    assert code == 0 and hint in err
    assert (project / name).read_bytes() == before
    assert "wrote .github/workflows/fastlint.yml" in err  # the rest is added all the same


def test_a_bare_project_gets_a_settings_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app").mkdir()
    write(tmp_path, {"setup.cfg": ""})
    monkeypatch.chdir(tmp_path / "app")
    code, _, err = run(capsys, "--yes", "--ci", "gitlab")

    assert code == 0 and "no .pre-commit-config.yaml: no hook is added" in err
    assert sorted(contents(tmp_path)) == [".gitlab-ci.yml", "fastlint.toml", "setup.cfg"]
    assert tomllib.loads((tmp_path / "fastlint.toml").read_text()) == {"fail-level": "warning"}
    assert main(["check", "--show-settings"]) == 0
    assert "fastlint.toml" in capsys.readouterr().out


def test_options_leave_things_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--ci", "none", "--no-pre-commit")

    assert [line for line in out.splitlines() if line.startswith("+++")] == ["+++ pyproject.toml"]


def test_a_file_that_cannot_be_written_is_exit_code_2(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = project / "elsewhere"
    target.write_bytes((project / "pyproject.toml").read_bytes())
    (project / "pyproject.toml").unlink()
    (project / "pyproject.toml").hardlink_to(target)
    code, _, err = run(capsys, "--yes")

    assert code == 2
    assert "fastlint: error: pyproject.toml: not written: it has several hard links" in err
    assert target.read_text() == PYPROJECT


def test_the_hook_runs_as_it_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "--yes")
    (hook,) = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())["repos"][-1]["hooks"]
    words = hook["entry"].split()

    assert words[0] == "fastlint"
    found = subprocess.run(
        [sys.executable, "-m", "fastlint", *words[1:], "main.py"], cwd=project, env=ENVIRONMENT, capture_output=True
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("[tool.ruff]\nline-length = 100\n", 'external = ["FST"]'),
        ("[tool.ruff.lint]\nselect = ['E']\n", 'external = ["FST"]'),
        ("[tool.ruff.lint]\nexternal = ['V']\n", '"FST"'),
        ("[tool.ruff.lint]\nexternal = ['FST']\n", ""),
        ("[tool.ruff.lint]\nexternal = 'V'\n", ""),
        ("[tool.ruff]\nlint = 3\n", ""),
        ("[tool]\nruff = 3\n", ""),
    ],
)
def test_ruff_is_told_only_what_it_lacks(project: Path, text: str, added: str) -> None:
    (project / "pyproject.toml").write_text(text)
    (change,) = additions.settings(project)
    after = change.after.decode()

    assert tomllib.loads(after)["tool"]["fastlint"] == {"fail-level": "warning"}
    assert (added in after.partition("[tool.fastlint]")[0]) is True
    assert ("FST" in after.partition("[tool.fastlint]")[0]) is (bool(added) or "FST" in text)


def test_nothing_is_added_where_it_is(project: Path) -> None:
    (project / "fastlint.toml").write_text("")
    assert additions.settings(project) == []
    assert len(additions.github(project)) == 1
    (project / ".github/workflows/fastlint.yml").write_text("name: x\n")
    assert additions.github(project) == []
    (project / ".github/workflows/fastlint.yml").write_text("jobs:\n  x:\n    steps:\n      - run: fastlint check\n")
    assert additions.github(project) == []
    (project / ".gitlab-ci.yml").write_text("x:\n  script:\n    - fastlint check\n")
    assert additions.gitlab(project) == []
    (project / ".pre-commit-config.yaml").write_text("repos:\n- repo: x\n  hooks:\n  - id: fastlint\n")
    assert additions.hook(project) == []


@pytest.mark.parametrize(
    ("text", "stage"),
    [("", None), ("stages: [build, test]\n", None), ("stages: [build]\n", "build"), ("stages: build\n", None)],
)
def test_the_job_has_a_stage_that_there_is(project: Path, text: str, stage: str | None) -> None:
    (project / ".gitlab-ci.yml").write_text(text)
    (change,) = additions.gitlab(project)
    assert yaml.safe_load(change.after)["fastlint"].get("stage") == stage


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".pre-commit-config.yaml", "repos: []\n"),
        (".pre-commit-config.yaml", "repos:\n"),
        (".pre-commit-config.yaml", "repos:\n  [{repo: x, hooks: []}]\n"),
        (".pre-commit-config.yaml", "ci: {}\n"),
        (".pre-commit-config.yaml", "- repos\n"),
        (".pre-commit-config.yaml", "repos: [\n"),
        (".gitlab-ci.yml", "- x\n"),
        (".gitlab-ci.yml", "fastlint:\n  script: [x]\n"),
        (".gitlab-ci.yml", "x: |\n  text\n  more\n..."),
        (".gitlab-ci.yml", "a: 1\r\nb: 2\n"),
        ("pyproject.toml", "[tool\n"),
        ("pyproject.toml", "tool.other.a = 1\n[x]\n"),
        ("pyproject.toml", "tool = {other = {a = 1}}\n"),
    ],
)
def test_what_nothing_can_be_added_to_stays_as_it_is(project: Path, name: str, text: str) -> None:
    (project / name).write_bytes(text.encode())
    add = {"pyproject.toml": additions.settings, ".gitlab-ci.yml": additions.gitlab}.get(name, additions.hook)
    try:
        changes = add(project)
    except additions.Cannot as error:
        assert str(error)
        assert (project / name).read_bytes() == text.encode()
        return
    (change,) = changes
    read = tomllib.loads if name.endswith(".toml") else yaml.safe_load
    before, after = read(text), read(change.after.decode())
    assert {key: after[key] for key in before if key != "tool"} == {k: v for k, v in before.items() if k != "tool"}
    assert after != before
