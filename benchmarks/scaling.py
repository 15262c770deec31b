"""How the time of a run grows with its input: each shape of tests/shapes.py at two sizes, the second twice the first.

    python benchmarks/scaling.py                  every shape, grown until it takes --least seconds
    python benchmarks/scaling.py elif "wide line" some
    python benchmarks/scaling.py --least 5        larger ones

Time is that of the processor, without what Python's own parser takes, which is steep itself for some. Twice the input
in twice the time is a ratio of 2, a square would be 4: above --most (with everything else that the machine does, 3) a
shape is told as too steep. A shape stops growing where the file is refused, as too deep or too large, and above 4 MB.
Exit code 1 when a shape is too steep, fails a rule, or crashes.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from fastlint.engine import check  # noqa: E402
from tests.shapes import HEAD, SHAPES  # noqa: E402
from tests.soundness import everything_on, inputs_of  # noqa: E402

LARGEST = 4_000_000


def measured(text: str) -> tuple[float, float, frozenset[str]]:
    """Seconds of a check without Python's parser, those of the parser, and what failed or was refused."""
    inputs = inputs_of({"main.py": text.encode()})
    gc.collect()
    began = time.process_time()
    report = check(inputs)
    taken = time.process_time() - began
    began = time.process_time()
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        compile(text, "main.py", "exec", ast.PyCF_ONLY_AST)
    parsing = time.process_time() - began
    told = [f"{one.code} {one.message}" for one in report.diagnostics if one.code in ("FST000", "FST001")]
    return max(0.0, taken - parsing), parsing, frozenset(told)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes", nargs="*", metavar="SHAPE")
    parser.add_argument("--least", type=float, default=1.0, help="seconds that the smaller of the two must take")
    parser.add_argument("--most", type=float, default=3.0, help="the ratio that is still told as linear")
    options = parser.parse_args()
    everything_on()
    check(inputs_of({"main.py": (HEAD + "@app.get('/')\nasync def f(): time.sleep(1)\n").encode()}))
    wrong = 0
    print(f"{'shape':<26}{'size':>9}{'bytes':>10}{'seconds':>9}{'twice':>9}{'ratio':>7}")
    for name in options.shapes or SHAPES:
        size, taken, told = 64, 0.0, frozenset[str]()
        before = 0.0
        while True:
            text = HEAD + SHAPES[name](size)
            if len(text.encode()) > LARGEST:
                told = frozenset({"4 MB"})
                break
            before, (taken, parsing, told) = taken, measured(text)
            if not told and before < options.least and parsing > 5 * options.least:
                told = frozenset({f"the parser alone takes {parsing:.1f} s"})
            if told or before >= options.least:
                break
            size *= 2
        ratio = taken / before if before and not told else 0.0
        steep = ratio > options.most
        failed = any(one.startswith("FST001") for one in told)
        wrong += steep or failed
        mark = " TOO STEEP" if steep else " FAILED" if failed else ""
        why = f"  ends at {size}: {min(told)[:70]}" if told else ""
        shown = f"{ratio:>7.2f}" if ratio else f"{'':>7}"
        print(f"{name:<26}{size // 2:>9}{len(text):>10}{before:>9.2f}{taken:>9.2f}{shown}{mark}{why}", flush=True)
    print(f"{wrong} too steep or failed")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
