"""What commits to a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

DRIVERS = frozenset(
    {
        *("sqlalchemy", "sqlmodel", "sqlite3", "aiosqlite", "psycopg", "psycopg2", "pymysql", "aiomysql", "MySQLdb"),
        *("mysql", "oracledb", "pyodbc", "duckdb", "snowflake"),
    }
)
BEGINNING = frozenset(
    {
        *("sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker", "sqlalchemy.orm.Session"),
        *("sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.Engine", "sqlalchemy.ext.asyncio.AsyncEngine"),
        *("sqlalchemy.Connection", "sqlalchemy.ext.asyncio.AsyncConnection", "sqlmodel.Session"),
        *("sqlmodel.ext.asyncio.session.AsyncSession", "sqlalchemy.orm.scoped_session"),
    }
)


def commits(call: s.Call, scope: Scope, inference: Inference, depth: int = 3) -> bool:
    """Whether a call surely commits: `commit` of a driver's object, or a project function that calls it."""
    values = v.without_none(inference.infer(call.func, scope))
    return bool(values) and all(_commits(value, inference, depth) for value in values)


def _commits(value: v.Value, inference: Inference, depth: int) -> bool:
    match value:
        case v.External(name):
            return name.rpartition(".")[2] == "commit" and name.partition(".")[0] in DRIVERS
        case v.FunctionValue(function) if depth and "commit" in function.node.calls:
            return any(
                commits(inner, function, inference, depth - 1)
                for inner in function.body.all(s.Call)
                if not function.body.in_lambda(inner)
            )
    return False


def begins(context: s.Expr, scope: Scope, inference: Inference) -> bool:
    """Whether a `with` over it commits when its block ends."""
    if not isinstance(context, s.Call):
        return False
    names = inference.external_names(context.func, scope)
    return bool(names) and all(
        name.rpartition(".")[2] == "begin" and name.rpartition(".")[0] in BEGINNING for name in names
    )
