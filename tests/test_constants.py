"""Constants are what Python makes of the same text, or they are not known: never something else."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any

import pytest

from fastlint.facts import syntax as s
from fastlint.facts.extract import extract
from fastlint.project.link import LinkOptions, link
from fastlint.project.model import Project
from fastlint.source import SourceFile

HEAD = """
import enum
from http import HTTPStatus
from pathlib import PurePosixPath
from other import *
import other
from other import FAR as NEAR, Kind

PREFIX = "/api"
VERSION = 2
PAIR = ["a", "b"]
TABLE = {"x": "/x", 1: "/one", "deep": {"y": ["/y", "/z"]}}
EMPTY = ""
NOTHING = None
NEGATIVE = -1

class Settings:
    ROOT = "/root"
    LEVEL: int = 3
    CHANGED = "a"
    LATER = "a"
    def __init__(self):
        self.CHANGED = "b"

class Sub(Settings):
    OWN = Settings.ROOT + "/own"

class Color(enum.Enum):
    RED = "red"

settings = Settings()

def configure(given: Settings):
    given.LATER = "b"

def joined(*parts, sep="/", **more):
    return sep.join(parts)

def twice(text):
    return text + text

def optioned(**options):
    return options["name"]

def listed(*items):
    return [*items, "end"]

def through(text, end="."):
    return twice(text) + end

async def later():
    return "a"

def several(x):
    if x:
        return "a"
    return "b"

class Maker:
    name = "made"
    def make(self, end):
        return self.name + end
"""
OTHER = """
import enum
FAR = "/far"
LIST = ["p", "q"]
class Kind(enum.Enum):
    ONE = "one"
"""
KNOWN = """
"text"
12
None
True
1.5
-3
-1.5
NEGATIVE
PREFIX
PREFIX + "/v" + "1"
f"{PREFIX}/v{VERSION}"
f"a{'b'}c"
"%s/%d" % (PREFIX, VERSION)
"%s!" % PREFIX
"a".upper() + "B".lower()
"  a ".strip() + " b ".lstrip() + " c ".rstrip()
"abc".removeprefix("a").removesuffix("c")
"a-b".replace("-", "_")
"a b".title()
"ab".capitalize()
"{}/{x}".format("a", x="b")
"/".join(["a", "b"])
"/".join(PAIR)
["a", *PAIR, "c"]
("a", "b")
{"a": 1, "b": [PREFIX]}
PAIR + ["c"]
EMPTY or PREFIX
PREFIX or EMPTY
EMPTY or None
TABLE["x"]
TABLE[1]
TABLE["deep"]["y"][1]
PAIR[0]
{**TABLE, "z": "/zz"}["z"]
list(PAIR)[1]
Settings.ROOT
Settings.LEVEL
settings.ROOT
Sub.ROOT
Sub.OWN
Color.RED.value
Kind.ONE.value
FAR
NEAR
other.FAR
other.LIST[1]
LIST[0]
HTTPStatus.NOT_FOUND
HTTPStatus.REQUEST_ENTITY_TOO_LARGE
str("a")
twice("ab")
through("a")
through("a", end="!")
optioned(name="n")
optioned(**{"name": "m"})
optioned(**dict(name="o"))
Maker().make("!")
"""
SOMETIMES = """
PAIR[-1]
[*PAIR, "c"][2]
(PAIR + ["c"])[2]
({"a": "1"} | {"b": "2"})["b"]
dict(a="1", b="2")["b"]
tuple(["a", "b"])[0]
list(TABLE.values())[0]
list(TABLE.keys())[0]
joined("a", "b")
joined(*PAIR)
joined(*PAIR, sep="-")
joined("a", *("b", "c"))
joined(*PAIR, **{"sep": "+"})
listed("a", "b")[1]
listed("a")[1]
(lambda: 1) and "a" or "b"
[x for x in PAIR][0]
"""
UNKNOWN = """
undefined
unknown.attribute
open("x").read()
several(1)
later()
settings.CHANGED
settings.LATER
f"{PREFIX!r}"
f"{PREFIX:>10}"
f"{VERSION == 2}"
"%d" % "a"
"%s %s" % "a"
"{}{}".format("a")
"{x.y}".format(x="a")
"a".join([1])
PAIR[7]
TABLE["nothing"]
TABLE[PREFIX]
{**undefined, "a": 1}
[*undefined]
-PREFIX
not PREFIX
PREFIX * 2
PREFIX + 1
joined(*undefined)
optioned(**undefined)
Color.BLUE.value
other.NOTHING
twice()
"%*d" % (10, 1)
"%100000000s" % "a"
"{:>100000000}".format("a")
"{:{}}".format("a", 100000000)
"""


def expressions(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


@cache
def asked() -> tuple[Project, dict[str, s.Expr]]:
    lines = [*expressions(KNOWN), *expressions(SOMETIMES), *expressions(UNKNOWN)]
    text = HEAD + "".join(f"value_{number} = {line}\n" for number, line in enumerate(lines))
    sources = [SourceFile("main.py", text.encode()), SourceFile("other.py", OTHER.encode())]
    project = link([extract(source) for source in sources], [], LinkOptions("/"))
    found = {}
    for statement in project.modules.by_path["main.py"].body.statements:
        if isinstance(statement, s.Assign) and isinstance(statement.targets[0], s.Name):
            name = statement.targets[0].id
            if name.startswith("value_"):
                found[lines[int(name[6:])]] = statement.value
    return project, found


UNSURE = object()


def constant(expression: str) -> Any:
    project, found = asked()
    return project.constants.value(found[expression], project.modules.by_path["main.py"], default=UNSURE)


def plain(value: Any) -> Any:
    """Tuples and sets count as lists, members of HTTPStatus as their numbers."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return int(value) if type(value).__name__ == "HTTPStatus" else value


@cache
def real() -> dict[str, Any]:
    import sys
    from types import ModuleType

    other = ModuleType("other")
    exec(OTHER, other.__dict__)
    names: dict[str, Any] = {"__name__": "main"}
    kept = sys.modules.get("other")
    sys.modules["other"] = other
    try:
        exec(HEAD, names)
    finally:
        if kept is None:
            del sys.modules["other"]
        else:
            sys.modules["other"] = kept
    return names


@pytest.mark.parametrize("expression", expressions(KNOWN))
def test_what_is_known_is_what_python_makes_of_it(expression: str) -> None:
    found = constant(expression)
    wanted = plain(eval(expression, real()))

    assert plain(found) == wanted


@pytest.mark.parametrize("expression", expressions(SOMETIMES))
def test_what_may_not_be_known_is_never_something_else(expression: str) -> None:
    found = constant(expression)

    assert found is UNSURE or plain(found) == plain(eval(expression, real()))


@pytest.mark.parametrize("expression", expressions(UNKNOWN))
def test_what_is_not_sure_is_not_known(expression: str) -> None:
    ast.parse(expression)
    assert constant(expression) is UNSURE


def test_texts_that_double_stay_small() -> None:
    """A text that is made of itself over and over would fill the memory long before it is finished."""
    lines = ["x0 = 'aaaaaaaaaa'", *(f"x{i + 1} = x{i}.replace('a', 'aaaaaaaaaa')" for i in range(9))]
    project = link([extract(SourceFile("m.py", "\n".join(lines).encode()))], [], LinkOptions("/"))
    module = project.modules.by_path["m.py"]
    last = module.body.statements[-1]
    assert isinstance(last, s.Assign)

    assert project.constants.value(last.value, module) is None
