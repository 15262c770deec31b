"""Mutation testing: small faults are put into the engine one at a time; tests that stay green let one survive.

    python benchmarks/mutants.py --seed 1 --count 60            60 faults drawn from all modules in SCOPE
    python benchmarks/mutants.py --modules suppress baseline    only these
    python benchmarks/mutants.py --all --count 300              with the whole test suite instead of the module's tests

A fault turns one comparison, one `and`/`or`, one `not`, one constant, one arithmetic operator or one `return` into
another, or leaves one call or the body of one `if` out. It is made in a copy of the checkout, never in the checkout.
What survives is printed as a diff: read it; a test is missing, the code does nothing, or both mean the same.
Annotations, exceptions that are raised and `__all__` are no faults. Exit code 0 always: the figure is to be read.
"""

from __future__ import annotations

import argparse
import ast
import copy
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS: dict[str, tuple[str, ...]] = {
    "fastlint/suppress.py": ("test_suppress", "test_noqa", "test_selection", "test_engine"),
    "fastlint/baseline.py": ("test_baseline", "test_fingerprint", "test_cli"),
    "fastlint/fixes/": (
        *("test_fix_inputs", "test_fixes", "test_fix_layouts", "test_fix_faults", "test_journal", "test_rules"),
        *("test_packaging_fixes", "test_event_loop", "test_diff"),
    ),
    "fastlint/project/packaging/": (
        *("test_manifest_ways", "test_manifests", "test_toml_places", "test_locks", "test_manifest_errors"),
        *("test_manifest_questions", "test_versions", "test_packaging_rules", "test_packaging_fixes"),
    ),
    "fastlint/project/route_table/": ("test_route_ways", "test_routes", "test_routes_page"),
    "fastlint/project/application/": (
        *(
            "test_answers",
            "test_route_ways",
            "test_routes",
            "test_questions",
            "test_flow_arguments",
            "test_versions",
            "test_control_flow",
        ),
        "test_shop",
        *("test_security_cases", "test_event_loop_apps", "test_rules", "test_event_loop", "test_hostile"),
    ),
    "fastlint/project/security/": (
        "test_secret_texts",
        "test_security_cases",
        "test_questions",
        "test_flow",
        "test_rules",
        "test_shop",
    ),
    "fastlint/project/flows/": (
        *(
            "test_flow",
            "test_flow_ways",
            "test_flow_arguments",
            "test_security_cases",
            "test_questions",
            "test_rules",
            "test_shop",
        ),
        "test_hostile",
    ),
    "fastlint/project/event_loop/": (
        *("test_given", "test_loop_questions", "test_control_flow", "test_event_loop_apps", "test_flow_arguments"),
        *("test_event_loop", "test_rules", "test_questions", "test_shop", "test_hostile"),
    ),
    "fastlint/project/": (
        *(
            "test_constants",
            "test_inferred",
            "test_language_ways",
            "test_control_flow",
            "test_given",
            "test_regexes",
            "test_flow",
        ),
        *("test_questions", "test_answers"),
        *("test_security_cases", "test_flow_arguments", "test_event_loop_apps", "test_routes", "test_event_loop"),
        *("test_rules", "test_shop", "test_hostile"),
    ),
}
"""The tests that answer for a module: the first entry that fits."""
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


def faults(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """The places of a tree where a fault can be made, with its kind."""
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        hints = [getattr(node, name, None) for name in ("annotation", "returns")]
        if isinstance(node, ast.Raise):
            hints.append(node.exc)
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            hints.append(node)
        for hint in hints:
            silent.update(ast.walk(hint) if isinstance(hint, ast.AST) else ())
    for node in ast.walk(tree):
        if node in silent:
            continue
        match node:
            case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
                yield node, "comparison"
            case ast.BoolOp():
                yield node, "and/or"
            case ast.UnaryOp(op=ast.Not()):
                yield node, "not"
            case ast.BinOp(op=op) if type(op) in OPERATORS:
                yield node, "operator"
            case ast.Constant(value=bool()):
                yield node, "constant"
            case ast.Constant(value=int()):
                yield node, "number"
            case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and not value.value):
                yield node, "return"
            case ast.If():
                yield node, "if"
            case ast.AugAssign(op=op) if type(op) in OPERATORS:
                yield node, "operator"
            case ast.Expr(value=ast.Call()):
                yield node, "statement"


