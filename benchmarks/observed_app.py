"""What an application shows of itself: imported in a process of its own, asked many things, and all of it written down.

Besides the answers that is what requests leave behind: rows of SQLite databases, files, log records, prints, warnings
and exceptions that reach the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import io
import json
import logging
import multiprocessing
import os
import re
import sqlite3
import sys
import tempfile
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generated_requests import requests_of

PROCESSES = 2
TIMEOUT = 40
NOISE = ("httpx", "httpx2", "httpcore", "asyncio", "multipart", "python_multipart")
Observation = dict[str, Any]


Job = tuple[Path, str, dict[str, Any]]


def observe_all(jobs: list[Job], processes: int = PROCESSES) -> list[Observation]:
    """One process a job (folder, module, what to ask): a fork that has FastAPI, and nothing else, loaded."""
    context = _context()
    with ThreadPoolExecutor(processes) as threads:
        return list(threads.map(lambda job: _in_process(context, *job), jobs))


def observe_pairs(pairs: list[tuple[Job, Job]], processes: int = PROCESSES) -> list[tuple[Observation, Observation]]:
    """Two sides of each case, asked the same: the second is asked what the first made of its document."""
    context = _context()

    def both(pair: tuple[Job, Job]) -> tuple[Observation, Observation]:
        (folder, name, asked), (other, same, _) = pair
        before = _in_process(context, folder, name, asked)
        repeated = {**asked, "generated": 0, **before["asked"]} if "asked" in before else asked
        return before, _in_process(context, other, same, repeated)

    with ThreadPoolExecutor(processes) as threads:
        return list(threads.map(both, pairs))


def _context() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fastapi", "fastapi.testclient", "httpx"])
    return context


def _in_process(context: Any, folder: Path, name: str, asked: dict[str, Any]) -> Observation:
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sending, str(folder), name, asked), daemon=True)
    process.start()
    sending.close()
    try:
        if receiving.poll(TIMEOUT):
            found: Observation = receiving.recv()
            return found
        return {"error": "timed out", "warnings": [], "documents": []}
    except EOFError:
        return {"error": "the process died", "warnings": [], "documents": []}
    finally:
        process.kill()
        process.join()


def _send(sending: Any, folder: str, name: str, asked: dict[str, Any]) -> None:
    try:
        found = observe(folder, name, asked)
    except BaseException as error:
        found = {"error": f"while asking: {type(error).__name__}: {error}", "warnings": [], "documents": []}
    sending.send(found)


def observe(folder: str, name: str, asked: dict[str, Any]) -> Observation:
    """Import the module and record it.

    `asked` has `requests` and `websockets` (lists, see requests_of), `attribute` (the application's name),
    `variables` (of the environment), `documents` (only the OpenAPI documents of all applications found), `generated`
    (so many requests are made from the document besides, and told under `asked`).
    """
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    os.environ.update(asked.get("variables", {}))
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(io.StringIO()) as printed:
        os.chdir(scratch)
        try:
            return _observe(name, asked, printed)
        finally:
            os.chdir(folder)


def _observe(name: str, asked: dict[str, Any], printed: io.StringIO) -> Observation:
    found: Observation = {"error": None, "warnings": [], "documents": [], "answers": {}, "burst": []}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            module = importlib.import_module(name)
            apps = _applications(module, asked.get("attribute"))
            documents = [app.openapi() for app in apps]
        except (Exception, SystemExit) as error:  # whatever an imported file raises
            found["error"] = f"{type(error).__name__}: {error}"
            return found
        found["warnings"] = sorted(f"{w.category.__name__}: {w.message}" for w in caught)
    found["documents"] = [json.loads(json.dumps(document)) for document in documents]
    found["paths"] = [list(document.get("paths", {})) for document in documents]
    if apps and not asked.get("documents"):
        if asked.get("generated"):
            asked = {**asked, **_generated(found["documents"][0], asked)}
        found["asked"] = {key: asked[key] for key in ("requests", "burst") if key in asked}
        _ask(apps[0], asked, printed, found)
    return found


def _generated(document: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """The requests of the case and those of the document, and some that are sent at once, each twice."""
    requests = list(asked.get("requests", []))
    known = {one["label"] for one in requests}
    requests += [one for one in requests_of(document, asked["generated"]) if one["label"] not in known]
    burst = [one for one in requests if "files" not in one["send"]][:8] * 2 if asked.get("burst", True) else []
    return {"requests": requests, "burst": burst}


def _applications(module: types.ModuleType, attribute: str | None) -> list[Any]:
    fastapi = importlib.import_module("fastapi")
    if attribute is not None:
        return [getattr(module, attribute)]
    app = getattr(module, "app", None)
    values = [app] if isinstance(app, fastapi.FastAPI) else list(vars(module).values())
    return list({id(value): value for value in values if isinstance(value, fastapi.FastAPI)}.values())


# ---- asking ----


def _ask(app: Any, asked: dict[str, Any], printed: io.StringIO, found: Observation) -> None:
    from fastapi.testclient import TestClient

    records = _Records()
    logging.getLogger().addHandler(records)
    logging.getLogger().setLevel(logging.INFO)
    raised: list[str] = []

    async def server(scope: Any, receive: Any, send: Any) -> None:
        sent: list[str] = []

        async def sending(message: Any) -> None:
            sent.append(message["type"])
            await send(message)

        try:
            await app(scope, receive, sending)
            if scope["type"] == "websocket" and not sent:  # as uvicorn does
                await send({"type": "websocket.close", "code": 1006})
        except BaseException as error:
            if scope["type"] != "lifespan":
                raised.append(f"exception {_kind(error)}")
            raise

    left = Traces(printed, records, raised)
    gc.collect()
    gc.freeze()  # what is there already need not be looked at after each request
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        left.warned = caught
        with TestClient(server, raise_server_exceptions=False, follow_redirects=False) as client:
            found["startup"] = left.since()
            for request in asked.get("requests", []):
                answer = client.request(**request["send"])
                if request.get("settle"):  # tasks that go on behind the answer
                    client.portal.call(asyncio.sleep, request["settle"])  # type: ignore[union-attr]
                found["answers"][request["label"]] = {**_answer(answer), "left": left.since()}
            for socket in asked.get("websockets", []):
                found["answers"][f"WEBSOCKET {socket['path']}"] = {
                    **_conversation(client, socket),
                    "left": left.since(),
                }
            if asked.get("burst"):
                found["burst"] = client.portal.call(_burst, server, asked["burst"])  # type: ignore[union-attr]
                found["burst_left"] = sorted(left.since())
        found["shutdown"] = left.since()


def _kind(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return type(error).__name__


def _answer(answer: Any) -> dict[str, Any]:
    headers = {
        name: re.sub(r"=[^;]*", "=", value, count=1) if name == "set-cookie" else value
        for name, value in answer.headers.items()
        if name != "date"
    }
    return {"status": answer.status_code, "headers": headers, "body": answer.content.decode("latin-1")}


def _conversation(client: Any, socket: dict[str, Any]) -> dict[str, Any]:
    """What is said to and fro on a websocket, and how it ends."""
    heard: list[str] = []
    end = "closed"
    try:
        with client.websocket_connect(socket["path"]) as session:
            for text in socket.get("send", []):
                session.send_text(text)
                heard.append(session.receive_text())
    except BaseException as error:
        end = _kind(error)
    return {"status": end, "headers": {}, "body": "\n".join(heard)}


async def _burst(app: Any, requests: list[dict[str, Any]]) -> list[str]:
    """The answers to requests sent at the same time, in no order."""
    import httpx

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answers = await asyncio.gather(*[client.request(**request["send"]) for request in requests])
    return sorted(f"{answer.status_code} {answer.text}" for answer in answers)


# ---- side effects ----


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(NOISE):
            error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
            tail = f" with {type(error).__name__}" if error is not None else ""
            self.lines.append(f"log {record.levelname} {record.name}: {record.getMessage()}{tail}")


class Traces:
    """What requests leave behind; `since` gives what is new since it was last asked."""

    def __init__(self, printed: io.StringIO, records: _Records, raised: list[str]) -> None:
        self._printed, self._records, self._raised = printed, records, raised
        self.warned: list[warnings.WarningMessage] = []
        self._known: Counter[str] = Counter()

    def since(self) -> list[str]:
        gc.collect()  # coroutines that nobody awaited complain when they die
        now = Counter(self._all())
        new, gone = now - self._known, self._known - now
        self._known = now
        return sorted([*new.elements(), *(f"gone: {line}" for line in gone.elements())])

    def _all(self) -> Iterator[str]:
        yield from self._records.lines
        yield from self._raised
        yield from (f"print {line}" for line in self._printed.getvalue().splitlines())
        yield from (f"warning {one.category.__name__}: {_message(one)}" for one in self.warned)
        for path in sorted(Path.cwd().rglob("*")):
            if path.is_file():
                yield from _content(path)


def _message(warned: warnings.WarningMessage) -> str:
    return re.sub(r"0x[0-9a-f]+", "0x", str(warned.message)).splitlines()[0]


def _content(path: Path) -> Iterator[str]:
    name = path.relative_to(Path.cwd()).as_posix()
    data = path.read_bytes()
    if not data.startswith(b"SQLite format 3\0"):
        yield f"file {name}"
        yield from (f"file {name}: {line}" for line in data.decode("latin-1").splitlines())
        return
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            yield from (f"row {table}: {row}" for row in connection.execute(f'SELECT * FROM "{table}"'))
