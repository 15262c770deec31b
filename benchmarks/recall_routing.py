"""Registrations in the source that look like routes but are not in the route table: a sample to read.

    python benchmarks/recall_routing.py FOLDER... [--seed 1] [--count 60]

A decorator or call looks like a route when its method is one of those that register routes and its path is written as
text, an f-string or a name that ends in PATH or PREFIX. Tests are left out, as fastlint leaves them out.
"""

from __future__ import annotations

import argparse
import ast
import random
import warnings
from collections.abc import Iterator
from pathlib import Path

from static_routes import project_of

from fastlint.project.language.modules import TEST_FILE

VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route", "websocket"})
CALLS = frozenset({"add_api_route", "add_api_websocket_route", "add_route", "add_websocket_route"})
Place = tuple[str, int, str]


def candidates(path: Path, name: str) -> Iterator[Place]:
    """What looks like a registration of a route, by the text of one file."""
    text = path.read_text(encoding="utf-8", errors="replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
        except SyntaxError:
            return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _registers(decorator, VERBS):
                    yield name, decorator.lineno, ast.get_source_segment(text, decorator) or ""
        elif isinstance(node, ast.Call) and _registers(node, CALLS):
            yield name, node.lineno, ast.get_source_segment(text, node) or ""


def _registers(call: ast.Call, verbs: frozenset[str]) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in verbs and any(map(_path, _given(call)))


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "path")]


def _path(expr: ast.expr) -> bool:
    match expr:
        case ast.Constant(value=str(text)):
            return text == "" or text.startswith(("/", "{"))
        case ast.JoinedStr():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower().endswith(("path", "prefix", "route", "url"))
        case ast.BinOp(op=ast.Add()):
            return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    missed: list[tuple[str, str, int, str]] = []
    for folder in options.folders:
        project = project_of(folder)
        known = {(route.path, route.call.line) for route in project.routes}
        files = [path for path in sorted(folder.rglob("*.py")) if not TEST_FILE.search(str(path.relative_to(folder)))]
        found = [one for path in files for one in candidates(path, path.relative_to(folder).as_posix())]
        left = [one for one in found if one[:2] not in known]
        served = sum(1 for route in project.routes if route.effective)
        print(f"{folder.name}: {len(found)} candidates, {len(found) - len(left)} known, {served} of them served")
        missed += [(folder.name, *one) for one in left]
    chosen = random.Random(options.seed).sample(missed, min(options.count, len(missed)))
    print(f"{len(missed)} not in the table, {len(chosen)} by seed {options.seed}:")
    for source, name, line, text in sorted(chosen):
        print(f"{source}\t{name}\t{line}\t{' '.join(text.split())[:120]}")


if __name__ == "__main__":
    main()
