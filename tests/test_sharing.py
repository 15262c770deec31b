"""Rules in two processes: the same findings and fixes as in one, whatever becomes of the other process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fastlint import disk, engine, partner, sharing
from fastlint.engine import Report, check
from fastlint.inputs import Inputs
from fastlint.partner import Gone, Partner
from fastlint.running import Run
from tests.checking import FIXTURES, inputs_of
from tests.test_workers import alive, is_empty_of_children

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the other process is forked")

PARENT = os.getpid()
CASE = FIXTURES / "apps" / "shop"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """An application with findings of both processes, some of them with fixes; facts are taken once."""
    found = inputs_of(CASE, tmp_path_factory.mktemp("shared"), "ALL")
    found.facts()
    return found


def reported(inputs: Inputs, jobs: int, *, explain: bool = False) -> Report:
    inputs.jobs = jobs
    return check(inputs, explain=explain)


def everything(report: Report) -> list[tuple[object, ...]]:
    """All that is said, fixes and the names of rules that failed included."""
    return [(one, one.fix, one.symbol, one.about, one.related, one.sensitive) for one in report.diagnostics] + [
        (report.failing, report.silenced, report.known, sorted(report.secrets), report.notes)
    ]


@pytest.fixture(scope="module")
def alone(inputs: Inputs) -> list[tuple[object, ...]]:
    return everything(reported(inputs, 1))


def in_the_other(how: Callable[[], object], asked: bytes | None = None) -> Callable[[object, bytes], bytes]:
    """`Shared._serve`, which in the other process does something else first (when asked for fixes, or always)."""
    real = sharing.Shared._serve

    def serve(self: sharing.Shared, question: bytes) -> bytes:
        if os.getpid() != PARENT and (asked is None or asked not in question):
            how()
        return real(self, question)

    return serve  # type: ignore[return-value]


def running_there(what: Callable[[], object]) -> Callable[..., Run]:
    """`sharing.run`, which in the other process does something else first."""
    real = sharing.run

    def running(*given: object) -> Run:
        if os.getpid() != PARENT:
            what()
        return real(*given)  # type: ignore[arg-type]

    return running


def test_two_processes_say_the_same(inputs: Inputs, alone: list[tuple[object, ...]]) -> None:
    report = reported(inputs, 2)

    assert everything(report) == alone
    codes = {one.code for one in report.diagnostics}
    assert "FST101" in codes and any(one.fix is not None and one.code[3] != "1" for one in report.diagnostics)
    assert is_empty_of_children()


def test_both_processes_had_their_share(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[set[str]] = []
    real = sharing.run

    def noting(*given: object) -> Run:
        result = real(*given)  # type: ignore[arg-type]
        ran.append(set(result.ran))
        return result

    monkeypatch.setattr(sharing, "run", noting)
    report = reported(inputs, 2)

    assert len(ran) == 1 and "FST101" in ran[0] and "FST202" not in ran[0]
    assert "FST202" in {one.code for one in report.diagnostics}


@pytest.mark.parametrize("how", [lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: os._exit(3), lambda: 1 / 0])
@pytest.mark.parametrize("asked", [None, b"N"])
def test_what_it_leaves_undone_is_done_here(
    inputs: Inputs,
    alone: list[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
    how: Callable[[], object],
    asked: bytes | None,
) -> None:
    """Whether it ends at once, or when it is asked for fixes: the first question is marshal's None, an `N`."""
    monkeypatch.setattr(sharing.Shared, "_serve", in_the_other(how, asked))

    assert everything(reported(inputs, 2)) == alone
    assert is_empty_of_children()


def test_when_no_process_can_be_made_all_is_done_here(
    inputs: Inputs, alone: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refuse)
    pipes = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0

    assert everything(reported(inputs, 2)) == alone
    assert not pipes or len(os.listdir("/proc/self/fd")) == pipes


def test_evidence_is_gathered_in_one_process(inputs: Inputs) -> None:
    report = reported(inputs, 2, explain=True)

    assert report.evidence == reported(inputs, 1, explain=True).evidence
    assert len(report.evidence) > 20


