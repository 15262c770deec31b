"""What runs on the event loop, how it gets there, and what the fixes make of it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fastlint.facts.extract import extract
from fastlint.fixes.apply import rewritten, select
from fastlint.fixes.plan import Planner
from fastlint.loader import load
from fastlint.project.link import LinkOptions, link
from fastlint.project.model import LoopCall, Project
from fastlint.rule import Applicability, Finding, Level
from fastlint.source import SourceFile

HEADER = "import time\nimport asyncio\nfrom fastapi import Depends, FastAPI, UploadFile\napp = FastAPI()\n"


def source(name: str, text: str) -> SourceFile:
    return SourceFile(name, textwrap.dedent(text).encode())


def linked(*files: SourceFile) -> Project:
    return link([extract(file) for file in files], [], LinkOptions("/project"))


def application(text: str) -> SourceFile:
    return SourceFile("main.py", (HEADER + textwrap.dedent(text)).encode())


def calls(project: Project, kind: str) -> list[LoopCall]:
    return [call for call in project.loop_calls if call.kind == kind]


def findings(code: str, project: Project) -> list[Finding]:
    rule = load().entries[code].rule
    assert rule is not None
    return [f for subject in project.subjects_for(rule) for f in rule().check(subject, project)]


def fixed(code: str, file: SourceFile) -> tuple[str, list[Applicability]]:
    rule = load().entries[code].rule
    assert rule is not None
    planner = Planner({file.path: file})
    fixes = [fix for f in findings(code, linked(file)) if (fix := rule().fix(f, planner)) is not None]
    text = rewritten(file, [edit for fix in select(fixes) for edit in fix.edits]).text
    compile(text, file.path, "exec")
    return text.removeprefix(HEADER), [fix.applicability for fix in fixes]


# the message and the chain


def test_the_message_names_the_route_and_every_step() -> None:
    project = linked(
        source("store.py", "import time\ndef load():\n    fetch()\ndef fetch():\n    time.sleep(1)\n"),
        application(
            """
            from store import load
            async def read_all():
                load()
            @app.get("/items")
            async def items():
                await read_all()
            """
        ),
    )

    (finding,) = findings("FST101", project)

    assert finding.message.startswith(
        "`time.sleep` blocks the event loop: 'GET /items' -> items -> read_all -> load -> fetch"
    )
    assert (finding.path, finding.span.line, finding.level) == ("main.py", 8, Level.ERROR)
    assert [(hop.path, hop.span.line) for hop in finding.related] == [("store.py", 3), ("store.py", 5)]


def test_several_routes_are_counted() -> None:
    project = linked(
        application(
            """
            async def pause():
                time.sleep(1)
            @app.get("/a")
            async def a():
                await pause()
            @app.get("/b")
            async def b():
                await pause()
            @app.get("/c")
            async def c():
                await b()
            """
        )
    )

    (finding,) = findings("FST101", project)

    assert "'GET /a' and 2 more -> a -> pause" in finding.message


def test_cycles_of_calls_end_and_share_their_routes() -> None:
    project = linked(
        application(
            """
            async def ping(n: int):
                time.sleep(1)
                await pong(n)
            async def pong(n: int):
                await ping(n - 1)
            @app.get("/ping")
            async def route_a():
                await ping(3)
            @app.get("/pong")
            async def route_b():
                await pong(3)
            """
        )
    )

    (call,) = calls(project, "sleep")

    assert set(call.titles) == {"GET /ping", "GET /pong"}
    assert call.titles[0] == "GET /ping"


def test_what_no_route_reaches_is_one_level_lower() -> None:
    (finding,) = findings("FST101", linked(application("async def lonely():\n    time.sleep(1)\n")))

    assert finding.level == Level.WARNING
    assert "no route is known to reach it" in finding.message


def test_what_only_a_script_runs_is_silent() -> None:
    project = linked(
        application("async def job():\n    time.sleep(1)\nif __name__ == '__main__':\n    asyncio.run(job())\n")
    )

    assert findings("FST101", project) == []


def test_startup_is_another_rule() -> None:
    project = linked(
        source(
            "main.py",
            """
            import time
            from contextlib import asynccontextmanager
            from fastapi import FastAPI
            @asynccontextmanager
            async def lifespan(app):
                time.sleep(1)
                yield
            app = FastAPI(lifespan=lifespan)
            """,
        )
    )

    assert findings("FST101", project) == []
    assert [finding.span.line for finding in findings("FST120", project)] == [7]


def test_call_depth_limits_the_chain() -> None:
    project = linked(
        application(
            """
            def one():
                two()
            def two():
                time.sleep(1)
            @app.get("/")
            async def root():
                one()
            """
        )
    )
    rule = load().entries["FST101"].rule
    assert rule is not None

    assert [
        len(list(rule(call_depth=depth).check(call, project))) for depth in (2, 3) for call in project.loop_calls
    ] == [0, 1]


# methods


TEMPLATE_METHOD = """
    class Source:
        def fetch(self): return ""
        def load(self): return self.fetch()
        def render(self): return self.load()
    class Slow(Source):
        def fetch(self):
            time.sleep(1)
            return ""
    class Quick(Source):
        def fetch(self): return "quick"
    @app.get("/")
    async def root():
        return {made}().render()
