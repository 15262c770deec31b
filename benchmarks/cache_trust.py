"""Tries to get a wrong report out of the cache: damages it, forges it, changes files behind its back.

python benchmarks/cache_trust.py [--rounds N] [--seed N] [--kind KIND ...]

Each round makes a small project, fills its cache, disturbs the cache or the project in one way, and compares what a run
with the cache then says (twice: what it wrote must be right too) with a run without one. Exits 1 when one differs.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import marshal
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from fastlint import disk
from fastlint.__main__ import main as fastlint
from fastlint.cache import sealed

APP = """\
import time
from fastapi import FastAPI
from helpers import load

app = FastAPI()


@app.get("/items")
async def items() -> int:
    return load()
"""
BLOCKS = "import time\n\n\ndef load() -> int:\n    time.sleep(1)\n    return 1\n"
FREE = BLOCKS.replace("sleep", "ctime")
"""Of the same length, and nothing in it blocks."""
MANIFEST = '[project]\nname = "x"\ndependencies = ["fastapi>=0.110"]\n'
OPTIONS = ("check", "--output-format", "concise", "--cache-dir", ".cache")
Said = tuple[int, str, str]


def said(project: Path, *words: str) -> Said:
    """What the command line says in the project: exit code and both streams."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(project), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = fastlint([*OPTIONS, *words])
    return code, out.getvalue(), err.getvalue()


def entries(project: Path) -> list[Path]:
    """The files of the cache that hold something."""
    return sorted((project / ".cache").rglob(f"*{sealed.ENDING}"))


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


# what is done: each takes the project and a source of chance


def truncated(project: Path, chance: random.Random) -> None:
    for path in entries(project):
        data = path.read_bytes()
        path.write_bytes(data[: chance.randrange(len(data))])


def bit_flipped(project: Path, chance: random.Random) -> None:
    for path in entries(project):
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)


def swapped(project: Path, chance: random.Random) -> None:
    """One entry under the name of another."""
    said(project, "--ignore", "FST101")
    found = entries(project)
    contents = [path.read_bytes() for path in found]
    for path, data in zip(found, contents[1:] + contents[:1], strict=True):
        path.write_bytes(data)


def older(project: Path, chance: random.Random) -> None:
    """The cache of an earlier state of the project is put back."""
    kept = project.with_name("kept")
    shutil.copytree(project / ".cache", kept)
    write(project / "helpers.py", FREE)
    said(project)
    shutil.rmtree(project / ".cache")
    shutil.move(kept, project / ".cache")


def newer(project: Path, chance: random.Random) -> None:
    """Written by a version that keeps something else, sealed with the right key."""
    cache = sealed.opened(str(project / ".cache"))
    assert cache is not None
    with mock.patch.object(sealed, "FORMAT", "999"):
        for path in entries(project):
            cache.write(path.name, marshal.dumps(("another", "layout")))


def other_python(project: Path, chance: random.Random) -> None:
    cache = sealed.opened(str(project / ".cache"))
    assert cache is not None
    with mock.patch.object(sys, "version", "3.99.0"):
        for path in entries(project):
            cache.write(path.name, b"\xff\xfe")


def foreign(project: Path, chance: random.Random) -> None:
    """The same project on another machine, where it has no findings."""
    write(project / "helpers.py", FREE)
    with mock.patch.dict(os.environ, {"XDG_STATE_HOME": str(project.with_name("elsewhere"))}):
        shutil.rmtree(project / ".cache")
        said(project)
    write(project / "helpers.py", BLOCKS)


def unwritable(project: Path, chance: random.Random) -> None:
    shutil.rmtree(project / ".cache")
    write(project / ".cache", "a file where the folder would be")


def vanished(project: Path, chance: random.Random) -> None:
    """A run that was killed while it wrote: part of a file under its temporary name."""
    for path in entries(project):
        path.rename(path.with_name(f".{path.name}.1.abcd.tmp"))


def two_writers(project: Path, chance: random.Random) -> None:
    """Two runs at once, while the project changes."""
    code = "import sys; from fastlint.__main__ import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *OPTIONS]
    write(project / "helpers.py", FREE)
    with contextlib.ExitStack() as stack:
        running = [
            stack.enter_context(subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL)) for _ in range(2)
        ]
        while running[0].poll() is None and chance.random() < 0.9:
            write(project / "helpers.py", chance.choice((FREE, BLOCKS)))


def clock_set_back(project: Path, chance: random.Random) -> None:
    """The run that filled the cache believed it was later than it was."""
    shutil.rmtree(project / ".cache")
    ahead = disk.time.time_ns() + chance.choice((3, 3_600, 86_400)) * 10**9
    with mock.patch.object(disk.time, "time_ns", lambda: ahead):
        said(project)
    write(project / "helpers.py", FREE)


def clock_set_forward(project: Path, chance: random.Random) -> None:
    shutil.rmtree(project / ".cache")
    behind = disk.time.time_ns() - 86_400 * 10**9
    with mock.patch.object(disk.time, "time_ns", lambda: behind):
        said(project)
    write(project / "helpers.py", FREE)


