"""What the event loop's questions answer: what runs where no loop runs, what is over, kept, given, always the same."""

from __future__ import annotations

import textwrap

import pytest

from fastlint.facts.expressions import expression
from fastlint.project.event_loop.given import decided
from fastlint.project.event_loop.lasting import Lasting
from fastlint.project.model import Project
from fastlint.running import place_of
from tests import linking
from tests.linking import function

HEAD = """
import asyncio, concurrent.futures, functools, itertools, os, queue, threading, time
from fastapi import Depends, FastAPI, Request
import outside
app = FastAPI()
"""


def linked(text: str, **files: str) -> Project:
    return linking.linked(text, HEAD, **files)


def blocks(text: str, name: str = "time.sleep") -> bool:
    return any(call.entry.name == name for call in linked(text).loop_calls)


def helper(body: str, before: str = "", parameters: str = "", call: str = "helper()") -> str:
    return f"""
{textwrap.dedent(before)}
def helper({parameters}):
{textwrap.indent(textwrap.dedent(body), "    ")}

@app.get('/')
async def read(item_id: int):
    {call}
"""


SLEEP = "time.sleep(1)"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (SLEEP, True),
        (f"try:\n    loop = asyncio.get_running_loop()\nexcept RuntimeError:\n    {SLEEP}", False),
        (f"try:\n    loop = asyncio.get_running_loop()\nexcept (RuntimeError, ValueError):\n    {SLEEP}", False),
        (f"try:\n    loop = asyncio.get_running_loop()\nexcept:\n    {SLEEP}", False),
        (f"try:\n    loop = asyncio.get_running_loop()\nexcept KeyError:\n    {SLEEP}", True),
        (f"try:\n    loop = asyncio.get_running_loop()\nexcept RuntimeError:\n    pass\n{SLEEP}", True),
        (f"try:\n    loop = asyncio.get_running_loop()\n    return\nexcept RuntimeError:\n    pass\n{SLEEP}", False),
        (f"try:\n    return asyncio.get_running_loop()\nexcept RuntimeError:\n    pass\n{SLEEP}", False),
        (f"loop: object = asyncio.get_event_loop()\nif loop.is_running():\n    return\n{SLEEP}", False),
        (f"loop = asyncio.get_event_loop()\nif not loop.is_running():\n    {SLEEP}", False),
        (f"loop = asyncio.get_event_loop()\nif loop.is_running():\n    pass\n{SLEEP}", True),
        (f"loop = asyncio.get_event_loop()\nif loop.is_running():\n    pass\nelse:\n    {SLEEP}", False),
        (f"loop = asyncio.get_event_loop()\nif loop.is_running() and loop:\n    return\n{SLEEP}", False),
        (f"loop = asyncio.get_event_loop()\nif loop.is_running() or outside.flag:\n    return\n{SLEEP}", True),
        (f"if running():\n    return\n{SLEEP}", False),
        (f"if not running():\n    {SLEEP}", False),
        (f"if found_loop() is None:\n    {SLEEP}", False),
        (f"if found_loop() is not None:\n    return\n{SLEEP}", False),
        (f"if (loop := found_loop()) is None:\n    {SLEEP}", True),
        (f"if loop := found_loop():\n    return\n{SLEEP}", False),
        (f"loop = found_loop()\nif loop is None:\n    {SLEEP}", False),
        (f"loop = found_loop()\nif loop == 3:\n    {SLEEP}", True),
        (f"if unclear():\n    return\n{SLEEP}", True),
        (f"if wrong():\n    return\n{SLEEP}", True),
        (f"if also_wrong():\n    return\n{SLEEP}", True),
        (f"if far_away():\n    return\n{SLEEP}", True),
        (f"if outside_of_it():\n    return\n{SLEEP}", True),
    ],
)
def test_what_runs_where_no_loop_runs(body: str, found: bool) -> None:
    before = """
        def running():
            try:
                asyncio.get_running_loop()
                return True
            except RuntimeError:
                return False
        def found_loop():
            try:
                loop = asyncio.get_running_loop()
                return loop
            except (RuntimeError, AttributeError):
                return None
        def unclear():
            try:
                asyncio.get_running_loop()
                return True
            except KeyError:
                return False
        def wrong():
            try:
                asyncio.get_running_loop()
                return True
            except RuntimeError:
                return True
        def also_wrong():
            try:
                asyncio.get_running_loop()
                return 3
            except RuntimeError:
                return False
        def far_away():
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                return False
        def outside_of_it():
            asyncio.get_running_loop()
            try:
                return True
            except RuntimeError:
                return False
    """
    assert blocks(helper(body, before)) is found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f"if is_async:\n    return outside.later()\n{SLEEP}", False),
        (f"if is_async:\n    outside.later()\n{SLEEP}", True),
        (f"if not is_async:\n    {SLEEP}", False),
        (f"if is_async is True:\n    return 1\n{SLEEP}", False),
        (f"if is_async == False:\n    {SLEEP}", False),
        (f"if is_async is not True:\n    {SLEEP}", False),
        (f"if is_async > True:\n    {SLEEP}", True),
        (f"if other is True:\n    {SLEEP}", True),
        (f"if is_async:\n    pass\nelse:\n    {SLEEP}", False),
        (f"return outside.later() if is_async else {SLEEP}", False),
        (f"return outside.later() if not other else {SLEEP}", True),
        (f"return {SLEEP} if not is_async else outside.later()", False),
    ],
)
def test_functions_for_both_worlds(body: str, found: bool) -> None:
    assert blocks(helper(body, parameters="is_async, other=None", call="helper(outside.flag, outside.other)")) is found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("future.result()", True),
        ("if future.done():\n    future.result()", False),
        ("if not future.done():\n    return\nfuture.result()", False),
        ("if not future.done():\n    pass\nfuture.result()", True),
        ("assert future.done()\nfuture.result()", False),
        ("future.done() and future.result()", False),
        ("not future.done() or future.result()", False),
        ("future.result() and future.done()", True),
        ("x = future.result() if future.done() else None", False),
        ("x = None if future.done() else future.result()", True),
        ("if future.done() and outside.flag:\n    future.result()", False),
        ("if future.done() or outside.flag:\n    future.result()", True),
        ("if other.done():\n    future.result()", True),
        ("if future.done():\n    future = other\n    future.result()", True),
        ("while future.done():\n    future.result()", False),
        ("x = [future.result() for _ in range(3) if future.done()]", False),
        ("with outside.lock:\n    if future.done():\n        print(1)\n        future.result()", False),
        ("try:\n    assert future.done()\n    future.result()\nexcept ValueError:\n    pass", False),
    ],
)
def test_what_is_over_is_not_waited_for(body: str, found: bool) -> None:
    text = helper(
        body, parameters="future: concurrent.futures.Future, other: concurrent.futures.Future", call="helper(a, b)"
    )
    assert blocks(text, "concurrent.futures.Future.result") is found


