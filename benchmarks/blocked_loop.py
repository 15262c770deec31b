"""Does a second request wait? The routes of fixtures/event_loop, and of the applications fixtures/apps/loop_*, under a
real uvicorn, against slow peers.

python benchmarks/blocked_loop.py --python VENV/bin/python [--cases blocking_http/bad ...]

VENV holds what the fixtures import, uvicorn, websockets and fusepy; Debian's redis-server, postgresql, libfuse2,
iproute2 and openssl are needed too. Runs as root on Linux, in network, mount and process namespaces of its own: there
every address is this machine, which answers after 0.3 seconds. The fixtures' source is not changed.

A route counts as reported when a line that fastlint reports (FST101-FST109) runs on the event loop while the route is
asked. It blocks when a probe beside it is delayed by more than 60% of the peer's delay, in two measurements of three.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loop_cases import REFUSED, RUNS, USUAL, Run
from loop_peers import start
from loop_requests import Request, requests
from loop_trials import LEAST, NEEDED, Server, Sites, Trial, measured

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures" / "event_loop"
APPS = "apps"
MODULES = (("main.py", "main"), ("app.py", "app"), ("app/main.py", "app.main"), ("clinic/main.py", "clinic.main"))
INSIDE = "FASTLINT_BLOCKED_LOOP"
Place = tuple[str, str]
CODES = {f"FST10{digit}" for digit in range(1, 10)}


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


def rows(case: str, folder: Path, python: str, places: set[Place]) -> Iterator[Row | str]:
    """One a route; a text where the case has none that can be run. `places` receives the reported lines."""
    source, copy = (FIXTURES.parent if case.startswith(f"{APPS}/") else FIXTURES) / case, folder / "case"
    shutil.rmtree(copy, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        module = next(module for path, module in MODULES if (copy / path).exists())
    else:
        copy.mkdir()
        shutil.copy(source.with_suffix(".py"), copy)
        module = source.name
    sites, named = reported(copy)
    places |= {(case, f"{path}:{line}") for path, lines in sites.items() for line in lines}
    server = Server(case, module, sites, folder, python)
    if reason := server.start():
        server.stop()  # it may still run, and would be taken for the next one
        yield f"{case}: {reason}"
        return
    try:
        described = json.loads(server.routes.read_text())
        runs = {title.split(" ", 1)[1]: run for title, run in RUNS.items() if title.split(" ", 1)[0] == case}
        usual = USUAL.get(case.split("/")[0], Run())
        for request in requests(described["openapi"], described["sockets"], runs, usual):
            if reason := REFUSED.get(f"{case} {request.title}"):
                yield f"{case} {request.title}: {reason}"
                continue
            run = runs.get(request.title, usual)
            trials = measured(server, request, run)
            yield judged(case, request, trials, run, named.get(request.title, set()))
    finally:
        server.stop()


def all_cases() -> list[str]:
    folders = sorted([*FIXTURES.glob("blocking_*"), FIXTURES / "cpu_heavy_call"])
    cases = [f"{f.name}/{c.stem}" for f in folders for c in sorted(f.iterdir()) if c.name.startswith(("bad", "good"))]
    apps = [f"{APPS}/{folder.name}" for folder in sorted((FIXTURES.parent / APPS).glob("loop_*"))]
    return [*[case for case in cases if "/fixed" not in case], *apps]


def summary(found: list[Row], refused: list[str], places: set[Place]) -> int:
    tried = [row for row in found if not row.verdict.startswith("not runnable")]
    wrong = [row for row in tried if row.verdict == "DISAGREES"]
    said = [row for row in tried if row.reported]
    quiet = [row for row in tried if not row.reported]
    stand_ins = [row for row in tried if row.peer == "stand-in"]
    print(f"\n{len(tried)} routes tried: {len(said)} reported, {len(quiet)} silent")
    print(f"{len(tried) - len(wrong)} agree, {len(wrong)} disagree")
    waited = sum(max(trial.took for trial in row.trials) > NEEDED for row in quiet)
    failed = sum(not row.trials[-1].status.startswith(("2", "101")) for row in quiet)
    print(
        f"of the silent ones {waited} took longer than {NEEDED:.2f} s themselves, {failed} did not answer with success"
    )
    print(f"{len(stand_ins)} of {len(tried)} with a stand-in ({len(stand_ins) / max(1, len(tried)):.0%})")
    for row in wrong:
        print(f"disagrees: {row.case} {row.route}: {'reported' if row.reported else 'silent'}")
    reasons = [f"{row.case} {row.route}: {row.verdict.split(': ', 1)[1]}" for row in found if row not in tried]
    print(f"not runnable: {len(reasons)} routes, {len(refused)} cases")
    for reason in [*reasons, *refused]:
        print(f"    {reason}")
    ran = {(row.case, line) for row in found for trial in row.trials for line in trial.lines}
    print(f"{len(places & ran)} of {len(places)} reported lines ran on the event loop, not:")
    for case, line in sorted(places - ran):
        print(f"    {case} {line}")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--python", required=True, help="the interpreter of an environment with the fixtures' libraries"
    )
    parser.add_argument(
        "--cases", nargs="+", help="folder/case below fixtures/event_loop, or apps/loop_NAME; all by default"
    )
    arguments = parser.parse_args()
    if INSIDE not in os.environ:
        apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command = [*apart, sys.executable, *sys.argv]
        return subprocess.run(command, env={**os.environ, INSIDE: "1"}, check=False).returncode
    python = os.path.abspath(arguments.python)
    found: list[Row] = []
    refused: list[str] = []
    places: set[Place] = set()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        if missing := start(folder, python):
            raise SystemExit(f"missing: {', '.join(missing)}")
        numbers = f"{'base':>6} {'took':>6} {'delayed, ms':>14}"
        print(f"{'case':38} {'route':36} {'':8} {'peer':8} {numbers}  status     verdict")
        for case in arguments.cases or all_cases():
            for row in rows(case, folder, python, places):
                print(row, flush=True)
                found.append(row) if isinstance(row, Row) else refused.append(row)
        code = summary(found, refused, places)
        subprocess.run(["umount", "-l", str(folder / "disk")], check=False)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
