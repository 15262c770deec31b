"""`--diff` with secrets: nothing that reports mask is shown, and no patch of it does harm."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from fastlint.__main__ import main

SECRET = "sk-proj-4f9a8b7c6d5e4f3a2b1c"
TEXT = f"""\
import time
from fastapi import FastAPI

app = FastAPI()
API_KEY = "{SECRET}"


@app.get("/")
async def read():
    time.sleep(1)
    return "{SECRET}"
"""


def diff(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.chdir(folder)
    (folder / "main.py").write_text(TEXT)
    return main(["check", "--isolated", "--diff", *options])


def test_secrets_are_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff(tmp_path, monkeypatch, "--unsafe-fixes") == 1
    out, err = capsys.readouterr()

    assert SECRET not in out
    assert '-API_KEY = "sk•' in out
    assert '+API_KEY = os.environ["API_KEY"]' in out
    assert "secrets are masked in the diff, so that it cannot be applied as a patch: main.py" in err


def test_a_masked_patch_applies_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    diff(tmp_path, monkeypatch, "--unsafe-fixes", "--output-file", "fix.patch")
    done = subprocess.run(["git", "apply", "-p0", "fix.patch"], cwd=tmp_path, capture_output=True, check=False)

    assert done.returncode != 0
    assert (tmp_path / "main.py").read_text() == TEXT


def test_what_fix_writes_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").write_text(TEXT)
    main(["check", "--isolated", "--fix", "--unsafe-fixes", "--quiet"])
    text = (tmp_path / "main.py").read_text()

    assert 'API_KEY = os.environ["API_KEY"]\n' in text
    assert "•" not in text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_diff_without_secrets_is_a_patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newline: str) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    text = TEXT.replace(SECRET, "nothing").replace("\n", newline)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").write_bytes(text.encode())
    main(["check", "--isolated", "--diff", "--select", "FST101", "--output-file", "fix.patch"])
    subprocess.run(["git", "apply", "-p0", "fix.patch"], cwd=tmp_path, capture_output=True, check=True)

    fixed = text.replace("import time", "import asyncio")
    fixed = fixed.replace("time.sleep", "await asyncio.sleep")
    assert (tmp_path / "main.py").read_bytes() == fixed.encode()
