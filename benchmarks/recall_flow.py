"""The recall twin of sql-injection: calls that execute SQL whose text is not constant, and which are not reported.

    python benchmarks/recall_flow.py [--seed 1] [--sample 60] FOLDER...

Each FOLDER is one project. A call counts by the bare name of what is called and by the shape of its first argument,
types unknown: on purpose the crude look that the rule does not take. Prints one line a call: project, file, line, text.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from fastlint.facts import syntax as s
from fastlint.facts.extract import extract
from fastlint.project.language.scopes import Function, Module, Scope
from fastlint.project.link import LinkOptions, link
from fastlint.project.model import Project
from fastlint.source import SourceFile, Unreadable

EXECUTING = frozenset(
    {
        *("execute", "executemany", "executescript", "exec_driver_sql", "text", "literal_column", "read_sql", "raw"),
        *("read_sql_query", "fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one", "query_raw", "execute_raw"),
        *("query_first", "exec", "sql", "query"),
    }
)
WORDS = (
    "select ",
    "insert ",
    "update ",
    "delete ",
    "where ",
    " from ",
    "create ",
    "alter ",
    "drop ",
    "order by",
    "pragma ",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    missed: list[tuple[str, str, int, str]] = []
    total = 0
    for folder in options.folders:
        project = linked(folder)
        reported = {(flow.path, flow.span.line) for flow in project.flows.found if flow.kind == "sql"}
        for module in project.modules:
            lines = (folder / module.path).read_text(encoding="utf-8", errors="replace").splitlines()
            for call in built(module):
                total += 1
                if (module.path, call.line) not in reported:
                    missed.append((folder.name, module.path, call.line, lines[call.line - 1].strip()))
    print(f"{total} calls, {len(missed)} not reported")
    for row in sorted(random.Random(options.seed).sample(missed, min(options.sample, len(missed)))):
        print(*row, sep="\t")


def linked(folder: Path) -> Project:
    modules = []
    for path in sorted(folder.rglob("*.py")):
        try:
            modules.append(extract(SourceFile(path.relative_to(folder).as_posix(), path.read_bytes())))
        except Unreadable:
            continue
    return link(modules, [], LinkOptions(str(folder)))


def built(module: Module) -> Iterator[s.Call]:
    """The calls that seem to execute SQL put together."""
    if module.is_test or not module.facts.calls & EXECUTING:
        return
    scopes: list[Scope] = [module, *module.functions()]
    for scope in scopes:
        for call in scope.body.all(s.Call):
            name = call.func.attr if isinstance(call.func, s.Attribute) else getattr(call.func, "id", "")
            if name in EXECUTING and call.args and speaks_sql(call.args[0], scope):
                yield call


def speaks_sql(expr: s.Expr, scope: Scope) -> bool:
    """Whether an expression is a text put together that reads like SQL, in place or in a variable of the function."""
    if isinstance(expr, s.Name) and isinstance(scope, Function):
        values = [b.value for b in scope.body.bindings.get(expr.id, ()) if b.value is not None]
        return any(_put_together(value) for value in values)
    return _put_together(expr)


def _put_together(expr: s.Expr) -> bool:
    match expr:
        case s.FString(parts=parts) if not any(isinstance(part, s.Formatted) for part in parts):
            return False
        case s.FString() | s.Binary(op="Add") | s.Binary(op="Mod"):
            pass
        case s.Call(func=s.Attribute(value=s.Constant(), attr="format")):
            pass
        case _:
            return False
    texts = [
        node.value.lower() for node in s.walk(expr) if isinstance(node, s.Constant) and isinstance(node.value, str)
    ]
    plain = isinstance(expr, s.Binary) and not any(not isinstance(n, s.Constant | s.Binary) for n in s.walk(expr))
    return not plain and any(word in f"{text} " for text in texts for word in WORDS)


if __name__ == "__main__":
    main()
