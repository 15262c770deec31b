"""The GitHub action and the GitLab template, their commands run as the systems run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checking import ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "templates" / "fastlint.gitlab-ci.yml").read_text(encoding="utf-8"))
EXPRESSION = re.compile(r"\$\{\{ inputs\.([a-z-]+) \}\}")
SLEEPY = (
    "import time\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
    "@app.get('/')\nasync def slow() -> None:\n    time.sleep(1)\n"
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the systems run bash")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project with spaces"
    folder.mkdir()
    (folder / "main.py").write_text(SLEEPY, encoding="utf-8")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    return folder


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the commands that installing would put there."""
    commands = tmp_path / "runner" / "fastlint" / "bin"
    commands.mkdir(parents=True)
    (commands / "python").symlink_to(sys.executable)
    script = commands / "fastlint"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m fastlint "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return commands


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it as both systems do."""
    search = os.pathsep.join([str(ROOT), str(ROOT / "rules")])
    environment = {**os.environ, "PYTHONPATH": search, **variables}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def action(project: Path, installed: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """The action's check with these inputs, and what it gives out."""
    values = {name: item["default"] for name, item in ACTION["inputs"].items()}
    values |= {name.replace("_", "-"): value for name, value in inputs.items()}
    step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "check")
    runner = installed.parent.parent
    given = {name: EXPRESSION.sub(lambda found: values[found[1]], text) for name, text in step["env"].items()}
    output = runner / "output"
    output.touch()
    done = bash(step["run"], project, RUNNER_TEMP=str(runner), GITHUB_OUTPUT=str(output), **given)
    return done, output.read_text(encoding="utf-8")


def test_the_action_uses_what_it_declares_and_no_input_in_a_script() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(EXPRESSION.findall(text)) == set(ACTION["inputs"])
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), "an input in a script could run commands"
        assert "run" not in step or step["shell"] == "bash"
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    for name in ACTION["inputs"]:
        assert f"| `{name}` |" in page


def test_the_action_annotates_and_fails(project: Path, installed: Path) -> None:
    done, output = action(project, installed)

    assert done.returncode == 1, done.stderr
    assert "::error " in done.stdout and "file=main.py,line=10" in done.stdout
    assert output == ""


def test_the_action_writes_sarif(project: Path, installed: Path) -> None:
    done, output = action(project, installed, sarif="true", annotations="false")

    assert done.returncode == 1
    assert "::error" not in done.stdout
    name, _, file = output.strip().partition("=")
    assert name == "sarif-file"
    results = json.loads(Path(file).read_bytes())["runs"][0]["results"]
    assert {result["ruleId"] for result in results} == {"FST101"}


def test_arguments_are_split_as_a_shell_would(project: Path, installed: Path) -> None:
    (project / "a file.py").write_text("x = 1\n", encoding="utf-8")
    assert action(project, installed, args="'a file.py' --quiet")[0].returncode == 0
    assert action(project, installed, args="--ignore FST101 main.py")[0].returncode == 0
    planted, _ = action(project, installed, args="main.py; touch planted $(touch planted)")
    assert planted.returncode == 2
    assert not (project / "planted").exists()


def test_levels_and_changes(project: Path, installed: Path) -> None:
    assert action(project, installed, changed_since="main")[0].returncode == 0
    (project / "more.py").write_text(SLEEPY, encoding="utf-8")
    done, _ = action(project, installed, changed_since="main", fail_level="error")
    assert done.returncode == 1
    assert "main.py" not in done.stdout
    assert action(project, installed, changed_since="nowhere")[0].returncode == 2
    assert action(project, installed, fail_level="fatal")[0].returncode == 2


def gitlab(project: Path, installed: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    job = GITLAB["fastlint"]
    given = {**job["variables"], **variables, "PATH": f"{installed}{os.pathsep}{os.environ['PATH']}"}
    return bash("\n".join(job["script"]), project, **given)


def test_the_gitlab_template(project: Path, installed: Path) -> None:
    done = gitlab(project, installed)

    assert done.returncode == 1, done.stderr
    assert "FST101" in done.stdout
    file = GITLAB["fastlint"]["artifacts"]["reports"]["codequality"]
    assert [item["check_name"].split()[0] for item in json.loads((project / file).read_bytes())] == ["FST101"]
    assert gitlab(project, installed, FASTLINT_ARGS="--ignore FST101").returncode == 0


def test_in_a_merge_request_only_what_is_new(project: Path, installed: Path) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True).stdout
    assert gitlab(project, installed, CI_MERGE_REQUEST_DIFF_BASE_SHA=head.strip()).returncode == 0
    done = gitlab(project, installed, CI_MERGE_REQUEST_DIFF_BASE_SHA=head.strip(), FASTLINT_ALL="true")
    assert done.returncode == 1