def test_what_the_other_process_asks_of_the_disk_is_noted(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "read.txt").write_text("there")

    def asking() -> None:
        disk.read(str(tmp_path / "read.txt"))
        disk.scan(str(tmp_path))
        disk.exists(str(tmp_path / "missing"))

    monkeypatch.setattr(sharing, "run", running_there(asking))
    with disk.Record() as record:
        reported(inputs, 2)

    assert record.sound
    assert record.files.keys() >= {str(tmp_path / "read.txt")}
    assert record.folders.keys() >= {str(tmp_path)}
    assert record.answers["exists", str(tmp_path / "missing")] is False


def test_what_the_other_process_cannot_vouch_for_is_not_kept(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "run", running_there(disk.unsound))
    with disk.Record() as record:
        reported(inputs, 2)

    assert not record.sound


def test_a_rule_that_fails_there_is_told(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = inputs.tree.registry.entries["FST202"]
    assert entry.rule is not None

    def fail(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(entry.rule, "check", fail)
    both = [reported(inputs, jobs) for jobs in (1, 2)]

    assert everything(both[0]) == everything(both[1])
    failed = [one.message for one in both[1].diagnostics if one.code == "FST001"]
    assert failed and all("FST202" in message and "on purpose" in message for message in failed)


def test_a_fix_that_fails_there_is_told(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    report = reported(inputs, 1)
    code = next(one.code for one in report.diagnostics if one.fix is not None and one.code[3] not in "01")
    rule = inputs.tree.registry.entries[code].rule
    assert rule is not None

    def fail(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(rule, "fix", fail)
    both = [reported(inputs, jobs) for jobs in (1, 2)]

    assert everything(both[0]) == everything(both[1])
    assert any(one.code == "FST001" and code in one.message for one in both[1].diagnostics)


def test_a_question_is_answered_whole() -> None:
    with Partner(lambda question: question * 3_000_000) as other:
        for text in (b"a", b"bc"):
            other.ask(text)
            assert other.answer() == text * 3_000_000
    assert is_empty_of_children()


def test_an_answer_that_breaks_off_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(pipe: int, data: bytes) -> None:
        os.write(pipe, partner.LENGTH.pack(len(data)) + data[:2])
        if os.getpid() != PARENT:
            os._exit(0)

    with Partner(lambda _: b"long") as other:
        other.ask(b"x")
        assert other.answer() == b"long"
    monkeypatch.setattr(partner, "_send", broken)
    with Partner(lambda _: b"long") as other:
        os.write(other._asking, partner.LENGTH.pack(1) + b"x")
        with pytest.raises(Gone):
            other.answer()
    assert is_empty_of_children()


SLOW = """
import os, signal, sys, time
from fastlint import sharing
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job is born deaf to it
parent, real = os.getpid(), sharing.run
def run(project, turns, governing):
    if os.getpid() != parent:
        os.write(2, f"child {os.getpid()}\\n".encode())
        end = time.monotonic() + 20
        def slow():
            for turn in turns:
                while os.getppid() == parent and time.monotonic() < end: time.sleep(0.05)
                yield turn
        return real(project, slow(), governing)
    return real(project, turns, governing)
sharing.run = run
from fastlint.__main__ import main
sys.exit(main(["check", "--jobs", "2", "--no-cache"]))
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_it_does_not_outlive_who_asks(tmp_path: Path, sent: signal.Signals) -> None:
    shutil.copytree(CASE, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "shop" / "setup.cfg").touch()
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW], cwd=tmp_path / "shop", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    child = int(process.stderr.readline().split()[1])
    process.send_signal(sent)
    assert process.wait(timeout=60) == (130 if sent == signal.SIGINT else -sent)
    end = time.monotonic() + 15
    while list(alive([child])) and time.monotonic() < end:
        time.sleep(0.05)

    assert not list(alive([child]))
    process.communicate(timeout=60)


@pytest.mark.parametrize(("least", "shared"), [(sharing.LEAST_SHARED, False), (1, True)])
def test_small_projects_are_not_shared_of_themselves(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch, least: int, shared: bool
) -> None:
    started: list[bool] = []
    monkeypatch.setattr(engine, "LEAST_SHARED", least)
    monkeypatch.setattr(engine, "sensible", lambda *_: 2)
    monkeypatch.setattr(engine, "Shared", lambda *given: started.append(True) or sharing.Alone(*given[:3]))
    monkeypatch.setattr(inputs, "jobs", "auto")
    check(inputs, fixes=False)

    assert bool(started) == shared
