"""Kill `--fix` at random points: every file must be old or new, never anything else.

    python benchmarks/interrupted.py                          100 kills of a run over 200 files
    python benchmarks/interrupted.py --times 500 --seed 2     more, at other points
    python benchmarks/interrupted.py --signal INT             Ctrl-C: exit code 130, no traceback, nothing left behind
    python benchmarks/interrupted.py --two                    two runs at once, neither killed

Half of the points lie anywhere in the run, half in the part in which files are written. Exit code 1 when anything was
damaged, or an interrupted run said or left what it should not.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

import fastlint.faces.cli.check  # noqa: E402, F401
from fastlint.__main__ import main as fastlint_main  # noqa: E402
from fastlint.fixes import apply  # noqa: E402
from fastlint.loader import load  # noqa: E402

OLD = "".join(f"x{number} = {number}  # noqa: FST101\n" for number in range(20))
NEW = "".join(f"x{number} = {number}\n" for number in range(20))
ARGUMENTS = ["check", "--isolated", "--select", "FST002,FST101", "--fix", "-q", "."]


class Folder:
    """A project of so many files."""

    def __init__(self, files: int) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="interrupted-"))
        self.files = [self.path / f"m{number:03}.py" for number in range(files)]

    def fill(self) -> None:
        for left in self.path.iterdir():
            if left not in self.files:
                left.unlink()
        for file in self.files:
            file.write_text(OLD)

    def states(self) -> Counter[str]:
        """How many files are old, new, damaged, and how many others lie around."""
        found: Counter[str] = Counter()
        for file in self.files:
            text = file.read_text(errors="replace") if file.exists() else ""
            found["old" if text == OLD else "new" if text == NEW else "damaged"] += 1
        found["left behind"] = len(set(self.path.iterdir()) - set(self.files))
        return found


def start(folder: Folder, told: int) -> int:
    """Start a run in a child process that says when it begins to write; its process id."""
    pid = os.fork()
    if pid:
        return pid
    os.chdir(folder.path)
    output = os.open(folder.path.with_suffix(".output"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    replace, first = os.replace, [True]

    def replaced(*arguments: object, **keywords: object) -> None:
        if first:
            first.clear()
            os.write(told, b"w")
        replace(*arguments, **keywords)  # type: ignore[arg-type]

    apply.os.replace = replaced  # type: ignore[assignment]
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = fastlint_main(ARGUMENTS)
        sys.stdout.flush()
    except KeyboardInterrupt as interrupt:
        if interrupt.__traceback__ is not None and interrupt.__traceback__.tb_next is None:
            code = 130  # it came when nothing of fastlint ran
        else:
            traceback.print_exc()
    finally:
        os._exit(code)


def measured(folder: Folder) -> tuple[float, float]:
    """Seconds until a run begins to write, and until it ends."""
    folder.fill()
    reader, writer = os.pipe()
    began = time.monotonic()
    pid = start(folder, writer)
    os.close(writer)
    os.read(reader, 1)  # nothing when it ends without writing
    writing = time.monotonic() - began
    _, status = os.waitpid(pid, 0)
    whole = time.monotonic() - began
    os.close(reader)
    states = folder.states()
    output = folder.path.with_suffix(".output").read_text()
    assert states["new"] == len(folder.files), f"an undisturbed run fixes everything: {states} {status} {output}"
    return writing, whole


def interrupt(folder: Folder, kind: signal.Signals, delay: float, *, in_writing: bool) -> tuple[int, bool]:
    """Run, and send the signal after so many seconds; the wait status, and whether writing had begun."""
    folder.fill()
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    pid = start(folder, writer)
    began = False
    while in_writing and not began:
        try:
            began = bool(os.read(reader, 1))
        except BlockingIOError:
            time.sleep(0.0005)
    time.sleep(delay)
    os.kill(pid, kind)
    _, status = os.waitpid(pid, 0)
    if not began:
        try:
            began = bool(os.read(reader, 1))
        except BlockingIOError:
            began = False
    os.close(reader)
    os.close(writer)
    return status, began


def two_at_once(folder: Folder, times: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for _ in range(times):
        folder.fill()
        reader, writer = os.pipe()
        for pid in [start(folder, writer), start(folder, writer)]:
            _, status = os.waitpid(pid, 0)
            found[f"exit code {os.waitstatus_to_exitcode(status)}"] += 1
        os.close(reader)
        os.close(writer)
        found += folder.states()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--signal", choices=("KILL", "INT"), default="KILL")
    parser.add_argument("--two", action="store_true", help="two runs at once instead")
    options = parser.parse_args()
    load()
    folder = Folder(options.files)
    wrong = 0
    try:
        writing, whole = measured(folder)
        print(f"a run writes after {writing:.2f} s and ends after {whole:.2f} s")
        if options.two:
            found = two_at_once(folder, options.times)
            print(f"{options.times} pairs of runs: " + ", ".join(f"{n} {name}" for name, n in sorted(found.items())))
            return int(found["damaged"] + found["left behind"] > 0)
        chance = random.Random(options.seed)
        kind = signal.Signals[f"SIG{options.signal}"]
        total: Counter[str] = Counter()
        for number in range(options.times):
            in_writing = number % 2 == 1
            delay = chance.uniform(0, whole - writing if in_writing else whole)
            status, began = interrupt(folder, kind, delay, in_writing=in_writing)
            states = folder.states()
            total += states
            total["in writing"] += began and states["new"] < len(folder.files)
            code = os.waitstatus_to_exitcode(status)
            total[f"exit code {code}"] += 1
            output = folder.path.with_suffix(".output").read_text()
            noisy = kind is signal.SIGINT and (
                "Traceback" in output or states["left behind"] or code not in (0, 1, 130)
            )
            if states["damaged"] or noisy:
                wrong += 1
                print(f"kill {number}: {dict(states)} exit code {code} {output[-2000:]}")
        print(f"{options.times} times SIG{options.signal}, {total['in writing']} while files were written")
        print(", ".join(f"{count} {name}" for name, count in sorted(total.items())))
        print(f"{total['damaged']} files damaged of {options.times * options.files}; {wrong} runs wrong")
    finally:
        shutil.rmtree(folder.path)
        folder.path.with_suffix(".output").unlink(missing_ok=True)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
