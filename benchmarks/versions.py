"""The same bytes from every Python: reports of the interpreters named, compared.

    python benchmarks/versions.py --python A/bin/python --python B/bin/python DIR...

Each interpreter needs fastlint's dependencies. Every folder is checked with every rule on; exit code 1 when a report
differs from that of the Python that runs this script. Files of a syntax that only newer ones read are named in both.
"""

from __future__ import annotations

import argparse
import difflib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECK = ("check", "--preview", "--select", "ALL", "--isolated", "--no-cache", "--output-format", "json")


def report(python: str, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'rules'}"}
    command = [python, "-m", "fastlint", *CHECK, "."]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode not in (0, 1, 2) or "Traceback" in ran.stderr:
        raise SystemExit(f"{python} ends with {ran.returncode} on {folder}: {ran.stderr[-2000:]}")
    return ran.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", required=True, dest="pythons")
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    different = 0
    for folder in options.folders:
        expected = report(sys.executable, folder)
        for python in options.pythons:
            found = report(python, folder)
            lines = list(difflib.unified_diff(expected.splitlines(), found.splitlines(), lineterm="", n=8))
            different += bool(lines)
            print(f"{folder.name}: {python}: {'equal' if not lines else f'{len(lines)} lines of difference'}")
            print("\n".join(lines[:60]), end="\n" if lines else "", flush=True)
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
