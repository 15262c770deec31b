"""Routes of applications that are made, handed on and put together in ways that cannot all be run: paths, or None."""

from __future__ import annotations

import textwrap

import pytest

from fastlint.facts.extract import extract
from fastlint.project.application.application import Effective
from fastlint.project.application.paths import contained
from fastlint.project.link import AuthPolicy, LinkOptions, link
from fastlint.project.route_table.details import details
from fastlint.project.route_table.rows import table
from fastlint.source import SourceFile
from tests.test_routes import paths, project

HEAD = "from fastapi import APIRouter, Depends, FastAPI\nimport outside\ndef h(): ...\n"


def served(text: str, **files: str) -> list[str | None]:
    others = {name: HEAD + textwrap.dedent(body) for name, body in files.items()}
    return paths(project(main=HEAD + textwrap.dedent(text), **others))


APP = "app = FastAPI()\n"
MAKE = """
def create(path='/a'):
    app = FastAPI()
    app.add_api_route(path, h)
    return app
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # one application of a factory, though several may be made
        (MAKE + "app = create()", ["/a"]),
        (MAKE + "app = create()\ndef run(): return create()", ["/a"]),
        (MAKE + "def run(): return create()", ["/a"]),
        (MAKE + "def run(): return create()\ndef serve(): return create()", ["/a"]),
        (MAKE + "app = create('/b')\nother = create('/c')", ["/b", "/c"]),
        (MAKE + "def run(path):\n    app = create(path)\n    app.add_api_route('/late', h)", [None, "/late"]),
        (MAKE, [None]),
        ("def fill(app: FastAPI): app.add_api_route('/a', h)", []),
        ("class Holder:\n    app = FastAPI()\n    app.add_api_route('/a', h)", ["/a"]),
        ("def run():\n    app = FastAPI()\n    def fill(): app.add_api_route('/a', h)\n    fill()", ["/a"]),
        # constructors
        ("class Own(FastAPI):\n    def __init__(self): super().__init__()\napp = Own()\napp.get('/a')(h)", ["/a"]),
        (
            "class Own(FastAPI):\n    def __init__(self): outside.Base.__init__(self)\napp = Own()\napp.get('/a')(h)",
            ["/a"],
        ),
        (
            "class A:\n    def __init__(self): super().__init__()\nclass Own(A, FastAPI): ...\napp = Own()\n"
            "app.get('/a')(h)",
            ["/a"],
        ),
        ("class A:\n    def __init__(self): ...\nclass Own(FastAPI, A): ...\napp = Own()\napp.get('/a')(h)", ["/a"]),
        (
            APP + "class R(APIRouter):\n    @staticmethod\n    def __init__(): super().__init__()\napp.get('/a')(h)",
            ["/a"],
        ),
        (
            APP + "class R(APIRouter):\n    def __init__(me, p): super(R, me).__init__(prefix=p)\nr = R('/p')\n"
            "r.get('/a')(h)\napp.include_router(r)",
            ["/p/a"],
        ),
        (
            APP + "class R(APIRouter):\n    def fill(self): self.get('/a')(h)\nclass S(R): ...\n"
            "s = S(prefix='/s')\ns.fill()\napp.include_router(s)",
            ["/s/a"],
        ),
        # receivers that nobody can tell
        (APP + "app.include_router(outside.router)", []),
        (APP + "outside.app.include_router(outside.router)", []),
        (APP + "def fill(holder): holder.app.get('/a')(h)", []),
        (APP + "def fill(x: FastAPI):\n    x.get('/a')(h)\n    x.get('/b')(h)\nfill(app)", ["/a", "/b"]),
        (APP + "def fill(holder):\n    holder.router.get('/a')(h)\nfill(outside.holder)", []),
        # options
        (APP + "def add(path, **o): app.add_api_route(path, h, **o)\nadd('/a', methods=['PUT'])", ["/a"]),
        (APP + "def add(**o):\n    o.update(**outside.more)\n    app.add_api_route('/a', h, **o)\nadd()", ["/a"]),
        (APP + "def add(**o):\n    o[outside.key] = 1\n    app.add_api_route('/a', h, **o)\nadd()", ["/a"]),
        (APP + "r = APIRouter()\nr.get('/a')(h)\ndef add(**o): app.include_router(r, **o)\nadd(prefix='/p')", ["/p/a"]),
        (APP + "r = APIRouter()\nr.get('/a')(h)\ndef add(**o): app.include_router(r, **o)\nadd(**outside.o)", [None]),
        (APP + "r = APIRouter()\nr.get('/a')(h)\napp.include_router(r, **outside.options)", [None]),
        (APP + "r = APIRouter(**outside.options)\nr.get('/a')(h)\napp.include_router(r)", [None]),
        (APP + "r = APIRouter()\nr.get('/a')(h)\napp.include_router(r, **{outside.key: '/p'})", [None]),
        (APP + "r = APIRouter()\nr.get('/a')(h)\napp.include_router(r, **{**outside.x, 'tags': []})", [None]),
        (APP + "def one(o):\n    two(**o)\ndef two(path): app.get(path)(h)\none({'path': '/a'})", ["/a"]),
        # loops over what is not written out
        (APP + "for n in outside.names: app.get('/' + n)(h)", [None]),
        (APP + "for i, n in enumerate(outside.names): app.get('/' + n)(h)", [None]),
        (APP + "for i, n in enumerate(['x'], outside.first): app.get(f'/{i}')(h)", [None]),
        (APP + "for a, b in zip(['x'], outside.names): app.get('/' + a)(h)", [None]),
        (APP + "for k, x in outside.table.items(): app.get('/' + k)(h)", [None]),
        (APP + "for k in outside.table.keys(): app.get('/' + k)(h)", [None]),
        (APP + "for n in []: app.get('/' + n)(h)", []),
        (APP + "for n in list(): app.get('/' + n)(h)", []),
        (APP + "for n in sorted(['b', 'a'], reverse=True): app.get('/' + n)(h)", ["/b", "/a"]),
        (APP + "for n in sorted(['b', outside.name]): app.get('/x')(h)", ["/x", "/x"]),
        (APP + "for outside.n in ['x']: app.get('/a')(h)", ["/a"]),
        (
            APP
            + "def names():\n    if outside.x: return ['a']\n    return ['b']\nfor n in names(): app.get('/' + n)(h)",
            [None],
        ),
        (APP + "def names(): return\nfor n in names(): app.get('/' + n)(h)", [None]),
        (APP + "async def names(): return ['a']\nfor n in names(): app.get('/' + n)(h)", [None]),
        (APP + "x = [*x, 'a']\nfor n in x: app.get('/' + n)(h)", [None]),
        (APP + "x = {**x, 'a': 1}\nfor n, m in x.items(): app.get('/' + n)(h)", [None]),
        (APP + "a = {'x': 1} | b\nb = a | {'y': 2}\nfor n, m in a.items(): app.get('/' + n)(h)", [None]),
        (APP + "for n in {'a': 1, **{'b': 2}}: app.get('/' + n)(h)", ["/a", "/b"]),
        # calls that are nothing of the kind
        (APP + "outside.table['x'](app)\napp.get('/a')(h)", ["/a"]),
        (APP + "app.get('/a')()\napp.get('/b')(h)", ["/b"]),
        (APP + "get = outside.get\nget('/x')\napp.get('/a')(h)", ["/a"]),
        (APP + "add = outside.add_api_route\nadd('/x', h)\napp.get('/a')(h)", ["/a"]),
        (APP + "@outside.app.get('/x')\ndef x(): ...\napp.get('/a')(h)", ["/a"]),
        (APP + "@(lambda f: f)\ndef x(): ...\napp.get('/a')(h)", ["/a"]),
        (APP + "app.add_api_route('/a')", ["/a"]),
        (APP + "app.add_api_route()", [None]),
        (APP + "app.get()(h)", [None]),
        (APP + "app.api_route('/a', methods=outside.methods)(h)", ["/a"]),
        (APP + "app.api_route('/a', **outside.options)(h)", ["/a"]),
        # class-based views of libraries
        (
            "from fastapi_utils.cbv import cbv\nr = APIRouter()\n@cbv(r)\nclass V:\n    x: int = Depends(h)\n"
            "    @r.get('/a')\n    def a(self): ...\n    @r.get('/b')\n    def b(self): ...\n"
            + APP
            + "app.include_router(r)",
            ["/a", "/b"],
        ),
        # mounts
        (
            "from starlette.routing import Host, Mount, Route\ninner = FastAPI()\ninner.get('/a')(h)\n"
            "app = FastAPI(routes=[Mount('/m', inner), Host('x', inner), outside.route, outside])",
            ["/m", "/m/a", "", "/a"],
        ),
        (APP + "app.mount('/m')", ["/m"]),
        (APP + "app.mount('/m', outside.app)", ["/m"]),
        ("app = FastAPI(routes=outside.routes)\napp.get('/a')(h)", ["/a"]),
    ],
)
def test_what_is_served(text: str, found: list[str | None]) -> None:
    assert served(text) == found


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("dependencies=[Depends(h)]", ["main.h"]),
        ("dependencies=None", []),
        ("dependencies=[]", []),
        ("dependencies=outside.dependencies", [""]),
        ("dependencies=[outside.dependency]", [""]),
        ("dependencies=[outside.dependency, Depends(h)]", ["", "main.h"]),
        ("dependencies=COMMON", ["main.h"]),
        ("**outside.options", [""]),
    ],
)
def test_what_an_inclusion_depends_on(given: str, names: list[str]) -> None:
    text = f"{APP}COMMON = [Depends(h)]\nr = APIRouter()\nr.get('/a')(h)\napp.include_router(r, {given})\n"
    (route,) = project(main=HEAD + text).routes
    (effective,) = route.effective
    assert [dependency.name for dependency in effective.outer] == names


def test_modules_that_only_import_each_other_end() -> None:
    assert served(
        APP + "import other\napp.include_router(other.r)", other="import main\nr = APIRouter()\nr.get('/a')(h)"
    ) == ["/a"]


@pytest.mark.parametrize(
    ("inner", "outer", "inside"),
    [
        ("/{x:int}", "/{x:float}", True),
        ("/{x:float}", "/{x:int}", False),
        ("/1.5", "/{x:float}", True),
        ("/.5", "/{x:float}", False),
        ("/1.", "/{x:float}", False),
        ("/12", "/{x:int}", True),
        ("/a", "/{x:int}", False),
        ("/{x:int}", "/{x}", True),
        ("/{x:uuid}", "/{x}", True),
        ("/{x}", "/{x:uuid}", False),
        ("/0123456789abcdef0123456789abcdef", "/{x:uuid}", True),
        ("/01234567-89ab-cdef-0123-456789abcdef", "/{x:uuid}", True),
        ("/0123-456789abcdef0123456789abcdef", "/{x:uuid}", False),
        ("/{x}", "/{x:path}", True),
        ("/a/{x:path}", "/{x:path}", True),
        ("/{x:path}", "/a/{x:path}", False),
        ("/{x}-{y}", "/{x}", True),
        ("/{x}", "/{x}-{y}", False),
        ("/{x}", "/{y}", True),
        ("/a/{x}", "/a", False),
    ],
)
def test_which_paths_take_all_that_others_take(inner: str, outer: str, inside: bool) -> None:
    assert contained(inner, outer) is inside


def test_what_follows_an_early_return_may_not_be_registered() -> None:
    text = """
        def fill(app):
            app.get('/first')(h)
            if outside.flag:
                return
            app.get('/second')(h)
            if True:
                return
            app.get('/third')(h)
        app = FastAPI()
        fill(app)
        if __name__ == '__main__':
            app.get('/script')(h)
    """
    rows = table(project(main=HEAD + textwrap.dedent(text)))
    assert [(row["path"], row["conditional"]) for row in rows] == [
        ("/first", False),
        ("/second", True),
        ("/third", True),
    ]


def test_the_rows_of_some_files() -> None:
    one = project(
        main=HEAD + "import items, users\napp = FastAPI()\napp.include_router(items.r)\napp.get('/u')(users.read)\n"
        "app.mount('/m', items.inner)\n",
        items=HEAD + "r = APIRouter()\nr.get('/i')(h)\ninner = FastAPI()\ninner.get('/n')(h)\n",
        users="def read(): ...\n",
    )
    assert [row["path"] for row in table(one)] == ["/i", "/u", "/m", "/m/n"]
    assert [row["path"] for row in table(one, {"items.py"})] == ["/i", "/m/n"]
    assert [row["path"] for row in table(one, {"users.py"})] == ["/u"]
    assert [row["path"] for row in table(one, {"main.py"})] == ["/u", "/m"]
    assert table(one, {"other.py"}) == []


def test_guards_are_schemes_what_security_names_and_what_the_policy_requires() -> None:
    text = """
        from typing import Annotated
        from fastapi import Security
        from fastapi.security import HTTPBearer
        def plain(): ...
        def required(): ...
        def scoped(): ...
        app = FastAPI()
        @app.get('/')
        def read(
            a: Annotated[object, Depends(HTTPBearer())],
            b: Annotated[object, Security(scoped)],
            c: Annotated[object, Depends(required)],
            d: Annotated[object, Depends(plain)],
        ): ...
    """
    facts = [extract(SourceFile("main.py", (HEAD + textwrap.dedent(text)).encode()))]
    options = LinkOptions("/project", auth=AuthPolicy(("main.required",), ()))
    one = link(facts, [], options)
    (entry,) = one.applications.entries
    assert isinstance(entry, Effective)
    assert details(one, entry, False)["auth"] == ["HTTPBearer", "main.scoped", "main.required"]


def test_what_dependencies_take_is_listed_once_behind_what_the_handler_takes() -> None:
    text = """
        from typing import Annotated
        def paging(limit: int, offset: int = 0): ...
        def other(paging: Annotated[object, Depends(paging)], name: str): ...
        app = FastAPI()
        @app.get('/{item_id}')
        def read(
            item_id: int, a: Annotated[object, Depends(paging)], b: Annotated[object, Depends(other)], limit: int
        ): ...
    """
    one = project(main=HEAD + textwrap.dedent(text))
    (entry,) = one.applications.entries
    assert isinstance(entry, Effective)
    found = [(one["name"], one["in"], one["owner"]) for one in details(one, entry, False)["parameters"]]
    assert [row for row in found if row[1] != "dependency"] == [
        ("item_id", "path", "main.read"),
        ("limit", "query", "main.read"),
        ("limit", "query", "main.paging"),
        ("offset", "query", "main.paging"),
        ("name", "query", "main.other"),
    ]
