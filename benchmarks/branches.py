"""Branch coverage of the engine: which of its branches the tests take.

    python benchmarks/branches.py                      run all tests, then print the share of branches, file by file
    python benchmarks/branches.py --no-run             print what the last run measured
    python benchmarks/branches.py --no-run --missing registrations     the branches that nothing took

Only branches count, not lines: a condition that always comes out the same is half covered. Processes that tests start
are measured too, workers and killed ones as far as they got. Needs pytest-cov (in the development extra). Exit code 1
when tests fail or the share is below `--least`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".coverage-data"


def run(workers: str, more: list[str]) -> int:
    """Run the tests under measurement; their exit code."""
    shutil.rmtree(DATA, ignore_errors=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "loadgroup"]
    command += ["--cov=fastlint", "--cov-branch", "--cov-report=", *more]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def measured() -> dict[str, Any]:
    """What the data say, as coverage's own JSON."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "-q", "-o", str(target)]
        subprocess.run(command, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return found


def shown(name: str, file: dict[str, Any]) -> None:
    """The branches of a file that nothing took, each with the line it leaves and the one it would lead to."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    for start, end in file["missing_branches"]:
        target = lines[end - 1].strip() if end > 0 else "the end"
        print(f"    {name}:{start}: {lines[start - 1].strip()}  ->  {target}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-run", action="store_true", help="measure nothing anew")
    parser.add_argument("--workers", default="auto", help="processes that run tests (default: auto)")
    parser.add_argument("--least", type=float, default=95.0, help="the share in percent that must be covered")
    parser.add_argument("--missing", nargs="*", metavar="WORD", help="show the branches of files with one of the words")
    options, more = parser.parse_known_args()
    failed = 0 if options.no_run else run(options.workers, more)
    found = measured()
    rows = sorted(
        (file["summary"]["missing_branches"], file["summary"]["num_branches"], name)
        for name, file in found["files"].items()
        if file["summary"]["missing_branches"]
    )
    for missing, branches, name in reversed(rows):
        if options.missing is None:
            print(f"{missing:4} of {branches:4} not taken  {name}")
        elif not options.missing or any(word in name for word in options.missing):
            print(f"{missing:4} of {branches:4} not taken  {name}")
            shown(name, found["files"][name])
    totals = found["totals"]
    share = 100 * totals["covered_branches"] / totals["num_branches"]
    print(f"{totals['covered_branches']} of {totals['num_branches']} branches: {share:.2f}%")
    print(f"lines and branches together: {totals['percent_covered']:.2f}%")
    return int(bool(failed) or share < options.least)


if __name__ == "__main__":
    sys.exit(main())