def make(node: ast.AST, kind: str) -> None:
    """Put the fault into the tree."""
    match node:
        case ast.Compare():
            node.ops = [COMPARISONS[type(node.ops[0])]()]
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp():
            node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)
        case ast.BinOp() | ast.AugAssign():
            node.op = OPERATORS[type(node.op)]()
        case ast.Constant():
            node.value = (not node.value) if kind == "constant" else int(str(node.value)) + 1
        case ast.Return():
            node.value = ast.Constant(None)
        case ast.If():
            node.test = ast.BoolOp(ast.And(), [ast.Constant(False), node.test])
        case ast.Expr():
            node.value = ast.Constant(None)


def tests_of(path: str) -> list[str]:
    names = next(names for start, names in TESTS.items() if path.startswith(start))
    return [f"tests/{name}.py" for name in names if (ROOT / "tests" / f"{name}.py").exists()]


def outcome(folder: Path, tests: list[str], patience: float) -> str:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "0", *tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": f"{folder}:{folder / 'rules'}"}
    try:
        ran = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    return "survived" if ran.returncode == 0 else "killed"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--modules", nargs="+", help="words that a module's path must hold one of")
    parser.add_argument("--all", action="store_true", help="the whole suite answers for each fault")
    parser.add_argument("--minutes", type=float, help="stop drawing after so many")
    parser.add_argument("--patience", type=float, default=400.0, help="seconds after which a fault counts as found")
    options = parser.parse_args()
    paths = [ROOT / "fastlint" / "suppress.py", ROOT / "fastlint" / "baseline.py"]
    paths += [*(ROOT / "fastlint" / "fixes").rglob("*.py"), *(ROOT / "fastlint" / "project").rglob("*.py")]
    places = []
    for path in sorted(paths):
        name = path.relative_to(ROOT).as_posix()
        if "/catalogue/" in name or (options.modules and not any(word in name for word in options.modules)):
            continue
        tree = ast.parse(path.read_bytes())
        places += [(name, index, kind) for index, (_, kind) in enumerate(faults(tree))]
    chance = random.Random(options.seed)
    drawn = chance.sample(places, min(options.count, len(places)))
    began = time.monotonic()
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        folder = Path(temporary) / "checkout"
        left = ("*.pyc", "__pycache__", ".venv", ".git", ".*_cache", ".hypothesis", "site")
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*left))
        for name, index, kind in drawn:
            if options.minutes and time.monotonic() - began > options.minutes * 60:
                break
            original = (ROOT / name).read_text(encoding="utf-8")
            tree = ast.parse(original)
            before = ast.unparse(tree)
            changed = copy.deepcopy(tree)
            node, _ = list(faults(changed))[index]
            make(node, kind)
            after = ast.unparse(ast.fix_missing_locations(changed))
            (folder / name).write_text(after, encoding="utf-8")
            result = outcome(folder, ["tests"] if options.all else tests_of(name), options.patience)
            (folder / name).write_text(original, encoding="utf-8")
            total[result] += 1
            print(f"{result:<9} {name}:{getattr(node, 'lineno', 0)} {kind}", flush=True)
            if result == "survived":
                lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
                print("\n".join(f"    {line}" for line in list(lines)[2:]), flush=True)
    tried = sum(total.values())
    found = total["killed"] + total["timeout"]
    print(f"seed {options.seed}: {tried} faults of {len(places)} places, {found} found, {total['survived']} survived")
    return 0


if __name__ == "__main__":
    sys.exit(main())
