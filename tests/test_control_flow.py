"""How suites end: every way that Python takes when it runs them is among those that are told."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from fastlint.facts import syntax as s
from fastlint.facts.extract import extract
from fastlint.project.language.control_flow import ways_out
from fastlint.source import SourceFile

SIMPLE = ("pass", "x = 1", "return 1", "raise E", "break", "continue", "c()", "stop()")


def suite(chance: random.Random, depth: int, indent: str) -> Iterator[str]:
    """Some statements, nested so deep at most."""
    for _ in range(chance.randint(1, 3)):
        inner = indent + "    "
        kind = chance.randrange(9) if depth else 8
        parts: list[tuple[str, bool]]
        if kind == 0:
            parts = [("if c():", True), ("else:", chance.random() < 0.6)]
        elif kind == 1:
            parts = [("while c():", True), ("else:", chance.random() < 0.4)]
        elif kind == 2:
            parts = [("while True:", True)]
        elif kind == 3:
            parts = [("for x in many():", True), ("else:", chance.random() < 0.4)]
        elif kind in (4, 5):
            handled = chance.random() < 0.7
            parts = [("try:", True), ("except E:", handled), ("else:", handled and chance.random() < 0.4)]
            parts.append(("finally:", not handled or chance.random() < 0.3))
        elif kind == 6:
            parts = [("with nothing():", True)]
        elif kind == 7:
            yield f"{indent}match c():"
            yield f"{inner}case True:"
            yield from suite(chance, depth - 1, inner + "    ")
            continue
        else:
            yield indent + chance.choice(SIMPLE)
            continue
        for head, wanted in parts:
            if wanted:
                yield indent + head
                yield from suite(chance, depth - 1, inner)


class Stopped(Exception):
    """Raised by `stop()`, which never returns; and to end a loop that would go on for ever."""


class Spinning(BaseException):
    pass


def observed(text: str, chance: random.Random) -> str | None:
    """How the suite ends in one run; None when it does not."""
    steps = 0

    def c() -> bool:
        nonlocal steps
        steps += 1
        if steps > 60:
            raise Spinning
        return chance.random() < 0.5

    def turning() -> bool:
        c()
        return True

    class E(Exception):
        pass

    class Nothing:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    def stop() -> None:
        raise Stopped

    names = {
        "c": c,
        "turning": turning,
        "E": E,
        "stop": stop,
        "nothing": Nothing,
        "many": lambda: range(chance.randrange(3)),
    }
    exec(text, names)
    try:
        way = names["f"]()  # type: ignore[operator]
    except Spinning:
        way = None
    except (E, Stopped):
        way = "raise"
    return way if steps <= 60 else None  # a `finally` may have kept the end of an endless loop to itself


def never(call: s.Call) -> bool:
    return isinstance(call.func, s.Name) and call.func.id == "stop"


@pytest.mark.parametrize("seed", range(150))
def test_no_way_is_missed(seed: int) -> None:
    """The suite is the body of a loop in a function, which tells how it was left."""
    chance = random.Random(seed)
    body = "\n".join(suite(chance, 3, " " * 12))
    told = (
        f"def f():\n    way = 'break'\n    for turn in (1, 2):\n        if turn == 2: return 'continue'\n"
        f"        if turn == 1:\n{body}\n            return 'end'\n    return way\n"
    )
    told = told.replace("return 1", "return 'return'").replace("while True:", "while turning():")
    try:
        compile(told, "f", "exec")
    except SyntaxError:
        pytest.skip("no program: `continue` in `finally` and the like")
    facts = extract(SourceFile("f.py", f"async def f():\n    while 1:\n        if 1:\n{body}\n".encode()))
    function = facts.body[0]
    assert isinstance(function, s.FunctionDef)
    loop = function.body[0]
    assert isinstance(loop, s.While) and isinstance(loop.body[0], s.If)
    ways = ways_out(loop.body[0].body, never)

    seen = {way for number in range(30) if (way := observed(told, random.Random(number))) is not None}
    assert seen <= ways, body


def test_the_ways_of_some_suites_exactly() -> None:
    for text, ways in {
        "while True:\n    pass": set(),
        "while True:\n    if x: break": {"end"},
        "while True:\n    return 1": {"return"},
        "if x:\n    return 1\nelse:\n    raise E": {"return", "raise"},
        "try:\n    return 1\nfinally:\n    x": {"return"},
        "try:\n    return 1\nfinally:\n    raise E": {"raise"},
        "with x:\n    raise E": {"raise"},
        "return 1\nraise E": {"return"},
    }.items():
        assert ways_out(extract(SourceFile("f.py", text.encode())).body) == ways, text
