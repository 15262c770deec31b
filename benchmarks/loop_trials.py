"""One fixture under uvicorn, and a probe that tells how long a second request waits while a route runs."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from loop_cases import BEFORE, SETUP, Run, prepare, stall
from loop_peers import CONTROL, DELAY, environment
from loop_requests import Request

HERE = Path(__file__).resolve().parent
Sites = dict[str, list[int]]
NEEDED = 0.6 * DELAY
LEAST = 0.04
"""A route whose own work takes less than this cannot be told from noise."""
BASELINE, LINGER, LIMIT, HUNG = 0.2, 0.15, 1.6, 1.2
CALM, SETTLED = 0.05, 4.0
STEP = 0.015
"""Between two probes: a delay is seen shorter by up to this."""


@dataclass
class Trial:
    baseline: float
    worst: float
    took: float
    status: str
    lines: frozenset[str]
    hung: bool

    @property
    def delayed(self) -> float:
        return max(0.0, self.worst - self.baseline)

    def blocks(self, run: Run) -> bool:
        if not run.work:
            return self.delayed > NEEDED
        return self.delayed + STEP > min(NEEDED, max(LEAST, 0.6 * self.took))


class Server:
    """One fixture under uvicorn; started again after a route that does not come back."""

    def __init__(self, case: str, module: str, sites: Sites, folder: Path, python: str) -> None:
        self.case, self.module, self.sites, self.folder, self.python = case, module, sites, folder, python
        self.process: subprocess.Popen[bytes] | None = None
        self.disk = folder / "disk"
        self.trace, self.routes = folder / "trace", folder / "routes.json"

    def start(self) -> str | None:
        """Why it cannot be started, or None."""
        self.stop()
        under = self.folder / "under"
        for child in under.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        self.databases = [self.disk / path.name for path in prepare(self.case, under)]
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.trace.write_text("")
        self.routes.unlink(missing_ok=True)
        job = {
            "root": str(self.folder / "case"), "module": self.module, "port": self.port, "sites": self.sites,
            "trace": str(self.trace), "routes": str(self.routes), "setup": SETUP.get(self.case, ""),
            "before": BEFORE.get(self.case.split("/")[0], "") + "\n" + BEFORE.get(self.case, ""),
        }  # fmt: skip
        log = (self.folder / "server.log").open("w")
        command = [self.python, str(HERE / "loop_server.py"), json.dumps(job)]
        surroundings = environment(self.folder, self.disk)
        self.process = subprocess.Popen(
            command,
            cwd=self.disk,
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        for _ in range(600):
            if self.process.poll() is not None:
                lines = (self.folder / "server.log").read_text().strip().splitlines()
                return lines[-1] if lines else f"exit {self.process.returncode}"
            try:
                self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HUNG)
                self.ask("/__probe")
                return None
            except OSError:
                time.sleep(0.1)
        return "does not start within a minute"

    def stop(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def settle(self) -> None:
        """Waits until nothing of an earlier measurement holds the loop; starts anew where that takes too long."""
        calm, ends = 0, time.monotonic() + SETTLED
        while calm < 4:
            try:
                calm = calm + 1 if self.ask("/__probe") < CALM else 0
            except OSError:
                self.line.close()
                calm, ends = 0, min(ends, time.monotonic() + HUNG)
            if time.monotonic() > ends:
                self.start()
                return

    def ask(self, path: str, body: str = "") -> float:
        began = time.monotonic()
        self.line.request("POST" if body else "GET", path, body or None)
        self.line.getresponse().read()
        return time.monotonic() - began

    def arm(self, kind: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            control.settimeout(2)
            control.sendto(kind.encode(), ("127.0.0.1", CONTROL))
            control.recv(16)

    def lock(self) -> None:
        """Other connections hold the databases for as long as a peer takes."""
        for path in self.databases:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2)
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                continue  # something of the server holds it still
            threading.Timer(DELAY, lambda held=connection: (held.execute("ROLLBACK"), held.close())).start()

    def trial(self, request: Request, run: Run) -> Trial:
        self.settle()
        began, baseline = time.monotonic(), 0.0
        while time.monotonic() - began < BASELINE:
            baseline = max(baseline, self.ask("/__probe"))
            time.sleep(STEP)
        self.trace.write_text("")
        if run.partner:
            self.ask("/__partner", run.partner)
            time.sleep(0.03)
        self.lock()
        self.arm(stall(self.case))
        answers: list[tuple[str, float]] = []
        began = time.monotonic()

        def send() -> None:
            status = request.send(self.port, LIMIT)
            answers.append((status, time.monotonic()))

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        worst, hung = 0.0, False
        while time.monotonic() - began < LIMIT and not (answers and time.monotonic() - answers[0][1] > LINGER):
            try:
                worst = max(worst, self.ask("/__probe"))
            except OSError:
                worst, hung = HUNG, True
                self.line.close()
                break
            time.sleep(STEP)
        status, ended = answers[0] if answers else ("no answer", time.monotonic())
        lines = frozenset(self.trace.read_text().split())
        self.arm("off")
        sender.join(LIMIT)
        return Trial(baseline, worst, ended - began, status, lines, hung)


def measured(server: Server, request: Request, run: Run) -> list[Trial]:
    trials = [server.trial(request, run) for _ in range(2)]
    if trials[0].blocks(run) != trials[1].blocks(run):
        trials.append(server.trial(request, run))
    return trials
