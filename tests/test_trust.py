"""The code that is read is never run, and cannot speak to the terminal, the network or the build through a report."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from fastlint.__main__ import main
from fastlint.report import FORMATS

CHECKOUT = Path(__file__).resolve().parent.parent
MARK = "import pathlib; pathlib.Path({marker!r}).touch()\nfrom fastapi import FastAPI\napp = FastAPI()\n"
RUN_BY_OTHERS = (
    "conftest",
    "setup",
    "sitecustomize",
    "usercustomize",
    "noxfile",
    "manage",
    "gunicorn_conf",
    "__main__",
)
CODE = """
import time
import fastlint_evil, helper
from fastapi import Depends, FastAPI
app = FastAPI()

@app.get("/a")
async def a(value=Depends(helper.load)):
    time.sleep(1)
    return fastlint_evil.x[helper.y]().z
"""


def dependencies(name: str = "fastlint") -> set[str]:
    """The import names of everything that fastlint needs, directly or not."""
    found: set[str] = set()
    waiting = [name]
    tops: dict[str, set[str]] = {}
    for top, names in importlib.metadata.packages_distributions().items():
        for distribution in names:
            tops.setdefault(distribution.lower(), set()).add(top)
    while waiting:
        current = waiting.pop().lower()
        if current in found:
            continue
        found.add(current)
        try:
            required = importlib.metadata.requires(current) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        waiting += [re.split(r"[^\w.-]", one)[0] for one in required if "extra ==" not in one]
    return {top for distribution in found for top in tops.get(distribution, ())} - {"fastlint"}


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A project in which whatever is run leaves a marker."""
    project, marker = tmp_path / "project", str(tmp_path / "marker")
    project.mkdir()
    text = MARK.format(marker=marker)
    modules = {*RUN_BY_OTHERS, *dependencies(), *sys.stdlib_module_names, "fastlint_rules", "fastlint_evil", "helper"}
    for name in sorted(modules - {"__main__"}):
        (project / f"{name}.py").write_text(text)
    (project / "main.py").write_text(CODE)
    (project / "tests").mkdir()
    for name in ("tests/conftest.py", "tests/test_x.py", "tests/__init__.py", "tests/__main__.py"):
        (project / name).write_text(text)
    (project / "evil.pth").write_text(f"import pathlib; pathlib.Path({marker!r}).touch()\n")
    for name in ("_lsprof", "_evil", "_ast", "pydantic_core", "_pydantic_core"):
        shutil.copy(planted_extension(tmp_path, name, marker), project / f"{name}.so")
    (project / "pyproject.toml").write_text(
        "[project]\nname = 'evil'\nversion = '1'\ndependencies = ['fastapi==0.165.0']\n"
        "[project.entry-points.'fastlint.rules']\nevil = 'fastlint_evil'\n"
        "[project.entry-points.'flake8.extension']\nFSE = 'fastlint_evil:Plugin'\n"
        "[build-system]\nrequires = []\nbuild-backend = 'fastlint_evil'\nbackend-path = ['.']\n"
        "[tool.fastlint]\npython = '.venv'\n"
    )
    (project / "setup.cfg").write_text(
        "[flake8:local-plugins]\nextension =\n    FSE = fastlint_evil:Plugin\npaths = .\n"
    )
    binaries = project / ".venv" / "bin"
    packages = project / ".venv" / "lib" / "python3.11" / "site-packages"
    binaries.mkdir(parents=True)
    packages.mkdir(parents=True)
    (project / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    for name in ("python", "python3", "fastlint", "git"):
        (binaries / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (binaries / name).chmod(0o755)
    for name in ("fastlint_evil", "sitecustomize", "fastapi"):
        (packages / f"{name}.py").write_text(text)
    (packages / "evil.pth").write_text(f"import pathlib; pathlib.Path({marker!r}).touch()\n")
    info = packages / "fastapi-0.120.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fastapi\nVersion: 0.120.0\n")
    (info / "entry_points.txt").write_text("[fastlint.rules]\nevil = fastlint_evil\n")
    return project


def planted_extension(folder: Path, name: str, marker: str) -> Path:
    """An extension module that leaves a marker as soon as it is loaded; where none can be built, a broken one."""
    built = folder / f"{name}.so"
    source = folder / "extension.c"
    source.write_text(
        f'#include <stdio.h>\n__attribute__((constructor)) static void run(void) {{ fopen("{marker}", "w"); }}\n'
    )
    compiler = shutil.which("cc")
    command = [compiler or "", "-shared", "-fPIC", "-o", str(built), str(source)]
    if compiler is None or subprocess.run(command, capture_output=True, check=False).returncode:
        built.write_bytes(b"\x7fELF")
    return built


def environment(project: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'rules'}",
        "PATH": f"{project / '.venv' / 'bin'}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def watched(project: Path, *argv: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """A run, and what was heard of it."""
    events = project.parent / "events"
    events.write_text("")
    script = str(CHECKOUT / "tests" / "watched.py")
    ran = subprocess.run(
        [sys.executable, script, str(project), str(events), *argv],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
    return ran, events.read_text().splitlines()


def test_nothing_of_the_project_is_run_and_nothing_leaves_the_process(planted: Path) -> None:
    ran, events = watched(planted, "check", "--select", "ALL", "--preview", "--output-format", "json")

    assert ran.stderr == ""
    assert "FST204" in {found["code"] for found in json.loads(ran.stdout)}
    assert events == []
    assert not (planted.parent / "marker").exists()


def test_the_watch_would_hear_it(planted: Path) -> None:
    """The same watch, asked about something that does import from its project."""
    events = planted.parent / "events"
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import socket, watched; watched.listen(*sys.argv[3:]); "
        "sys.path.insert(0, sys.argv[2]); socket.socket(); import helper"
    )
    folders = [str(CHECKOUT / "tests"), str(planted), str(planted.resolve()), str(events)]
    subprocess.run([sys.executable, "-c", script, *folders], check=False, capture_output=True)

    heard = {line.split("\t")[0] for line in events.read_text().splitlines()}
    assert {"import", "exec", "socket.__new__"} <= heard
    assert (planted.parent / "marker").exists()


def test_the_folder_one_stands_in_is_not_imported_from(planted: Path) -> None:
    for argv in (["check", "--fix"], ["routes"], ["rule", "FST101"]):
        ran = subprocess.run(
            [sys.executable, "-m", "fastlint", *argv],
            cwd=planted,
            env=environment(planted),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode in (0, 1), ran.stderr
        assert not (planted.parent / "marker").exists(), argv


# ---- what reports carry ----

EVIL = (
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m",
    "\u202egnp.txe",
    "\u2066",
    "\r::error::x",
    "\n::stop-commands::x",
    "%0A::set-output name=x::y",
    "]]><script>alert(1)</script>",
    "&lt;\"'|`<img src=x onerror=alert(1)>",
    "##vso[task.setvariable variable=x]y",
    "\x00\x08\x7f\x85\u2028",
)


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose routes, names, lines and paths carry what terminals, browsers and build servers obey."""
    project = tmp_path_factory.mktemp("speaking")
    (project / "fastlint.toml").write_text("preview = true\nselect = ['ALL']\n")
    lines = ["import time", "from fastapi import FastAPI", "app = FastAPI()"]
    for number, evil in enumerate(EVIL):
        path = "/" + evil.replace("{", "")
        lines += [
            f"@app.get({path!a})",
            f"async def f{number}(): time.sleep(1)",
            f"@app.get({path!a})",
            f"async def g{number}(): time.sleep(1)  # {evil.translate(UNBROKEN)} # noqa: {number}FST\x1b",
            f"@app.get({path + '/{x}'!a})",
            f"async def h{number}(y): return requests.get({evil!a})",
        ]
    text = "\n".join(lines) + "\n"
    (project / "main.py").write_text(text, encoding="utf-8")
    for number, evil in enumerate(EVIL):
        name = evil.replace("/", "").replace("\0", "")
        (project / f"{name}{number}.py").write_text("import time  # noqa: FST999\nx = (\n")
        (project / name).mkdir(exist_ok=True)
        (project / name / "requirements.txt").write_text("fastapi==0.1.0 # \x1b[2J\nfastapi==0.2.0\n", encoding="utf-8")
    return project


UNBROKEN = {ord(c): None for c in "\n\r\0\x85\u2028"}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("options", [(), ("--statistics",), ("--diff",)])
def test_reports_carry_nothing_that_acts(
    speaking: Path,
    name: str,
    options: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if options and name != "full":
        pytest.skip("these options do not depend on it")
    monkeypatch.chdir(speaking)
    code = main(["check", "--output-format", name, *options])
    out, err = capsys.readouterr()

    assert code == 1, err
    assert out.strip()
    for text in (out, err):
        assert not CONTROL.search(text), CONTROL.search(text)
        begins = [line for line in text.splitlines() if line.startswith(("::", "##vso", "##["))]
        allowed = ("##vso[task.logissue type=", "::error title=FST", "::warning title=FST", "::notice title=FST")
        assert [line for line in begins if not line.startswith(allowed)] == []
    check_markup(out)


def check_markup(text: str) -> None:
    """What looks like HTML or XML holds no element that came from the project."""
    if not text.lstrip().startswith("<"):
        return
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    if not text.lstrip().lower().startswith("<!doctype html"):
        ElementTree.fromstring(text.encode())


@pytest.mark.parametrize("name", ["table", "json", "html"])
def test_the_routes_carry_nothing_that_acts(
    speaking: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(speaking)
    main(["routes", "--output-format", name])
    out, err = capsys.readouterr()
    for text in (out, err):
        assert not CONTROL.search(text), CONTROL.search(text)
    check_markup(out)


@pytest.mark.parametrize("option", ["--show-files", "--show-settings"])
def test_what_is_shown_besides_carries_nothing_that_acts(
    speaking: Path, option: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(speaking)
    main(["check", option])
    assert not CONTROL.search(capsys.readouterr().out)
