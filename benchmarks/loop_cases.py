"""What the fixtures need so that their routes get as far as their peers: arguments, tables, files, partner threads."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """How a route is called. `partner` is code that acts in a thread of the server from the moment of the call."""

    arguments: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    content: bytes | None = None
    partner: str = ""
    stand_in: str = ""
    work: bool = False
    """The delay is not a peer's but the route's own work: it is compared with the time that the route takes."""


def csv() -> bytes:
    """A table whose reading is the work, not its upload: many columns in few bytes."""
    columns = 20_000
    return ",".join(f"c{number}" for number in range(columns)).encode() + b"\n" + b"x," * (columns - 1) + b"x\n"


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("readme.txt", b"some text, again and again " * 2_500_000)
    return buffer.getvalue()


def picture(side: int = 6000) -> bytes:
    row = b"\0" + bytes(range(250)) * (side * 3 // 250)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * side, 1)), (b"IEND", b""))
    packed = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


BUSY_POOL = "[main.pool.submit(time.sleep, 1) for _ in range(main.pool._max_workers)]"
BUSY_THREADS = "[main.executor.submit(time.sleep, 1) for _ in range(main.executor._max_workers)]"
WEIGHTS = "a model without its weights"
PLACEHOLDER = "a real hash for the placeholder 'stored'"
SIZE = 1_500_000
COLD = "from app.db import engine; engine.dispose()"
"""SQLite answers `SELECT 1` without its file: what waits is the opening of a connection, so the pool is emptied."""

USUAL: dict[str, Run] = {"apps": Run({"url": "https://example.com", "target": "https://example.com"})}
"""By the folder of the case: how its routes are called where RUNS says nothing."""
RUNS: dict[str, Run] = {
    "apps/loop_modes GET /g": Run({"key": "https://example.com"}),
    "apps/loop_once POST /compile-again": Run(partner="hold(sys.modules['handed'].compiled.lock)"),
    "apps/loop_once GET /options/fetched": Run({"address": "https://example.com"}),
    "apps/loop_once GET /options/any": Run(body={"address": "https://example.com"}),
    "apps/loop_once POST /deflated": Run(work=True),
    "apps/loop_once POST /send": Run({"to": "https://example.com"}),
    "apps/loop_once GET /all": Run({"count": "3"}, partner=BUSY_THREADS),
    "apps/loop_once GET /mapped": Run({"count": "3"}, partner=BUSY_THREADS),
    "apps/loop_once GET /keys/{secret}": Run(partner="sys.modules['keys'].key_of.cache_clear()", work=True),
    "apps/loop_shop POST /items/": Run(body={"name": "a"}),
    "apps/loop_shop POST /items/uow": Run(body={"name": "a"}),
    "apps/loop_shop POST /items/scope": Run(body={"name": "a"}),
    "blocking_database/bad_sqlalchemy POST /items/batch": Run(partner=COLD),
    "blocking_database/bad_sqlalchemy GET /maintenance/ping": Run(partner=COLD),
    "blocking_database/bad_sqlalchemy GET /maintenance/version": Run(partner=COLD),
    "blocking_file_io/bad_given GET /motto": Run(partner="sys.modules['contents'].per_request[0].cache_clear()"),
    "blocking_http/bad_chosen GET /either/{name}": Run({"name": "remote"}),
    "blocking_http/bad_chosen GET /branch/{name}": Run({"name": "remote"}),
    "blocking_http/bad_chosen GET /table/{name}": Run({"name": "remote"}),
    "blocking_http/bad_chosen GET /promised/{name}": Run({"name": "remote"}),
    "blocking_http/bad_chosen GET /made/{name}": Run({"name": "remote"}),
    "blocking_http/bad_chosen POST /typed/{name}": Run({"name": "report"}),
    "blocking_http/bad_chosen POST /notify": Run({"urgent": "true"}),
    "blocking_http/bad_made POST /links": Run({"url": "https://example.com"}),
    "blocking_http/bad_loop_side POST /sign-up": Run(body={"domain": "example.com"}),
    "blocking_http/bad_loop_side GET /me": Run(headers={"Authorization": "Bearer a"}),
    "blocking_http/good_async_twins POST /body": Run(body={}),
    "blocking_http/good_chosen GET /duality/{name}": Run({"name": "async"}),
    "blocking_http/good_offloaded GET /lambda": Run({"url": "https://example.com"}),
    "blocking_file_io/bad_storage DELETE /directories/{name}": Run({"name": "d"}),
    "blocking_file_io/bad_storage POST /directories/{name}": Run({"name": "new"}),
    "blocking_file_io/bad_storage POST /copy": Run({"source": "a", "target": "b"}),
    "blocking_wait/bad GET /pages/{page}": Run(partner=BUSY_THREADS),
    "blocking_wait/bad POST /visits": Run(partner="hold(main.lock)"),
    "blocking_wait/bad_managed GET /reports": Run(partner="hold(main.reports._lock)"),
    "blocking_wait/bad_primitives POST /thread": Run(partner="hold(main.results.mutex)"),
    "blocking_wait/bad_primitives GET /ready": Run(partner="main.ready.clear(); time.sleep(1); main.ready.set()"),
    "blocking_wait/bad_primitives GET /changed": Run(
        partner="from workers import changed as c; time.sleep(1)\nwith c: c.notify_all()"
    ),
    "blocking_wait/bad_primitives POST /gate": Run(
        partner="main.gate.acquire(); main.gate.acquire(); time.sleep(1); main.gate.release(2)"
    ),
    "blocking_wait/bad_primitives GET /jobs/next": Run(
        partner="main.jobs.queue.clear(); time.sleep(1); main.jobs.put('a')"
    ),
    "blocking_wait/bad_primitives POST /jobs": Run(
        partner="main.jobs.queue.extend('a' * (10 - len(main.jobs.queue))); time.sleep(1); main.jobs.get()"
    ),
    "blocking_wait/bad_primitives POST /jobs/finish": Run(
        partner="main.jobs.unfinished_tasks = 1; time.sleep(1); main.jobs.task_done()"
    ),
    "blocking_wait/bad_primitives GET /results": Run(
        partner="main.results.queue.clear(); time.sleep(1); main.results.put(1)"
    ),
    "blocking_wait/bad_primitives GET /square/{number}": Run(partner=BUSY_POOL),
    "blocking_wait/bad_primitives GET /squares": Run(partner=BUSY_POOL),
    "blocking_wait/bad_primitives GET /powers": Run(partner=BUSY_POOL),
    "blocking_wait/bad_primitives POST /counter": Run(partner="hold(main.counter._lock)"),
    "blocking_wait/bad_primitives GET /letters": Run(
        partner="time.sleep(1); [inbox.put('a') for inbox in main.mailbox.inboxes]"
    ),
    "blocking_wait/bad_primitives GET /mailbox": Run(
        partner="m = main.mailbox; m.arrived.clear(); m.letters.append('a'); time.sleep(1); m.arrived.set()"
    ),
    "blocking_wait/good GET /pages/{page}": Run(partner=BUSY_THREADS),
    "blocking_wait/good POST /visits/try": Run(partner="hold(main.thread_lock)"),
    "blocking_wait/good_primitives POST /try": Run(partner="hold(main.thread_lock)"),
    "blocking_wait/good_primitives POST /locked": Run(partner="hold(main.thread_lock)"),
    "cpu_heavy_call/bad POST /thumbnails": Run({"name": "a.png"}, work=True),
    "cpu_heavy_call/good POST /thumbnails": Run({"name": "a.png"}, work=True),
    "cpu_heavy_call/bad_work POST /token": Run(work=True, stand_in=PLACEHOLDER),
    "cpu_heavy_call/bad_work POST /passwords/argon2": Run(work=True),
    "cpu_heavy_call/bad_work POST /passwords/scrypt": Run(work=True),
    "cpu_heavy_call/bad_work POST /passwords/pwdlib": Run(work=True, stand_in=PLACEHOLDER),
    "cpu_heavy_call/bad_work POST /passwords/passlib": Run(work=True, stand_in=PLACEHOLDER),
    "cpu_heavy_call/bad_work POST /tables": Run(content=csv(), work=True),
    "cpu_heavy_call/bad_work POST /archives": Run(content=archive(), work=True),
    "cpu_heavy_call/bad_work POST /packed": Run(content=os.urandom(6_000_000), work=True),
    "cpu_heavy_call/bad_work POST /embeddings": Run(stand_in=WEIGHTS),
    "cpu_heavy_call/bad_work POST /labels": Run(stand_in=WEIGHTS),
    "cpu_heavy_call/bad_work POST /tags": Run(stand_in=WEIGHTS),
    "cpu_heavy_call/bad_work POST /previews": Run(body=["a.png"], work=True),
    "cpu_heavy_call/bad_work POST /gallery/{name}": Run({"name": "a.png"}, work=True),
    "cpu_heavy_call/good_work POST /token": Run(work=True, stand_in=PLACEHOLDER),
    "cpu_heavy_call/good_work POST /embeddings": Run(stand_in=WEIGHTS),
    "cpu_heavy_call/good_work POST /previews": Run(stand_in=WEIGHTS),
}

REFUSED: dict[str, str] = {
    "apps/loop_modes POST /h": "a body of JSON holds no object of the classes that it asks for",
    "apps/loop_shop GET /items/": "SQLAlchemy refuses the bare text of its dependency, before it asks the database",
    "apps/loop_once GET /async-stack": "SQLite in memory does not wait",
    "apps/loop_once GET /process": "`true` ends at once",
    "apps/loop_once POST /notes": "the coroutine that the thread runs ends at once",
    "blocking_database/bad_kept POST /begun": "nothing was changed in its session, so that nothing is committed",
    "blocking_file_io/bad_given POST /plugins/{name}": "it names no file; it shares the line with a route that does",
    "blocking_file_io/bad_given GET /notes/{key}": "its notes have no folder; it shares the line with a route that has",
    "blocking_file_io/bad_given POST /uploads": "the upload itself takes the slow disk's delay, in a thread",
    "blocking_file_io/bad_given POST /rows": "the upload itself takes the slow disk's delay, in a thread",
}
"""Routes that no request makes wait, with the reason."""

CHECKPW = """
import bcrypt
check, salted = bcrypt.checkpw, bcrypt.hashpw(b"a", bcrypt.gensalt())
bcrypt.checkpw = lambda password, stored: check(password, salted if stored == b"stored" else stored)
"""
BEFORE: dict[str, str] = {
    "blocking_http/good_collaborators": "import os; os.environ['FREE'] = '1'",
    "apps/loop_once": "os.environ['MASTER_KEY'] = 'none'",
    "blocking_sdk": "import stripe; stripe.api_key, stripe.ca_bundle_path = 'none', os.environ['SSL_CERT_FILE']",
    "blocking_sdk/bad_clients": "import litellm; litellm.model_alias_map = {'any': 'openai/gpt-5-mini'}",
    "cpu_heavy_call/bad_work": CHECKPW,
    "cpu_heavy_call/good_work": CHECKPW,
}
SETUP: dict[str, str] = {
    # a new worker process begins late
    "blocking_wait/bad_primitives": "os.register_at_fork(after_in_child=lambda: time.sleep(1))",
    "blocking_subprocess/good_tools": "main.processes[1] = main.launch()",
    "blocking_http/bad_clients": (
        "import httpx; main.app.state.client = httpx.Client(base_url='https://crm.example.com')"
    ),
    "blocking_database/good_receivers": "import commands; main.app.state.db = commands.schema",
    "blocking_http/good_receivers": "main.app.state.client = {'/': 'a'}; main.app.state.backend = {'/': 'a'}",
    # the branch that waits is taken when the route fails to connect: twice, then it answers
    "blocking_sleep/bad_decorators": """
