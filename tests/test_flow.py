"""Request data followed from where it comes in to where it does harm."""

from __future__ import annotations

import textwrap

import pytest

from fastlint.project.flows.found import Flow
from fastlint.project.model import Project
from tests import linking

HEAD = """
import os, shlex, sqlite3, subprocess
from typing import Annotated, Literal
from uuid import UUID
from fastapi import Depends, FastAPI, Request, WebSocket
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, field_validator
app = FastAPI()
"""


def linked(main: str, **files: str) -> Project:
    return linking.linked(main, HEAD, **files)


def flows(**files: str) -> list[Flow]:
    return linked(**files).flows.found


def shell(body: str, before: str = "", parameters: str = "q: str") -> list[str]:
    """The sources that reach `os.system` in a handler with this body."""
    handler = f"@app.get('/')\nasync def read({parameters}):\n{textwrap.indent(textwrap.dedent(body), '    ')}"
    found = flows(main=f"{textwrap.dedent(before)}\n{handler}")
    return [flow.source.text for flow in found if flow.source is not None and flow.kind == "shell"]


@pytest.mark.parametrize(
    "body",
    [
        "os.system('ls ' + q)",
        "os.system('ls %s' % q)",
        "os.system('ls {}'.format(q))",
        "os.system(' '.join(['ls', q]))",
        "line = 'ls'\nline += q\nos.system(line)",
        "parts = ['ls']\nparts.append(q)\nos.system(' '.join(parts))",
        "values = {}\nvalues['x'] = q\nos.system(values['x'])",
        "os.system(' '.join(f'-{c}' for c in q.split()))",
        "if q:\n    line = q\nelse:\n    line = 'ls'\nos.system(line)",
        "pair = ('ls', q)\nfirst, second = pair[0], q.strip()\nos.system(second)",
        "for word in [q]:\n    os.system(word)",
        "os.system(line := q)",
        "os.system('ls' if not q else q)",
        "await run_in_threadpool(os.system, 'x')\nos.system(q)",
        "os.system(q.lower().replace('a', 'b'))",
        "subprocess.run(['bash', '-c', f'ls {q}'])",
    ],
)
def test_a_value_is_followed_through(body: str) -> None:
    assert shell(body) == ["query parameter `q`"]


@pytest.mark.parametrize(
    "body",
    [
        "os.system(f'ls {shlex.quote(q)}')",
        "os.system(f'ls {int(q)}')",
        "os.system(f'ls {len(q)}')",
        "if q not in ('a', 'b'):\n    raise ValueError\nos.system(q)",
        "if q in ('a', 'b'):\n    os.system(q)",
        "assert q in ('a', 'b')\nos.system(q)",
        "os.system(q if q in ('a', 'b') else 'ls')",
        "if not q.isalnum():\n    q = 'ls'\nos.system(q)",
        "match q:\n    case 'a':\n        os.system(q)",
        "q = 'ls'\nos.system(q)",
        "os.system({'a': 'ls'}[q])",
        "os.system({'a': 'ls'}.get(q, 'pwd'))",
        "os.system(''.join(c for c in q if c.isalnum()))",
        "subprocess.run(['ls', q])",
        "pair = ('ls', q)\nos.system(pair[0])",
        "values = {'a': 'ls', 'b': q}\nos.system(values['a'])",
        "for index, word in enumerate([q]):\n    os.system(f'ls {index}')",
        "os.system(f'ls {hash(q):d}')",
    ],
)
def test_what_is_checked_or_replaced_is_no_flow(body: str) -> None:
    assert shell(body) == []


def test_a_list_of_what_is_refused_is_no_list_of_what_is_allowed() -> None:
    assert shell("if q in ('rm', 'mv'):\n    raise ValueError\nos.system(q)") == ["query parameter `q`"]


@pytest.mark.parametrize("annotation", ["int", "UUID", "Literal['a', 'b']", "bool", "list[int]", "int | None"])
def test_types_that_hold_no_harm(annotation: str) -> None:
    assert shell("os.system(f'ls {q}')", parameters=f"q: {annotation}") == []


