"""A synchronous database driver on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._blocking import blocking, concerns, in_threadpool


@dataclass
class BlockingDatabase(Rule[LoopCall]):
    """A synchronous database driver on the event loop.

    ## What it does

    Reports calls that talk to a database synchronously on the event loop: SQLAlchemy and SQLModel sessions, engines and
    connections, `psycopg`, `psycopg2`, `pymysql`, `sqlite3`, `pymongo`, `redis.Redis`, `elasticsearch` and more. What
    only changes memory (`session.add`, building a query) is not reported.

    The call is followed through functions, methods, properties, constructors, context managers and dependencies of
    the project; the finding sits where the `async def` enters blocking code, and names the chain and the first route.
    In code that no route is known to reach it is one level lower.

    ## Why it matters

    The event loop runs one piece of Python at a time. Until the call returns no other request is answered, no
    websocket is read and no timeout fires: one slow answer stops the whole worker.

    ## Instead

    Use the async twin (`AsyncSession`, `redis.asyncio`, `AsyncMongoClient`, `psycopg.AsyncConnection`), or make the
    route or dependency a plain `def` so that FastAPI runs it in its threadpool.

    ## Fix safety

    `await run_in_threadpool(...)` is unsafe: other requests now run in between, and the called code runs in another
    thread, which not every library allows. Comprehensions, lambdas and `with` are left alone.

    ## Known gaps

    A session whose type cannot be told is not reported, nor is a lazy load of an attribute.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 12 by default. A call counts two more for each
      condition it stands under, and four more in an `except`.
    """

    code = "FST103"
    name = "blocking-database"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    call_depth: int = 12

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if concerns(call, project, self.call_depth, "database"):
            yield blocking(call, project, self.level)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, project = finding.subject
        return in_threadpool(call, project, edit)
