"""What request data must not reach as it is: calls by canonical name, pages and redirects that routes return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.handlers import Handlers
from fastlint.project.language import values as v
from fastlint.project.language.constants import Constants
from fastlint.project.language.externals import inherits
from fastlint.project.language.scopes import Function, Module, Scope
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

Place = tuple[str, int | None, str | None]
"""Kind, index and keyword of the argument that matters; index None and no keyword: the receiver."""

NOWHERE = 99
"""The index of what is only given by keyword."""
SQL_TEXTS = ("sqlalchemy.text", "sqlalchemy.literal_column", "sqlmodel.text", "sqlmodel.literal_column")
SQL_OWNERS: dict[str, tuple[str, ...]] = {
    "sqlalchemy.Connection": ("execute", "scalar", "scalars", "exec_driver_sql"),
    "sqlalchemy.engine.Connection": ("execute", "scalar", "scalars", "exec_driver_sql"),
    "sqlalchemy.Engine": ("execute",),
    "sqlalchemy.ext.asyncio.AsyncConnection": ("execute", "scalar", "scalars", "exec_driver_sql", "stream"),
    "sqlalchemy.orm.Session": ("execute", "scalar", "scalars"),
    "sqlalchemy.orm.scoped_session": ("execute", "scalar", "scalars"),
    "sqlalchemy.ext.asyncio.AsyncSession": ("execute", "scalar", "scalars", "stream"),
    "sqlmodel.Session": ("exec", "execute", "scalar"),
    "sqlmodel.ext.asyncio.session.AsyncSession": ("exec", "execute", "scalar"),
    **{
        f"{owner}": ("execute", "executemany", "executescript")
        for owner in (
            *("sqlite3.Connection", "sqlite3.Cursor", "aiosqlite.Connection", "aiosqlite.Cursor", "psycopg.Connection"),
            *("psycopg.Cursor", "psycopg.AsyncConnection", "psycopg.AsyncCursor", "psycopg2.extensions.cursor"),
            *("MySQLdb.cursors.Cursor", "pymysql.cursors.Cursor", "mysql.connector.cursor.MySQLCursor"),
            *("pyodbc.Cursor", "pyodbc.Connection", "oracledb.Cursor", "cx_Oracle.Cursor", "pg8000.dbapi.Cursor"),
            *(
                "pg8000.legacy.Cursor",
                "pymssql.Cursor",
                "snowflake.connector.cursor.SnowflakeCursor",
                "aiomysql.Cursor",
            ),
            *("trino.dbapi.Cursor", "clickhouse_driver.Client", "peewee.Database", "pymysql.connections.Connection"),
        )
    },
    "duckdb.DuckDBPyConnection": ("execute", "executemany", "query", "sql"),
    "duckdb": ("execute", "executemany", "query", "sql"),
    **dict.fromkeys(
        ("asyncpg.Connection", "asyncpg.Pool", "asyncpg.pool.Pool"),
        ("execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "cursor"),
    ),
    "databases.Database": ("execute", "execute_many", "fetch_all", "fetch_one", "fetch_val", "iterate"),
    "clickhouse_connect.driver.client.Client": ("query", "command"),
    "google.cloud.bigquery.Client": ("query",),
    "pandas": ("read_sql", "read_sql_query"),
    "tortoise.backends.base.client.BaseDBAsyncClient": (
        *("execute_query", "execute_query_dict", "execute_script", "execute_insert"),
    ),
}
SQL_KEYWORDS = {
    **dict.fromkeys(("sqlalchemy", "sqlmodel"), "statement"),
    **dict.fromkeys(("asyncpg", "databases", "psycopg", "psycopg2", "pymysql", "aiomysql", "duckdb"), "query"),
    **dict.fromkeys(("clickhouse_connect", "clickhouse_driver", "google"), "query"),
    **dict.fromkeys(("tortoise",), "query"),
    "aiosqlite": "sql",
}
"""The keyword by which the methods of a package take the statement, by the package's first name."""
SHELLS: dict[str, Place] = {
    "os.system": ("shell", 0, "command"),
    "os.popen": ("shell", 0, "cmd"),
    "subprocess.getoutput": ("shell", 0, "cmd"),
    "subprocess.getstatusoutput": ("shell", 0, "cmd"),
    "asyncio.create_subprocess_shell": ("shell", 0, "cmd"),
    "anyio.run_process": ("shell", 0, "command"),
    "paramiko.SSHClient.exec_command": ("shell", 0, "command"),
    "fabric.Connection.run": ("shell", 0, "command"),
    "fabric.Connection.sudo": ("shell", 0, "command"),
    "invoke.run": ("shell", 0, "command"),
    "pexpect.run": ("shell", 0, "command"),
    "asyncssh.SSHClientConnection.run": ("shell", 0, "command"),
}
SUBPROCESS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
PROGRAMS = frozenset({"asyncio.create_subprocess_exec"})
"""These take a program and its arguments one by one."""
CODE: dict[str, Place] = {
    "builtins.eval": ("code", 0, None),
    "builtins.exec": ("code", 0, None),
    **{
        f"{owner}.{name}": ("code", 0, None)
        for owner in ("pickle", "dill", "cloudpickle", "marshal")
        for name in ("loads", "load")
    },
    "joblib.load": ("code", 0, "filename"),
    "jsonpickle.decode": ("code", 0, "string"),
    "yaml.unsafe_load": ("code", 0, "stream"),
    "yaml.unsafe_load_all": ("code", 0, "stream"),
    "jinja2.Template": ("code", 0, "source"),
    "jinja2.Environment.from_string": ("code", 0, "source"),
}
UNSAFE_LOADERS = frozenset(f"yaml.{name}" for name in ("Loader", "UnsafeLoader", "CLoader", "CUnsafeLoader"))
FILES: dict[str, tuple[Place, ...]] = {
    "builtins.open": (("path", 0, "file"),),
    "aiofiles.open": (("path", 0, "file"),),
    "anyio.open_file": (("path", 0, "file"),),
    "fastapi.responses.FileResponse": (("path", 0, "path"),),
    **{f"os.{name}": (("path", 0, "path"),) for name in ("remove", "unlink", "rmdir", "removedirs", "listdir")},
    **{f"os.{name}": (("path", 0, "path"),) for name in ("scandir", "mkdir")},
    "os.makedirs": (("path", 0, "name"),),
    "os.rename": (("path", 0, "src"), ("path", 1, "dst")),
    **{f"shutil.{name}": (("path", 0, "src"), ("path", 1, "dst")) for name in ("copy", "copy2", "copyfile", "move")},
    "shutil.copytree": (("path", 0, "src"), ("path", 1, "dst")),
    "shutil.rmtree": (("path", 0, "path"),),
    **{f"aiofiles.os.{name}": (("path", 0, "path"),) for name in ("remove", "unlink", "rmdir", "listdir", "makedirs")},
    "zipfile.ZipFile": (("path", 0, "file"),),
    "tarfile.open": (("path", 0, "name"),),
    **{f"pandas.{name}": (("path", 0, None),) for name in ("read_csv", "read_json", "read_parquet", "read_excel")},
    "PIL.Image.open": (("path", 0, "fp"),),
}
PATH_METHODS = (
    *("read_text", "read_bytes", "write_text", "write_bytes", "open", "unlink", "rmdir", "mkdir", "touch", "iterdir"),
    "rename",
)
VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
CLIENTS = (
    *("httpx", "httpx2", "requests", "httpx.Client", "httpx.AsyncClient", "httpx2.Client", "httpx2.AsyncClient"),
    *("requests.Session", "aiohttp.ClientSession"),
)
URLS: dict[str, Place] = {
    **{f"{owner}.{verb}": ("request", 0, "url") for owner in CLIENTS for verb in VERBS},
    **{f"{owner}.{verb}": ("request", 1, "url") for owner in CLIENTS for verb in ("request", "stream")},
    **{f"{owner}.build_request": ("request", 1, "url") for owner in ("httpx.Client", "httpx.AsyncClient")},
    **dict.fromkeys(("httpx.Client", "httpx.AsyncClient"), ("request", NOWHERE, "base_url")),
    "aiohttp.ClientSession": ("request", 0, "base_url"),
    "urllib.request.urlopen": ("request", 0, "url"),
    "urllib.request.Request": ("request", 0, "url"),
    "urllib.request.urlretrieve": ("request", 0, "url"),
    "aiohttp.ClientSession.ws_connect": ("request", 0, "url"),
    "aiohttp.request": ("request", 1, "url"),
    "urllib3.PoolManager.request": ("request", 1, "url"),
    "urllib3.request": ("request", 1, "url"),
    "websockets.connect": ("request", 0, "uri"),
    "feedparser.parse": ("request", 0, None),
    **{f"playwright.{module}.Page.goto": ("request", 0, "url") for module in ("async_api", "sync_api")},
}
EXCEPTIONS = frozenset({"fastapi.HTTPException", "starlette.exceptions.HTTPException"})
REDIRECT, HTML, RESPONSE = "fastapi.responses.RedirectResponse", "fastapi.responses.HTMLResponse", "fastapi.Response"
STREAM = "fastapi.responses.StreamingResponse"
RETURNED = {REDIRECT: "redirect", HTML: "html"}