def test_a_pattern_is_a_check() -> None:
    model = """
        class Job(BaseModel):
            name: str
            kind: str = Field(pattern='^[a-z]+$')
            mode: str

            @field_validator('mode')
            def check(cls, value):
                return value
    """
    assert shell("os.system(job.kind)\nos.system(job.mode)", model, "job: Job") == []
    assert shell("os.system(job.name)", model, "job: Job") == ["body field `job.name`"]


@pytest.mark.parametrize(
    ("expression", "source"),
    [
        ("request.query_params['q']", "query parameter `q`"),
        ("request.headers.get('x-name', '')", "header `x-name`"),
        ("request.cookies['c']", "cookie `c`"),
        ("(await request.json())['name']", "request body, `name`"),
        ("request.url.path", "path of the URL"),
    ],
)
def test_the_request_is_a_source(expression: str, source: str) -> None:
    assert shell(f"os.system({expression})", parameters="request: Request") == [source]


def test_a_websocket_message_is_a_source() -> None:
    text = """
        @app.websocket('/')
        async def talk(websocket: WebSocket):
            async for message in websocket.iter_text():
                os.system(message)
    """
    assert [flow.source and flow.source.text for flow in flows(main=text)] == ["websocket message"]


def test_hops_lead_from_the_source_to_the_sink_across_files() -> None:
    main = """
        from service import Service

        def get_service() -> Service:
            return Service()

        @app.get('/')
        def read(name: str, service: Annotated[Service, Depends(get_service)]):
            return service.first(name)
    """
    service = """
        from shell import run

        class Service:
            def first(self, name: str):
                return self.second(f'ls {name}')

            def second(self, line: str):
                run(command=line)
    """
    shell_file = """
        import subprocess

        def run(command: str) -> None:
            subprocess.run(command, shell=True)
    """
    (flow,) = flows(main=main, service=service, shell=shell_file)

    assert (flow.path, flow.kind) == ("shell.py", "shell")
    assert [(path, text) for path, _, text in flow.places] == [
        ("main.py", "query parameter `name` comes in here"),
        ("main.py", "passed to `Service.first` as `name`"),
        ("service.py", "passed to `Service.second` as `line`"),
        ("service.py", "passed to `run` as `command`"),
    ]


def test_recursion_ends() -> None:
    text = """
        def walk(name: str, depth: int) -> str:
            return walk(name, depth - 1) if depth else other(name)

        def other(name: str) -> str:
            return walk(name, 1) + name

        @app.get('/')
        def read(q: str):
            os.system(walk(q, 3))
    """
    assert [flow.source and flow.source.text for flow in flows(main=text)] == ["query parameter `q`"]


def test_a_function_called_with_constants_only_is_silent() -> None:
    text = """
        def run(line: str):
            os.system(line)

        @app.get('/')
        def read(q: str):
            run('ls')
    """
    assert flows(main=text) == []


def test_only_the_element_of_a_tuple_that_is_taken_counts() -> None:
    text = """
        def parts(q: str) -> tuple[str, str]:
            return 'ls', q

        @app.get('/')
        def read(q: str):
            command, rest = parts(q)
            os.system(command)

        @app.get('/other')
        def other(q: str):
            command, rest = parts(q)
            os.system(rest)
    """
    (flow,) = flows(main=text)
    assert flow.symbol == "main.other"


def test_only_the_keys_count_where_keys_are_put_in() -> None:
    text = """
        def query(filters: dict) -> str:
            return 'SELECT 1 WHERE ' + ' AND '.join(f'{name} = :{name}' for name in filters)

        @app.get('/')
        def read(q: str):
            sqlite3.connect('x').execute(query({'name': q}))

        @app.get('/any')
        def read_any(request: Request):
            sqlite3.connect('x').execute(query(dict(request.query_params)))
    """
    assert [flow.symbol for flow in flows(main=text)] == ["main.read_any"]


def test_a_function_run_elsewhere_gets_its_arguments() -> None:
    text = """
        def run(line: str):
            os.system(line)

        @app.get('/')
        async def read(q: str):
            await run_in_threadpool(run, q)
    """
    assert [flow.source and flow.source.text for flow in flows(main=text)] == ["query parameter `q`"]


