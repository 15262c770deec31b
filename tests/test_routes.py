"""The route table: every application in fixtures, imported, has exactly the routes that are read from its source."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from fastlint.facts.extract import extract
from fastlint.project.application.paths import pattern
from fastlint.project.link import LinkOptions, link
from fastlint.project.model import Project
from fastlint.project.route_table.rows import table
from fastlint.source import SourceFile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from route_table import CASES, compare
from served_routes import real_tables
from static_routes import static_table

TARGETS = sorted(CASES.glob("routes_*"))


@pytest.fixture(scope="module")
def served() -> dict[str, object]:
    """The real tables: each application is imported in a process of its own."""
    return dict(zip([target.name for target in TARGETS], real_tables(TARGETS), strict=True))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_table_is_that_of_the_running_application(target: Path, served: dict[str, object]) -> None:
    real, read = served[target.name], static_table(target)

    assert isinstance(real, list), f"does not import: {real}"
    assert isinstance(read, list)
    result = compare(target.name, real, read, target=target, by_suffix=False)
    assert dict(result.differences) == {}


def project(**files: str) -> Project:
    facts = [extract(SourceFile(f"{name}.py", text.encode())) for name, text in files.items()]
    return link(facts, [], LinkOptions("/project"))


def paths(one: Project) -> list[str | None]:
    return [row["path"] for row in table(one)]


def test_many_routes_take_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        routes = "".join(f"@router.get('/r{n}/{{x}}')\ndef f{n}(x: int) -> int: return x\n" for n in range(count))
        includes = "".join(f"app.include_router(router, prefix='/v{n}')\n" for n in range(10))
        text = f"from fastapi import APIRouter, FastAPI\nrouter = APIRouter()\n{routes}app = FastAPI()\n{includes}"
        one = project(main=text)
        start = time.process_time()
        assert len(table(one)) == count * 10
        assert all(len(route.effective) == 10 for route in one.routes)
        return time.process_time() - start

    small, large = seconds(100), seconds(1000)
    assert large < 40 * small + 0.5


def test_routers_in_circles_end() -> None:
    one = project(
        main=(
            "from fastapi import APIRouter, FastAPI\n"
            "a, b = APIRouter(prefix='/a'), APIRouter(prefix='/b')\n"
            "left = APIRouter(prefix='/left')\n"
            "right = APIRouter(prefix='/right')\n"
            "@left.get('/x')\n"
            "def x(): ...\n"
            "left.include_router(right)\n"
            "right.include_router(left)\n"
            "left.include_router(left)\n"
            "app = FastAPI()\n"
            "app.include_router(left)\n"
        )
    )

    assert paths(one) == ["/left/x"]


def test_routers_that_double_at_each_step_end() -> None:
    routers = "".join(f"r{n} = APIRouter()\n" for n in range(40))
    includes = "".join(
        f"r{n}.include_router(r{n + 1}, prefix='/a')\nr{n}.include_router(r{n + 1}, prefix='/b')\n" for n in range(39)
    )
    text = "from fastapi import APIRouter, FastAPI\n" + routers + "@r0.get('/x')\ndef x(): ...\n" + includes
    one = project(main=text + "app = FastAPI()\napp.include_router(r0)\n")

    assert paths(one)[0] == "/x"


def test_what_is_not_known_is_none() -> None:
    one = project(
        main=(
            "import os\n"
            "from fastapi import APIRouter, FastAPI\n"
            "from elsewhere import other\n"
            "router = APIRouter(prefix=os.environ['PREFIX'])\n"
            "@router.get('/x')\n"
            "def x(): ...\n"
            "app = FastAPI()\n"
            "app.include_router(router)\n"
            "app.include_router(other)\n"
            "app.add_api_route('/y', x, methods=other.methods)\n"
        )
    )

    assert [(row["path"], row["methods"]) for row in table(one)] == [(None, ["GET"]), ("/y", [])]


def test_functions_that_call_each_other_end() -> None:
    one = project(
        main=(
            "from fastapi import APIRouter, FastAPI\n"
            "def one(n):\n"
            "    router = APIRouter()\n"
            "    router.include_router(two(n))\n"
            "    return router\n"
            "def two(n):\n"
            "    router = APIRouter()\n"
            "    @router.get('/x')\n"
            "    def x(): ...\n"
            "    if n:\n"
            "        router.include_router(one(n - 1))\n"
            "    return router\n"
            "app = FastAPI()\n"
            "app.include_router(one(3))\n"
        )
    )

    assert "/x" in paths(one)


def test_a_route_of_an_application_from_nowhere_is_known_but_not_served() -> None:
    one = project(main="from fastapi import FastAPI\ndef setup(app: FastAPI):\n    @app.get('/x')\n    def x(): ...\n")

    assert [route.template for route in one.routes] == ["/x"]
    assert paths(one) == []


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("/users/{x}", "/users/me", True),
        ("/users/{x}", "/users/{y:int}", True),
        ("/users/{x:int}", "/users/me", False),
        ("/users/{x:int}", "/users/{y}", False),
        ("/users/{x:int}", "/users/7", True),
        ("/users/{x:float}", "/users/{y:int}", True),
        ("/users/{x:int}", "/users/{y:float}", False),
        ("/users/{x}", "/users/{y:uuid}", True),
        ("/users/{x:uuid}", "/users/{y}", False),
        ("/{p:path}", "/a/{b}", True),
        ("/{p:path}", "/", True),
        ("/{x}", "/", False),
        ("/{x}", "/{p:path}", False),
        ("/{x}", "/a/b", False),
        ("/files/{p:path}", "/files/{folder}/index", True),
        ("/exports/{name}", "/exports/{name}.csv", True),
        ("/exports/{name}.csv", "/exports/{name}", False),
        ("/reports/{year}/latest", "/reports/draft/{name}", False),
        ("/a/{x}-{y}", "/a/{x}-b-{y}", True),
        ("/admin/{below:path}", "/administrators", False),
        ("/b/{book-id}", "/b/7", False),
    ],
)
def test_one_path_takes_all_of_another(wide: str, narrow: str, expected: bool) -> None:
    outer, inner = pattern(wide), pattern(narrow)

    assert outer is not None
    assert inner is not None
    assert outer.covers(inner) is expected


def test_a_converter_of_the_projects_own_has_no_pattern() -> None:
    assert pattern("/{x:slug}") is None
