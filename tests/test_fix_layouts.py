"""All fixes on generated layouts: no edits overlap, the result compiles, comments stay, a second run changes nothing.

`FASTLINT_LAYOUTS=5000 pytest tests/test_fix_layouts.py` tries as many layouts.
"""

from __future__ import annotations

import os
import tokenize
import warnings
from collections import Counter
from io import StringIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastlint.engine import check
from fastlint.fixes.apply import select
from fastlint.inputs import Inputs
from fastlint.rounds import fix_rounds
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree
from fastlint.source import SourceFile
from tests.checking import registry

EXAMPLES = int(os.environ.get("FASTLINT_LAYOUTS", "25"))
PATH = "main.py"
NAMES = "FastAPI, Body, Depends, HTTPException, Query, Request, Response, UploadFile"

IMPORTS = (
    f"import asyncio\nimport time\nfrom fastapi import {NAMES}\nfrom pydantic import BaseModel\n",
    f"import time, asyncio  # both\n\nfrom pydantic import BaseModel\nfrom fastapi import (\n    {NAMES},  # all\n)\n",
    f"from __future__ import annotations\nimport time\nfrom fastapi import {NAMES}; from pydantic import BaseModel\n",
    "import time as t, asyncio as aio\nimport fastapi\nfrom fastapi import *\nfrom pydantic import BaseModel\n"
    f"from fastapi import {NAMES}\ntime = t\n",
    "try:\n    import asyncio\nexcept ImportError:  # never\n    asyncio = None\nimport time\n"
    f"from fastapi import \\\n    {NAMES}\nfrom pydantic import BaseModel\n",
)
PARAMETERS = (
    "item_id: int",
    "request: Request",
    "name: str",
    'kind: str = "a"',
    "q: str = Query(None, max_length=3)",
    'r: "int" = Query(default=1, description="a # b")',
    "s: list[int] = Query([1, 2])",
    "d: dict = Depends(dep)",
    "e: dict = Depends(dep, use_cache=False)",
    "limit: int = 10",
    "page=1",
    "f: int | None",
    "payload: dict",
    "payload: 'dict[str, object]' = Body(embed=True)",
    "payload: Annotated[dict, Body()]",
    "given: dict[str, Any]",
)
STATEMENTS = (
    "time.sleep(1)",
    "time.sleep(0.5); flag = 1",
    "work(1)",
    "asyncio.create_task(work(2))",
    "if (found := len(str(1))) > 9: time.sleep(1)",
    "text = '''a\n  # no comment\n'''",
    "text = f\"{'x' if True else f'{1!r}'} # {'{'}\"",
    "value = 1  # type: int",
    "# fmt: off\nmatrix = [1,0,\n          0,1]\n# fmt: on",
    "try:\n    raise HTTPException(404)\nexcept Exception:  # broad\n    raise HTTPException(500)",
    "with open('a') as file:\n    file.read()",
    "for number in range(3):  # thrice\n    time.sleep(number)",
    "x = 1 + \\\n    2",
    "lambda: time.sleep(1)",
    "size = payload['size'] + payload.get('more', 1)  # both",
    "if payload.get('more', 1):\n    size = (\n        payload['size']  # there\n    )",
    "model = Model(**given)",
)
RETURNS = (
    "return Model(name='a')",
    "return Model(**given)",
    "return HTTPException(404)",
    "return {'a': 1}, 404",
    "return",
    "return [1]",
)
DECORATORS = (
    '@app.{verb}("{path}")',
    '@app.{verb}(\n    "{path}",  # where\n    tags=["a"],\n)',
    "@app.{verb}('{path}', response_model=None, status_code=200)",
    '@app.{verb}(path="{path}", status_code=204)',
    '@app.{verb}("{path}", response_model=Model, response_class=ORJSONResponse)',
    '@app.{verb}(\n    "{path}",\n    response_model=Model,\n    response_class=ORJSONResponse,\n)',
)
COMMENTS = st.sampled_from(["", "", "  # why", "  # noqa: E501", "  # ünï"])


@st.composite
def parameters(draw: st.DrawFn) -> str:
    """A parameter list that Python takes, on one line or on several."""
    chosen = draw(st.lists(st.sampled_from(PARAMETERS), max_size=6, unique_by=lambda one: one.partition(":")[0]))
    if draw(st.booleans()):
        chosen.sort(key=lambda one: "=" in one)
    else:
        chosen = [*(["*"] if chosen else []), *chosen]
    if not draw(st.booleans()):
        return ", ".join(chosen)
    lines = [f"    {one},{draw(COMMENTS)}" for one in chosen]
    return "\n" + "".join(f"{line}\n" for line in lines) if lines else ""


