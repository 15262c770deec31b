"""The same facts, and with that the same report, whichever Python runs: f-strings are where their trees differ.

`benchmarks/versions.py` compares whole reports of interpreters that have fastlint's dependencies.
"""

from __future__ import annotations

import builtins
import http
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fastlint.facts import syntax
from fastlint.facts.extract import extract
from fastlint.project.catalogue.python import BUILTINS, STANDARD_MODULES
from fastlint.project.catalogue.statuses import NAMES, PHRASES, phrase
from fastlint.source import SourceFile

CHECKOUT = Path(__file__).resolve().parent.parent
STRINGS = r'''
f"{x:}", f"{x!r:}", f"{x:{y}}", f"{x:a{y}b{z}}", f"a" "b", "a" f"", f"", f"{x=}", f"{x = }", f"{x=:>3}", f"{x=!s}"
f"{f'{x}'}", f"""{
 x}""", f"""a
{x} {
  y  # noqa
 }""" if 0 else f"""{x}"""
(f'a{x}'  # noqa: FST101
 f'b{y.z}'  'c' f'{w()}', f"{x:{y}{z}}", rf'\d{x}', f'{x:\n{y}}', f'{{}}{x}{{a}}', f'{(lambda x: 1)(2)}', f'{*a, b}')
é = f'é{x}é{y.é:é{z}}é', f'\N{DIGIT ONE}{x}', f'{x:\N{DIGIT ONE}}', f'{x:%H:%M}', f'{x:{{}}}', f'{"a" "b"}'
f'a\
{x}b\
 {y}', f'# noqa {x} # noqa', f'{d["a"]["b"]}', f"{[i for i in x if (yield)]}"  # noqa
'''.replace("  y  # noqa\n", "  y\n")
FACTS = """
import hashlib, marshal, sys
from pathlib import Path
from fastlint.facts.extract import extract
from fastlint.source import SourceFile, Unreadable

def opened(value):
    if isinstance(value, bytes):
        try:
            return opened(marshal.loads(value))
        except (ValueError, EOFError, TypeError):
            return value
    if isinstance(value, tuple):
        return tuple(opened(item) for item in value)
    return sorted(map(repr, value)) if isinstance(value, frozenset) else value

def digest(path):
    try:
        facts = extract(SourceFile(path, Path(path).read_bytes()))
    except Unreadable as error:
        return "unreadable"
    return hashlib.sha256(repr(opened(facts.encoded())).encode()).hexdigest()

for path in sys.stdin.read().splitlines():
    print(path, digest(path))
"""


def others() -> list[str]:
    """Other Pythons that are installed here."""
    found = [path for minor in (11, 12, 13, 14) if (path := shutil.which(f"python3.{minor}"))]
    found += [str(path) for path in sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python"))]
    return [path for path in found if ".pyenv/shims" not in path]


def facts_by(python: str, files: list[Path]) -> list[str]:
    ran = subprocess.run(
        [python, "-W", "ignore", "-c", FACTS],
        input="\n".join(map(str, files)),
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@pytest.mark.parametrize("python", others())
def test_facts_do_not_depend_on_the_version(python: str, tmp_path: Path) -> None:
    strings = tmp_path / "strings.py"
    strings.write_text(STRINGS, encoding="utf-8")
    files = [strings, *sorted((CHECKOUT / "fixtures").rglob("*.py")), *sorted((CHECKOUT / "rules").rglob("*.py"))]
    here = facts_by(sys.executable, files)

    assert "unreadable" not in here[0]
    assert facts_by(python, files) == here


def test_parts_of_an_f_string_stand_where_it_stands_and_expressions_where_they_stand() -> None:
    facts = extract(SourceFile("m.py", b"x = f'a{bc:>{d}}e'\n"))
    [statement] = facts.body
    inside = {(type(node).__name__, node.column, node.end_column) for node in syntax.walk(statement)}

    assert inside - {("Assign", 0, 18), ("Name", 0, 1)} == {
        *(("FString", 4, 18), ("Constant", 4, 18), ("Formatted", 4, 18)),
        *(("Name", 8, 10), ("Name", 13, 14)),
    }


def test_what_python_brings_is_known_whatever_runs() -> None:
    here = {name for name in dir(builtins) if name != "_" and name != "_IncompleteInputError"}
    assert here <= BUILTINS
    assert {name for name in sys.stdlib_module_names if not name.startswith("_")} <= STANDARD_MODULES


def test_every_status_is_known_by_number_and_name() -> None:
    assert {int(status) for status in http.HTTPStatus} == PHRASES.keys()
    assert {name: int(status) for name, status in http.HTTPStatus.__members__.items()}.items() <= NAMES.items()
    assert (phrase(404), phrase(413), phrase(999), phrase(True), phrase([]), phrase("404")) == (
        *("Not Found", "Content Too Large"),
        *(None, None, None, None),
    )
