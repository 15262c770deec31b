"""The planner and what writes files: layouts, encodings, and what is refused."""

from __future__ import annotations

import ast
import os
import tokenize
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlint.fixes.apply import rewritten, select, write
from fastlint.fixes.plan import Planner
from fastlint.rule import Applicability, CannotFix, Edits, Fix
from fastlint.source import Edit, SourceFile, Span

PATH = "main.py"


def planner(text: str | bytes) -> Planner:
    data = text.encode() if isinstance(text, str) else text
    return Planner({PATH: SourceFile(PATH, data)})


def applied(plan: Planner, *edits: Edit) -> str:
    return rewritten(plan.source(PATH), edits).text


def call_span(plan: Planner, name: str) -> Span:
    """The first call of `name`."""
    tree = plan.tree(PATH)
    for node in ast.walk(tree.module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            return tree.span(node)
    raise AssertionError(name)


def statement_span(plan: Planner, start: str) -> Span:
    tree = plan.tree(PATH)
    for node in ast.walk(tree.module):
        if isinstance(node, ast.stmt) and ast.unparse(node).startswith(start):
            return tree.span(node)
    raise AssertionError(start)


def test_the_planner_keeps_its_promise() -> None:
    edits: Edits = planner("")
    assert edits.source(PATH).text == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = f(1)\n", "x = await f(1)\n"),
        ("f(1).y\n", "(await f(1)).y\n"),
        ("f(1)[0]\n", "(await f(1))[0]\n"),
        ("f(1)()\n", "(await f(1))()\n"),
        ("g(f(1), 2)\n", "g(await f(1), 2)\n"),
        ("return_ = -f(1)\n", "return_ = -await f(1)\n"),
        ("é = 'ü'; x = f('ä')\n", "é = 'ü'; x = await f('ä')\n"),
    ],
)
def test_await_is_put_in_parentheses_where_it_must(before: str, after: str) -> None:
    plan = planner(before)

    assert applied(plan, plan.awaited(PATH, call_span(plan, "f"))) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()\n", "f(a=1)\n"),
        ("f(x)\n", "f(x, a=1)\n"),
        ("f(x, a=2)  # kept\n", "f(x, a=1)  # kept\n"),
        ("f(x, **more)\n", "f(x, a=1, **more)\n"),
        ("f(\n    x,  # why\n    y=2,\n)\n", "f(\n    x,  # why\n    y=2,\n    a=1,\n)\n"),
        ("f(\n    x,\n    y=2,\n)\n", "f(\n    x,\n    y=2,\n    a=1,\n)\n"),
        ("if x:\n\tf(x)\n", "if x:\n\tf(x, a=1)\n"),
        ("f(x)\r\n", "f(x, a=1)\r\n"),
    ],
)
def test_a_keyword_is_set(before: str, after: str) -> None:
    plan = planner(before)

    assert applied(plan, plan.set_keyword(PATH, call_span(plan, "f"), "a", "1")) == after


