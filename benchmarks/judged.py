"""Check the verdicts of judged.tsv against a new run: what is true is still reported, what is false no longer.

    python benchmarks/judged.py DIR                      DIR as benchmarks/corpus.py fills it
    python benchmarks/judged.py DIR --sources NAME ...   only these code bases, so that a long run can be split
    python benchmarks/judged.py --count                  only how many verdicts there are, by rule

Each code base is fetched if it is not there, analysed once, and its verdicts are printed before the next one's.

A row is: source, version, file, line, code, verdict (true, false, unsure; miss, right for what was silent), reason.
`miss` and `right` belong to the samples of what was not reported; `unsure` counts as false.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

from corpus import fetch

HERE = Path(__file__).resolve().parent
ROOTS = {"fastapi": "docs_src"}


class Verdict(NamedTuple):
    source: str
    version: str
    file: str
    line: int
    code: str
    verdict: str
    reason: str


def verdicts(path: Path = HERE / "judged.tsv") -> list[Verdict]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row and row[0] != "source"]
    return [Verdict(row[0], row[1], row[2], int(row[3]), row[4], row[5], row[6]) for row in rows]


def reported(folder: Path) -> set[tuple[str, int, str]]:
    """What fastlint reports in a folder, preview rules and all levels included."""
    command = [sys.executable, "-m", "fastlint", "check", ".", "--isolated", "--preview", "--select", "ALL"]
    command += ["--output-format", "json", "--exit-zero"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return {(row["filename"], row["location"]["row"], row["code"]) for row in json.loads(done.stdout)}


def counts(rows: list[Verdict]) -> str:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        table[row.code][row.verdict] += 1
    kinds = ("true", "false", "unsure", "miss", "right")
    lines = ["code    " + "  ".join(f"{kind:>6}" for kind in kinds)]
    for code in sorted(table):
        lines.append(f"{code}  " + "  ".join(f"{table[code][kind]:>6}" for kind in kinds))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--sources", nargs="+", metavar="NAME", help="only the verdicts on these code bases")
    options = parser.parse_args()
    rows = verdicts()
    if options.sources:
        unknown = sorted(set(options.sources) - {row.source for row in rows})
        if unknown:
            parser.error(f"no verdicts on {', '.join(unknown)}")
        rows = [row for row in rows if row.source in options.sources]
    print(counts(rows))
    if options.count:
        return
    if options.directory is None:
        parser.error("the folder of the code bases is missing")
    broken = absent = 0
    for source in sorted({row.source for row in rows}):
        folder = fetch(options.directory, source) / ROOTS.get(source, "")
        found = reported(folder)
        for row in (row for row in rows if row.source == source):
            if not (folder / row.file).exists():
                absent += 1
                print(f"{row.source}: {row.file} is not in what the index has of {row.version}", flush=True)
                continue
            there = (row.file, row.line, row.code) in found
            if (row.verdict == "true" and not there) or (row.verdict in ("false", "unsure") and there):
                broken += 1
                state = "reported" if there else "not reported"
                print(f"{row.source}: {row.file}:{row.line} {row.code} was judged {row.verdict}, {state}", flush=True)
    print(f"{len(rows)} verdicts, {broken} not kept, {absent} of files that are not to be had")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
