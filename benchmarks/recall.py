"""What was not reported although it might be: candidates to read by hand.

    python benchmarks/recall.py blocking PATH... --seed 1 --count 60

`blocking` lists calls in `async def` that nothing awaits, whose last name is that of a blocking call of the catalogue,
of which it is not known what they call, and which no rule about blocking calls reports. Prints a sample of them as
path, line, name and source line, separated by tabs, and the number of candidates to the error output.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from fastlint.facts import syntax as s  # noqa: E402
from fastlint.facts.extract import extract  # noqa: E402
from fastlint.facts.model import ModuleFacts  # noqa: E402
from fastlint.project.catalogue import compute, databases, http, sdks, stdlib  # noqa: E402
from fastlint.project.language.callers import last_name  # noqa: E402
from fastlint.project.link import LinkOptions, link  # noqa: E402
from fastlint.project.model import Project, v  # noqa: E402
from fastlint.source import SourceFile, Unreadable  # noqa: E402

Candidate = tuple[str, int, str]
HARMLESS = frozenset({"__call__", "__init__", "__enter__", "__exit__", "__iter__", "*"})


def linked(root: Path) -> tuple[Project, dict[str, SourceFile]]:
    sources = {
        path.relative_to(root).as_posix(): SourceFile(path.relative_to(root).as_posix(), path.read_bytes())
        for path in sorted(root.rglob("*.py"))
    }
    facts: list[ModuleFacts] = []
    for source in sources.values():
        try:
            facts.append(extract(source))
        except Unreadable as error:
            print(f"{source.path}: {error.reason}", file=sys.stderr)
    return link(facts, [], LinkOptions(str(root))), sources


def last_names() -> frozenset[str]:
    """The last names of all that the catalogue calls blocking."""
    names = {name.rpartition(".")[2] for module in (stdlib, http, databases, sdks, compute) for name in module.BLOCKING}
    return frozenset(names) - HARMLESS


def blocking(project: Project) -> Iterator[Candidate]:
    wanted = last_names()
    reported = {(call.path, call.run.node.start) for call in project.loop_calls}
    for module in project.modules:
        if module.is_test or not module.facts.calls & wanted:
            continue
        for function in module.functions():
            if not function.is_async or not function.node.calls & wanted:
                continue
            body = function.body
            for call in body.all(s.Call):
                name = last_name(call)
                awaited = isinstance(body.parents.get(call), s.Await) or body.in_lambda(call)
                if name not in wanted or awaited or (module.path, call.start) in reported:
                    continue
                if v.UNKNOWN in project.infer(call.func, function):
                    yield module.path, call.line, name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["blocking"])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    arguments = parser.parse_args()
    candidates: list[tuple[str, int, str, str]] = []
    for root in arguments.paths:
        project, sources = linked(root)
        found = sorted(set(blocking(project)))
        print(f"{root.name}: {len(found)} candidates, {len(project.loop_calls)} reported", file=sys.stderr)
        candidates += [
            (f"{root.name}/{path}", line, name, sources[path].line(line).strip()) for path, line, name in found
        ]
    chosen = random.Random(arguments.seed).sample(candidates, min(arguments.count, len(candidates)))
    for path, line, name, text in sorted(chosen):
        print(f"{path}\t{line}\t{name}\t{text}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