LONG = '{401: {"description": "Unauthorized"}, 404: {"description": "Not Found"}}'
LONGER = '{401: {"description": "Unauthorized"}, 403: {"description": "Forbidden"}, 404: {"description": "Not Found"}}'
ENTRIES = LONGER[1:-1].replace("}, ", "},\n        ")


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ('f("/abcdef")  # x\n', LONG, f'f(\n    "/abcdef",\n    a={LONG},\n)  # x\n'),
        (f"f(x)\n# {'-' * 100}\n", LONG, f"f(x, a={LONG})\n# {'-' * 100}\n"),
        (f"f({'x' * 130})\n", LONG, f"f({'x' * 130}, a={LONG})\n"),
        ("f(xxxxxxxxx, **y)\n", LONG, f"f(\n    xxxxxxxxx,\n    a={LONG},\n    **y,\n)\n"),
        ("f(\n    x,\n    y=2,\n)\n", LONGER, f"f(\n    x,\n    y=2,\n    a={{\n        {ENTRIES},\n    }},\n)\n"),
        ("f(x,\n  y=2)\n", LONG, f"f(x,\n  y=2,\n  a={LONG})\n"),
        ("f(\n    xxxxxx, y=2\n)\n", LONG, f"f(\n    xxxxxx, y=2,\n    a={LONG}\n)\n"),
        ("def g():\r\n\tf(xxxxxxxxx)\r\n", LONG, f"def g():\r\n\tf(\r\n\t\txxxxxxxxx,\r\n\t\ta={LONG},\r\n\t)\r\n"),
    ],
)
def test_a_long_keyword_wraps_as_the_file_does(before: str, value: str, after: str) -> None:
    plan = planner(before)

    assert applied(plan, plan.set_keyword(PATH, call_span(plan, "f"), "a", value)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(\n    x\n)\n", "f(\n    x,\n    a=1\n)\n"),
        ("f(\n    x  # why\n)\n", "f(\n    x,  # why\n    a=1\n)\n"),
        ("f(\n    x,  # why\n)\n", "f(\n    x,  # why\n    a=1,\n)\n"),
        ("f(\n    x,  # why\n    # so\n)\n", "f(\n    x,  # why\n    # so\n    a=1,\n)\n"),
        ("f(\n    x,  # why\n    **y,  # more\n)\n", "f(\n    x,  # why\n    a=1,\n    **y,  # more\n)\n"),
        ("f(\n    x,  # why\n    y,\n)\n", "f(\n    x,  # why\n    y,\n    a=1,\n)\n"),
    ],
)
def test_comments_stay_with_their_argument(before: str, after: str) -> None:
    plan = planner(before)

    assert applied(plan, plan.set_keyword(PATH, call_span(plan, "f"), "a", "1")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(a=1)\n", "f()\n"),
        ("f(x, a=1)\n", "f(x)\n"),
        ("f(a=1, y=2)\n", "f(y=2)\n"),
        ("f(\n    x,\n    a=1,\n    y=2,\n)\n", "f(\n    x,\n    y=2,\n)\n"),
        ("f(\n    x,  # why\n    a=1,\n)\n", "f(\n    x,  # why\n)\n"),
        ("f(\n    x,  # why\n    a=1\n)\n", "f(\n    x  # why\n)\n"),
        ("def g():\n    '''a\nb'''\n    return f(x, a=1)\n", "def g():\n    '''a\nb'''\n    return f(x)\n"),
    ],
)
def test_an_argument_is_removed(before: str, after: str) -> None:
    plan = planner(before)
    call = call_span(plan, "f")
    node = plan.tree(PATH).at(call, ast.Call)
    assert isinstance(node, ast.Call)
    keyword = next(k for k in node.keywords if k.arg == "a")

    assert applied(plan, plan.remove_argument(PATH, call, plan.tree(PATH).span(keyword))) == after


def test_a_comment_beside_an_argument_is_not_lost() -> None:
    plan = planner("f(\n    a=1,  # because\n    y=2,\n)\n")
    call = call_span(plan, "f")
    node = plan.tree(PATH).at(call, ast.Call)
    assert isinstance(node, ast.Call)

    with pytest.raises(CannotFix, match="comment"):
        plan.remove_argument(PATH, call, plan.tree(PATH).span(node.keywords[0]))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): ...\n", "def f() -> M: ...\n"),
        ("async def f(\n    a,  # one\n):\n    pass\n", "async def f(\n    a,  # one\n) -> M:\n    pass\n"),
        ("def f() -> int:  # kept\n    pass\n", "def f() -> M:  # kept\n    pass\n"),
        (
            "class A:\n    @x\n    def f(self):\n        '''d\n  e'''\n",
            "class A:\n    @x\n    def f(self) -> M:\n        '''d\n  e'''\n",
        ),
    ],
)
def test_a_return_annotation_is_given(before: str, after: str) -> None:
    plan = planner(before)
    tree = plan.tree(PATH)
    node = next(n for n in ast.walk(tree.module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))

    assert applied(plan, plan.returns(PATH, tree.span(node), "M")) == after


