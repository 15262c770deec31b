"""How long `--fix` takes against checking alone: 300 findings in 100 files.

    python benchmarks/fix_speed.py            CPU seconds of both, each in a fresh process, the best of three
    python benchmarks/fix_speed.py --files 30 another number of files, three findings each

Exit code 1 when fixing takes more than three times as long.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

MOST = 3.0
MODULE = '''\
import time

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

router = APIRouter(prefix="/r{number}")


class Item{number}(BaseModel):
    name: str
    size: int = 1


@router.get("/items/{{item_id}}", response_model=Item{number})
async def read_item(item_id: int) -> Item{number}:
    """Read one item."""
    time.sleep(1)  # as the old gateway did
    if item_id > 100:
        return HTTPException(404, "no such item")
    return Item{number}(name=str(item_id))


@router.get("/names")
def names(prefix: str = "", limit: int = 10) -> list[str]:
    found = []
    for number in range(min(limit, 100)):
        found.append(f"{{prefix}}{{number}}")
    return found


@router.post("/items")
async def make_item(item: Item{number}) -> Item{number}:
    """Make one item."""
    total = 0
    for part in item.name.split():
        total += len(part)
    return Item{number}(name=item.name, size=total)
'''


def project(root: Path, files: int) -> None:
    for number in range(files):
        (root / f"routes_{number}.py").write_text(MODULE.format(number=number))
    lines = ["from fastapi import FastAPI\n", *(f"import routes_{number}\n" for number in range(files))]
    lines += ["app = FastAPI()\n", *(f"app.include_router(routes_{number}.router)\n" for number in range(files))]
    (root / "main.py").write_text("".join(lines))


def seconds(files: int, *options: str) -> tuple[float, str]:
    """CPU seconds of one run, its children included, and what it says last."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        project(root, files)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "fastlint", "check", "--isolated", "--output-format", "concise", *options],
            cwd=root,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = [line for line in (done.stderr + done.stdout).splitlines() if line.startswith(("fastlint: fixed", "Found"))]
    return used, "; ".join(said)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100)
    options = parser.parse_args()
    checks = [seconds(options.files) for _ in range(3)]
    fixes = [seconds(options.files, "--fix") for _ in range(3)]
    check, fix = min(checks)[0], min(fixes)[0]
    print(f"check  {check:6.2f} s CPU  {checks[0][1]}")
    print(f"--fix  {fix:6.2f} s CPU  {fixes[0][1]}")
    print(f"ratio  {fix / check:6.2f}  (at most {MOST})")
    return int(fix > MOST * check)


if __name__ == "__main__":
    sys.exit(main())
