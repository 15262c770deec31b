"""What the rules on dependencies might have missed: candidates found by shape alone, without those that are reported.

    python benchmarks/recall_dependencies.py DIR [--seed 1] [--size 60] [--context 12]

DIR holds the code bases as benchmarks/corpus.py fetches them. The candidates come from the syntax of one file at a time
and from names, so that a fault of the project model cannot hide them: releases and commits after a `yield`, loops over
websockets, background tasks, tasks and threads in routes, sessions and clients opened in routes, globals changed in
routes, `Depends` in odd places, calls of functions with markers as defaults, exceptions in middleware, lifespans,
`on_event`, and decorators beside a route's. The sample takes the kinds in turn, shuffled by the seed, for reading.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CODES = "FST4"
METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "api_route", "websocket"}
MARKERS = {"Depends", "Security", "Query", "Path", "Header", "Cookie", "Body", "Form", "File"}
RELEASES = {"close", "aclose", "dispose", "release", "disconnect", "cancel", "reset", "unlink", "commit", "rollback"}
SESSIONS = re.compile(
    r"^(Session|AsyncSession|SessionLocal|\w*[Ss]essionmaker|session_scope|create_session|get_db|Database)$"
)
CLIENTS = {
    *("AsyncClient", "Client", "ClientSession", "OpenAI", "AsyncOpenAI", "create_engine", "create_async_engine"),
    *("from_url", "Redis", "MongoClient", "pipeline", "from_pretrained", "client", "resource", "PoolManager"),
}
STARTING = {"create_task", "ensure_future", "Thread", "submit", "run_in_executor"}
CHANGING = {"append", "add", "update", "pop", "remove", "clear", "extend", "setdefault"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Candidate(NamedTuple):
    kind: str
    path: Path
    line: int


def last(expr: ast.expr) -> str:
    return expr.attr if isinstance(expr, ast.Attribute) else expr.id if isinstance(expr, ast.Name) else ""


def called(node: ast.AST) -> str:
    return last(node.func) if isinstance(node, ast.Call) else ""


def is_route(function: Function) -> bool:
    return any(
        isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr in METHODS
        for item in function.decorator_list
    )


def own(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of nested functions."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack += ast.iter_child_nodes(node)


class Names:
    """What all files of a code base say together, by name only."""

    def __init__(self, trees: dict[Path, ast.Module]) -> None:
        self.depended: set[str] = set()
        self.marked: set[str] = set()
        self.lifespans: set[str] = set()
        for tree in trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    self._call(node)
                elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    defaults = [*node.args.defaults, *(item for item in node.args.kw_defaults if item)]
                    if any(called(default) in MARKERS for default in defaults):
                        self.marked.add(node.name)

    def _call(self, node: ast.Call) -> None:
        if called(node) in ("Depends", "Security") and node.args:
            self.depended.add(last(node.args[0]))
        self.lifespans |= {last(k.value) for k in node.keywords if k.arg == "lifespan"}


def candidates(path: Path, tree: ast.Module, names: Names) -> Iterator[Candidate]:
    containers = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict | ast.List | ast.Set)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in ("Depends", "Security"):
            if node.args and isinstance(node.args[0], ast.Call):
                yield Candidate("depends", path, node.lineno)
        if isinstance(node, ast.Call) and called(node) in ("add_task", "BackgroundTask", "BackgroundTasks"):
            yield Candidate("task", path, node.lineno)
        if isinstance(node, ast.Call) and called(node) == "on_event":
            yield Candidate("on_event", path, node.lineno)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from function_candidates(path, node, names, containers)


def function_candidates(path: Path, function: Function, names: Names, containers: set[str]) -> Iterator[Candidate]:
    nodes = list(own(function))
    handled = is_route(function) or function.name in names.depended
    yields = [node.lineno for node in nodes if isinstance(node, ast.Yield)]
    if yields and function.name in names.depended:
        for node in nodes:
            if called(node) in RELEASES and node.lineno > min(yields):  # type: ignore[attr-defined]
                yield Candidate("exit", path, node.lineno)  # type: ignore[attr-defined]
        yield from (Candidate("swallow", path, n.lineno) for n in nodes if isinstance(n, ast.ExceptHandler))
    if function.name in names.lifespans:
        yield Candidate("lifespan", path, function.lineno)
    if is_route(function) and len(function.decorator_list) > 1:
        yield Candidate("decorator", path, function.lineno)
    if any(called(item) == "websocket" for item in function.decorator_list):
        yield Candidate("websocket", path, function.lineno)
    if function.name in ("dispatch", "__call__") or any(
        called(item) == "middleware" for item in function.decorator_list
    ):
        yield from (Candidate("middleware", path, n.lineno) for n in nodes if isinstance(n, ast.Raise))
    for node in nodes:
        yield from node_candidates(path, node, names, containers, handled, is_route(function))


def node_candidates(
    path: Path, node: ast.AST, names: Names, containers: set[str], handled: bool, route: bool
) -> Iterator[Candidate]:
    if isinstance(node, ast.While):
        for inner in ast.walk(node):
            if re.match(r"(receive|send)_(text|json|bytes)$", called(inner)):
                yield Candidate("loop", path, inner.lineno)  # type: ignore[attr-defined]
                break
    if isinstance(node, ast.Call):
        name = called(node)
        if name in names.marked and isinstance(node.func, ast.Name):
            yield Candidate("hand call", path, node.lineno)
        if name in ("Depends", "Security"):
            yield Candidate("depends", path, node.lineno)
        if handled and SESSIONS.match(name):
            yield Candidate("session", path, node.lineno)
        if handled and name in CLIENTS:
            yield Candidate("client", path, node.lineno)
        if handled and name in STARTING:
            yield Candidate("started", path, node.lineno)
        if route and re.search(r"(^|_)(send|notify|email|webhook)(_|$)", name):
            yield Candidate("inline", path, node.lineno)
        target = node.func.value if isinstance(node.func, ast.Attribute) else None
        if handled and name in CHANGING and isinstance(target, ast.Name) and target.id in containers:
            yield Candidate("global", path, node.lineno)
    if handled and isinstance(node, ast.Global):
        yield Candidate("global", path, node.lineno)


def reported(folder: Path) -> set[tuple[str, int]]:
    command = [sys.executable, "-m", "fastlint", "check", "--isolated", "--preview", "--select", CODES]
    command += ["--output-format", "json", "--exit-zero", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {(row["filename"], row["location"]["row"]) for row in json.loads(done.stdout)}


def collect(folder: Path) -> list[Candidate]:
    trees = {}
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if re.search(r"fastapi|starlette|Depends", text):
            try:
                trees[path] = ast.parse(text)
            except SyntaxError:
                continue
    names = Names(trees)
    seen = reported(folder)
    found = dict.fromkeys(item for path, tree in trees.items() for item in candidates(path, tree, names))
    return [c for c in found if (c.path.relative_to(folder).as_posix(), c.line) not in seen]


def sample(found: list[Candidate], size: int, seed: int) -> list[Candidate]:
    """The kinds in turn, each shuffled."""
    dice = random.Random(seed)
    kinds: dict[str, list[Candidate]] = defaultdict(list)
    for item in found:
        kinds[item.kind].append(item)
    for items in kinds.values():
        dice.shuffle(items)
    chosen: list[Candidate] = []
    while len(chosen) < size and any(kinds.values()):
        for kind in sorted(kinds):
            if kinds[kind] and len(chosen) < size:
                chosen.append(kinds[kind].pop())
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=60)
    parser.add_argument("--context", type=int, default=12)
    options = parser.parse_args()
    found: list[Candidate] = []
    for folder in sorted(path for path in options.directory.iterdir() if path.is_dir()):
        found += collect(folder)
    counts = defaultdict(int)
    for item in found:
        counts[item.kind] += 1
    print(f"{len(found)} candidates that are not reported:", dict(sorted(counts.items())))
    for number, item in enumerate(sample(found, options.size, options.seed), 1):
        print(f"\n#{number} [{item.kind}] {item.path.relative_to(options.directory)}:{item.line}")
        lines = item.path.read_text(encoding="utf-8", errors="replace").split("\n")
        first = max(0, item.line - options.context)
        for index in range(first, min(len(lines), item.line + options.context // 2)):
            print(f"{'>' if index + 1 == item.line else ' '} {lines[index]}")


if __name__ == "__main__":
    main()
