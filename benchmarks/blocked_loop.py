"""Does a second request wait? The routes of fixtures/event_loop under a real uvicorn, against slow peers.

python benchmarks/blocked_loop.py --python VENV/bin/python [--cases blocking_http/bad ...]

VENV holds what the fixtures import, uvicorn, websockets and fusepy; Debian's redis-server, postgresql, libfuse2,
iproute2 and openssl are needed too. Runs as root on Linux, in network, mount and process namespaces of its own: there every
address is this machine, which answers after 0.3 seconds. The fixtures' source is not changed.

A route counts as reported when a line that fastlint reports (FST101-FST109) runs on the event loop while the route is
asked. It blocks when a probe beside it is delayed by more than 60% of the peer's delay, in two measurements of three.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE)]

from loop_cases import BEFORE, RUNS, SETUP, Run, prepare, stall
from loop_peers import DELAY, environment, start
from loop_requests import Request, requests

FIXTURES = ROOT / "fixtures" / "event_loop"
INSIDE = "FASTLINT_BLOCKED_LOOP"
CODES = {f"FST10{digit}" for digit in range(1, 10)}
NEEDED = 0.6 * DELAY
LEAST = 0.04
"""A route whose own work takes less than this cannot be told from noise."""
BASELINE, LINGER, LIMIT, HUNG = 0.2, 0.15, 1.6, 1.2
Sites = dict[str, list[int]]


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
        needed = min(NEEDED, max(LEAST, 0.6 * self.took)) if run.work else NEEDED
        return self.delayed > needed


@dataclass
class Row:
    case: str
    route: str
    reported: bool
    peer: str
    trials: list[Trial]
    verdict: str

    def __str__(self) -> str:
        last = self.trials[-1]
        delays = "/".join(f"{1000 * trial.delayed:.0f}{'+' * trial.hung}" for trial in self.trials)
        numbers = f"{1000 * last.baseline:6.0f} {1000 * last.took:6.0f} {delays:>14}  {last.status:10}"
        said = "reported" if self.reported else "silent"
        return f"{self.case:38} {self.route:36} {said:8} {self.peer:8} {numbers} {self.verdict}"


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
            "before": BEFORE.get(self.case) or BEFORE.get(self.case.split("/")[0], ""),
        }  # fmt: skip
        log = (self.folder / "server.log").open("w")
        command = [self.python, str(HERE / "loop_server.py"), json.dumps(job)]
        surroundings = environment(self.folder, self.disk)
        self.process = subprocess.Popen(
            command, cwd=self.disk, env=surroundings, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
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
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def ask(self, path: str, body: str = "") -> float:
        began = time.monotonic()
        self.line.request("POST" if body else "GET", path, body or None)
        self.line.getresponse().read()
        return time.monotonic() - began

    def arm(self, kind: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            control.settimeout(2)
            control.sendto(kind.encode(), ("127.0.0.1", 19099))
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
        began, baseline = time.monotonic(), 0.0
        while time.monotonic() - began < BASELINE:
            baseline = max(baseline, self.ask("/__probe"))
            time.sleep(0.015)
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
                break
            time.sleep(0.015)
        status, ended = answers[0] if answers else ("no answer", time.monotonic())
        lines = frozenset(self.trace.read_text().split())
        self.arm("off")
        if hung:
            self.start()
        sender.join(LIMIT)
        return Trial(baseline, worst, ended - began, status, lines, hung)


def measured(server: Server, request: Request, run: Run) -> list[Trial]:
    trials = [server.trial(request, run) for _ in range(2)]
    if trials[0].blocks(run) != trials[1].blocks(run):
        trials.append(server.trial(request, run))
    return trials


def reported(copy: Path) -> tuple[Sites, dict[str, set[str]]]:
    """The reported lines of each file; and by title of a route, the places that name it."""
    command = [sys.executable, "-m", "fastlint", "check", ".", "--isolated", "--preview", "--select", "FST1"]
    paths = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'rules'}"}
    done = subprocess.run([*command, "--output-format", "json"], cwd=copy, env=paths, capture_output=True, text=True)
    if done.returncode > 1:
        raise SystemExit(f"fastlint: {done.stderr.strip()}")
    sites: Sites = {}
    named: dict[str, set[str]] = {}
    for finding in json.loads(done.stdout):
        if finding["code"] in CODES:
            path, line = finding["filename"].removeprefix("./"), finding["location"]["row"]
            sites.setdefault(path, []).append(line)
            if title := re.search(r"event loop\b.*?: '([A-Z]+ [^']+)'", finding["message"]):
                named.setdefault(title[1], set()).add(f"{path}:{line}")
    return sites, named


def judged(case: str, request: Request, trials: list[Trial], run: Run, named: set[str]) -> Row:
    ran = any(trial.lines for trial in trials)
    blocks = sum(trial.blocks(run) for trial in trials) * 2 > len(trials)
    if named and not ran:
        verdict = f"not runnable: {min(named)} is not reached"
    elif run.work and not blocks and max(trial.took for trial in trials) < LEAST:
        verdict = "agrees" if not ran else "not runnable: too little work to measure"
    else:
        verdict = "agrees" if ran == blocks else "DISAGREES"
    return Row(case, request.title, ran, "stand-in" if run.stand_in else "real", trials, verdict)


def rows(case: str, folder: Path, python: str) -> Iterator[Row | str]:
    """One a route; a text where the case has none that can be run."""
    source, copy = FIXTURES / case, folder / "case"
    shutil.rmtree(copy, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        module = "main" if (copy / "main.py").exists() else "app.main"
    else:
        copy.mkdir()
        shutil.copy(source.with_suffix(".py"), copy)
        module = source.name
    sites, named = reported(copy)
    server = Server(case, module, sites, folder, python)
    if reason := server.start():
        yield f"{case}: {reason}"
        return
    try:
        described = json.loads(server.routes.read_text())
        runs = {title.split(" ", 1)[1]: run for title, run in RUNS.items() if title.split(" ", 1)[0] == case}
        for request in requests(described["openapi"], described["sockets"], runs):
            run = runs.get(request.title, Run())
            trials = measured(server, request, run)
            yield judged(case, request, trials, run, named.get(request.title, set()))
    finally:
        server.stop()


def all_cases() -> list[str]:
    folders = sorted([*FIXTURES.glob("blocking_*"), FIXTURES / "cpu_heavy_call"])
    cases = [f"{f.name}/{c.stem}" for f in folders for c in sorted(f.iterdir()) if c.name.startswith(("bad", "good"))]
    return [case for case in cases if "/fixed" not in case]


def summary(found: list[Row], refused: list[str]) -> int:
    tried = [row for row in found if not row.verdict.startswith("not runnable")]
    wrong = [row for row in tried if row.verdict == "DISAGREES"]
    said = [row for row in tried if row.reported]
    quiet = [row for row in tried if not row.reported]
    stand_ins = [row for row in tried if row.peer == "stand-in"]
    print(f"\n{len(tried)} routes tried: {len(said)} reported, {len(quiet)} silent")
    print(f"{len(tried) - len(wrong)} agree, {len(wrong)} disagree")
    waited = sum(max(trial.took for trial in row.trials) > NEEDED for row in quiet)
    failed = sum(not row.trials[-1].status.startswith(("2", "101")) for row in quiet)
    print(f"of the silent ones {waited} took longer than {NEEDED:.2f} s themselves, {failed} did not answer with success")
    print(f"{len(stand_ins)} of {len(tried)} with a stand-in ({len(stand_ins) / max(1, len(tried)):.0%})")
    for row in wrong:
        print(f"disagrees: {row.case} {row.route}: {'reported' if row.reported else 'silent'}")
    reasons = [f"{row.case} {row.route}: {row.verdict.split(': ', 1)[1]}" for row in found if row not in tried]
    print(f"not runnable: {len(reasons)} routes, {len(refused)} cases")
    for reason in [*reasons, *refused]:
        print(f"    {reason}")
    print(dict(Counter(row.verdict.split(":")[0] for row in found)))
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="the interpreter of an environment with the fixtures' libraries")
    parser.add_argument("--cases", nargs="+", help="folder/case below fixtures/event_loop; all by default")
    arguments = parser.parse_args()
    if INSIDE not in os.environ:
        apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command = [*apart, sys.executable, *sys.argv]
        return subprocess.run(command, env={**os.environ, INSIDE: "1"}, check=False).returncode
    found: list[Row] = []
    refused: list[str] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        if missing := start(folder, os.path.abspath(arguments.python)):
            raise SystemExit(f"missing: {', '.join(missing)}")
        print(f"{'case':38} {'route':36} {'':8} {'peer':8} {'base':>6} {'took':>6} {'delayed, ms':>14}  status     verdict")
        for case in arguments.cases or all_cases():
            for row in rows(case, folder, os.path.abspath(arguments.python)):
                print(row, flush=True)
                found.append(row) if isinstance(row, Row) else refused.append(row)
        code = summary(found, refused)
        subprocess.run(["umount", "-l", str(folder / "disk")], check=False)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