TABLE: dict[str, tuple[Place, ...]] = {
    **dict.fromkeys(SQL_TEXTS, (("sql", 0, "text"),)),
    **{
        f"{owner}.{method}": (("sql", 0, SQL_KEYWORDS.get(owner.partition(".")[0])),)
        for owner, methods in SQL_OWNERS.items()
        for method in methods
    },
    "pandas.read_sql": (("sql", 0, "sql"),),
    "pandas.read_sql_query": (("sql", 0, "sql"),),
    **{name: (place,) for name, place in SHELLS.items()},
    **{name: (place,) for name, place in CODE.items()},
    **FILES,
    **{f"{owner}.{name}": (("path", None, None),) for owner in ("pathlib.Path", "anyio.Path") for name in PATH_METHODS},
    **{name: (place,) for name, place in URLS.items()},
    REDIRECT: (("redirect", 0, "url"),),
    HTML: (("html", 0, "content"),),
}
LASTS = frozenset(
    name.rpartition(".")[2] for name in (*TABLE, *SUBPROCESS, *PROGRAMS, RESPONSE, STREAM, "yaml.load_all", *EXCEPTIONS)
)
SHELL_PROGRAMS = frozenset({"sh", "bash", "/bin/sh", "/bin/bash", "zsh"})


@dataclass(frozen=True, slots=True)
class Sink:
    """`expr` must not hold request data as it is; `node` is what is reported."""

    kind: str
    name: str
    node: s.Node
    expr: s.Expr
    scope: Scope

    @property
    def span(self) -> Span:
        return self.node.span


