"""What can go wrong while fixes are written: the original stays, the reason is told, nothing else is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastlint.__main__ import main
from fastlint.fixes import apply

OLD = "".join(f"x{number} = {number}  # noqa: FST101\n" for number in range(400))
NEW = "".join(f"x{number} = {number}\n" for number in range(400))
FIX = ["check", "--isolated", "--select", "FST002,FST101", "--fix", "-q"]
ROOT_ONLY = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs the rights of root")


def fill(folder: Path, names: tuple[str, ...] = ("a.py", "b.py")) -> list[Path]:
    files = [folder / name for name in names]
    for file in files:
        file.write_text(OLD)
    return files


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody reaches and may write to."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    main([*FIX, str(folder)])  # what is imported on the way may lie where only root may read
    yield folder
    shutil.rmtree(folder)


def as_nobody(folder: Path) -> tuple[int, str]:
    """Fix in a child process without the rights of root; its exit code and what it complained of."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.chdir(folder)
            sys.stderr = os.fdopen(writer, "w")
            os.setgroups([])
            os.setegid(65534)
            os.seteuid(65534)
            code = main([*FIX, "."])
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as told:
        errors = told.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), errors


def test_an_undisturbed_run_fixes_both(tmp_path: Path) -> None:
    files = fill(tmp_path)
    assert main([*FIX, str(tmp_path)]) == 0
    assert [file.read_text() for file in files] == [NEW, NEW]


def test_an_interrupt_while_a_file_is_replaced_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [file] = fill(tmp_path, ("a.py",))
    real = tempfile.mkstemp

    def interrupted(*arguments: object, **options: object) -> object:
        made = real(*arguments, **options)  # type: ignore[call-overload]
        os.kill(os.getpid(), signal.SIGINT)
        return made

    monkeypatch.setattr(tempfile, "mkstemp", interrupted)
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            apply.write(tmp_path, "a.py", OLD.encode(), NEW.encode())
    finally:
        signal.signal(signal.SIGINT, previous)

    assert file.read_text() == NEW
    assert os.listdir(tmp_path) == ["a.py"]


@ROOT_ONLY
def test_a_full_disk(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        files = fill(disk)
        with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
            while True:
                filler.write(b"x" * 512)
        code = main([*FIX, str(disk)])
        assert code == 2
        assert capfd.readouterr().err.count("No space left on device") == 2
        assert [file.read_text() for file in files] == [OLD, OLD]
        assert sorted(os.listdir(disk)) == ["a.py", "b.py", "filler"]
    finally:
        subprocess.run(["umount", disk], check=True)


@ROOT_ONLY
def test_folders_that_cannot_be_written(shared: Path) -> None:
    files = fill(shared)
    for file in files:
        file.chmod(0o666)
    shared.chmod(0o755)
    code, errors = as_nobody(shared)

    assert (code, errors.count("Permission denied")) == (2, 2), errors
    assert [file.read_text() for file in files] == [OLD, OLD]
    assert sorted(os.listdir(shared)) == ["a.py", "b.py"]


@ROOT_ONLY
def test_files_of_others_keep_their_owner_or_stay(shared: Path) -> None:
    mine, other = fill(shared)
    os.chown(mine, 65534, 65534)
    other.chmod(0o666)
    code, errors = as_nobody(shared)

    assert "b.py: not fixed: its owner could not be kept" in errors
    assert (code, mine.read_text() == NEW, other.read_text() == OLD) == (2, True, True)
    assert sorted(os.listdir(shared)) == ["a.py", "b.py"]

    os.chown(other, 1234, 5678)
    assert main([*FIX, str(shared)]) == 0
    assert (other.stat().st_uid, other.stat().st_gid, other.read_text() == NEW) == (1234, 5678, True)
