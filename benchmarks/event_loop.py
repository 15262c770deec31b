"""How many of the marked lines in fixtures/event_loop the rules report, and what they report that is not marked.

The applications `fixtures/apps/loop_*` are counted too: what each of FST101-FST112 finds in them.

python benchmarks/event_loop.py [FST101 ...]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from fastlint.facts.extract import extract  # noqa: E402
from fastlint.loader import load  # noqa: E402
from fastlint.project.link import LinkOptions, link  # noqa: E402
from fastlint.project.model import Project  # noqa: E402
from fastlint.registry import RuleEntry  # noqa: E402
from fastlint.source import SourceFile  # noqa: E402

FIXTURES = ROOT / "fixtures" / "event_loop"
APPS = sorted((ROOT / "fixtures" / "apps").glob("loop_*"))
IN_APPS = [f"FST{number}" for number in range(101, 113)]
EXPECT = re.compile(r"#\s*expect:\s*(FST\d{3}(?:\s*,\s*FST\d{3})*)")
FINE = re.compile(r"#\s*fine\b")
Place = tuple[str, int]


@dataclass
class Score:
    """`cases` counts folders of several files; `look_alikes` the comments of good files that say why one is fine."""

    found: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    look_alikes: int = 0
    cases: int = 0


def files_of(case: Path) -> list[Path]:
    return [case] if case.is_file() else sorted(case.rglob("*.py"))


@cache
def linked(case: Path) -> Project:
    base = case if case.is_dir() else case.parent
    facts = [extract(SourceFile(path.relative_to(base).as_posix(), path.read_bytes())) for path in files_of(case)]
    return link(facts, [], LinkOptions(str(base)))


def marked(case: Path, code: str) -> set[Place]:
    base = case if case.is_dir() else case.parent
    return {
        (path.relative_to(base).as_posix(), number)
        for path in files_of(case)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (marker := EXPECT.search(line)) and code in marker[1]
    }


def reported(case: Path, entry: RuleEntry) -> set[Place]:
    project = linked(case)
    assert entry.rule is not None
    rule = entry.rule()
    return {
        (finding.path, finding.span.line)
        for subject in project.subjects_for(entry.rule)
        for finding in rule.check(subject, project)
    }


def score(entry: RuleEntry, folder: Path) -> Score:
    result = Score()
    cases = [case for case in sorted(folder.iterdir()) if not case.name.startswith(("fixed", "__"))]
    for case in [*cases, *(APPS if entry.code in IN_APPS else [])]:
        wanted, got = marked(case, entry.code), reported(case, entry)
        result.found += len(wanted & got)
        result.missed += [f"{case.name}/{path}:{line}" for path, line in sorted(wanted - got)]
        result.false += [f"{case.name}/{path}:{line}" for path, line in sorted(got - wanted)]
        result.cases += case.is_dir() and case not in APPS
        if case.name.startswith("good"):
            result.look_alikes += sum(len(FINE.findall(path.read_text(encoding="utf-8"))) for path in files_of(case))
    return result


def entries(codes: list[str]) -> Iterator[tuple[RuleEntry, Path]]:
    for entry in load().entries.values():
        folder = FIXTURES / entry.name.replace("-", "_")
        if entry.category == "event_loop" and folder.is_dir() and (not codes or entry.code in codes):
            yield entry, folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("codes", nargs="*", help="only these rules")
    total = Score()
    print(f"{'code':7} {'rule':30} {'sites':>5} {'found':>5} {'look-alikes':>11} {'false':>5}")
    for entry, folder in entries(parser.parse_args().codes):
        result = score(entry, folder)
        sites = result.found + len(result.missed)
        row = f"{sites:5} {result.found:5} {result.look_alikes:11} {len(result.false):5}"
        print(f"{entry.code:7} {entry.name:30} {row}")
        for place in result.missed:
            print(f"        missed {place}")
        for place in result.false:
            print(f"        false  {place}")
        total.found += result.found
        total.missed += result.missed
        total.false += result.false
        total.look_alikes += result.look_alikes
        total.cases += result.cases
    for app in APPS:
        total.cases += 1
        total.look_alikes += sum(len(FINE.findall(path.read_text(encoding="utf-8"))) for path in files_of(app))
    sites = total.found + len(total.missed)
    print(f"{'':7} {'all':30} {sites:5} {total.found:5} {total.look_alikes:11} {len(total.false):5}")
    print(f"{total.cases} of the cases have several files")
    return 1 if total.missed or total.false else 0


if __name__ == "__main__":
    raise SystemExit(main())
