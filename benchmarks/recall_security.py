"""What the rules about secrets, CORS, cookies and tokens did not report although they might: to read by hand.

    python benchmarks/recall_security.py PATH... --seed 1 --count 60

Candidates are found in the text of the syntax alone, without names or types: literals under a name that contains a
word for a secret, every use of CORSMiddleware, every `set_cookie`, every `encode` and `decode` of a module called jwt.
Prints their number and a sample as path, line, kind and source line, separated by tabs; literals are cut after two
characters.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODES = "FST501,FST502,FST503,FST510,FST511,FST512,FST513,FST514,FST515,FST516,FST532"
SECRET = re.compile(r"secret|passw|pwd|token|api_?key|apikey|credential|private_?key|signing", re.IGNORECASE)
LITERAL = re.compile(r"""(["'])(.{2})[^"']{3,}(["'])""")
LEAST = 6
KINDS = ("literal", "cors", "cookie", "jwt")
Candidate = tuple[int, str]


def candidates(tree: ast.AST) -> Iterator[Candidate]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target, *_], value=value) | ast.AnnAssign(target=target, value=value):
                yield from literals(ast.unparse(target), value)
            case ast.keyword(arg=str() as name, value=value):
                yield from literals(name, value)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant):
                        yield from literals(str(key.value), value)
            case ast.Compare(left=left, comparators=[right]):
                yield from literals(ast.unparse(left), right)
            case ast.Call(func=func, args=args):
                yield from calls(node, func, args)


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
            yield item.lineno, "literal"


def calls(node: ast.Call, func: ast.expr, args: list[ast.expr]) -> Iterator[Candidate]:
    name = ast.unparse(func)
    if any(isinstance(arg, ast.Name) and arg.id == "CORSMiddleware" for arg in [func, *args[:1]]):
        yield node.lineno, "cors"
    elif name.endswith(".set_cookie"):
        yield node.lineno, "cookie"
    elif re.fullmatch(r"_?(?:\w+\.)*_?jwt\.(?:encode|decode)", name):
        yield node.lineno, "jwt"


def reported(root: Path) -> set[tuple[str, int]]:
    command = [sys.executable, "-m", "fastlint", "check", "--isolated", "--preview", "--select", CODES]
    command += ["--output-format", "concise", str(root)]
    output = subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout
    found = (re.match(r"(.+?):(\d+):\d+: ", line) for line in output.splitlines())
    return {(str(Path(match[1]).resolve()), int(match[2])) for match in found if match}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--kind", choices=KINDS, help="only candidates of this kind")
    arguments = parser.parse_args()
    found: list[tuple[str, int, str, str]] = []
    for root in arguments.paths:
        known = reported(root)
        for path in sorted(root.rglob("*.py")):
            if "tests" in path.parts:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            lines = text.splitlines()
            try:
                tree = ast.parse(text)
            except SyntaxError as error:
                print(f"{path}: {error}", file=sys.stderr)
                continue
            for line, kind in sorted(set(candidates(tree))):
                near = range(line, line + 8) if kind == "cors" else (line,)
                if not any((str(path.resolve()), number) in known for number in near):
                    shown = (
                        LITERAL.sub(r"\1\2…\3", lines[line - 1].strip())
                        if kind == "literal"
                        else lines[line - 1].strip()
                    )
                    found.append((str(path), line, kind, shown))
    print(f"{len(found)} candidates:", {kind: sum(1 for one in found if one[2] == kind) for kind in KINDS})
    found = [one for one in found if arguments.kind in (None, one[2])]
    for candidate in random.Random(arguments.seed).sample(found, min(arguments.count, len(found))):
        print("\t".join(map(str, candidate)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
