"""Worker processes: the same result whatever their number, and whatever happens to them."""

from __future__ import annotations

import marshal
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from fastlint import disk, extraction, workers
from fastlint.extraction import facts_of
from fastlint.facts.model import ModuleFacts
from fastlint.rule import Finding
from fastlint.source import SourceFile
from fastlint.workers import Died, shares, worked
from tests.test_engine import write

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")

SOURCES = [
    *(
        SourceFile(f"m{n}.py", f"import os\n\ndef f{n}(a: int) -> int:\n    return a + {n}\n".encode())
        for n in range(20)
    ),
    SourceFile("broken.py", b"def ("),
    SourceFile("empty.py", b""),
    SourceFile("latin.py", b"# coding: utf-8\nx = '\xff'\n"),
]
PARENT = os.getpid()


def plain(found: dict[str, ModuleFacts | Finding]) -> dict[str, object]:
    """What was found, with what is marshalled in it read: the same value has more than one form."""
    return {
        path: facts if isinstance(facts, Finding) else opened(facts.encoded()) for path, facts in sorted(found.items())
    }


def opened(value: object) -> object:
    match value:
        case bytes():
            return opened(marshal.loads(value))
        case tuple():
            return tuple(opened(item) for item in value)
    return value


def is_empty_of_children() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return True


def test_the_number_of_processes_changes_nothing() -> None:
    alone = plain(facts_of(SOURCES, jobs=1))

    for jobs in (2, 3, 50):
        assert plain(facts_of(SOURCES, jobs=jobs)) == alone
    assert plain(facts_of(reversed(SOURCES), jobs=2)) == alone
    assert isinstance(alone["broken.py"], Finding) and isinstance(alone["latin.py"], Finding)


def test_shares_weigh_about_the_same() -> None:
    sizes = [1, 100, 3, 50, 50, 2, 99, 1]
    dealt = shares(sizes, 3)

    assert sorted(item for share in dealt for item in share) == list(range(8))
    assert max(sum(sizes[item] for item in share) for share in dealt) <= 110
    assert shares([5, 5], 9) == [[0], [1]]


def dying_at(
    path: str, how: Callable[[], object], once: Path | None = None
) -> Callable[[SourceFile], extraction.Entry]:
    real = extraction.entry_of

    def entry(source: SourceFile) -> extraction.Entry:
        if source.path == path and os.getpid() != PARENT:
            if once is None:
                how()
            elif not once.exists():
                once.touch()
                how()
        return real(source)

    return entry


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def spin() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (kill, "the process that read it was ended by SIGKILL"),
        (lambda: os._exit(3), "the process that read it ended with code 3"),
        (lambda: (_ for _ in ()).throw(MemoryError), "the process that read it ended with code 70"),
    ],
)
def test_a_file_that_ends_its_process_twice_is_reported(
    monkeypatch: pytest.MonkeyPatch, how: Callable[[], object], reason: str
) -> None:
    monkeypatch.setattr(extraction, "entry_of", dying_at("m7.py", how))
    with disk.Record() as record:
        found = facts_of(SOURCES, jobs=2)

    finding = found.pop("m7.py")
    assert isinstance(finding, Finding) and finding.message == reason
    assert plain(found) == plain(facts_of([s for s in SOURCES if s.path != "m7.py"]))
    assert not record.sound
    assert is_empty_of_children()


def test_a_process_that_dies_once_is_made_good(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(extraction, "entry_of", dying_at("m7.py", kill, tmp_path / "died"))

    assert plain(facts_of(SOURCES, jobs=2)) == plain(facts_of(SOURCES, jobs=1))
    assert (tmp_path / "died").exists() and is_empty_of_children()


def test_a_process_that_hangs_is_ended_by_what_it_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "CPU_SECONDS", 1)
    monkeypatch.setattr(extraction, "entry_of", dying_at("m7.py", spin))
    found = facts_of(SOURCES, jobs=2)

    finding = found["m7.py"]
    assert isinstance(finding, Finding) and "SIGXCPU" in finding.message
    assert sum(isinstance(one, Finding) for one in found.values()) == 3


def test_when_no_process_can_be_made_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refuse)

    assert plain(facts_of(SOURCES, jobs=3)) == plain(facts_of(SOURCES, jobs=1))


def test_leaving_early_ends_all_processes() -> None:
    results = worked(lambda item: time.sleep(60 * bool(item)) or b"x", [9] * 4, 4)

    assert next(results) == (0, b"x")
    results.close()  # type: ignore[attr-defined]
    assert is_empty_of_children()


def test_large_results_come_whole() -> None:
    sizes = [3_000_000, 1, 2_000_000, 0]

    assert dict(worked(lambda item: bytes([item]) * sizes[item], sizes, 2)) == {
        item: bytes([item]) * size for item, size in enumerate(sizes)
    }


def test_what_pays() -> None:
    assert workers.sensible("auto", [10] * 50) == 1
    assert workers.sensible(2, [10] * 50) == 2
    assert workers.sensible(8, [10] * 3) == 3
    assert workers.sensible(8, [10**9]) == 1
    assert 1 <= workers.sensible("auto", [10**7] * 8) <= 8


def test_a_signal_without_a_name_is_numbered() -> None:
    assert "signal 99" in str(Died(99, 0))


SLOW = """
import os, signal, sys, time
from fastlint import extraction
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job is born deaf to it
real, parent = extraction.entry_of, os.getpid()
def slow(source):
    if os.getpid() != parent:
        os.write(2, f"child {os.getpid()}\\n".encode())  # at once: two write here
        time.sleep(60)
    return real(source)
extraction.entry_of = slow
from fastlint.__main__ import main
sys.exit(main(["check", "--jobs", "2", "--no-cache"]))
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, sent: signal.Signals) -> None:
    write(tmp_path, {"setup.cfg": "", "a.py": "import fastapi\n", "b.py": "import fastapi\n"})
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    children = [int(process.stderr.readline().split()[1]) for _ in range(2)]
    process.send_signal(sent)
    process.wait(timeout=60)
    left = list(alive(children))
    for child in left:  # nobody was there to end them: they would stop when they look up from their file
        os.kill(child, signal.SIGKILL)
    out, err = process.communicate(timeout=60)

    assert process.returncode == (130 if sent == signal.SIGINT else -sent)
    assert (out, err) == ("", "")
    assert not left or sent == signal.SIGTERM


def alive(pids: Iterable[int]) -> Iterable[int]:
    for pid in pids:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            continue
        yield pid
