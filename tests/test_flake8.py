"""The flake8 face finds what the command line finds, whatever starts its workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checking import FIXTURES

SHOP = FIXTURES / "apps" / "shop"
RUN = """
import multiprocessing, sys
from flake8.main.cli import main
if __name__ == "__main__":
    if sys.argv[1] != "default":
        multiprocessing.set_start_method(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
"""
SLEEPY = (
    "import time\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
    "@app.get('/')\nasync def slow() -> None:\n    time.sleep(1)\n"
)
Found = set[tuple[str, int, int, str]]


def flake8(
    tmp_path: Path, *arguments: str, start: str = "default", text: str | None = None
) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "run_flake8.py"
    script.write_text(RUN, encoding="utf-8")
    command = [
        sys.executable,
        str(script),
        start,
        "--isolated",
        "--format=%(path)s:%(row)d:%(col)d:%(code)s",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, input=text, check=False, cwd=tmp_path)


def by_flake8(done: subprocess.CompletedProcess[str]) -> Found:
    assert "Traceback" not in done.stderr, done.stderr
    rows = [line.rsplit(":", 3) for line in done.stdout.splitlines()]
    return {(os.path.realpath(path), int(row), int(column), code) for path, row, column, code in rows}


def by_command(*arguments: str) -> Found:
    command = [sys.executable, "-m", "fastlint", "check", *arguments, "--output-format", "json", "--exit-zero"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=SHOP)
    return {
        (os.path.realpath(SHOP / row["filename"]), row["location"]["row"], row["location"]["column"], row["code"])
        for row in json.loads(done.stdout)
        if row["level"] != "info" and not row["code"].startswith("FST6")
    }


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_the_same_findings_under_every_start_method(tmp_path: Path, start: str) -> None:
    expected = by_command(".")

    assert expected
    assert by_flake8(flake8(tmp_path, "--select=FST", "-j", "2", str(SHOP), start=start)) == expected


def test_one_process_and_one_file(tmp_path: Path) -> None:
    assert by_flake8(flake8(tmp_path, "--select=FST", "-j", "1", str(SHOP))) == by_command(".")
    file = "shop/routers/products.py"
    assert by_flake8(flake8(tmp_path, "--select=FST", "-j", "1", str(SHOP / file))) == {
        found for found in by_command(file) if found[0].endswith(file)
    }


def test_no_result_is_left_behind(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    script = tmp_path / "run_flake8.py"
    script.write_text(RUN, encoding="utf-8")
    command = [sys.executable, str(script), "spawn", "--isolated", "--select=FST", "-j", "2", str(SHOP)]
    subprocess.run(command, capture_output=True, check=False, env={**os.environ, "TMPDIR": str(scratch)})

    assert [path.name for path in scratch.iterdir() if path.name.startswith("fastlint")] == []


def test_info_is_shown_when_selected_on_purpose(tmp_path: Path) -> None:
    source = tmp_path / "main.py"
    source.write_text(
        "import os\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        "@app.get('/')\nasync def size() -> int:\n    return os.stat('x').st_size\n",
        encoding="utf-8",
    )
    (tmp_path / "setup.cfg").touch()

    assert by_flake8(flake8(tmp_path, "--select=FST", "main.py")) == set()
    assert {found[3] for found in by_flake8(flake8(tmp_path, "--select=FST105", "main.py"))} == {"FST105"}


def test_standard_input(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").touch()
    done = flake8(tmp_path, "--select=FST101", "--stdin-display-name=main.py", "-", text=SLEEPY)

    assert {(row, code) for _, row, _, code in by_flake8(done)} == {(10, "FST101")}


def test_noqa_works_as_flake8_reads_it(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "main.py").write_text(
        SLEEPY.replace("time.sleep(1)", "time.sleep(1)  # noqa: FST101").replace(
            "async def slow() -> None:", "async def slow() -> None:  # noqa: FST113"
        ),
        encoding="utf-8",
    )

    assert by_flake8(flake8(tmp_path, "--select=FST", "main.py")) == set()


def test_exit_codes_agree(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").touch()
    source = tmp_path / "main.py"
    for text in (SLEEPY, "x = 1\n"):
        source.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "fastlint", "check", "main.py"]
        own = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode
        assert flake8(tmp_path, "--select=FST", "main.py").returncode == own
