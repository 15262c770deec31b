"""Does a second request wait? Before and after the fixes that claim to end that, under a real uvicorn.

    python benchmarks/fix_concurrency.py                  all routes of fixtures/apps/unblocked
    python benchmarks/fix_concurrency.py FST101 FST113    some

Each route is slow for 0.8 seconds: it sleeps, waits for a local server, a query, a process, a pipe or a slow disk, or
computes. While it is asked, a second client asks `/quick` again and again; the longest of its answers counts. Before
the fixes `/quick` must wait for more than half of what the route takes, after them for less than half, in one trial of
three (a busy machine only adds to it); both answers of the route must be alike. `openai` is a stand-in that asks the
local server.

Exit code 1 when anything of this fails.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fastlint.discover import discover
from fastlint.inputs import read
from fastlint.loader import load
from fastlint.project.packaging.manifests import is_manifest
from fastlint.rounds import fix_rounds
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree

APP = Path(__file__).resolve().parents[1] / "fixtures" / "apps" / "unblocked"
CODES = ("FST101", "FST102", "FST103", "FST104", "FST105", "FST106", "FST108", "FST109", "FST113")
SECONDS = 0.8
TRIALS = 3
STAND_IN = """\
import json, types, urllib.request

class OpenAI:
    def __init__(self, *, api_key, base_url, timeout):
        self.url, self.timeout, self.responses = base_url, timeout, self

    def create(self, *, model, input):
        answer = urllib.request.urlopen(f"{self.url}/{model}/{input}", timeout=self.timeout)
        return types.SimpleNamespace(output_text=answer.headers["X-Name"])
"""
SERVER = """\
import sys, time, tempfile
import starlette.formparsers, uvicorn

class SlowDisk(tempfile.SpooledTemporaryFile):
    def read(self, *args):
        time.sleep({seconds})
        return super().read(*args)

starlette.formparsers.SpooledTemporaryFile = SlowDisk
starlette.formparsers.MultiPartParser.spool_max_size = 1
uvicorn.run("main:app", port={port}, log_level="error", loop="asyncio", http="h11")
"""
BOUNDARY = "a-boundary"
UPLOAD = "\r\n".join(
    [
        f"--{BOUNDARY}",
        'Content-Disposition: form-data; name="upload"; filename="a"',
        *("", "a" * 100, f"--{BOUNDARY}--", ""),
    ]
)


@dataclass
class Trial:
    """What a slow route took and answered, and the longest that another request waited meanwhile (seconds)."""

    took: float
    waited: float
    answer: tuple[int, str | None, bytes]


@dataclass
class Row:
    code: str
    before: Trial
    after: Trial

    @property
    def problems(self) -> list[str]:
        found = []
        if not waits(self.before):
            found.append("nobody had to wait before")
        if waits(self.after):
            found.append("others still wait")
        if self.before.answer != self.after.answer or self.before.answer[0] != 200:
            found.append(f"{self.before.answer} became {self.after.answer}")
        return found


def waits(trial: Trial) -> bool:
    """Whether another request had to wait for the slow one."""
    return trial.waited > 0.5 * trial.took


# ---- what is slow


class SlowPeer(BaseHTTPRequestHandler):
    """Answers any request after the delay; its path comes back in a header."""

    def do_GET(self) -> None:
        time.sleep(SECONDS)
        self.send_response(200)
        self.send_header("X-Name", self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@contextlib.contextmanager
def slow_pipe(pipe: Path) -> Iterator[None]:
    """A pipe that writes to whoever opens it, slowly."""
    os.mkfifo(pipe)
    stop = threading.Event()

    def feed() -> None:
        while not stop.is_set():
            with contextlib.suppress(BrokenPipeError), open(pipe, "w") as file:
                if not stop.wait(SECONDS):
                    file.write("text")
            time.sleep(0.05)  # until the reader has seen the end

    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        yield
    finally:
        stop.set()
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # it may still wait for one
        feeding.join()
        os.close(reader)


@contextlib.contextmanager
def slow_peer() -> Iterator[int]:
    """A server that answers slowly; gives its port."""
    peer = ThreadingHTTPServer(("127.0.0.1", 0), SlowPeer)
    serving = threading.Thread(target=peer.serve_forever)
    serving.start()
    try:
        yield peer.server_port
    finally:
        peer.shutdown()
        serving.join()
        peer.server_close()


def rounds() -> int:
    """So many rounds of hashing take the delay here, or longer when others compute too."""
    start = time.process_time()
    hashlib.pbkdf2_hmac("sha256", b"a", b"a salt of sixteen", 200_000)
    return int(200_000 * SECONDS / (time.process_time() - start))


# ---- serving and asking


def fixed_copy(target: Path) -> None:
    """The application with all event-loop fixes applied, the unsafe too."""
    shutil.copytree(APP, target, ignore=shutil.ignore_patterns("__pycache__"))
    tree = SettingsTree(load(), overrides=Layer("concurrency", Choice(CODES), preview=True), isolated=True)
    fixed = fix_rounds(read(discover([str(target)], tree, is_manifest), tree), unsafe=True)
    for path, (_, after) in fixed.changed.items():
        (target / path).write_bytes(after.data)


@contextlib.contextmanager
def served(folder: Path, variables: dict[str, str]) -> Iterator[int]:
    """The application under uvicorn; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = SERVER.format(port=port, seconds=SECONDS)
    environment = {**os.environ, **variables, "PYTHONDONTWRITEBYTECODE": "1"}
    server = subprocess.Popen([sys.executable, "-c", script], cwd=folder, env=environment)
    try:
        for _ in range(300):
            if server.poll() is not None:
                raise RuntimeError("the server ended")
            with contextlib.suppress(OSError):
                ask(port, "GET", "/quick")
                break
            time.sleep(0.1)
        yield port
    finally:
        server.kill()
        server.wait()


