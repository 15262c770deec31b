"""How many of the marked lines in the fixtures of security and packaging are reported, and what else is.

    python benchmarks/security.py [FST501 ...]

Sites are marked lines, in the fixtures of a rule and in the whole projects under fixtures/apps/security. Look-alikes
are the comments of good fixtures that say why something is fine; of the projects, the lines without a mark.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from fastlint.registry import RuleEntry  # noqa: E402
from tests.checking import FIXTURES, cases, expected, folder_of, registry, run  # noqa: E402

COMMENT = re.compile(r"^\s*#(?!!| ///)", re.MULTILINE)


@dataclass
class Score:
    sites: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    look_alikes: int = 0

    def add(self, case: Path, wanted: set[tuple[str, int]], got: set[tuple[str, int]]) -> None:
        self.sites += len(wanted)
        self.missed += [f"{case.name}/{path}:{line}" for path, line in sorted(wanted - got)]
        self.false += [f"{case.name}/{path}:{line}" for path, line in sorted(got - wanted)]


def texts(case: Path) -> Iterator[str]:
    for path in [case] if case.is_file() else sorted(case.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.read_text(encoding="utf-8", errors="replace")


def score(entry: RuleEntry) -> Score:
    result = Score()
    for prefix in ("bad", "good"):
        for case in cases(folder_of(entry), prefix):
            with tempfile.TemporaryDirectory() as scratch:
                result.add(case, expected(case, entry.code), run(case, Path(scratch), entry.code))
            if prefix == "good":
                result.look_alikes += sum(len(COMMENT.findall(text)) for text in texts(case))
    return result


def projects(codes: list[str]) -> tuple[Score, int]:
    """The score over the whole projects, and how many there are."""
    result = Score()
    folders = sorted(path for path in (FIXTURES / "apps" / "security").iterdir() if path.is_dir())
    for case in folders:
        with tempfile.TemporaryDirectory() as scratch:
            got = run(case, Path(scratch), *codes)
        wanted = {place for code in [*codes, "FST000"] for place in expected(case, code)}
        result.add(case, wanted, got)
        code_lines = sum(bool(line.strip()) for text in texts(case) for line in text.split("\n"))
        result.look_alikes += code_lines - len(wanted)
    return result, len(folders)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("codes", nargs="*")
    options = parser.parse_args()
    entries = [entry for entry in registry().entries.values() if entry.rule and entry.code[:4] in ("FST5", "FST6")]
    entries = [entry for entry in entries if not options.codes or entry.code in options.codes]
    total = Score()
    print(f"{'code':7} {'rule':32} {'sites':>5} {'missed':>6} {'look-alikes':>11} {'false':>5}")
    for entry in sorted(entries, key=lambda entry: entry.code):
        found = score(entry)
        row = f"{found.sites:5} {len(found.missed):6} {found.look_alikes:11} {len(found.false):5}"
        print(f"{entry.code:7} {entry.name:32} {row}", *found.missed, *found.false)
        total.sites += found.sites
        total.missed += found.missed
        total.false += found.false
        total.look_alikes += found.look_alikes
    print(f"{'':40} {total.sites:5} {len(total.missed):6} {total.look_alikes:11} {len(total.false):5}")
    opinions = {"FST536", "FST537", "FST538"}
    whole, count = projects([entry.code for entry in entries if entry.code not in opinions])
    row = f"{whole.sites:5} {len(whole.missed):6} {whole.look_alikes:11} {len(whole.false):5}"
    print(f"{f'{count} whole projects, lines':40} {row}", *whole.missed, *whole.false)
    sys.exit(bool(total.missed or total.false or whole.missed or whole.false))


if __name__ == "__main__":
    main()