@pytest.mark.parametrize(
    ("test", "known", "answer"),
    [
        ("a", {"a": 1}, True),
        ("a", {"a": 0}, False),
        ("a", {}, None),
        ("not a", {"a": 1}, False),
        ("not a", {}, None),
        ("self.a", {"self.a": True}, True),
        ("a is None", {"a": None}, True),
        ("a is not None", {"a": 3}, True),
        ("a == 'x'", {"a": "x"}, True),
        ("a != 'x'", {"a": "x"}, False),
        ("a is True", {"a": True}, True),
        ("a < 3", {"a": 1}, None),
        ("b == 3", {"a": 1}, None),
        ("a and b", {"a": 1, "b": 0}, False),
        ("a and b", {"a": 1}, None),
        ("a and b", {"a": 0}, False),
        ("a or b", {"a": 1}, True),
        ("a or b", {"a": 0, "b": 0}, False),
        ("a or b", {"a": 0}, None),
        ("a + b", {"a": 0}, None),
    ],
)
def test_what_a_test_comes_to(test: str, known: dict[str, object], answer: bool | None) -> None:
    parsed = expression(test, 1, 0)
    assert parsed is not None
    assert decided(parsed, known) is answer


@pytest.mark.parametrize(
    ("parameters", "body", "call", "found"),
    [
        ("flag=False", f"if flag:\n    {SLEEP}", "helper()", False),
        ("flag=False", f"if flag:\n    {SLEEP}", "helper(True)", True),
        ("flag=False", f"if flag:\n    {SLEEP}", "helper(flag=outside.flag)", True),
        ("flag=False", f"if not flag:\n    return\n{SLEEP}", "helper()", False),
        ("flag=False", f"x = {SLEEP} if flag else None", "helper()", False),
        ("flag=False", f"flag = True\nif flag:\n    {SLEEP}", "helper()", True),
        ("flag=False", f"if flag and outside.x:\n    {SLEEP}", "helper()", False),
        ("*flags", f"if flags:\n    {SLEEP}", "helper()", True),
        ("**options", f"flag = options.get('flag')\nif flag:\n    {SLEEP}", "helper()", False),
        ("**options", f"flag = options.get('flag', True)\nif flag:\n    {SLEEP}", "helper()", True),
        ("**options", f"flag = options.get('flag', False)\nif flag:\n    {SLEEP}", "helper(flag=True)", True),
        ("**options", f"flag = options.pop('flag', False)\nif flag:\n    {SLEEP}", "helper(flag=False)", False),
        ("**options", f"flag = options.get(outside.name)\nif flag:\n    {SLEEP}", "helper()", True),
        ("**options", f"flag = options.get('flag')\nif flag:\n    {SLEEP}", "helper(**outside.options)", True),
        ("**options", f"flag = options.get('flag', outside.x)\nif flag:\n    {SLEEP}", "helper()", True),
    ],
)
def test_what_a_call_leaves_out(parameters: str, body: str, call: str, found: bool) -> None:
    assert blocks(helper(body, parameters=parameters, call=call)) is found


