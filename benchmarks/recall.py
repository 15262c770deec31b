"""What was not reported although it might be: candidates to read by hand.

    python benchmarks/recall.py blocking PATH... --seed 1 --count 60 --per-rule 5

`blocking` lists calls in `async def` that nothing awaits, whose last name is that of a blocking call of the catalogue,
of which it is not known what they call, and which no rule about blocking calls reports. What the callee is known to be
in all cases (a `dict`, a function of the project that does not block) is no candidate. Prints a sample of them as path,
line, rule, name and source line, separated by tabs, and the number of candidates by rule to the error output.

The names are unevenly common (most candidates are some `get` of a mapping), so the sample is drawn by rule: first
`--per-rule` candidates whose name is one of the rule's, then the rest from all.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from fastlint.facts import syntax as s  # noqa: E402
from fastlint.facts.extract import extract  # noqa: E402
from fastlint.facts.model import ModuleFacts  # noqa: E402
from fastlint.project.catalogue import compute, databases, http, sdks, stdlib  # noqa: E402
from fastlint.project.event_loop.blocking import NESTED  # noqa: E402
from fastlint.project.language.bodies import Body  # noqa: E402
from fastlint.project.language.callers import last_name  # noqa: E402
from fastlint.project.link import LinkOptions, link  # noqa: E402
from fastlint.project.model import Project, v  # noqa: E402
from fastlint.source import SourceFile, Unreadable  # noqa: E402

Candidate = tuple[str, int, str]
Row = tuple[str, int, str, str]
RULES = {
    "sleep": "FST101",
    "http": "FST102",
    "database": "FST103",
    "subprocess": "FST104",
    "spawn": "FST104",
    "file": "FST105",
    "metadata": "FST105",
    "sdk": "FST106",
    "publish": "FST106",
    "wait": "FST107",
    "cpu": "FST108",
    "password": "FST108",
    "nested": "FST110",
}
"""The rule for each kind of work in the catalogue."""
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


def rules_of_names() -> dict[str, set[str]]:
    """The last names of all that the catalogue calls blocking, with the rules for it."""
    found: dict[str, set[str]] = {}
    for module in (stdlib, http, databases, sdks, compute):
        for name, (kind, _) in module.BLOCKING.items():
            last = name.rpartition(".")[2]
            if last not in HARMLESS:
                found.setdefault(last, set()).add(RULES[kind])
    for name, (kind, _) in NESTED.items():
        found.setdefault(name.rpartition(".")[2], set()).add(RULES[kind])
    return found


def sample(candidates: list[Row], seed: int, count: int, per_rule: int) -> list[tuple[str, Row]]:
    """`count` candidates, each with a rule: `per_rule` for each rule that has them, then any."""
    draw = random.Random(seed)
    rules = rules_of_names()
    chosen: dict[Row, str] = {}
    for code in sorted(set(RULES.values())):
        own = [row for row in candidates if code in rules[row[2]] and row not in chosen]
        chosen.update(dict.fromkeys(draw.sample(own, min(per_rule, len(own))), code))
    rest = [row for row in candidates if row not in chosen]
    for row in draw.sample(rest, min(max(0, count - len(chosen)), len(rest))):
        chosen[row] = "/".join(sorted(rules[row[2]]))
    return sorted((code, row) for row, code in chosen.items())


def blocking(project: Project) -> Iterator[Candidate]:
    wanted = rules_of_names().keys()
    reported = {(call.path, call.node.start) for call in project.loop_calls}
    for module in project.modules:
        if module.is_test or not module.facts.calls & wanted:
            continue
        for function in module.functions():
            if not function.is_async or not function.node.calls & wanted:
                continue
            body = function.body
            for call in body.all(s.Call):
                name = last_name(call)
                awaited = _awaited(call, body) or body.in_lambda(call)
                if name not in wanted or awaited or (module.path, call.start) in reported:
                    continue
                if v.UNKNOWN in project.infer(call.func, function):
                    yield module.path, call.line, name


def _awaited(call: s.Call, body: Body) -> bool:
    """Whether `await`, `async with` or `async for` takes what the call gives."""
    parent = body.parents.get(call)
    if isinstance(parent, s.WithItem):
        statement = body.parents.get(parent)
        return isinstance(statement, s.With) and statement.is_async
    if isinstance(parent, s.For | s.Generator):
        return parent.is_async and parent.iterable is call
    return isinstance(parent, s.Await)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["blocking"])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--per-rule", type=int, default=5)
    arguments = parser.parse_args()
    candidates: list[tuple[str, int, str, str]] = []
    for root in arguments.paths:
        project, sources = linked(root)
        found = sorted(set(blocking(project)))
        print(f"{root.name}: {len(found)} candidates, {len(project.loop_calls)} reported", file=sys.stderr)
        candidates += [
            (f"{root.name}/{path}", line, name, sources[path].line(line).strip()) for path, line, name in found
        ]
    names = rules_of_names()
    counted = Counter(code for _, _, name, _ in candidates for code in names[name])
    print(f"candidates by rule: {dict(sorted(counted.items()))}; seed {arguments.seed}", file=sys.stderr)
    for code, (path, line, name, text) in sample(candidates, arguments.seed, arguments.count, arguments.per_rule):
        print(f"{path}\t{line}\t{code}\t{name}\t{text}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