@st.composite
def functions(draw: st.DrawFn, number: int) -> str:
    decorator = draw(st.sampled_from(DECORATORS)).format(
        verb=draw(st.sampled_from(["get", "post", "delete"])), path=draw(st.sampled_from(["/a", "b", "/c/{item_id}"]))
    )
    head = f"{draw(st.sampled_from(['async def', 'def']))} handler_{number}({draw(parameters())}):{draw(COMMENTS)}"
    body = draw(st.lists(st.sampled_from(STATEMENTS), max_size=4))
    body.append(draw(st.sampled_from(RETURNS)))
    if draw(st.booleans()):
        body.insert(0, '"""What it does."""')
    inner = "\n".join(indented(statement) for statement in body)
    comment = draw(st.sampled_from(["", "# about it\n"]))
    return f"{comment}{decorator}\n{head}\n{inner}\n"


def indented(statement: str) -> str:
    first, *rest = statement.split("\n")
    inside = "'''" in statement
    return "\n".join([f"    {first}", *(line if inside else f"    {line}" for line in rest)])


@st.composite
def modules(draw: st.DrawFn) -> bytes:
    """A module with an application, in some encoding, with some newlines and indentation."""
    parts = [draw(st.sampled_from(['"""Doc."""\n', "#!/usr/bin/env python\n", ""])), draw(st.sampled_from(IMPORTS))]
    parts.append("from typing import Annotated, Any\nfrom fastapi.responses import ORJSONResponse\n")
    parts.append("\napp = FastAPI()\n\n\nclass Model(BaseModel):\n    name: str\n\n\n")
    parts.append(draw(st.sampled_from(["", "# helpers\n"])) + "def dep():\n    session = open('x')\n    yield {}\n")
    parts.append(draw(st.sampled_from(["    session.close()\n", "    session.close()  # at last\n"])))
    parts.append("\n\nasync def work(number):\n    return number\n")
    for number in range(draw(st.integers(1, 3))):
        parts.append(draw(st.sampled_from(["\n\n", "\n", "\n\x0c\n"])))
        parts.append(draw(functions(number)))
    text = "".join(parts)
    if draw(st.booleans()):
        text = text.replace("    ", "\t")
    text = text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    kind = draw(st.sampled_from(["utf-8", "bom", "latin-1"]))
    if kind == "latin-1":
        newline = "\r\n" if "\r\n" in text else "\n"
        head = "" if not text.startswith("#!") else text[: text.index(newline) + len(newline)]
        return (head + f"# -*- coding: latin-1 -*-{newline}" + text[len(head) :]).encode("latin-1")
    return text.encode("utf-8-sig" if kind == "bom" else "utf-8")


def inputs_of(data: bytes) -> Inputs:
    tree = SettingsTree(registry(), overrides=Layer("test", Choice(("ALL",)), preview=True), isolated=True)
    return Inputs("/nowhere", tree, {PATH: SourceFile(PATH, data)}, {}, frozenset({PATH}))


def comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(StringIO(text, newline="").readline)
    return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@given(data=modules())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_fixing_any_layout(unsafe: bool, data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(data, PATH, "exec", dont_inherit=True)
    inputs = inputs_of(data)
    before = inputs.sources[PATH]
    report = check(inputs)
    assert not report.broken, [one.message for one in report.diagnostics if one.code == "FST001"]

    chosen = select([one.fix for one in report.diagnostics if one.fix is not None])
    edits = sorted({edit for fix in chosen for edit in fix.edits}, key=lambda edit: edit.span)
    ends = [edit.span[2:] for edit in edits]
    assert all(end <= edit.span[:2] for end, edit in zip(ends, edits[1:], strict=False)), edits

    fixed = fix_rounds(inputs, unsafe=unsafe)
    assert fixed.refused == ()
    assert not fixed.unfinished
    after = fixed.report.inputs.sources[PATH]
    compile(after.data, PATH, "exec", dont_inherit=True)
    lost = comments(before.text) - comments(after.text)
    assert not {one for one in lost if not one.startswith("# noqa")}, lost
    assert after.data.startswith(b"\xef\xbb\xbf") == before.bom
    if b"\r\n" in before.data:
        assert b"\n" not in after.data.replace(b"\r\n", b"")
    else:
        assert b"\r" not in after.data
    assert after.data.endswith(b"\n") == before.data.endswith(b"\n")
    assert fix_rounds(fixed.report.inputs, unsafe=unsafe).changed == {}
