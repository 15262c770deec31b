"""Runs that end before their time: out of memory, interrupted anywhere, two at once. Nothing is left behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastlint import extraction
from fastlint.extraction import facts_of
from fastlint.rule import Finding
from fastlint.source import SourceFile
from tests.test_workers import SOURCES, dying_at, is_empty_of_children, plain

CHECKOUT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")
COMMAND = [sys.executable, "-m", "fastlint", "check", "--select", "FST002,FST101", "--quiet"]
OLD = "".join(f"x{number} = {number}  # noqa: FST101\n" for number in range(50))
NEW = "".join(f"x{number} = {number}\n" for number in range(50))


def environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'rules'}", "XDG_CACHE_HOME": str(cache)}


def fill(folder: Path, files: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    (folder / "setup.cfg").touch()
    made = [folder / f"m{number}.py" for number in range(files)]
    for file in made:
        file.write_text(OLD)
    return made


def eat() -> None:
    """Take memory until there is none, as a file of many gigabytes would."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    taken = []
    while True:
        taken.append(bytearray(1 << 24))


def test_a_worker_without_memory_costs_its_file_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "entry_of", dying_at("m7.py", eat))
    found = facts_of(SOURCES, jobs=2)

    finding = found.pop("m7.py")
    assert isinstance(finding, Finding) and finding.message == "the process that read it ended with code 70"
    assert plain(found) == plain(facts_of([source for source in SOURCES if source.path != "m7.py"]))
    assert is_empty_of_children()


def test_a_run_whose_worker_is_killed_reports_the_rest(tmp_path: Path) -> None:
    """The whole command: an unread file counts as an error, the others are checked."""
    files = fill(tmp_path / "project", 4)
    files[2].write_text("import time\nfrom fastapi import FastAPI\napp = FastAPI()\n" + OLD)
    script = (
        "import os, signal, sys\nfrom fastlint import extraction\nreal, parent = extraction.entry_of, os.getpid()\n"
        "def entry(source):\n"
        "    if source.path == 'm1.py' and os.getpid() != parent: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(source)\n"
        "extraction.entry_of = entry\nfrom fastlint.__main__ import main\n"
        "sys.exit(main(['check', '--jobs', '2', '--select', 'FST000,FST002,FST101', '--output-format', 'concise']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path / "project",
        env=environment(tmp_path / "cache"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1 and ran.stderr == "", ran
    assert "m1.py:1:1: error FST000 unreadable-file: the process that read it was ended by SIGKILL" in ran.stdout
    assert {name for name in ("m0.py", "m2.py", "m3.py") if f"{name}:" in ran.stdout} == {"m0.py", "m2.py", "m3.py"}


def below(pid: int) -> Iterator[int]:
    """The processes that name this one as their parent."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                yield int(entry.name)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found in /proc")
@pytest.mark.parametrize("share", [0.15, 0.4, 0.6, 0.8, 0.95])
def test_an_interrupt_at_any_point_leaves_nothing(tmp_path: Path, share: float) -> None:
    """Workers, fixes and the cache at once; the group is sent the signal, as a terminal does.

    The point is a share of how long an undisturbed run takes here.
    """
    files = fill(tmp_path / "project", 30)
    command = [*COMMAND, "--fix", "--jobs", "2"]
    options = {"cwd": tmp_path / "project", "env": environment(tmp_path / "cache")}
    began = time.monotonic()
    subprocess.run(command, check=False, capture_output=True, **options)  # type: ignore[call-overload]
    whole = time.monotonic() - began
    assert {file.read_text() for file in files} == {NEW}
    fill(tmp_path / "project", 30)
    process = subprocess.Popen(
        [sys.executable, "-c", GIVEN, *command[3:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,  # type: ignore[call-overload]
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(whole * share)
    children = list(below(process.pid))
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)

    states = {file.read_text() for file in files}
    assert "Traceback" not in err and out == ""
    assert process.returncode in (130, 0) or (process.returncode == -signal.SIGINT and states == {NEW}), err  # at exit
    assert states <= {OLD, NEW}
    left = {path.name for path in (tmp_path / "project").iterdir()} - {file.name for file in files} - {"setup.cfg"}
    assert left == set()
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []
    assert [path for path in (tmp_path / "cache").rglob("*") if path.name.endswith((".tmp", ".new"))] == []


GIVEN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job is born deaf to it
from fastlint.__main__ import main
print("ready", flush=True)
sys.exit(main(sys.argv[1:]))
"""


def test_two_runs_at_once_fix_everything_once(tmp_path: Path) -> None:
    files = fill(tmp_path / "project", 40)
    runs = [
        subprocess.Popen(
            [*COMMAND, "--fix"],
            cwd=tmp_path / "project",
            env=environment(tmp_path / "cache"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [run.communicate(timeout=120) for run in runs]

    assert {file.read_text() for file in files} == {NEW}
    assert {run.returncode for run in runs} <= {0, 2}
    for _, err in told:  # who comes second says so, for each file
        assert all("it changed since it was read" in line for line in err.splitlines() if ": not fixed" in line), err
    names = {path.name for path in (tmp_path / "project").iterdir()}
    assert names == {"setup.cfg", *(file.name for file in files)}


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_sources_of_any_number_give_the_same(jobs: int) -> None:
    some = [SourceFile(f"n{number}.py", OLD.encode()) for number in range(9)]
    assert plain(facts_of(some, jobs=jobs)) == plain(facts_of(some[::-1], jobs=1))
