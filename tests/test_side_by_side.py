"""ruff, flake8 and fastlint in one project: none takes the comments of another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TEXT = (
    "import time\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
    "@app.get('/')\nasync def slow() -> None:\n    time.sleep(1)  # noqa: FST101\n\n\n"
    f"LONG = '{'x' * 120}'  # noqa: E501\n"
    "\n\n@app.get('/both')\n"
    f"async def both(name: str = '{'y' * 120}', wait: int = time.sleep(0)) -> None:  # noqa: E501, FST113\n"
    "    time.sleep(1)  # noqa: FST101,T201\n    time.sleep(2)  # fastlint: ignore[FST101] known\n"
)
SETTINGS = "[lint]\nselect = ['E', 'RUF100', 'RUF102']\n{external}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "ruff.toml").write_text(SETTINGS.format(external="external = ['FST', 'T2']\n"), encoding="utf-8")
    (tmp_path / "setup.cfg").write_text("[flake8]\nmax-line-length = 100\nselect = E5,FST\n", encoding="utf-8")
    (tmp_path / "main.py").write_text(TEXT, encoding="utf-8")
    return tmp_path


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", *command)
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_none_takes_the_comments_of_another(project: Path) -> None:
    for command in (
        ("ruff", "check", "--no-cache", "--fix", "--unsafe-fixes", "."),
        ("fastlint", "check", "--select=FST002,FST101", "--fix", "--unsafe-fixes", "."),
        ("flake8", "."),
    ):
        done = run(project, *command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert (project / "main.py").read_text(encoding="utf-8") == TEXT, command


def test_ruff_takes_them_when_it_is_not_told(project: Path) -> None:
    (project / "ruff.toml").write_text(SETTINGS.format(external=""), encoding="utf-8")
    run(project, "ruff", "check", "--no-cache", "--fix", ".")
    assert "noqa: FST101" not in (project / "main.py").read_text(encoding="utf-8")


def test_fastlint_takes_only_its_own_codes_out_of_a_comment(project: Path) -> None:
    (project / "main.py").write_text("import time\n\nX = time  # noqa: E501, FST101\n", encoding="utf-8")
    run(project, "fastlint", "check", "--select=FST002,FST101", "--fix", ".")
    assert (project / "main.py").read_text(encoding="utf-8").endswith("X = time  # noqa: E501\n")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_options_of_flake8(project: Path, jobs: str) -> None:
    bare = TEXT.replace("# noqa", "#").replace("# fastlint", "#")
    (project / "main.py").write_text(bare, encoding="utf-8")
    (project / "other.py").write_text(bare, encoding="utf-8")

    def shown(*more: str) -> set[str]:
        done = run(project, "flake8", "-j", jobs, "--format=%(path)s:%(code)s", ".", *more)
        assert "Traceback" not in done.stderr
        return {line.removeprefix("./") for line in done.stdout.splitlines()}

    both = {"main.py:FST101", "other.py:FST101", "main.py:E501", "other.py:E501"}
    assert both <= shown()
    assert shown("--per-file-ignores=main.py:FST") == shown() - {
        one for one in shown() if one.startswith("main.py:FST")
    }
    assert shown("--per-file-ignores=main.py:FST1,E5") == {one for one in shown() if one.startswith("other.py")}
    assert shown("--extend-ignore=FST101") == shown() - {"main.py:FST101", "other.py:FST101"}
    assert {one for one in shown("--disable-noqa") if one.endswith("FST101")} == {"main.py:FST101", "other.py:FST101"}
