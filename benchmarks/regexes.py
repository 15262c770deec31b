"""How the time of every regular expression of fastlint grows on texts made to be slow for it (tests/expressions.py).

    python benchmarks/regexes.py                  texts of 8,000 and 16,000 characters
    python benchmarks/regexes.py --length 50000   longer ones

Figures are ratios: 2 when twice the text takes twice the time. Exit code 1 when any is above 3.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from tests.expressions import attacks, expressions, growth  # noqa: E402

MOST = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=8000)
    parser.add_argument("--floor", type=float, default=0.002, help="seconds below which nothing is measured")
    options = parser.parse_args()
    texts, slow, worst = 0, 0, 1.0
    for one in expressions():
        texts += sum(1 for _ in attacks(one, 8))
        ratio, text = growth(one, options.length, options.floor)
        worst = max(worst, ratio)
        if ratio > MOST:
            slow += 1
            print(f"{ratio:5.1f}  {one.place} {sorted(one.methods)} {one.pattern.pattern!r} on {text!r}")
    print(f"{len(expressions())} expressions, {texts} texts, greatest growth {worst:.1f}, {slow} above {MOST:.0f}")
    return int(bool(slow))


if __name__ == "__main__":
    sys.exit(main())
