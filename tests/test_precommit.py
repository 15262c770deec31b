"""The hooks on staged files: what pre-commit would pass is what they are given."""

from __future__ import annotations

import json
import re
import shlex
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