def test_sql_built_from_something_unknown_is_a_flow_without_source() -> None:
    text = """
        def find(name):
            sqlite3.connect('x').execute(f"SELECT 1 FROM t WHERE name = '{name}'")

        def count(table):
            sqlite3.connect('x').execute(f"SELECT count(*) FROM {table}")

        def known():
            for name in ('a', 'b'):
                sqlite3.connect('x').execute(f"SELECT 1 FROM t WHERE name = '{name}'")
    """
    (flow,) = flows(main=text)
    assert (flow.symbol, flow.source) == ("main.find", None)
    assert [hole.is_value for hole in flow.holes] == [True]


def test_a_method_of_another_class_is_no_sink() -> None:
    text = """
        class Bus:
            def execute(self, command: str): ...

        @app.get('/')
        def read(q: str):
            Bus().execute(f'SELECT {q}')
    """
    assert flows(main=text) == []


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("q", True),
        ("f'https://{q}/x'", True),
        ("'https://example.com/' + q", False),
        ("f'https://example.com{q}'", True),
        ("f'/{q}'", True),
        ("f'/users/{q}'", False),
        ("f'{BASE}/{q}'", False),
        ("'https://example.com/?q=%s' % q", False),
    ],
)
def test_only_what_can_lead_to_another_host_counts(url: str, found: bool) -> None:
    text = f"""
        from fastapi.responses import RedirectResponse
        BASE = os.environ['BASE']

        @app.get('/')
        def read(q: str):
            return RedirectResponse({url})
    """
    assert bool(flows(main=text)) is found


def test_an_administrators_guard_is_named() -> None:
    text = """
        import httpx

        def get_admin_user(): ...

        @app.get('/', dependencies=[Depends(get_admin_user)])
        def read(q: str):
            httpx.get(q)

        @app.get('/open')
        def read_open(q: str):
            httpx.get(q)
    """
    assert [flow.guard for flow in flows(main=text)] == ["get_admin_user", None]


def unknown_holes(text: str, **files: str) -> list[tuple[str, list[bool]]]:
    """The functions that build SQL from something nobody knows, and whether each hole stands for a value."""
    found = [flow for flow in flows(main=text, **files) if flow.source is None]
    return [(flow.symbol, [hole.is_value for hole in flow.holes]) for flow in found]


@pytest.mark.parametrize(
    ("expression", "holes"),
    [
        ("f\"SELECT 1 FROM t WHERE name = '{name}'\"", [True]),
        ("\"SELECT 1 FROM t WHERE name = '{}'\".format(name)", [True]),
        ("\"SELECT 1 FROM t WHERE name = '{n}'\".format(n=name)", [True]),
        ("\"SELECT 1 FROM t WHERE name = '%s'\" % name", [True]),
        ("\"SELECT 1 FROM t WHERE name = '%s' AND x = '%s'\" % (name, 'a')", [True]),
        ('"SELECT 1 FROM t WHERE name = \'" + name + "\'"', [True]),
        ("f\"SELECT 1 FROM t WHERE name = '{name}'\".strip()", [True]),
        ("textwrap.dedent(f\"SELECT 1 FROM t WHERE name = '{name}'\")", [True]),
        ("f\"SELECT 1 FROM t WHERE name = '{'a'}'\"", None),
        ('f"SELECT 1 FROM t LIMIT {len(name)}"', None),
    ],
)
def test_holes_of_a_statement(expression: str, holes: list[bool] | None) -> None:
    text = f"import textwrap\ndef find(name):\n    sqlite3.connect('x').execute({expression})\n"
    assert unknown_holes(text) == ([] if holes is None else [("main.find", holes)])


def test_statements_of_migrations_and_tests_are_their_own_business() -> None:
    find = "def find(name):\n    sqlite3.connect('x').execute(f\"SELECT 1 FROM t WHERE name = '{name}'\")\n"
    assert unknown_holes(find) == [("main.find", [True])]
    assert unknown_holes("import alembic\n" + find) == []
    callers = "from main import find\ndef test_it():\n    find('x')\n"
    assert unknown_holes(find, test_main=callers) == [("main.find", [True])]
