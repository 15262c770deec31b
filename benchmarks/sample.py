"""A sample of findings to read in context, drawn by seed: what judged.tsv holds verdicts of.

    python benchmarks/sample.py FST101-FST118 DIR... --seed 7 --count 60 [--context 6] [--even]
    python benchmarks/sample.py FST101-FST118 DIR... --seed 7 --count 60 --per-rule 5 [--unjudged]

DIR is an unpacked code base; preview rules and all levels are included. Prints each finding of the sample with its
message, the lines around it, and the lines of each step of its chain; the number of findings by rule goes to the error
output. The same findings and the same seed give the same sample, in whatever order the folders are named.

`--even` draws one finding of each rule, then a second of each, and so on: a rule that is reported everywhere does
not fill the sample. `--saved FOLDER` reads NAME.json there, the output of `check --output-format json`.
The rules report unevenly often: with `--per-rule` so many findings of each rule that has them are drawn first, then the
rest from all. `--unjudged` leaves out what judged.tsv holds a verdict of.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from judged import verdicts

Row = dict[str, Any]


def reported(folder: Path, codes: str) -> list[Row]:
    command = [sys.executable, "-m", "fastlint", "check", ".", "--isolated", "--preview", "--select", codes]
    command += ["--output-format", "json", "--exit-zero"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return [{**row, "root": folder} for row in json.loads(done.stdout)]


def saved(folder: Path, codes: str, store: Path) -> list[Row]:
    rows = json.loads((store / f"{folder.name}.json").read_text(encoding="utf-8"))
    wanted = tuple(codes.split(","))
    return [{**row, "root": folder} for row in rows if row["code"].startswith(wanted)]


def draw(rows: list[Row], count: int, seed: int, *, even: bool) -> list[Row]:
    """`count` of the rows, which are sorted; evenly over the rules, or each as likely as the other."""
    lot = random.Random(seed)
    if not even:
        return lot.sample(rows, min(count, len(rows)))
    by_rule: dict[str, list[Row]] = {}
    for row in rows:
        by_rule.setdefault(row["code"], []).append(row)
    for own in by_rule.values():
        lot.shuffle(own)
    chosen: list[Row] = []
    while len(chosen) < count and any(by_rule.values()):
        waiting = [code for code in sorted(by_rule) if by_rule[code]]
        lot.shuffle(waiting)
        chosen += [by_rule[code].pop() for code in waiting[: count - len(chosen)]]
    return chosen


def spread(codes: str) -> str:
    """`FST101-FST118` as the list of its codes; anything else as it is."""
    first, dash, last = codes.partition("-")
    if not dash:
        return codes
    return ",".join(f"{first[:3]}{number}" for number in range(int(first[3:]), int(last[3:]) + 1))


def place(row: Row) -> tuple[str, str, int, int, str]:
    return (row["root"].name, row["filename"], row["location"]["row"], row["location"]["column"], row["code"])


def judged_before(row: Row, known: set[tuple[str, str, int, str]]) -> bool:
    name = row["root"].name.rpartition("-")[0]
    return (name, row["filename"], row["location"]["row"], row["code"]) in known


def draw_by_rule(rows: list[Row], seed: int, count: int, per_rule: int) -> list[Row]:
    """`count` of the rows: first `per_rule` of each rule that has them, then any."""
    random_numbers = random.Random(seed)
    chosen: list[Row] = []
    for code in sorted({row["code"] for row in rows}):
        own = [row for row in rows if row["code"] == code]
        chosen += random_numbers.sample(own, min(per_rule, len(own)))
    rest = [row for row in rows if row not in chosen]
    return chosen + random_numbers.sample(rest, min(max(0, count - len(chosen)), len(rest)))


def excerpt(path: Path, line: int, context: int) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    first = max(0, line - 1 - context)
    return "\n".join(
        f"  {'>' if number == line else ' '} {number:5} {text}"
        for number, text in enumerate(lines[first : line + context], first + 1)
    )


def show(row: Row, context: int) -> None:
    print(f"{row['root'].name} {row['filename']}:{row['location']['row']} {row['code']} {row['level']}")
    print(f"  {row['message']}")
    print(excerpt(row["root"] / row["filename"], row["location"]["row"], context))
    for step in row["related"]:
        print(f"  {step['filename']}: {step['message']}")
        print(excerpt(row["root"] / step["filename"], step["location"]["row"], 3))
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("codes", help="FST105, or a span of codes: FST101-FST118")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--per-rule", type=int, default=0)
    parser.add_argument("--unjudged", action="store_true")
    parser.add_argument("--context", type=int, default=6)
    parser.add_argument("--even", action="store_true")
    parser.add_argument("--saved", type=Path)
    options = parser.parse_args()
    codes = spread(options.codes)
    rows: list[Row] = []
    for folder in options.folders:
        root = folder.resolve()
        rows += saved(root, codes, options.saved) if options.saved else reported(root, codes)
    if options.unjudged:
        known = {row[:1] + row[2:5] for row in verdicts()}
        rows = [row for row in rows if not judged_before(row, known)]
    rows.sort(key=place)
    counted = Counter(row["code"] for row in rows)
    print(f"{len(rows)} findings {dict(sorted(counted.items()))}; seed {options.seed}", file=sys.stderr)
    if options.per_rule:
        drawn = draw_by_rule(rows, options.seed, options.count, options.per_rule)
    else:
        drawn = draw(rows, options.count, options.seed, even=options.even)
    for row in sorted(drawn, key=place):
        show(row, options.context)


if __name__ == "__main__":
    main()
