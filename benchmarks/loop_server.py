"""Serves one fixture under uvicorn, with a probe beside it. Runs in the environment that has the fixture's libraries.

python benchmarks/loop_server.py '{"root": ..., "module": ..., "port": ..., ...}'     (started by blocked_loop.py)
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any

DELAY = 0.3
Job = dict[str, Any]


really_sleep = time.sleep


def sleep(seconds: float) -> None:
    """`time.sleep` itself, with the peers' delay for its number: the fixtures sleep from 10 ms to 8 s."""
    really_sleep(DELAY if seconds > 0 else 0)


def hold(lock: threading.Lock) -> None:
    with lock:
        really_sleep(DELAY)


def give_addresses() -> None:
    """Clients made without a base address get one: some fixtures ask for `/items` alone."""
    import httpx

    for client in (httpx.Client, httpx.AsyncClient):
        addressed = functools.partialmethod(client.__init__, base_url="https://example.com")
        setattr(client, "__init__", addressed)  # noqa: B010


def stand_in(name: str, **attributes: Any) -> None:
    """A module that cannot be had without its model weights."""
    module = types.ModuleType(name)
    vars(module).update(attributes)
    sys.modules[name] = module


class SlowModel:
    """Answers any text after the delay; a model that is loaded and then asked."""

    def __init__(self, *arguments: Any) -> None:
        pass

    def __call__(self, text: str) -> Any:
        time.sleep(DELAY)
        return [{"label": text}] if text else []

    def encode(self, texts: list[str]) -> Any:
        time.sleep(DELAY)
        return Vectors([[0.1] for _ in texts])


class Vectors(list[list[float]]):
    def tolist(self) -> list[list[float]]:
        return list(self)


class SlowTagger(SlowModel):
    def __call__(self, text: str) -> Any:
        time.sleep(DELAY)
        return [types.SimpleNamespace(tag_=text)]


def trace(job: Job) -> None:
    """Writes down which of the reported lines run, on this thread only."""
    sites = {os.path.join(job["root"], path): set(lines) for path, lines in job["sites"].items()}
    target = os.open(job["trace"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def local(frame: types.FrameType, event: str, argument: Any) -> Any:
        path = frame.f_code.co_filename
        if event == "line" and frame.f_lineno in sites[path]:
            os.write(target, f"{os.path.relpath(path, job['root'])}:{frame.f_lineno}\n".encode())
        return local

    def calls(frame: types.FrameType, event: str, argument: Any) -> Any:
        return local if frame.f_code.co_filename in sites else None

    sys.settrace(calls)


class Beside:
    """The application, and beside it a probe and a way to let code act in a thread of this process."""

    def __init__(self, app: Any, job: Job, names: dict[str, Any]) -> None:
        self.app, self.job, self.names = app, job, names
        self.traced = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not self.traced:
            self.traced = True
            trace(self.job)
        path = scope.get("path")
        if path == "/__probe":
            await self.answer(send)
        elif path == "/__partner":
            code = (await receive())["body"].decode()
            threading.Thread(target=exec, args=(code, self.names), daemon=True).start()
            await self.answer(send)
        else:
            await self.app(scope, receive, send)

    async def answer(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def main() -> None:
    job: Job = json.loads(sys.argv[1])
    sys.path[0] = job["root"]
    sys.dont_write_bytecode = True
    time.sleep = sleep  # type: ignore[assignment]
    stand_in("sentence_transformers", SentenceTransformer=SlowModel)
    stand_in("transformers", pipeline=SlowModel)
    stand_in("spacy", load=SlowTagger)
    give_addresses()
    names: dict[str, Any] = {"time": time, "hold": hold, "sys": sys, "os": os}
    exec(job["before"], names)
    module = names["main"] = importlib.import_module(job["module"])
    exec(job["setup"], names)
    from fastapi.routing import iter_route_contexts

    routes = [context.original_route for context in iter_route_contexts(module.app.routes)]
    sockets = [getattr(route, "path", "") for route in routes if type(route).__name__.endswith("WebSocketRoute")]
    Path(job["routes"]).write_text(json.dumps({"openapi": module.app.openapi(), "sockets": sockets}))
    import uvicorn

    uvicorn.run(
        Beside(module.app, job, names),
        host="127.0.0.1",
        port=job["port"],
        loop="asyncio",
        log_level="critical",
        lifespan="on",
        timeout_keep_alive=60,
    )


if __name__ == "__main__":
    main()
