"""The hooks on staged files: what pre-commit would pass is what they are given."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checking import ROOT

HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
HELPER = "import time\n\n\ndef slow():\n    time.sleep(1)\n"
ROUTE = "from fastapi import FastAPI\n\nfrom helper import slow\n\napp = FastAPI()\n\n\n@app.get('/')\nasync def index() -> None:\n    slow()\n"  # noqa: E501


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.fastlint]\nextend-exclude = ["generated"]\n', encoding="utf-8")
    (tmp_path / "main.py").write_text(ROUTE, encoding="utf-8")
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    (tmp_path / "requirements.txt").write_text("fastapi\n", encoding="utf-8")
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated" / "client.py").write_text(ROUTE, encoding="utf-8")
    return tmp_path


def staged(project: Path, *files: str) -> tuple[int, list[dict[str, Any]]]:
    """What the hook reports for these staged files, those left out that pre-commit would not pass."""
    hook = HOOKS["fastlint"]
    passed = [file for file in files if re.search(hook["files"], file)]
    if not passed:
        return 0, []
    entry = shlex.split(hook["entry"])
    command = [sys.executable, "-m", *entry, "--output-format", "json", *passed]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_hooks_are_serial_and_take_manifests() -> None:
    assert set(HOOKS) == {"fastlint", "fastlint-fix"}
    for hook in HOOKS.values():
        assert hook["require_serial"] is True
        assert "--force-exclude" in hook["entry"]
        assert hook["types"] == ["text"]
        for name in ("app/main.py", "requirements.txt", "requirements/dev.in", "pyproject.toml", "uv.lock", "Pipfile"):
            assert re.search(hook["files"], name), name
        assert not re.search(hook["files"], "README.md")


def test_a_staged_helper_is_seen_although_the_route_is_elsewhere(project: Path) -> None:
    code, found = staged(project, "helper.py")

    assert code == 1
    assert [(row["filename"], row["code"]) for row in found] == [("main.py", "FST101")]


def test_only_a_manifest_is_staged(project: Path) -> None:
    code, found = staged(project, "requirements.txt")

    assert code == 1
    assert {(row["filename"], row["code"]) for row in found} == {("requirements.txt", "FST601")}


def test_an_excluded_file_stays_excluded(project: Path) -> None:
    assert staged(project, "generated/client.py") == (0, [])


def test_two_hundred_files(project: Path) -> None:
    names = [f"part_{number}.py" for number in range(200)]
    for name in names:
        (project / name).write_text(ROUTE, encoding="utf-8")
    code, found = staged(project, *names)

    assert code == 1
    assert {row["filename"] for row in found if row["code"] == "FST101"} == set(names)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository with fastlint, as pre-commit would clone it; skips where its hooks cannot be installed."""
    if os.environ.get("FASTLINT_PRE_COMMIT") != "1":
        pytest.skip("pre-commit installs fastlint for each hook anew: FASTLINT_PRE_COMMIT=1 runs this")
    if importlib.util.find_spec("pre_commit") is None:
        pytest.skip("pre-commit is not installed")
    asked = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(tmp_path_factory.mktemp("asked"))]
    if subprocess.run([*asked, "hatchling"], capture_output=True, check=False).returncode:
        pytest.skip("no package index can be reached")
    folder = tmp_path_factory.mktemp("hooks")
    for name in ("fastlint", "rules"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder)
    committed(folder)
    return folder


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def committed(folder: Path) -> None:
    for command in (["init", "-q", "-b", "main"], ["add", "-A", "-f"], ["commit", "-q", "-m", "first"]):
        git(folder, *command)


def test_pre_commit_itself(hooks: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    mended = HELPER.replace("time.sleep(1)", "pass")
    (project / "helper.py").write_text(mended, encoding="utf-8")
    (project / "requirements.txt").write_text("fastapi==0.165.0\n", encoding="utf-8")
    committed(project)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHONPATH"))}
    environment["PRE_COMMIT_HOME"] = str(tmp_path_factory.mktemp("pre-commit"))
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "fastlint", "--verbose"]

    def tried() -> tuple[int, str]:
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stdout + done.stderr

    (project / "helper.py").write_text(f"# no change\n{mended}", encoding="utf-8")
    git(project, "add", "helper.py")
    code, said = tried()
    assert code == 0, said
    assert "No problems found" in said, said

    (project / "helper.py").write_text(HELPER, encoding="utf-8")
    git(project, "add", "helper.py")
    (project / "helper.py").write_text(mended, encoding="utf-8")
    code, said = tried()
    assert code == 1, said
    assert "main.py:10:5: error FST101" in said, "the helper is staged, the route is not"
    assert "generated/client.py" not in said
