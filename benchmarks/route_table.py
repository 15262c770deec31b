"""Compare the routes that fastlint reads from the source with those that FastAPI serves.

    python benchmarks/route_table.py                          all of fixtures/apps/routes_*
    python benchmarks/route_table.py routes_hidden other/app  some cases: names of them, folders, files
    python benchmarks/route_table.py --runtime routes_hidden  only the real table, as JSON
    python benchmarks/route_table.py --docs-src DIR           every file below DIR that imports and holds an application

Each case is imported in a process of its own. Its application is `app` of `main.py`, or what the docstring of that
module says in a line `Entry: create_app()` or `Entry: app, internal.admin`. Two more lines excuse what cannot be read:
`Conditional: GET /crash` for routes that exist or not, `Unseen: GET /plugins` for those that no source names.
Exit code 1 when anything differs, 2 when nothing could be compared.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from served_routes import Row, docstring_lines, real_tables

REPOSITORY = Path(__file__).resolve().parents[1]
CASES = REPOSITORY / "fixtures" / "apps"


# ---- comparing ----


@dataclass
class Comparison:
    case: str
    rows: int = 0
    differences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, text: str) -> None:
        self.differences[kind].append(text)


def compare(case: str, real: list[Row], read: list[Row], *, target: Path, by_suffix: bool) -> Comparison:
    result = Comparison(case, len(real))
    conditional, unseen = set(docstring_lines(target, "Conditional")), set(docstring_lines(target, "Unseen"))
    same = _same_suffix if by_suffix else _same
    left: dict[str, list[Row]] = defaultdict(list)
    for row in read:
        left[_key(row)].append(row)
    order = []
    for row in real:
        key = _key(row)
        if not left[key]:
            if key not in unseen:
                result.add("missing", key)
            continue
        match = next((one for one in left[key] if same(_read_name(one), _read_name(row))), left[key][0])
        left[key].remove(match)
        order.append(match)
        _compare_row(row, match, same, result)
    for key, rows in left.items():
        for row in rows:
            if row.get("path") is None:
                result.add("unknown path", f"{_read_name(row)}")
            elif key not in conditional and not row.get("conditional"):
                result.add("invented", key)
    for application in {str(row.get("application")) for row in order}:
        own = [row for row in order if str(row.get("application")) == application]
        places = [next(index for index, one in enumerate(read) if one is row) for row in own]
        if places != sorted(places):
            result.add("order", " -> ".join(map(_key, own)))
    return result


def _compare_row(real: Row, read: Row, same: Callable[[Any, Any], bool], result: Comparison) -> None:
    key = _key(real)
    if real["kind"] == "mount":
        return
    endpoint, place = real["endpoint"], read.get("endpoint") or {}
    if not same(_read_name(read), endpoint["qualname"]):
        result.add("endpoint", f"{key}: {_read_name(read)} for {endpoint['qualname']}")
    elif not endpoint["line"] <= (place.get("line") or 0) <= endpoint["last_line"]:
        result.add("line", f"{key}: {place.get('line')} for {endpoint['line']}-{endpoint['last_line']}")
    accepted = {name: [name, *real["other_names"].get(name, [])] for name in real["dependencies"]}
    names = list(read.get("dependencies") or [])
    for name, others in accepted.items():
        if not any(same(one, other) for one in names for other in others):
            result.add("dependencies", f"{key}: {name} is missing")
    for one in names:
        if not any(same(one, other) for others in accepted.values() for other in others):
            result.add("dependencies", f"{key}: {one} is invented")
    models = [model and normal_type(model) for model in (read.get("response_model"), real["response_model"])]
    if models[0] != models[1]:
        result.add("response models", f"{key}: {models[0]} for {models[1]}")
    if real["kind"] == "http":
        for name, default in (("is_async", None), ("include_in_schema", True), ("status_code", 200)):
            pair = [default if value is None else value for value in (read.get(name), real[name])]
            if pair[0] != pair[1]:
                result.add(name, f"{key}: {pair[0]} for {pair[1]}")


def _key(row: Row) -> str:
    methods = ",".join(sorted(row.get("methods") or [])) if row["kind"] == "http" else row["kind"].upper()
    return f"{methods} {row['path']}"


def _read_name(row: Row) -> str | None:
    return (row.get("endpoint") or {}).get("qualname")


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").replace("<locals>.", "") == (other or "").replace("<locals>.", "")


def _same_suffix(one: str | None, other: str | None) -> bool:
    left, right = (f".{name or ''}".replace("<locals>.", "") for name in (one, other))
    return left.endswith(right) or right.endswith(left)


def normal_type(text: str) -> str:
    """One spelling: last names only, `list` for `List`, `X | None` for `Optional[X]`, `X` for `Annotated[X, ...]`."""
    try:
        return _normal(ast.parse(text, mode="eval").body)
    except SyntaxError:
        return text


def _normal(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower() if name in ("List", "Dict", "Set", "Tuple", "FrozenSet", "Type") else name
        case ast.Constant(value=str(text)):
            return normal_type(text)
        case ast.Constant(value=value):
            return "..." if value is ... else repr(value)
        case ast.BinOp(left=left, right=right):
            return f"{_normal(left)} | {_normal(right)}"
        case ast.Subscript(value=value, slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            name = _normal(value)
            if name == "Literal":
                return f"Literal[{', '.join(map(ast.unparse, parts))}]"
            texts = [_normal(part) for part in parts]
            spelled = {"Annotated": texts[0], "Optional": f"{texts[0]} | None", "Union": " | ".join(texts)}
            return spelled.get(name, f"{name}[{', '.join(texts)}]")
    return ast.unparse(node)


# ---- the command ----


def _target(text: str) -> Path:
    return (CASES / text if (CASES / text).exists() else Path(text)).resolve()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--runtime", action="store_true", help="print the real table as JSON")
    parser.add_argument("--docs-src", type=Path, metavar="DIR", help="compare every file below DIR that imports")
    options = parser.parse_args()
    if options.docs_src:
        root = options.docs_src.resolve()
        targets = sorted(path for path in root.rglob("*.py") if path.name != "__init__.py")
    else:
        targets = [_target(case) for case in options.cases] or sorted(CASES.glob("routes_*"))
        root = CASES
    names = [str(target.relative_to(root)) if target.is_relative_to(root) else target.name for target in targets]
    tables = real_tables(targets)
    if options.runtime:
        named = dict(zip(names, tables, strict=True))
        print(json.dumps(tables[0] if len(options.cases) == 1 else named, indent=2))
        return int(any(isinstance(table, str) for table in tables))
    skipped = [name for name, table in zip(names, tables, strict=True) if isinstance(table, str)]
    for name, table in zip(names, tables, strict=True):
        if isinstance(table, str) and not options.docs_src:
            print(f"{name}: does not import: {table}")
    cases = [entry for entry in zip(names, targets, tables, strict=True) if isinstance(entry[2], list) and entry[2]]
    from static_routes import static_table  # not at the top: each case's own process loads this file

    read: list[list[Row] | str] = [static_table(target) for _, target, _ in cases]
    totals: Counter[str] = Counter()
    equal = routes = 0
    for (name, target, real), static in zip(cases, read, strict=True):
        result = Comparison(name)
        if isinstance(static, str):
            result.add("failed", static)
        elif isinstance(real, list):
            result = compare(name, real, static, target=target, by_suffix=bool(options.docs_src))
        routes += result.rows
        equal += not result.differences
        print(f"{name}: {'differs' if result.differences else 'equal'}")
        for kind, texts in result.differences.items():
            totals[kind] += len(texts)
            print(*(f"    {kind}: {text}" for text in texts), sep="\n")
    found = ", ".join(f"{count} {kind}" for kind, count in sorted(totals.items())) or "no differences"
    print(f"{equal} of {len(cases)} equal, {routes} routes, {len(skipped)} not imported: {found}")
    if not cases:
        return 2
    return int(bool(totals) or (bool(skipped) and not options.docs_src))


if __name__ == "__main__":
    raise SystemExit(main())
