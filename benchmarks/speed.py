"""Prints what fastlint costs on real code, each figure against what it is compared with in the same run.

python benchmarks/speed.py CORPUS [--sets 500 2000] [--runs 5] [--tools VENV] [--slow-sets 60] [--only ROW ...]

CORPUS is the folder that benchmarks/corpus.py fills (what is missing is fetched). The peers are installed into an own
environment unless `--tools` names one with ruff, flake8, flake8-async and bandit. All figures are CPU seconds of a
process and its children, medians of interleaved runs; `A/A` rows say how far the same command differs from itself.
Wall figures only mean something on a machine at rest.
"""

from __future__ import annotations

import argparse
import compileall
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from corpus import RELEASES, fetch

ORDER = ("open-webui", "langflow-base", "apache-airflow-core", "zenml", "mlflow", "fastapi", "litellm")
PARSE = """
import ast, gc, sys, warnings
warnings.simplefilter("ignore")
gc.disable()
for path in open(sys.argv[1]).read().split("\\0"):
    try:
        ast.parse(open(path, "rb").read())
    except (SyntaxError, ValueError, RecursionError):
        pass
"""
PLAIN_FLAKE8 = """
import importlib.metadata as metadata
every = metadata.distributions
metadata.distributions = lambda **k: (one for one in every(**k) if one.metadata["name"] != "fastlint")
from flake8.main.cli import main
sys.exit(main())
""".replace("import importlib", "import sys\nimport importlib", 1)
FIXABLE = """
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
"""
ROUTE = """

@app.get("/{n}/{m}")
def read_{m}(limit: Annotated[int, Query(10)]) -> int:
    return limit
"""


@dataclass(slots=True)
class Cost:
    """What one run took: CPU and wall seconds, peak memory of its largest process in MB."""

    cpu: float
    wall: float
    peak: float


@dataclass(slots=True)
class Row:
    """A command that is run again and again, after `prepare`."""

    name: str
    command: list[str]
    prepare: Callable[[], object] = lambda: None
    costs: list[Cost] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return statistics.median(cost.cpu for cost in self.costs)

    @property
    def wall(self) -> float:
        return statistics.median(cost.wall for cost in self.costs)

    @property
    def peak(self) -> float:
        return max(cost.peak for cost in self.costs)


def compiled() -> None:
    """Compile fastlint as an installation does: a checkout may have no bytecode, and then each start compiles it."""
    for package in ("fastlint", "fastlint_rules"):
        found = find_spec(package)
        for folder in (found.submodule_search_locations or ()) if found is not None else ():
            compileall.compile_dir(folder, quiet=1)


def run(command: Sequence[str], folder: Path, home: Path) -> Cost:
    """Run a command to its end, whatever it says."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(home / "cache"), "XDG_STATE_HOME": str(home / "state")}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        print(f"exit code {process.returncode}: {' '.join(command)}", file=sys.stderr)
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - started, used.ru_maxrss / 1024)


def measure(rows: Sequence[Row], runs: int, folder: Path, home: Path) -> None:
    """Run all rows in turn, so that what happens on the machine meanwhile meets all of them."""
    for _ in range(runs):
        for row in rows:
            row.prepare()
            row.costs.append(run(row.command, folder, home))


def assembled(corpus: Path, number: int, target: Path) -> list[Path]:
    """A project of so many files: whole code bases one after the other, the last one cut."""
    files: list[Path] = []
    for name in ORDER:
        source = corpus / f"{name}-{RELEASES[name]}"
        if not source.is_dir():
            source = fetch(corpus, name)
        found = sorted(path for path in source.rglob("*.py") if path.is_file())
        for path in found[: number - len(files)]:
            copy = target / name.replace("-", "_") / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            files.append(copy)
        if len(files) >= number:
            break
    (target / "pyproject.toml").write_text('[project]\nname = "corpus"\ndependencies = ["fastapi>=0.110"]\n')
    old = time.time() - 3600
    for path in files:
        os.utime(path, (old, old))
    return files


def fixable(target: Path) -> None:
    """100 files with three findings each that have a safe fix."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / "setup.cfg").touch()
    for n in range(100):
        text = FIXABLE + "".join(ROUTE.format(n=n, m=m) for m in range(3))
        (target / f"app_{n}.py").write_text(text)


