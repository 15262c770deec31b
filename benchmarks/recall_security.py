"""What the security rules did not report although they might: to read by hand.

    python benchmarks/recall_security.py PATH... --seed 1 --count 60 --per-rule 5 [--rule FST520] [--saved DIR]

Candidates are found in the text of the syntax alone, without names, types or flows:

- FST510: texts under a name that contains a word for a secret, also as fallbacks and inside `SecretStr`
- FST513, FST532, FST501: every `encode` and `decode` of a module called jwt, every `set_cookie`, every CORSMiddleware
- FST515, FST531: hashes of, and log lines with, something by the name of a secret
- FST520: SQL that is put together, where it is run or made a clause
- FST521: commands of a shell, `eval`, `exec`, `pickle` and `yaml.load` with something that is not written out
- FST522, FST524: files and HTTP calls in functions with a decorator (routes, mostly) that use one of their parameters
- FST523, FST525: redirects and pages that are not written out

Test files are left out. Prints the number of candidates and a sample, first `--per-rule` of each rule, then any, as
path, line, rule and source line, separated by tabs; literals are cut after two characters. The same code bases, seed
and findings give the same sample. `--saved DIR` reads DIR/NAME.json, the output of `check --output-format json` for
the code base NAME, in place of running.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

CODES = "FST5"
SECRET = re.compile(r"secret|passw|pwd|token|api_?key|apikey|credential|private_?key|signing", re.IGNORECASE)
SQL = re.compile(r"\b(?:select|insert\s+into|update|delete\s+from|where|order\s+by|union)\b", re.IGNORECASE)
TESTS = re.compile(r"(?:^|/)(?:tests?|testing|qa|e2e)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
LITERAL = re.compile(r"""(["'])(.{2})[^"']{3,}(["'])""")
LEAST = 6
HASHES = re.compile(r"hashlib\.(?:md5|sha1|sha256|sha512|new)")
LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "print"})
RUNS = frozenset(
    {
        *("execute", "executemany", "executescript", "exec_driver_sql", "exec", "scalar", "scalars", "text", "fetch"),
        *("fetchrow", "fetchval", "fetch_all", "fetch_one", "query", "read_sql", "read_sql_query", "literal_column"),
    }
)
SHELLS = frozenset({"os.system", "os.popen", "asyncio.create_subprocess_shell", "subprocess.getoutput", "eval", "exec"})
LOADERS = frozenset({"pickle.loads", "pickle.load", "yaml.load", "yaml.unsafe_load"})
FILES = frozenset(
    {
        *("open", "FileResponse", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "rmtree", "remove"),
        *("listdir", "makedirs", "mkdir", "iterdir", "copy", "copyfile", "move"),
    }
)
CLIENTS = re.compile(r"(?:requests|httpx|client|http)\w*(?:\(.*\))?\.(?:get|post|put|patch|delete|request)$")
Candidate = tuple[int, str]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def candidates(tree: ast.AST) -> Iterator[Candidate]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target, *_], value=value) | ast.AnnAssign(target=target, value=value):
                yield from literals(ast.unparse(target), value)
            case ast.keyword(arg=str() as name, value=value):
                yield from literals(name, value)
            case ast.Dict(keys=keys, values=values):
                for key, item in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant):
                        yield from literals(str(key.value), item)
            case ast.Compare(left=left, comparators=[right]):
                yield from literals(ast.unparse(left), right)
            case ast.Call():
                yield from calls(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from in_function(node)


def literals(name: str, value: ast.expr | None) -> Iterator[Candidate]:
    """Texts under a name that speaks of secrets, also as the fallback of a look-up and inside `SecretStr`."""
    if value is None or not SECRET.search(name):
        return
    inner = [value, *(value.values if isinstance(value, ast.BoolOp) else ())]
    if isinstance(value, ast.Call):
        inner += value.args[0 if ast.unparse(value.func).endswith(("Secret", "SecretStr", "Field")) else 1 :]
        inner += [keyword.value for keyword in value.keywords if keyword.arg in ("default", "secret_value")]
    for item in inner:
        if isinstance(item, ast.Constant) and isinstance(item.value, str) and len(item.value) >= LEAST:
            yield item.lineno, "FST510"


def calls(node: ast.Call) -> Iterator[Candidate]:
    """What can be told from a call alone."""
    name = ast.unparse(node.func)
    last = name.rpartition(".")[2]
    shell = any(k.arg == "shell" and isinstance(k.value, ast.Constant) and k.value.value is True for k in node.keywords)
    first = node.args[0] if node.args else None
    if any(isinstance(arg, ast.Name) and arg.id == "CORSMiddleware" for arg in [node.func, *node.args[:1]]):
        yield node.lineno, "FST501"
    elif last == "set_cookie":
        yield node.lineno, "FST532"
    elif re.fullmatch(r"_?(?:\w+\.)*_?jwt\.(?:encode|decode)", name):
        yield node.lineno, "FST513"
    elif HASHES.fullmatch(name) and first is not None and SECRET.search(ast.unparse(first)):
        yield node.lineno, "FST515"
    elif last in LOGS and any(SECRET.search(said) for arg in node.args for said in names(arg)):
        yield node.lineno, "FST531"
    elif last in RUNS and first is not None and built(first):
        yield node.lineno, "FST520"
    elif first is not None and not written(first):
        if shell or name in SHELLS or name in LOADERS:
            yield node.lineno, "FST521"
        elif last == "RedirectResponse":
            yield node.lineno, "FST523"
        elif last == "HTMLResponse":
            yield node.lineno, "FST525"


def in_function(function: Function) -> Iterator[Candidate]:
    """SQL that a variable holds when it is run, and what decorated functions do with their parameters."""
    texts = {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and built(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    arguments = function.args
    own = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)} - {"self", "cls"}
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        if last in RUNS and node.args and isinstance(node.args[0], ast.Name) and node.args[0].id in texts:
            yield node.lineno, "FST520"
        if function.decorator_list and own.intersection(names(node)):
            if last in FILES:
                yield node.lineno, "FST522"
            elif CLIENTS.search(name):
                yield node.lineno, "FST524"


def built(expr: ast.expr) -> bool:
    """Whether an expression is SQL put together from parts."""
    match expr:
        case ast.JoinedStr(values=values):
            parts = "".join(str(v.value) for v in values if isinstance(v, ast.Constant))
            return any(isinstance(v, ast.FormattedValue) for v in values) and SQL.search(parts) is not None
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left, right=right):
            return (text_of(left) or built(left) or text_of(right)) and not (written(left) and written(right))
        case ast.Call(func=ast.Attribute(attr="format", value=value)):
            return text_of(value)
    return False


def text_of(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Constant) and isinstance(expr.value, str) and SQL.search(expr.value) is not None


def written(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Constant)


def names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr


def reported(root: Path, saved: Path | None) -> set[tuple[str, int]]:
    if saved is not None:
        rows = json.loads((saved / f"{root.name}.json").read_text(encoding="utf-8"))
    else:
        command = [sys.executable, "-m", "fastlint", "check", ".", "--isolated", "--preview", "--select", CODES]
        command += ["--output-format", "json", "--exit-zero"]
        rows = json.loads(subprocess.run(command, capture_output=True, text=True, cwd=root).stdout)
    return {(row["filename"], row["location"]["row"]) for row in rows}


def unreported(root: Path, saved: Path | None) -> Iterator[tuple[str, int, str, str]]:
    known = reported(root, saved)
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root).as_posix()
        if TESTS.search(relative):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines()
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            continue
        for line, code in sorted(set(candidates(tree))):
            near = range(line, line + 8) if code == "FST501" else (line,)
            if not any((relative, number) in known for number in near):
                shown = lines[line - 1].strip()
                yield (
                    f"{root.name}/{relative}",
                    line,
                    code,
                    LITERAL.sub(r"\1\2…\3", shown) if code == "FST510" else shown,
                )


def sample(rows: list[tuple[str, int, str, str]], seed: int, count: int, least: int) -> list[tuple[str, int, str, str]]:
    lot = random.Random(seed)
    chosen: dict[tuple[str, int, str, str], None] = {}
    for code in sorted({row[2] for row in rows}):
        own = [row for row in rows if row[2] == code]
        chosen.update(dict.fromkeys(lot.sample(own, min(least, len(own)))))
    rest = [row for row in rows if row not in chosen]
    chosen.update(dict.fromkeys(lot.sample(rest, min(max(0, count - len(chosen)), len(rest)))))
    return sorted(chosen)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--per-rule", type=int, default=5)
    parser.add_argument("--rule", help="only candidates of this rule")
    parser.add_argument("--saved", type=Path)
    options = parser.parse_args()
    rows = sorted(row for root in options.paths for row in unreported(root.resolve(), options.saved))
    rows = [row for row in rows if options.rule in (None, row[2])]
    counted = Counter(row[2] for row in rows)
    print(f"{len(rows)} candidates {dict(sorted(counted.items()))}; seed {options.seed}", file=sys.stderr)
    for row in sample(rows, options.seed, options.count, options.per_rule):
        print("\t".join(map(str, row)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