@pytest.mark.parametrize(
    ("before", "module", "name", "after"),
    [
        ("", "asyncio", None, "import asyncio\n"),
        ("x = 1\n", "asyncio", None, "import asyncio\n\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', "asyncio", None, '"""Doc."""\n\nimport asyncio\n\nx = 1\n'),
        ("import os\nimport time\n", "asyncio", None, "import asyncio\nimport os\nimport time\n"),
        ("import abc\nimport time\n", "asyncio", None, "import abc\nimport asyncio\nimport time\n"),
        ("import asyncio as aio\n", "asyncio", None, "import asyncio as aio\n"),
        (
            "from __future__ import annotations\n\nimport os\n",
            "html",
            None,
            "from __future__ import annotations\n\nimport html\nimport os\n",
        ),
        ("from a.b import c\n", "a.b", "d", "from a.b import c, d\n"),
        ("from a.b import (\n    c,\n)\n", "a.b", "d", "from a.b import (\n    c,\n    d,\n)\n"),
        ("from a.b import d as e\n", "a.b", "d", "from a.b import d as e\n"),
        ("from a.b import a, c, e\n", "a.b", "d", "from a.b import a, c, d, e\n"),
        ("from a.b import A, c, e\n", "a.b", "D", "from a.b import A, D, c, e\n"),
        ("from a.b import e, c\n", "a.b", "d", "from a.b import e, c, d\n"),
        (
            "from a.b import (\n    a,\n    c  # why\n)\n",
            "a.b",
            "d",
            "from a.b import (\n    a,\n    d,\n    c  # why\n)\n",
        ),
        (
            "import fastapi\r\n",
            "fastapi.concurrency",
            "run",
            "import fastapi\r\nfrom fastapi.concurrency import run\r\n",
        ),
        ("import os", "asyncio", None, "import asyncio\nimport os"),
        ("if TYPE_CHECKING:\n    import asyncio\n\nx = 1\n", "asyncio", None, None),
        ("from a import b\n", "a.b", None, "from a import b\n"),
        ("from a import b as c\n", "a.b", None, "from a import b as c\n"),
        ("from a import c\n", "a.b", None, "import a.b\nfrom a import c\n"),
        ("from . import local\n", "fastapi", None, "import fastapi\nfrom . import local\n"),
        ("from .a import b\n", "a", "b", None),
        ("import os\n", "fastapi", None, "import os\n\nimport fastapi\n"),
        ("import os", "fastapi", None, "import os\n\nimport fastapi"),
        (
            "from __future__ import annotations\n",
            "asyncio",
            None,
            "from __future__ import annotations\n\nimport asyncio\n",
        ),
        ("import zlib\n", "os", "path", "import zlib\nfrom os import path\n"),
        ("from zlib import crc32\n", "os", "path", "from os import path\nfrom zlib import crc32\n"),
        (
            "# a licence\n# of two lines\nx = 1\n",
            "asyncio",
            None,
            "# a licence\n# of two lines\n\nimport asyncio\nx = 1\n",
        ),
        ("x = 1; import fastapi\n", "asyncio", None, "import asyncio\n\nx = 1; import fastapi\n"),
        ("import zlib; x = 1\n", "asyncio", None, "import asyncio\nimport zlib; x = 1\n"),
    ],
)
def test_imports_are_reused_and_added(before: str, module: str, name: str | None, after: str | None) -> None:
    plan = planner(before)
    if after is None:
        with pytest.raises(CannotFix):
            plan.add_import(PATH, module, name)
        return
    _, edits = plan.add_import(PATH, module, name)

    assert applied(plan, *edits) == after


@pytest.mark.parametrize(
    "text",
    [
        "def run(asyncio):\n    return asyncio\n",
        "import asyncio\ndef run():\n    asyncio = 1\n",
        "from compat import *\ndef run():\n    asyncio.sleep(1)\n",
        "def run(): ...\nimport asyncio\n",
        "try: ...\nexcept ValueError as asyncio: ...\n",
    ],
)
def test_a_name_that_means_something_else_is_not_shadowed(text: str) -> None:
    plan = planner(text)

    with pytest.raises(CannotFix):
        plan.add_import(PATH, "asyncio")


def test_the_same_import_inside_a_function_does_no_harm() -> None:
    plan = planner("import asyncio\ndef run():\n    import asyncio\n")

    assert plan.add_import(PATH, "asyncio") == ("asyncio", ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f():\n    x = 1\n", "def f():\n    pass\n"),
        ("def f():\n    x = 1\n    y = 2\n", "def f():\n    y = 2\n"),
        ("x = 1  # why\ny = 2\n", "  # why\ny = 2\n"),
    ],
)
def test_a_statement_is_deleted(before: str, after: str) -> None:
    plan = planner(before)

    assert applied(plan, plan.delete_statement(PATH, statement_span(plan, "x = 1"))) == after


def test_statements_are_inserted_around_another() -> None:
    plan = planner("if a:\n\tx = 1  # kept\n\ty = 2")
    before = plan.insert_before(PATH, statement_span(plan, "x = 1"), "first\nsecond")
    after = plan.insert_after(PATH, statement_span(plan, "y = 2"), "last")

    assert applied(plan, before, after) == "if a:\n\tfirst\n\tsecond\n\tx = 1  # kept\n\ty = 2\n\tlast"


def test_what_is_inserted_behind_a_statement_comes_before_the_next() -> None:
    plan = planner("x = 1\ny = 2\nz = 3\n")

    assert applied(plan, plan.insert_after(PATH, statement_span(plan, "x = 1"), "new")) == "x = 1\nnew\ny = 2\nz = 3\n"


@pytest.mark.parametrize("text", ["x = 1; y = 2\n", "y = 2; x = 1\n", "if a:\n    y = 2; x = 1; z = 3\n"])
def test_a_statement_is_not_deleted_from_a_line_of_several(text: str) -> None:
    plan = planner(text)

    with pytest.raises(CannotFix, match="shares its line"):
        plan.delete_statement(PATH, statement_span(plan, "x = 1"))


def test_a_replacement_is_as_small_as_what_changes() -> None:
    plan = planner("f(x, a = 1 , b=[ 2 ])\n")
    edit = plan.set_keyword(PATH, call_span(plan, "f"), "c", "3")

    assert (edit.span, edit.content) == (Span(1, 21, 1, 21), ", c=3")


def test_an_imported_name_that_is_bound_again_is_not_used() -> None:
    text = "from fastapi import Body\ndef f():\n    Body = 1\n    return Body\n"
    with pytest.raises(CannotFix, match="`Body` means something else somewhere in this file"):
        planner(text).add_import(PATH, "fastapi", "Body")
    with pytest.raises(CannotFix, match="`time` means something else somewhere in this file"):
        planner("import time\ndef f():\n    time = 1\n    return time\n").add_import(PATH, "time")
    plan = planner(text)
    name, edits = plan.add_import(PATH, "fastapi", "Body", "FromBody")
    assert name == "FromBody" and "from fastapi import Body as FromBody\n" in applied(plan, *edits)


@pytest.mark.parametrize("text", ["x = 1; f()\n", "if x: f()\n"])
def test_a_statement_that_shares_its_line_is_left_alone(text: str) -> None:
    plan = planner(text)

    with pytest.raises(CannotFix):
        plan.insert_before(PATH, statement_span(plan, "f()"), "first")


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbff(x)\n",
        "# -*- coding: latin-1 -*-\né = f(x)\n".encode("latin-1"),
        b"\x0c\nf(x)",
        b"f(x)\r\n\r\n",
        b"def g():\n\treturn f(x)  # fmt: off\n",
        "f(x)  # ü\u2028 still a comment\n".encode(),
    ],
)
def test_encodings_and_newlines_stay(data: bytes) -> None:
    plan = planner(data)
    edit = plan.set_keyword(PATH, call_span(plan, "f"), "a", "1")

    assert rewritten(plan.source(PATH), [edit]).data == data.replace(b"f(x", b"f(x, a=1")


def test_a_layout_that_would_be_lost_is_left_alone() -> None:
    plan = planner("\x0cf(x)\n")

    with pytest.raises(CannotFix, match="layout"):
        plan.set_keyword(PATH, call_span(plan, "f"), "a", "1")


def fix(*edits: Edit) -> Fix:
    return Fix("t", Applicability.SAFE, edits)


def test_fixes_that_touch_the_same_text_wait() -> None:
    one = fix(Edit(PATH, Span(1, 1, 1, 5), "a"))
    overlapping = fix(Edit(PATH, Span(1, 4, 1, 6), "b"))
    beside = fix(Edit(PATH, Span(1, 5, 1, 6), "c"))
    imported = Edit(PATH, Span(9, 1, 9, 1), "import x\n")
    same = [fix(imported, Edit(PATH, Span(row, 1, row, 2), "d")) for row in (2, 3)]
    other = fix(Edit(PATH, Span(9, 1, 9, 1), "y = 1\n"))
    another = fix(Edit(PATH, Span(9, 1, 9, 1), "import y\n"))

    assert select([one, overlapping, beside, *same, other, another]) == [one, beside, *same, another]


def test_names_for_one_list_stand_together() -> None:
    plan = planner("from a import b\n")
    edits = [edit for name in ("d", "c") for edit in plan.add_import(PATH, "a", name)[1]]

    assert select([fix(edit) for edit in edits]) == [fix(edit) for edit in edits]
    assert applied(plan, *edits) == "from a import b, c, d\n"


def test_what_is_inserted_at_the_edge_of_a_replacement_waits() -> None:
    """Which of the two comes first would be chance."""
    replaced = fix(Edit(PATH, Span(1, 3, 1, 5), "a"))
    for column, taken in ((2, True), (3, False), (4, False), (5, False), (6, True)):
        inserted = fix(Edit(PATH, Span(1, column, 1, column), "b"))
        assert select([replaced, inserted]) == ([replaced, inserted] if taken else [replaced]), column
        assert select([inserted, replaced]) == ([inserted, replaced] if taken else [inserted]), column


# ---- writing ----


def test_files_are_replaced_in_one_step_with_their_mode(tmp_path: Path) -> None:
    target = tmp_path / PATH
    target.write_bytes(b"old")
    target.chmod(0o640)

    assert write(tmp_path, PATH, b"old", b"new") is None
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == [PATH]


def test_a_file_that_changed_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / PATH).write_bytes(b"newer")

    assert write(tmp_path, PATH, b"old", b"new") == "it changed since it was read"
    assert (tmp_path / PATH).read_bytes() == b"newer"


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / PATH).write_bytes(b"old")
    (tmp_path / PATH).chmod(0o444)

    assert write(tmp_path, PATH, b"old", b"new") == "it is read-only"


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_bytes(b"old")
    (tmp_path / PATH).symlink_to("real.py")

    assert write(tmp_path, PATH, b"old", b"new") is None
    assert (tmp_path / PATH).is_symlink()
    assert (tmp_path / "real.py").read_bytes() == b"new"


def test_links_out_of_the_project_and_hard_links_are_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.py").write_bytes(b"old")
    (root / PATH).symlink_to(tmp_path / "outside.py")
    assert write(root, PATH, b"old", b"new") == "it is a link out of the project"

    (root / "one.py").write_bytes(b"old")
    os.link(root / "one.py", root / "two.py")
    assert write(root, "one.py", b"old", b"new") == "it has several hard links"
    assert (root / "two.py").read_bytes() == b"old"


def test_a_full_disk_leaves_the_original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / PATH).write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert write(tmp_path, PATH, b"old", b"new") == "No space left on device"
    assert (tmp_path / PATH).read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == [PATH]


# ---- properties ----

NAMES = st.sampled_from(["x", "y", "z", "long_name", "ä"])
COMMENT = st.sampled_from(["", "  # why", "  # fmt: skip"])


@st.composite
def calls(draw: st.DrawFn) -> str:
    """A call of `f` in some layout, in some place, with comments."""
    arguments = draw(
        st.lists(st.one_of(NAMES, st.builds(lambda n: f"{n}=1", st.sampled_from(["b", "c"]))), max_size=4, unique=True)
    )
    arguments.sort(key=lambda a: "=" in a)
    if draw(st.booleans()) and arguments:
        inner = "".join(f"\n        {a},{draw(COMMENT)}" for a in arguments)
        text = f"f({inner}\n    )"
    else:
        trailing = "," if arguments and draw(st.booleans()) else ""
        text = f"f({', '.join(arguments)}{trailing})"
    frame = draw(st.sampled_from(["r = {}", "return_ = g({}, 1)", "{}", "r = [{}]", "r = '''a\n  b''', {}"]))
    head = draw(st.sampled_from(["def h():\n    ", "if 1:\n    ", "async def h():\n    # about it\n    "]))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return (head + frame.format(text) + draw(COMMENT) + "\n").replace("\n", newline)


def comments(text: str) -> list[str]:
    return [
        t.string for t in tokenize.generate_tokens(StringIO(text, newline="").readline) if t.type == tokenize.COMMENT
    ]


@given(calls())
@settings(max_examples=150, deadline=None)
def test_changing_arguments_keeps_comments_and_parses(text: str) -> None:
    plan = planner(text)
    span = call_span(plan, "f")
    try:
        after = applied(plan, plan.set_keyword(PATH, span, "a", "2"))
    except CannotFix:
        return
    ast.parse(after)
    assert comments(after) == comments(text)
    again = planner(after)
    assert applied(again, again.set_keyword(PATH, call_span(again, "f"), "a", "2")) == after
    node = again.tree(PATH).at(call_span(again, "f"), ast.Call)
    assert isinstance(node, ast.Call)
    keyword = next(k for k in node.keywords if k.arg == "a")
    try:
        back = applied(again, again.remove_argument(PATH, call_span(again, "f"), again.tree(PATH).span(keyword)))
    except CannotFix:
        return
    assert ast.dump(ast.parse(back)) == ast.dump(ast.parse(text))
    assert comments(back) == comments(text)


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("x = 1\n", lambda plan: plan.tree(PATH).at(Span(1, 2, 1, 3))),
        ("x = 1\n", lambda plan: plan.tree(PATH).at(Span(1, 1, 1, 6), ast.Call)),
        ("x = 1; y = 2\n", lambda plan: plan.insert_after(PATH, Span(1, 1, 1, 6), "z = 3")),
        ("x = 1; y = 2\n", lambda plan: plan.insert_before(PATH, Span(1, 8, 1, 13), "z = 3")),
        ("x = f(1)\n", lambda plan: plan.set_keyword(PATH, Span(1, 1, 1, 3), "a", "1")),
        ("x = f(1)\n", lambda plan: plan.remove_argument(PATH, Span(1, 5, 1, 9), Span(1, 1, 1, 2))),
        ("def f(): ...; x = 1\n", lambda plan: plan.returns(PATH, Span(1, 1, 1, 8), "int")),
        ("x = 1\n", lambda plan: plan.returns(PATH, Span(1, 1, 1, 6), "int")),
    ],
)
def test_what_cannot_be_changed_is_left_alone(text: str, ask: Callable[[Planner], object]) -> None:
    with pytest.raises(CannotFix):
        ask(planner(text))


def test_the_block_of_a_statement() -> None:
    tree = planner("try:\n    a\nexcept E:\n    b\nelse:\n    c\nfinally:\n    d\n").tree(PATH)
    for node in ast.walk(tree.module):
        if isinstance(node, ast.Expr):
            assert node in tree.block(node) and len(tree.block(node)) == 1
        if isinstance(node, ast.ExceptHandler):
            with pytest.raises(CannotFix):
                tree.block(node)  # type: ignore[arg-type]


def test_a_file_that_is_saved_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastlint.fixes import apply

    path = tmp_path / "a.py"
    path.write_text("old")

    def saved(target: Path, temporary: Path) -> bool:
        path.write_text("mine")
        return True

    monkeypatch.setattr(apply, "_attributes_kept", saved)
    assert write(tmp_path, "a.py", b"old", b"new") == "it changed since it was read"
    assert path.read_text() == "mine" and [one.name for one in tmp_path.iterdir()] == ["a.py"]
    path.write_text("old")
    monkeypatch.setattr(apply, "_attributes_kept", lambda target, temporary: False)
    assert write(tmp_path, "a.py", b"old", b"new") == "its extended attributes could not be kept"
    assert path.read_text() == "old" and [one.name for one in tmp_path.iterdir()] == ["a.py"]
