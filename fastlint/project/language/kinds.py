"""Objects of one class that behave differently, told apart by how they are made; the names of the kinds are ours."""

from __future__ import annotations

from fastlint.facts import syntax as s

QUEUES = frozenset({"queue.Queue", "queue.LifoQueue", "queue.PriorityQueue"})
OPENERS = frozenset({"builtins.open", "io.open"})
KERNEL = "/proc/"


def told_apart(name: str, call: s.Call) -> str | None:
    """The kind of what a call of `name` makes; None where it is an object like others of its class."""
    if name == "zipfile.ZipFile":
        return "zipfile.StoredZipFile" if _stores(call) else None
    if name == "sqlite3.connect":
        return "sqlite3.MemoryConnection" if _in_memory(call) else None
    if name in OPENERS:
        return "io.StringIO" if reads_kernel(call) else None  # read like a text in memory
    return "queue.BoundedQueue" if name in QUEUES and _bounded(call) else None


def reads_kernel(expr: s.Expr | None) -> bool:
    """Whether a call opens what the kernel makes up on the spot: a path below `/proc` lies on no disk."""
    path = expr.args[0] if isinstance(expr, s.Call) and expr.args else None
    if isinstance(path, s.FString):
        path = path.parts[0] if path.parts else None
    return isinstance(path, s.Constant) and isinstance(path.value, str) and path.value.startswith(KERNEL)


def _in_memory(call: s.Call) -> bool:
    """Whether a database is opened that lies in memory."""
    database = call.argument(0, "database")
    return isinstance(database, s.Constant) and database.value == ":memory:"


def _bounded(call: s.Call) -> bool:
    size = call.argument(0, "maxsize")
    return size is not None and not (isinstance(size, s.Constant) and isinstance(size.value, int) and size.value <= 0)


def _stores(call: s.Call) -> bool:
    """Whether a new archive is made that compresses nothing."""
    mode = call.argument(1, "mode")
    new = isinstance(mode, s.Constant) and mode.value in ("w", "a", "x")
    return new and not call.spread and call.argument(2, "compression") is None
