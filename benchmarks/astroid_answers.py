"""What astroid adds to the types of the cheap engine, and what it costs: `inference = "off"` beside `"auto"`.

    python benchmarks/astroid_answers.py [--environment VENV] DIR...

For each unpacked code base and each mode: blocking calls found on the event loop, CPU seconds of linking and finding
them (facts are read before), questions asked and answered, bytes and modules parsed for them. Then every call of which
only astroid knew what it calls, and every finding that only one of the modes has. With an environment, `"full"` is
compared too, which reads its files.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from fastlint.facts.extract import extract  # noqa: E402
from fastlint.facts.model import ModuleFacts  # noqa: E402
from fastlint.project.link import LinkOptions, link  # noqa: E402
from fastlint.source import SourceFile, Unreadable  # noqa: E402

Place = tuple[str, int, str]


def facts_of(root: Path) -> list[ModuleFacts]:
    found: list[ModuleFacts] = []
    for path in sorted(root.rglob("*.py")):
        try:
            found.append(extract(SourceFile(path.relative_to(root).as_posix(), path.read_bytes())))
        except Unreadable as error:
            print(f"{path}: {error.reason}", file=sys.stderr)
    return found


def measured(root: Path, mode: str, environment: Path | None = None) -> set[Place]:
    facts = facts_of(root)
    started = time.process_time()
    project = link(facts, [], LinkOptions(str(root), inference=mode, python=environment and str(environment)))
    found = {(call.path, call.span.line, call.entry.name) for call in project.loop_calls}
    spent = time.process_time() - started
    print(f"{root.name:28} {mode:5} {len(project.loop_calls):6} {spent:8.1f} s  {project.asked}")
    for values in project.runs.answers.values():
        print(f"    answer: {values}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--environment", type=Path, help="what `python` names in settings")
    options = parser.parse_args()
    for root in options.folders:
        without = measured(root.resolve(), "off")
        for mode in ("auto", "full") if options.environment else ("auto",):
            with_answers = measured(root.resolve(), mode, options.environment)
            for path, line, name in sorted(without ^ with_answers):
                print(f"    {'+' if (path, line, name) in with_answers else '-'} {path}:{line} {name}")


if __name__ == "__main__":
    main()
