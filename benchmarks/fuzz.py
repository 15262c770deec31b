"""Fuzzing: thousands of inputs nobody would write, each checked with every rule on, every format shown, fixes applied.

    python benchmarks/fuzz.py                            1,000 inputs of each kind
    python benchmarks/fuzz.py --inputs 50000 --first 7   more, other seeds
    python benchmarks/fuzz.py --kinds graft names        only some kinds (see tests/mangled.py)
    python benchmarks/fuzz.py --files DIR                bend the Python files below DIR instead of the fixtures
    python benchmarks/fuzz.py --whole DIR                no bending: every Python file below DIR as it is
    python benchmarks/fuzz.py --library                  the same for the standard library with its tests

Inputs run in child processes: one that dies, or is busy for more than `--patience` seconds with one input, is counted
and replaced. What goes wrong is told once for each cause, with the kind and seed that show it again (`--show KIND SEED`
prints the input). Exit code 1 when anything went wrong.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import re
import select
import signal
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from tests.mangled import KINDS, project  # noqa: E402
from tests.soundness import everything_on, faults  # noqa: E402

FIXING = 4
"""Every so many inputs are fixed as well, which takes three more runs."""
WHOLE = "whole"


def inputs(kind: str, number: int, files: Sequence[Path]) -> dict[str, bytes]:
    if kind == WHOLE:
        return {"main.py": files[number].read_bytes()}
    return project(kind, number, files)


def child(kind: str, numbers: Sequence[int], files: Sequence[Path], out: int, patience: float) -> None:
    """Check the inputs one after the other; says on `out` what begins and what was wrong, a line each.

    Ends with its stack when an input takes too long.
    """
    with os.fdopen(out, "w", encoding="utf-8", errors="backslashreplace") as told:
        for number in numbers:
            print(f"{number}", file=told, flush=True)
            faulthandler.dump_traceback_later(patience, exit=True, file=told)
            made = inputs(kind, number, files)
            for fault, what in faults(made, fixing=number % FIXING == 0):
                print(f"{number}\t{fault}\t{what.strip()!r}", file=told, flush=True)
            gc.collect()
        faulthandler.cancel_dump_traceback_later()
        print("done", file=told, flush=True)


class Campaign:
    """Counts, and the causes seen so far."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.tried: Counter[str] = Counter()
        self.wrong: Counter[tuple[str, str]] = Counter()
        self.causes: dict[str, str] = {}
        self.times: Counter[str] = Counter()

    def run(self, kind: str, numbers: Sequence[int], files: Sequence[Path]) -> None:
        pending = list(numbers)
        while pending:
            pending = self._batch(kind, pending, files)

    def _batch(self, kind: str, numbers: list[int], files: Sequence[Path]) -> list[int]:
        """Run inputs in one child until it is done or gone; the inputs that are left."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            try:
                child(kind, numbers, files, writer, self.patience)
            except BaseException as error:
                print(f"the child itself failed: {error!r}", file=sys.stderr, flush=True)
            os._exit(0)
        os.close(writer)
        current: int | None = None
        began = time.monotonic()
        rest = b""
        stack: list[str] = []
        finished = False
        while True:
            ready, _, _ = select.select([reader], [], [], self.patience + 10)
            data = os.read(reader, 1 << 16) if ready else b""
            if not data:
                break
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                words = line.decode("utf-8", "replace").split("\t", 2)
                if words == ["done"]:
                    finished = True
                elif not words[0].isdecimal():
                    stack.append(words[0])
                elif len(words) == 1:
                    current = int(words[0])
                    self.tried[kind] += 1
                else:
                    self._note(kind, int(words[0]), words[1], words[2])
        if not ready:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(reader)
        self.times[kind] += round(time.monotonic() - began)
        if finished or current is None:
            return []
        fault = "hang" if stack or not ready else "crash"
        shown = "\n".join(reversed(stack[1:]))
        self._note(kind, current, fault, f"{shown}\nthe process ends with status {status}")
        return numbers[numbers.index(current) + 1 :]

    def _note(self, kind: str, number: int, fault: str, what: str) -> None:
        self.wrong[kind, fault] += 1
        text = what.replace("\\n", "\n")
        places = re.findall(r'File "[^"]*?(fastlint[^"]*)", line \d+,? in (\w+)', text)
        last = text.strip().splitlines()[-1][:60]
        cause = f"{fault} {re.sub('[0-9]+', '0', last)}"
        if places and (fault == "hang" or "RecursionError" in last):
            most = Counter(places).most_common(4)  # where it stood by chance says little
            cause = f"{fault} {sorted(place for place, _ in most)}"
        elif places:
            cause += f" {places[-1]}"
        if cause not in self.causes:
            self.causes[cause] = f"{kind} {number}"
            print(f"\n== {fault}: --show {kind} {number}\n{_shortened(text)}", flush=True)

    def table(self) -> None:
        columns = ("crash", "hang", "position", "format", "order", "damage")
        print(f"\n{'kind':<10}{'inputs':>9}{'seconds':>9}" + "".join(f"{name:>10}" for name in columns))
        for kind, count in self.tried.items():
            counts = "".join(f"{self.wrong[kind, name]:>10}" for name in columns)
            print(f"{kind:<10}{count:>9}{self.times[kind]:>9}{counts}")
        print(f"{sum(self.tried.values())} inputs, {sum(self.wrong.values())} faults, {len(self.causes)} causes")


def _shortened(text: str) -> str:
    """The end of a trace, each place once."""
    lines = [line for line in text.splitlines() if not re.fullmatch(r"[ ^~]*", line)]
    return "\n".join(list(dict.fromkeys(lines))[-24:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1000, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--files", type=Path, help="bend the Python files below this folder")
    parser.add_argument("--whole", type=Path, help="check the Python files below this folder as they are")
    parser.add_argument("--library", action="store_true", help="check the standard library as it is")
    parser.add_argument("--patience", type=float, default=30.0, help="seconds that one input may take")
    parser.add_argument("--show", nargs=2, metavar=("KIND", "SEED"), help="print an input")
    options = parser.parse_args()
    whole = Path(sysconfig.get_path("stdlib")) if options.library else options.whole
    folder = whole or options.files
    files = sorted(folder.rglob("*.py")) if folder is not None else []
    if whole is not None:
        files = [path for path in files if path.is_file() and "site-packages" not in path.parts]
    if options.show:
        for name, data in inputs(options.show[0], int(options.show[1]), files).items():
            print(f"# ---- {name}", flush=True)
            sys.stdout.buffer.write(data + b"\n")
        return 0
    everything_on()
    campaign = Campaign(options.patience)
    try:
        if whole is not None:
            campaign.run(WHOLE, range(len(files)), files)
        for kind in options.kinds if whole is None else ():
            campaign.run(kind, range(options.first, options.first + options.inputs), files)
    except KeyboardInterrupt:
        print("\ninterrupted")
    campaign.table()
    return int(bool(campaign.wrong))


if __name__ == "__main__":
    sys.exit(main())