def ask(port: int, method: str, path: str) -> tuple[int, str | None, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        if method == "POST":
            headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
            connection.request(method, path, UPLOAD, headers)
        else:
            connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read()
    finally:
        connection.close()


def trial(port: int, code: str) -> Trial:
    method = "POST" if code == "FST109" else "GET"
    found: list[Any] = []

    def slow() -> None:
        start = time.perf_counter()
        found.extend([ask(port, method, f"/{code}"), time.perf_counter() - start])

    asking = threading.Thread(target=slow)
    asking.start()
    waited = 0.0
    while asking.is_alive():
        start = time.perf_counter()
        ask(port, "GET", "/quick")
        waited = max(waited, time.perf_counter() - start)
        time.sleep(0.01)
    asking.join()
    return Trial(found[1], waited, found[0])


def tried(port: int, code: str, expected: bool) -> Trial:
    """The first of three trials in which others wait, or do not, as expected; the last when there is none."""
    for _ in range(TRIALS):
        last = trial(port, code)
        if waits(last) is expected:
            break
    return last


def measured(codes: Sequence[str]) -> list[Row]:
    """The routes of the application as it is, and of its fixed copy."""
    with tempfile.TemporaryDirectory() as scratch, slow_peer() as peer, slow_pipe(Path(scratch) / "pipe"):
        (Path(scratch) / "libraries").mkdir()
        (Path(scratch) / "libraries" / "openai.py").write_text(STAND_IN)
        variables = {
            "SLOW_URL": f"http://127.0.0.1:{peer}",
            "SLOW_FILES": scratch,
            "SLOW_SECONDS": str(SECONDS),
            "SLOW_ROUNDS": str(rounds()),
            "PYTHONPATH": str(Path(scratch) / "libraries"),
        }
        fixed_copy(Path(scratch) / "after")
        with served(APP, variables) as port:
            before = [tried(port, code, True) for code in codes]
        with served(Path(scratch) / "after", variables) as port:
            after = [tried(port, code, False) for code in codes]
    return [Row(*row) for row in zip(codes, before, after, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("codes", nargs="*", default=list(CODES))
    options = parser.parse_args()
    rows = measured(options.codes)
    print(f"{'rule':<8}{'took':>6}{'waited before':>15}{'after':>7}  seconds")
    for row in rows:
        verdict = "; ".join(row.problems) or "nobody waits, the same answer"
        print(f"{row.code:<8}{row.before.took:6.2f}{row.before.waited:15.2f}{row.after.waited:7.2f}  {verdict}")
    return int(any(row.problems for row in rows))


if __name__ == "__main__":
    sys.exit(main())
