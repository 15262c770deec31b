"""Source that nobody would write: no crash, no hang, nothing told of a place outside of the file.

The same campaigns with larger numbers: benchmarks/fuzz.py and benchmarks/scaling.py.
"""

from __future__ import annotations

import codecs
import sys
from types import FrameType

import pytest

from fastlint.engine import check
from fastlint.facts.extract import extract
from fastlint.source import SourceFile, Unreadable
from tests.mangled import KINDS, project
from tests.shapes import CHAINED, HEAD, NESTED, REPEATED, SHAPES
from tests.soundness import everything_on, faults, inputs_of

SEEDS = range(2)
STEEPEST = 2.6
"""Twice the input is twice the work, and a little for what is sorted."""


OF_ONE_COMMENT = frozenset({"noqa of one line", "codes of one noqa", "brackets in comments"})
"""A comment is read up to a bound: before it, each of its parts is compared with each."""


def one(data: bytes) -> dict[str, bytes]:
    return {"main.py": data}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_bent_files_are_survived(kind: str, seed: int) -> None:
    assert list(faults(project(kind, seed), fixing=seed == 0)) == []


def test_a_rule_that_raises_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question that all tests here ask can be answered with no."""
    entry = next(entry for entry in everything_on().registry.entries.values() if entry.code == "FST101")

    def check(self: object, call: object, project: object) -> object:
        raise RuntimeError("made to fail")

    monkeypatch.setattr(entry.rule, "check", check)
    text = HEAD + "@app.get('/')\nasync def f(): time.sleep(1)\n"
    assert [(kind, "made to fail" in what) for kind, what in faults(one(text.encode()))] == [("crash", True)]


def told(data: bytes) -> str | None:
    """Why the file is not read; None when it is. Nothing else may be wrong."""
    assert list(faults(one(data))) == []
    found = [d.message for d in check(inputs_of(one(data))).diagnostics if d.code == "FST000"]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", None),
        (codecs.BOM_UTF8, None),
        (codecs.BOM_UTF8 + b"x = 1\n", None),
        (codecs.BOM_UTF8 * 2 + b"x = 1\n", "syntax error: invalid non-printable character U+FEFF"),
        (b"x = 1\0\n", "syntax error: source code string cannot contain null bytes"),
        (b"\0" * 100, "syntax error: source code string cannot contain null bytes"),
        (b"x = '\xed\xa0\x80'\n", "not valid utf-8: byte 0xed"),
        ("x = 1\n".encode("utf-16"), "not valid utf-8: byte 0xff"),
        (b"import time\rx = 1\r", None),
        (b"import time\r\nx = 1\n\rdef f():\r    pass\n", None),
        (b"x = 1\f\n\f\ndef f():\n\f    import time\n", None),
        ("变量 = 'é'\ndef ﬁ(): return ﬁ()  # noqa: FST999\n".encode(), None),
        ("# coding: koi8-r\nимя = 'Ы'  # noqa: FST999\n".encode("koi8-r"), None),
        ("# coding: shift_jis\nx = '表'\n".encode("shift_jis"), None),
        (b"# coding: utf-7\nx = '+AGE-'\n", None),
        (b"# coding: nowhere\nx = 1\n", "unknown encoding: nowhere"),
        (b"# coding: rot13\nk = 1\n", "not valid rot13: 'rot13' is not a text encoding"),
        (b"# coding: hex\n6162\n", "not valid hex: 'hex' is not a text encoding"),
        (b"# coding: undefined\nx = 1\n", "not valid undefined:"),
        (b"# coding: punycode\nx = 1\n", "not valid punycode:"),
        (b"# coding: cp1252\nx = '\x81'\n", "not valid cp1252: byte 0x81"),
        (b"#" + b"coding: " * 500 + b"x\nx=1\n", "unknown encoding: coding"),
        (b"x = " + b"9" * 5000 + b"\n", "syntax error: Exceeds the limit"),
    ],
)
def test_bytes_of_every_kind(data: bytes, reason: str | None) -> None:
    found = told(data)
    assert (found or "").startswith(reason) if reason else found is None, found


@pytest.mark.parametrize("shape", NESTED)
def test_deep_nesting_is_analysed_or_refused(shape: str) -> None:
    """Beyond what Python or the facts can hold a file is refused in one line; whatever is analysed fails no rule."""
    reasons = [told((HEAD + NESTED[shape](depth)).encode()) for depth in (40, 200, 1500)]
    assert reasons[0] is None
    for reason in reasons:
        assert reason is None or "deeply" in reason or "too many" in reason or "too large" in reason, reason


def test_what_is_nested_too_deeply_is_named_where_it_stands() -> None:
    text = "x = 1\n" * 3 + f"def f():\n    y = {'-' * 950}1\n" + "x = 1\n" * 3
    with pytest.raises(Unreadable) as raised:
        extract(SourceFile("main.py", text.encode()))
    assert (raised.value.reason, raised.value.line) == ("nested too deeply to be analysed", 5)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (NESTED["parentheses"](10_000), "syntax error: too many nested parentheses"),
        (NESTED["chained calls"](5000), "nested too deeply to be parsed"),
        (NESTED["elif"](3000), "nested too deeply to be parsed"),
        (NESTED["elif"](700), None),
        ("x = '" + "a" * 5_000_000 + "'\n", None),
        (
            "class A(A): a: 'A'\nclass B(C): c: 'list[C]'\nclass C(B): b: 'B'\nT = list['T']\nu = u\n"
            "class M(BaseModel):\n    m: 'M | None' = None\n@app.get('/')\ndef f(m: M, a: A, b: B) -> T: return u\n",
            None,
        ),
    ],
    ids=["parentheses", "calls", "elif", "many elif", "long line", "recursive types"],
)
def test_what_no_person_writes_is_read_or_refused_in_one_line(text: str, reason: str | None) -> None:
    assert told((HEAD + text).encode()) == reason


def test_imports_in_a_circle() -> None:
    files = {
        "a.py": b"from b import *\nfrom b import x\nfrom fastapi import FastAPI\napp = FastAPI()\n",
        "b.py": b"from c import *\nfrom c import x\n",
        "c.py": b"from a import *\nfrom a import x, app\n@app.get('/')\nasync def f(q: x): return x\n",
    }
    assert list(faults(files)) == []


def deepest(shape: str) -> int:
    """The greatest depth of a shape that facts can be taken of."""
    low, high = 1, 1200
    while low < high:
        middle = (low + high + 1) // 2
        try:
            extract(SourceFile("main.py", (HEAD + NESTED[shape](middle)).encode()))
            low = middle
        except Unreadable:
            high = middle - 1
    return low


@pytest.mark.parametrize("shape", sorted(NESTED.keys() - {"annotation in text", "brackets in text"}))
def test_the_greatest_depth_that_is_read_fails_no_rule(shape: str) -> None:
    assert told((HEAD + NESTED[shape](deepest(shape))).encode()) is None


def test_what_can_be_read_does_not_depend_on_how_deep_the_caller_stands() -> None:
    depth = deepest("sum")

    def below(frames: int) -> int:
        return below(frames - 1) if frames else deepest("sum")

    assert abs(below(400) - depth) <= 3


@pytest.mark.parametrize("shape", CHAINED)
def test_long_chains_of_definitions_fail_no_rule(shape: str) -> None:
    assert told((HEAD + CHAINED[shape](400)).encode()) is None


def work(text: str) -> int:
    """How many Python functions and lines of ours a check goes through: the same on every machine."""
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> object:
        nonlocal counted
        counted += 1
        return count

    inputs = inputs_of(one(text.encode()))
    previous = sys.gettrace()
    sys.settrace(count)
    try:
        check(inputs)
    finally:
        sys.settrace(previous)
    return counted


@pytest.mark.parametrize("shape", sorted({**CHAINED, **REPEATED}))
def test_work_grows_with_the_input_and_not_faster(shape: str) -> None:
    size = 60 if shape not in OF_ONE_COMMENT else 300
    check(inputs_of(one((HEAD + SHAPES[shape](size)).encode())))  # what is remembered across runs
    empty = work(HEAD)
    single, double = (work(HEAD + SHAPES[shape](number)) - empty for number in (size, 2 * size))
    assert double <= STEEPEST * max(single, 1000), (single, double)


def test_modules_that_shadow_the_standard_library_and_import_each_other() -> None:
    files = {
        "asyncio.py": b"from time import *\nimport asyncio, main\nsleep = main.f\n",
        "time.py": b"from asyncio import *\nimport time\ndef sleep(x): return time.sleep(x)\n",
        "fastapi/__init__.py": b"from main import *\nclass FastAPI: ...\n",
        "main.py": b"import time\nfrom fastapi import FastAPI\nfrom time import sleep\n"
        b"app = FastAPI()\n@app.get('/')\nasync def f(): time.sleep(1); sleep(1)\n",
    }
    assert list(faults(files, fixing=True)) == []