import itertools
calls = itertools.count()
async def failing(*arguments, **keywords):
    if next(calls) % 3 < 2:
        raise ConnectionError
    return "done"
cells = dict(zip(main.retried.__code__.co_freevars, main.retried.__closure__))
cells["func"].cell_contents = failing
""",
    "cpu_heavy_call/bad_work": """
known = main.password_hash.hash("a"), main.context.hash("a")
verify, other = type(main.password_hash).verify, type(main.context).verify
type(main.password_hash).verify = lambda self, password, stored: verify(self, password, known[0])
type(main.context).verify = lambda self, password, stored: other(self, password, known[1])
""",
}
TABLES: dict[str, dict[str, str]] = {
    "blocking_database/bad": {"heroes.db": "CREATE TABLE hero (id INTEGER PRIMARY KEY, name TEXT)"},
    "blocking_database/good": {"heroes.db": "CREATE TABLE hero (id INTEGER PRIMARY KEY, name TEXT)"},
    "blocking_database/bad_sqlalchemy": {
        "shop.db": "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT); INSERT INTO users VALUES (1, 'a');"
        "CREATE TABLE items (id INTEGER PRIMARY KEY, owner_id INTEGER, title TEXT);"
        "INSERT INTO items VALUES (1, 1, 'a')"
    },
    "blocking_database/bad_drivers": {"shop.db": "CREATE TABLE items (id INTEGER, title TEXT)"},
    "blocking_database/bad_background": {"audit.db": "CREATE TABLE audit (entry TEXT)"},
    "blocking_database/good_sync_routes": {
        "bank.db": "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT, age INTEGER DEFAULT 1);"
        "INSERT INTO accounts VALUES (1, 'a', 1)"
    },
    "blocking_database/good_async_session": {
        "users.db": "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT); INSERT INTO users VALUES (1, 'a')"
    },
    "blocking_database/good_receivers": {"shop.db": "CREATE TABLE items (id INTEGER, title TEXT)"},
    "blocking_startup/bad_events": {"state.db": "CREATE TABLE state (value TEXT); INSERT INTO state VALUES ('{}')"},
}
TEXTS = "terms.txt terms.pdf names.txt report.txt motto.txt a d.lock model.bin data/a data/a.json data/terms.txt x"


def stall(case: str) -> str:
    """Which operations of the slow disk wait: of an upload the reading, not what the framework stored before."""
    if case.startswith("cpu_heavy_call"):
        return "off"
    return "read" if case.startswith("blocking_upload_access") else "any"


def prepare(case: str, folder: Path) -> list[Path]:
    """The files of a case in its working directory; gives back the databases among them."""
    for name in ("tmp", "data/d", "templates", "uploads", "thumbnails", "static"):
        (folder / name).mkdir(parents=True)
    for name in TEXTS.split():
        (folder / name).write_text("some text\n")
    (folder / "config.json").write_text('{"a": "b"}')
    (folder / "templates" / "a.html").write_text("<p>a</p>")
    (folder / "cert").write_text("/etc/ssl/certs/ca-certificates.crt")  # the path that a file holds
    (folder / "names.gz").write_bytes(gzip.compress(b"some text\n"))
    if case.startswith("cpu_heavy_call"):
        (folder / "a.png").write_bytes(picture())
        (folder / "uploads" / "a.png").write_bytes(picture())
    for name, script in TABLES.get(case, {}).items():
        connection = sqlite3.connect(folder / name)
        connection.executescript(script)
        connection.close()
    return [folder / name for name in TABLES.get(case, {})]