"""


@pytest.mark.parametrize(("made", "count"), [("Slow", 1), ("Quick", 0), ("Source", 0)])
def test_an_inherited_method_calls_the_override_of_its_object(made: str, count: int) -> None:
    assert len(calls(linked(application(TEMPLATE_METHOD.replace("{made}", made))), "sleep")) == count


LOCKED = """
    import threading
    lock = threading.Lock()
    @app.get("/")
    async def root():
        with lock:
            return 1
    def other():
        with lock:
            {work}
"""


@pytest.mark.parametrize(("work", "count"), [("time.sleep(1)", 1), ("return 2", 0)])
def test_a_lock_is_reported_where_somebody_holds_it_for_long(work: str, count: int) -> None:
    assert len(calls(linked(application(LOCKED.replace("{work}", work))), "wait")) == count


def test_a_cached_function_without_arguments_runs_once() -> None:
    text = """
        from functools import lru_cache
        @lru_cache
        def settings({parameters}):
            time.sleep(1)
        @app.get("/")
        async def root():
            settings({arguments})
    """
    once = application(text.replace("{parameters}", "").replace("{arguments}", ""))
    each = application(text.replace("{parameters}", "name").replace("{arguments}", "'a'"))

    assert (len(calls(linked(once), "sleep")), len(calls(linked(each), "sleep"))) == (0, 1)


FAR = """
    kept = None
    cache = {}
    def first():
        global kept
        {body}
    def second(): return first()
    def third(): return second()
    def fourth(): return third()
    @app.get("/")
    async def root():
        fourth()