def tools(given: Path | None, scratch: Path) -> Path:
    """The environment of the peers."""
    if given is not None:
        return given / "bin"
    subprocess.run([sys.executable, "-m", "venv", scratch / "tools"], check=True)
    pip = [scratch / "tools" / "bin" / "python", "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "ruff", "flake8", "flake8-async", "bandit"], check=True)
    return scratch / "tools" / "bin"


def ratio(row: Row, base: Row) -> str:
    return f"{row.cpu / base.cpu:8.2f}"


def shown(rows: Sequence[Row], bases: Sequence[Row]) -> None:
    print(f"  {'':<34} {'CPU s':>8} {'wall s':>8} {'MB':>6}" + "".join(f" {'/ ' + b.name[:16]:>18}" for b in bases))
    for row in rows:
        ratios = "".join(f" {ratio(row, base):>18}" for base in bases)
        print(f"  {row.name:<34} {row.cpu:>8.3f} {row.wall:>8.2f} {row.peak:>6.0f}{ratios}")


def wanted(rows: Sequence[Row], only: Sequence[str]) -> list[Row]:
    return [row for row in rows if not only or any(word in row.name for word in only)]


def of_set(number: int, options: argparse.Namespace, scratch: Path, peers: Path | None) -> tuple[int, float]:
    """Measure one set and print it; its bytes and what a cold run costs."""
    home = scratch / f"home{number}"
    target = scratch / f"set{number}"
    files = assembled(options.corpus, number, target)
    size = sum(path.stat().st_size for path in files)
    names = scratch / f"names{number}"
    names.write_text("\0".join(map(str, files)))
    fastlint = [str(Path(sys.executable).with_name("fastlint")), "check", "-q", "--exit-zero"]
    one, *_ = staged = [str(path.relative_to(target)) for path in files[:: max(1, len(files) // 3)][:3]]
    counter = iter(range(10**9))

    def change() -> None:
        with (target / one).open("a") as file:
            file.write(f"\n# {next(counter)}\n")

    def settle() -> None:
        run(fastlint, target, home)
        time.sleep(2.1)  # then all that was read is old, and the second run of the two notes that
        run(fastlint, target, home)

    start = Row("python -c pass", [sys.executable, "-c", "pass"])
    parse = Row("ast.parse, collector off", [sys.executable, "-c", PARSE, str(names)])
    rows = [
        start,
        Row("python -c pass, A/A", start.command),
        parse,
        Row("ast.parse, A/A", parse.command),
        cold := Row("cold", [*fastlint, "--no-cache", "--jobs", "1"]),
        Row("cold, two processes", [*fastlint, "--no-cache", "--jobs", "2"]),
    ]
    warm = [Row("unchanged", fastlint), Row("unchanged, A/A", fastlint)]
    partial = [
        Row("one file changed", fastlint, change),
        Row("three staged, one changed", [*fastlint, *staged], change),
    ]
    if peers is not None:
        ruff = [str(peers / "ruff"), "check", "-q", "--isolated", "--select", "FAST,ASYNC", "."]
        rows.append(Row("ruff FAST,ASYNC, no cache", [*ruff, "--no-cache"]))
        warm.append(Row("ruff FAST,ASYNC, cache", [*ruff, "--cache-dir", str(home / "ruff")]))
        if number in options.slow_sets:
            rows.append(
                Row("flake8 with flake8-async", [str(peers / "flake8"), "-j1", "--isolated", "--select", "ASYNC"])
            )
            rows.append(Row("bandit", [str(peers / "bandit"), "-q", "-r", "."]))
    rows, warm, partial = (wanted(some, options.only) for some in (rows, warm, partial))
    print(f"\n{len(files)} files, {size / 1e6:.1f} MB, {options.runs} runs")
    measure(rows, options.runs, target, home)
    shown(rows, [row for row in (start, parse, cold) if row.costs])
    if warm or partial:
        settle()
        measure([start, *warm], options.runs, target, home)
        measure(partial, options.runs, target, home)
        shown([*warm, *partial], [row for row in (start, cold, *warm[2:]) if row.costs])
    return size, cold.cpu if cold.costs else 0.0


def of_fixes(runs: int, scratch: Path) -> None:
    """`--fix` of 300 findings in 100 files against the check alone."""
    target = scratch / "fixable"
    fastlint = [
        str(Path(sys.executable).with_name("fastlint")),
        "check",
        "-q",
        "--exit-zero",
        "--no-cache",
        "--isolated",
    ]
    fastlint += ["--select", "FST217"]
    rows = [
        check := Row("check, 300 findings", fastlint, lambda: fixable(target)),
        Row("--fix of 300 findings", [*fastlint, "--fix"], lambda: fixable(target)),
    ]
    scratch.joinpath("fixable").mkdir(exist_ok=True)
    measure(rows, runs, target, scratch)
    print("\n100 generated files")
    shown(rows, [check])


def of_flake8(number: int, options: argparse.Namespace, scratch: Path) -> None:
    """The plugin inside flake8 against flake8 without it."""
    target = scratch / f"set{number}"
    plain = Row("flake8 alone, -j1", [sys.executable, "-c", PLAIN_FLAKE8, "-j1", "--isolated"])
    rows = [plain, Row("flake8 with fastlint, -j1", [sys.executable, "-m", "flake8", "-j1", "--isolated"])]
    measure(rows, options.runs, target, scratch)
    print(f"\nflake8 on {number} files")
    shown(rows, [plain])


def break_even(files: Sequence[Path]) -> None:
    """Facts of the first files in one process and in two."""
    from fastlint.extraction import facts_of
    from fastlint.source import SourceFile

    print("\nprocesses: facts of the first files, two against one (medians of 5)")
    print(f"  {'files':>6} {'kB':>8} {'CPU':>6} {'wall':>6}")
    for number in (5, 10, 20, 40, 80, 160, 320):
        sources = [SourceFile(str(path), path.read_bytes()) for path in files[:number]]
        cpu: dict[int, list[float]] = {1: [], 2: []}
        wall: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(5):
            for jobs in (1, 2):
                before, started = sum(os.times()[:4]), time.perf_counter()
                facts_of(sources, jobs=jobs)
                wall[jobs].append(time.perf_counter() - started)
                cpu[jobs].append(sum(os.times()[:4]) - before)
        used, took = (statistics.median(of[2]) / max(1e-9, statistics.median(of[1])) for of in (cpu, wall))
        print(f"  {len(sources):>6} {sum(len(one.data) for one in sources) / 1000:>8.0f} {used:>6.2f} {took:>6.2f}")


def whole_runs(options: argparse.Namespace, scratch: Path) -> None:
    """Cold runs in one process and in two, on growing projects: where the second begins to pay."""
    fastlint = [str(Path(sys.executable).with_name("fastlint")), "check", "-q", "--exit-zero", "--no-cache", "--jobs"]
    print("\nprocesses: whole cold runs, two against one")
    print(f"  {'files':>6} {'kB':>8} {'CPU':>6} {'wall':>6} {'MB':>11}")
    for number in (10, 30, 60, 120, 240, 480):
        target = scratch / f"whole{number}"
        files = assembled(options.corpus, number, target)
        one, two = rows = [Row(f"{jobs}", [*fastlint, str(jobs)]) for jobs in (1, 2)]
        measure(rows, options.runs, target, scratch)
        size = sum(path.stat().st_size for path in files)
        ratios = f"{two.cpu / one.cpu:>6.2f} {two.wall / one.wall:>6.2f}"
        print(f"  {number:>6} {size / 1000:>8.0f} {ratios} {one.peak:>5.0f} {two.peak:>5.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--sets", type=int, nargs="+", default=[500, 2000], help="numbers of files (issue: and 8000)")
    parser.add_argument("--slow-sets", type=int, nargs="*", default=[], help="those on which flake8 and bandit run")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tools", type=Path, help="an environment with the peers")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--only", nargs="+", default=[], help="only rows with one of these words, and nothing else")
    options = parser.parse_args()
    compiled()
    options.corpus = options.corpus.resolve()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        peers = None if options.no_peers else tools(options.tools, scratch)
        sets = [(number, *of_set(number, options, scratch, peers)) for number in options.sets]
        if options.only:
            return
        if len(sets) > 1 and sets[0][1] < sets[-1][1]:
            exponent = math.log(sets[-1][2] / sets[0][2]) / math.log(sets[-1][1] / sets[0][1])
            print(
                f"\ngrowth of a cold run from {sets[0][0]} to {sets[-1][0]} files: exponent {exponent:.2f} over bytes"
            )
        break_even(sorted((scratch / f"set{options.sets[0]}").rglob("*.py")))
        whole_runs(options, scratch)
        of_fixes(options.runs, scratch)
        of_flake8(options.sets[0], options, scratch)


if __name__ == "__main__":
    main()
