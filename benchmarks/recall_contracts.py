"""Handler parameters, answers and except clauses that no contract rule reports although it might.

    python benchmarks/recall_contracts.py PATH... --seed 1 --count 60

Candidates are parameters of handlers and dependencies that say little (no annotation, `Any`, a dictionary, a bare
collection, None without default, a page size) or have a default that is no constant; handlers without response model
or return annotation; and `except` clauses of code that routes run which name the exception inside a response. Prints
the number of candidates of each kind and a sample of them as path, line, kind and source line, separated by tabs.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules"), str(ROOT / "benchmarks")]

from recall import Candidate, linked  # noqa: E402

from fastlint.facts import syntax as s  # noqa: E402
from fastlint.project.model import Parameter, Project, subject_of  # noqa: E402
from fastlint.rule import Rule  # noqa: E402

SIZES = ("limit", "size", "per_page", "count", "max_", "top")


def reported(project: Project) -> set[tuple[str, int]]:
    """The places of all findings of the contract rules that are on by default."""
    found: set[tuple[str, int]] = set()
    for file in sorted((ROOT / "rules/fastlint_rules/contracts").glob("[a-z]*.py")):
        module = importlib.import_module(f"fastlint_rules.contracts.{file.stem}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, Rule) and cls.__module__ == module.__name__ and cls.default:
                rule = cls()
                for subject in project.subjects(subject_of(cls)):
                    found |= {(finding.path, finding.span.line) for finding in rule.check(subject, project)}
    return found


def doubtful(parameter: Parameter, project: Project) -> bool:
    annotation, node = parameter.annotation, parameter.node
    if parameter.kind in ("dependency", "injected", "path", "file", "form"):
        return False
    if annotation.kind in ("missing", "any", "unknown") or project.shapes.shapeless(annotation):
        return True
    if project.shapes.bare_collection(annotation) or (annotation.optional and node.default is None):
        return True
    if any(word in node.name for word in SIZES) and annotation.bare().name == "builtins.int":
        return True
    return isinstance(node.default, s.Name | s.Attribute)


def candidates(project: Project) -> Iterator[Candidate]:
    for parameter in project.parameters:
        if doubtful(parameter, project):
            yield parameter.path, parameter.span.line, f"parameter {parameter.node.name}"
    for handler, routes in project.handlers.routes_of.items():
        if handler.node.returns is None and any(r.kind == "http" and not r.response.explicit for r in routes):
            yield handler.path, handler.node.name_span.line, f"answer of {handler.name}"
    for function in project.raises.reached:
        for clause in function.body.all(s.Handler):
            for node in (n for statement in clause.body for n in s.walk(statement)):
                if isinstance(node, s.Name) and node.id == clause.name:
                    around = [a for a in function.body.ancestors(node) if isinstance(a, s.Raise | s.Return)]
                    if around and not (isinstance(around[0], s.Raise) and around[0].cause is node):
                        yield function.path, node.line, f"exception in {function.name}"
        for block in function.body.all(s.Try):
            for clause in block.handlers:
                raising = any(isinstance(n, s.Raise) for statement in block.body for n in s.walk(statement))
                if raising and project.raises.catches(clause, function):
                    yield function.path, clause.line, f"clause in {function.name}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    rows: list[str] = []
    kinds: Counter[str] = Counter()
    for root in options.paths:
        project, sources = linked(root)
        known = reported(project)
        for path, line, what in sorted(set(candidates(project))):
            if (path, line) not in known:
                kinds[what.partition(" ")[0]] += 1
                rows.append(f"{root.name}/{path}\t{line}\t{what}\t{sources[path].line(line).strip()}")
    print(f"{len(rows)} candidates: {dict(sorted(kinds.items()))}")
    for row in random.Random(options.seed).sample(rows, min(options.count, len(rows))):
        print(row)


if __name__ == "__main__":
    main()