"""


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("time.sleep(1)", 1),
        ("if kept:\n            time.sleep(1)", 1),
        ("if kept is None:\n            kept = time.sleep(1)\n        return kept", 0),
        ("if 1 not in cache:\n            cache[1] = time.sleep(1)\n        return cache[1]", 0),
        (
            "try: ...\n        except KeyError:\n            if kept:\n"
            "                if cache:\n                    time.sleep(1)",
            0,
        ),
    ],
)
def test_what_runs_once_or_rarely_is_far_away(body: str, count: int) -> None:
    assert len(findings("FST101", linked(application(FAR.replace("{body}", body))))) == count


def test_a_wrapper_runs_the_function_it_is_put_around_and_no_other() -> None:
    project = linked(
        application(
            """
            def counted(f):
                def wrapper(*args):
                    return f(*args)
                return wrapper
            @counted
            def slow():
                time.sleep(1)
            @counted
            def quick(): ...
            @app.get("/slow")
            async def a():
                slow()
            @app.get("/quick")
            async def b():
                quick()
            """
        )
    )

    assert [call.function.name for call in calls(project, "sleep")] == ["a"]


def test_an_awaited_call_does_not_run_the_sync_one_of_two() -> None:
    project = linked(
        application(
            """
            class Sync:
                def get(self): time.sleep(1)
            class Async:
                async def get(self): ...
            @app.get("/")
            async def root(fast: bool):
                client = Sync() if fast else Async()
                await client.get()
            """
        )
    )

    assert calls(project, "sleep") == []


def test_a_loop_of_its_own_in_a_thread_is_not_the_applications() -> None:
    project = linked(
        application(
            """
            async def job():
                time.sleep(1)
            @app.get("/")
            def root():
                asyncio.run(job())
            """
        )
    )

    assert calls(project, "sleep") == []


# fixes


def route(body: str, head: str = "async def root(items: list[int]):") -> SourceFile:
    return application(f"@app.get('/')\n{head}\n{textwrap.indent(textwrap.dedent(body), '    ')}")


@pytest.mark.parametrize(
    ("body", "applicability"),
    [
        ("time.sleep(1)\n", Applicability.SAFE),
        ("time.sleep(0.5)  # a moment\nreturn items\n", Applicability.SAFE),
        ("time.sleep(-1)\n", Applicability.UNSAFE),
        ("time.sleep(len(items))\n", Applicability.UNSAFE),
        ("n = app.state.n\ntime.sleep(1)\napp.state.n = n + 1\n", Applicability.UNSAFE),
        ("for _ in items:\n    time.sleep(1)\n    app.state.n += 1\n", Applicability.UNSAFE),
        ("with app.state.lock:\n    time.sleep(1)\n", Applicability.UNSAFE),
    ],
)
def test_sleep_is_awaited(body: str, applicability: Applicability) -> None:
    text, given = fixed("FST101", route(body))

    assert "await asyncio.sleep(" in text
    assert "time.sleep" not in text
    assert given == [applicability]


@pytest.mark.parametrize("body", ["return [time.sleep(1) for _ in items]\n", "return (lambda: time.sleep(1))()\n"])
def test_sleep_stays_where_await_cannot_stand(body: str) -> None:
    assert fixed("FST101", route(body))[1] == []


def test_a_blocking_call_moves_to_the_threadpool() -> None:
    text, given = fixed("FST102", route("import requests\nreturn requests.get('http://a', timeout=3).json()\n"))

    assert "(await run_in_threadpool(requests.get, 'http://a', timeout=3)).json()" in text
    assert "from fastapi.concurrency import run_in_threadpool" in text
    assert given == [Applicability.UNSAFE]


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("x = upload.file.read()", "x = await upload.read()"),
        ("upload.file.seek(0)", "await upload.seek(0)"),
        ("upload.file.write(b'a')", "await upload.write(b'a')"),
        ("x = upload.file.write(b'a')", "x = upload.file.write(b'a')"),
        ("upload.file.seek(0, 2)", "upload.file.seek(0, 2)"),
    ],
)
def test_uploads_are_awaited_where_the_result_is_the_same(call: str, wanted: str) -> None:
    assert wanted in fixed("FST109", route(f"{call}\n", "async def root(upload: UploadFile):"))[0]


def test_a_nested_loop_becomes_an_await() -> None:
    file = application("async def job(): return 1\n@app.get('/')\nasync def root():\n    return asyncio.run(job())\n")

    text, given = fixed("FST110", file)

    assert "return await job()" in text
    assert given == [Applicability.REPAIR]


def test_a_coroutine_is_awaited() -> None:
    file = application("async def job(): return []\n@app.get('/')\nasync def root():\n    return job().copy()\n")

    assert "return (await job()).copy()" in fixed("FST111", file)[0]


def test_a_task_is_kept() -> None:
    file = application("async def job(): ...\n@app.get('/')\nasync def root():\n    asyncio.create_task(job())\n")

    text, given = fixed("FST112", file)

    assert (
        "    task = asyncio.create_task(job())\n    _tasks.add(task)\n    task.add_done_callback(_tasks.discard)\n"
        in text
    )
    assert "_tasks: set[asyncio.Task[object]] = set()" in text
    assert given == [Applicability.SAFE]


def test_async_is_removed_and_added() -> None:
    file = route("time.sleep(1)\n")
    assert "\ndef root(items" in fixed("FST113", file)[0]

    file = route("asyncio.get_running_loop()\n", "def root():")
    assert "\nasync def root()" in fixed("FST115", file)[0]

    file = route("with asyncio.Lock():\n    pass\n")
    assert "async with asyncio.Lock():" in fixed("FST118", file)[0]


@pytest.mark.parametrize(("body", "applicability"), [("v.set('a')", "repair"), ("v.set(open('a').read())", "unsafe")])
def test_a_dependency_that_sets_a_variable_becomes_async(body: str, applicability: str) -> None:
    file = application(
        f"from contextvars import ContextVar\nv = ContextVar('v')\ndef use():\n    {body}\n"
        "@app.get('/', dependencies=[Depends(use)])\nasync def root(): ...\n"
    )

    text, given = fixed("FST116", file)

    assert "\nasync def use():" in text
    assert given == [Applicability(applicability)]


# growth


def test_the_work_grows_no_faster_than_the_calls() -> None:
    def steps(size: int) -> int:
        chain = "".join(
            f"async def f{i}():\n    await f{i + 1}()\n    g{i}()\ndef g{i}():\n    g{i + 1}()\n" for i in range(size)
        )
        end = f"async def f{size}(): ...\ndef g{size}():\n    time.sleep(1)\n"
        routes = "".join(f"@app.get('/{i}')\nasync def r{i}():\n    await f{i}()\n" for i in range(0, size, 10))
        project = linked(application(chain + end + routes))
        counted = 0
        infer = project.inference._infer

        def counting(expr: object, scope: object) -> object:
            nonlocal counted
            counted += 1
            return infer(expr, scope)  # type: ignore[arg-type]

        project.inference._infer = counting  # type: ignore[method-assign,assignment]
        assert len(project.loop_calls) == size
        return counted

    assert steps(200) < 2.2 * steps(100)


def test_offloaders_of_the_settings_take_functions_off_the_loop(tmp_path: Path) -> None:
    text = (
        "import time\n\nfrom acme import in_thread\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        "@in_thread\ndef slow():\n    time.sleep(1)\n\n\n@app.get('/')\nasync def index() -> None:\n    await slow()\n"
    )
    (tmp_path / "main.py").write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "fastlint",
        "check",
        "--select",
        "FST101",
        "--output-format",
        "json",
        "--exit-zero",
    ]

    def codes() -> list[str]:
        done = subprocess.run([*command, "."], cwd=tmp_path, capture_output=True, text=True, check=True)
        return [row["code"] for row in json.loads(done.stdout)]

    assert codes() == ["FST101"]
    (tmp_path / "fastlint.toml").write_text('offloaders = ["acme.in_thread"]\n', encoding="utf-8")
    assert codes() == []


@pytest.mark.parametrize(
    ("module", "made", "code"),
    [
        ("filelock", 'filelock.FileLock("a.lock").acquire()', "FST107"),
        ("sqlite3", 'sqlite3.connect("a.db").commit()', "FST103"),
        ("sqlalchemy.orm", "sqlalchemy.orm.scoped_session(sqlalchemy.orm.sessionmaker()).commit()", "FST103"),
    ],
)
def test_what_belongs_to_one_thread_is_not_moved_to_another(module: str, made: str, code: str) -> None:
    text = f"import {module}\n\n\n@app.get('/')\nasync def root() -> None:\n    {made}\n"
    assert len(findings(code, linked(application(text)))) > 0
    assert fixed(code, application(text))[1] == []