@pytest.mark.parametrize(
    ("setting", "made", "found"),
    [
        ("self.wait = wait", "Service(False)", False),
        ("self.wait = wait", "Service(True)", True),
        ("self.wait: bool = wait", "Service(False)", False),
        ("self.wait = True if wait else False", "Service(True)", True),
        ("self.wait = wait if outside.x else False", "Service(False)", True),
        ("self.wait = wait\n        self.wait = outside.x", "Service(False)", True),
        ("self.wait = outside.x", "Service(False)", True),
        ("self.wait = wait", "Service(outside.x)", True),
        ("self.other = wait", "Service(False)", True),
    ],
)
def test_what_an_object_was_made_with(setting: str, made: str, found: bool) -> None:
    text = f"""
class Service:
    wait = outside.default
    def __init__(self, wait):
        {setting}
    def run(self):
        if self.wait:
            time.sleep(1)

@app.get('/')
async def read():
    {made}.run()
"""
    assert blocks(text) is found


@pytest.mark.parametrize(
    ("call", "alike"),
    [
        ("once(1)", True),
        ("once()", False),
        ("once(CONSTANT)", True),
        ("once(settings.path)", True),
        ("once(TABLE['x'])", True),
        ("once(TABLE[item_id])", False),
        ("once(item_id)", False),
        ("once((1, CONSTANT))", True),
        ("once(os.getenv('X'))", True),
        ("once(os.getenv(item_id))", False),
        ("once(cached())", True),
        ("once(not_cached())", False),
        ("once(CONSTANT or 1)", True),
        ("once(CONSTANT or item_id)", False),
        ("once(value=CONSTANT)", True),
        ("once(*given)", False),
        ("local = CONSTANT\n    once(local)", True),
        ("local: int = CONSTANT\n    once(local)", True),
        ("local = item_id\n    once(local)", False),
        ("local = CONSTANT\n    local = 2\n    once(local)", False),
        ("local, other = CONSTANT, 1\n    once(local)", False),
        ("for local in TABLE: once(local)", False),
        ("import json\n    once(json)", True),
        ("global shared\n    shared = item_id\n    once(shared)", True),
        ("[once(x) for x in TABLE]", False),
        ("call = lambda x: once(x)", False),
        ("through(CONSTANT)", True),
        ("through(item_id)", False),
        ("through(CONSTANT)\n    through(CONSTANT)", True),
        ("circle(CONSTANT)", False),
        ("once(-1)", False),
        ("once([1])", False),
    ],
)
def test_whether_a_function_is_always_given_the_same(call: str, alike: bool) -> None:
    through = "def through(value): once(value)" if "through" in call else ""
    circle = "def circle(value):\n    once(value)\n    circle(value)" if "circle" in call else ""
    project = linked(
        f"""
import settings
CONSTANT = 1
TABLE = {{'x': 1}}
given = (1,)
@functools.cache
def cached(): return 1
def not_cached(): return 1
def once(value): ...
{through}
{circle}
@app.get('/')
async def read(item_id: int):
    {call}
""",
        settings="path = 'x'\n",
    )
    assert Lasting(project.callers).always_alike(function(project, "once")) is alike


def test_a_method_may_be_that_of_an_object_for_each_request() -> None:
    project = linked("class A:\n    def once(self, value): ...\nA().once(1)\ndef rest(*values): ...\nrest(1)\n")
    lasting = Lasting(project.callers)
    assert not lasting.always_alike(function(project, "once"))
    assert not lasting.always_alike(function(project, "rest"))


def test_remotes_of_a_git_repository_are_known() -> None:
    text = "import git\n\n@app.get('/')\nasync def pull():\n    git.Repo('.').remotes.origin.pull()\n"
    assert blocks(text, "git.Remote.pull")


def test_futures_that_are_handed_out_when_they_are_done_do_not_block() -> None:
    text = """
    pool = concurrent.futures.ThreadPoolExecutor()

    @app.get('/')
    async def read():
        for future in concurrent.futures.as_completed([pool.submit(len, "")]):
            print(future.result())
    """
    assert blocks(text, "concurrent.futures.as_completed")
    assert not blocks(text, "concurrent.futures.Future.result")


def test_a_candidate_that_does_not_block_has_a_place_all_the_same() -> None:
    text = """
    def inner(path):
        if path is None:
            return ""
        return open(path).read()

    def outer(path=None):
        return inner(path)

    @app.get('/')
    async def read():
        outer()
    """
    project = linked(text)
    (call,) = [call for call in project.loop.candidates() if call.function.name == "read"]
    assert not call.within(12)
    assert place_of(call) == ("main.py", call.node.func.span)
    with pytest.raises(LookupError):
        call.entry  # noqa: B018