def same_tick_same_size(project: Path, chance: random.Random) -> None:
    """Changed right after the run, with the size and the modification time that it had."""
    path = project / "helpers.py"
    found = path.stat()
    write(path, FREE)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def changed_while_read(project: Path, chance: random.Random) -> None:
    """A file changes between the reading of it and the end of the run that fills the cache."""
    shutil.rmtree(project / ".cache")
    really = disk.read

    def read(path: str, limit: int | None = None) -> bytes:
        data = really(path, limit)
        if path.endswith("helpers.py"):
            found = os.stat(path)
            write(Path(path), FREE)
            os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
        return data

    with mock.patch.object(disk, "read", read):
        said(project)


def forged_clean(project: Path, chance: random.Random) -> None:
    """Committed to the repository: entries that say that all is well, unsealed and with a key of their own."""
    clean = marshal.dumps((((), (), (), ()), [(False, "No problems found\n")], {}, 0))
    if chance.random() < 0.5:
        for path in entries(project):
            path.write_bytes(bytes(sealed.SEAL) + clean)
        return
    with mock.patch.dict(os.environ, {sealed.KEY_VARIABLE: "guessed"}):
        forger = sealed.opened(str(project / ".cache"))
    assert forger is not None
    for path in entries(project):
        forger.write(path.name, clean)


def forged_malformed(project: Path, chance: random.Random) -> None:
    """Committed to the repository: marshal that takes the interpreter down or never ends."""
    for path in entries(project):
        path.write_bytes(chance.choice((b"", bytes(sealed.SEAL))) + chance.randbytes(chance.randrange(1, 2000)))


def forged_key(project: Path, chance: random.Random) -> None:
    """A key committed with the entries that it seals, in a home that lies in the repository."""
    home = project / ".state"
    with mock.patch.dict(os.environ, {"XDG_STATE_HOME": str(home)}):
        write(project / "helpers.py", FREE)
        shutil.rmtree(project / ".cache")
        said(project)
        write(project / "helpers.py", BLOCKS)
        for path in (home, project / ".cache"):
            shutil.copytree(path, copy := project.with_name("clone"))
            shutil.rmtree(path)
            shutil.move(copy, path)
    os.environ["XDG_STATE_HOME"] = str(home)  # put back with the project


def project_changed(project: Path, chance: random.Random) -> None:
    """One input of every kind."""
    write(*chance.choice(CHANGES)(project))


CHANGES: list[Callable[[Path], tuple[Path, str]]] = [
    lambda p: (p / "helpers.py", FREE),
    lambda p: (p / "extra.py", APP.replace("/items", "/more")),
    lambda p: (p / "fastlint.toml", "ignore = ['FST101']\n"),
    lambda p: (p / "pyproject.toml", MANIFEST + "[tool.fastlint]\nselect = ['FST6']\n"),
    lambda p: (p / "pyproject.toml", MANIFEST.replace(">=0.110", "==0.90")),
    lambda p: (p / ".gitignore", "main.py\n"),
    lambda p: (p / "uv.lock", 'version = 1\n[[package]]\nname = "fastapi"\nversion = "0.90.0"\n'),
    lambda p: (p / "requirements.txt", "fastapi\n"),
]
KINDS: dict[str, Callable[[Path, random.Random], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        *(truncated, bit_flipped, swapped, older, newer, other_python, foreign, unwritable, vanished, two_writers),
        *(clock_set_back, clock_set_forward, same_tick_same_size, changed_while_read, project_changed),
        *(forged_clean, forged_malformed, forged_key),
    )
}


@contextlib.contextmanager
def made_project() -> Iterator[Path]:
    """A project with one finding, in a home of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch, "project")
        project.mkdir()
        write(project / "main.py", APP)
        write(project / "helpers.py", BLOCKS)
        write(project / "pyproject.toml", MANIFEST)
        home = {"XDG_STATE_HOME": str(Path(scratch, "state")), "XDG_CACHE_HOME": str(Path(scratch, "cache"))}
        with mock.patch.dict(os.environ, home):
            for name in (sealed.KEY_VARIABLE, sealed.FOLDER_VARIABLE, sealed.OFF_VARIABLE):
                os.environ.pop(name, None)
            yield project


def wrong(kind: str, chance: random.Random) -> list[tuple[Said, Said]]:
    """The reports after one disturbance that are not those of a run without a cache, with what they should be."""
    with made_project() as project:
        said(project)
        if chance.random() < 0.5:
            said(project)
        KINDS[kind](project, chance)
        found = [said(project), said(project)]
        honest = said(project, "--no-cache")
        return [(one, honest) for one in found if one != honest]


def campaign(rounds: int, seed: int, kinds: list[str]) -> dict[str, tuple[int, int]]:
    """For each kind of disturbance how often it was tried and how many reports were wrong."""
    chance = random.Random(seed)
    counts: dict[str, tuple[int, int]] = {}
    for kind in kinds:
        failures: list[Any] = [pair for _ in range(rounds) for pair in wrong(kind, chance)]
        for got, expected in failures[:1]:
            print(f"{kind}: said {got!r}\n  instead of {expected!r}", file=sys.stderr)
        counts[kind] = rounds, len(failures)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=sorted(KINDS))
    options = parser.parse_args()
    counts = campaign(options.rounds, options.seed, options.kind or list(KINDS))
    print(f"{'disturbance':<24} {'rounds':>7} {'wrong':>6}")
    for kind, (rounds, failures) in counts.items():
        print(f"{kind:<24} {rounds:>7} {failures:>6}")
    total = sum(failures for _, failures in counts.values())
    print(f"{'all':<24} {sum(rounds for rounds, _ in counts.values()):>7} {total:>6}")
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