class Sinks:
    def __init__(self, handlers: Handlers, constants: Constants) -> None:
        self.handlers = handlers
        self.constants = constants
        self.inference: Inference = constants.inference

    @cached_property
    def everywhere(self) -> tuple[Sink, ...]:
        """The sinks of all files but tests."""
        modules = self.inference.names.modules
        return tuple(sink for module in modules if not module.is_test for sink in self._of_module(module))

    def _of_module(self, module: Module) -> Iterator[Sink]:
        """The sinks of a file."""
        wanted = LASTS | self._renamed(module) | self._pages
        if not module.facts.calls & wanted:
            return
        for scope in calling(module, wanted):
            for call in scope.body.all(s.Call):
                name = _last(call.func)
                if name in wanted and (name in PATH_METHODS or _open(call)):
                    yield from self._of_call(call, scope)

    @cached_property
    def _pages(self) -> frozenset[str]:
        """The names of the project's own classes of pages and redirects."""
        lasts = {name.rpartition(".")[2] for name in RETURNED}
        return frozenset(
            cls.name
            for module in self.inference.names.modules
            if any(name.partition(".")[0] in ("fastapi", "starlette") for name in module.facts.imports)
            for cls in module.classes()
            if any(_last(base) in lasts for base in cls.node.bases)
        )

    @staticmethod
    def _renamed(module: Module) -> set[str]:
        """The names under which the file imports sinks."""
        return {
            alias
            for statement in module.body.all(s.ImportFrom)
            for name, alias in statement.names
            if alias and name in LASTS
        }

    def _of_call(self, call: s.Call, scope: Scope) -> Iterator[Sink]:
        for value in v.without_none(self.inference.infer(call.func, scope)):
            match value:
                case v.External(name):
                    yield from self._named(name, call, scope)
                case v.ClassValue(cls):
                    for base in self.inference.classes.ancestry(cls):
                        if isinstance(base, str) and base in RETURNED and "__init__" not in cls.methods:
                            yield from self._named(base, call, scope)

    def _named(self, name: str, call: s.Call, scope: Scope) -> Iterator[Sink]:
        for kind, index, keyword in self._places(name):
            if keyword is None and index is None:
                expr: s.Expr | None = call.func.value if isinstance(call.func, s.Attribute) else None
            else:
                expr = call.argument(index, keyword) or _starred(call, index)
            if expr is not None:
                yield Sink(kind, name, call, expr, scope)
        if name in SUBPROCESS:
            yield from self._subprocess(name, call, scope)
        if name in PROGRAMS:
            yield from self._run_by_shell(name, call.args, call, scope)
        if name in ("yaml.load", "yaml.load_all") and self._loads_anything(call, scope):
            yield Sink("code", name, call, call.args[0], scope)
        if name in (RESPONSE, STREAM):
            yield from self._response(call, scope)
        if name in EXCEPTIONS:
            status = self.constants.value(call.argument(0, "status_code"), scope)
            yield from self._location(call.argument(2, "headers"), status, call, scope)

    @staticmethod
    def _places(name: str) -> tuple[Place, ...]:
        if name in TABLE:
            return TABLE[name]
        owner, _, method = name.rpartition(".")
        for base in SQL_OWNERS:
            if method in SQL_OWNERS[base] and owner and inherits(owner, base):
                return (("sql", 0, SQL_KEYWORDS.get(base.partition(".")[0])),)
        return ()

    def _subprocess(self, name: str, call: s.Call, scope: Scope) -> Iterator[Sink]:
        command = call.argument(0, "args")
        if command is None:
            return
        if self.constants.value(call.keyword("shell"), scope) is True:
            yield Sink("shell", name, call, command, scope)
            return
        listed = self.constants.elements(command, scope)
        if listed is not None:
            yield from self._run_by_shell(name, tuple(item.expr for item in listed), call, scope)

    def _run_by_shell(self, name: str, words: tuple[s.Expr, ...], call: s.Call, scope: Scope) -> Iterator[Sink]:
        """`sh -c ...`, the command given word by word."""
        if len(words) > 2 and self.constants.text(words[0], scope) in SHELL_PROGRAMS:
            option = self.constants.text(words[1], scope)
            if option is not None and option.startswith("-") and "c" in option:
                yield Sink("shell", name, call, words[2], scope)

    def _loads_anything(self, call: s.Call, scope: Scope) -> bool:
        """Whether YAML is read by a loader that makes any object the text names."""
        loader = call.argument(1, "Loader")
        if not call.args or loader is None:
            return False
        return bool(self.inference.external_names(loader, scope) & UNSAFE_LOADERS)

    def _response(self, call: s.Call, scope: Scope) -> Iterator[Sink]:
        media = self.constants.text(call.argument(3, "media_type"), scope)
        content = call.argument(0, "content")
        headers = call.argument(2, "headers")
        status = self.constants.value(call.argument(1, "status_code"), scope)
        if media is not None and media.startswith("text/html") and content is not None:
            yield Sink("html", RESPONSE, call, content, scope)
        yield from self._location(headers, status, call, scope)

    def _location(self, headers: s.Expr | None, status: object, call: s.Call, scope: Scope) -> Iterator[Sink]:
        """Where the header of an answer with a redirecting status sends the browser."""
        if isinstance(headers, s.Dict) and isinstance(status, int) and 300 <= status < 400:
            for name, value in zip(headers.keys, headers.values, strict=True):
                if isinstance(name, s.Constant) and str(name.value).lower() == "location":
                    yield Sink("redirect", RESPONSE, call, value, scope)

    def of_routes(self) -> Iterator[Sink]:
        """What handlers return where the route's response class makes a page or a redirect of it."""
        seen: set[s.Node] = set()
        for route in self.handlers.applications.routes:
            given = route.response.class_expr
            if given is None or route.handler is None:
                continue
            for value in self.inference.infer(given, route.scope):
                name = value.name if isinstance(value, v.External) else ""
                if name not in RETURNED:
                    continue
                for statement in route.handler.body.all(s.Return):
                    if statement.value is not None and statement not in seen:
                        if not self._is_response(statement.value, route.handler):
                            seen.add(statement)
                            yield Sink(RETURNED[name], name, statement, statement.value, route.handler)

    def _is_response(self, expr: s.Expr, scope: Scope) -> bool:
        responses = self.handlers.applications.responses
        return any(responses.is_response_value(value) for value in self.inference.infer(expr, scope))


def calling(scope: Scope, wanted: frozenset[str] | set[str]) -> Iterator[Scope]:
    """The module and the functions in it that call one of these names; bodies of others are not looked at."""
    yield scope
    for member in scope.members.values():
        if not isinstance(member, Function) or member.node.calls & wanted:
            yield from calling(member, wanted)


def _open(call: s.Call) -> bool:
    """Whether anything but constants is handed over."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not isinstance(item, s.Constant) for item in given)


def _starred(call: s.Call, index: int | None) -> s.Expr | None:
    """The `*arguments` at a position."""
    item = call.args[index] if index is not None and index < len(call.args) else None
    return item if isinstance(item, s.Starred) else None


def _last(func: s.Expr) -> str:
    return func.attr if isinstance(func, s.Attribute) else func.id if isinstance(func, s.Name) else ""
