"""Fixing what is awkward to read or write: each goes through the command line, on real files."""

from __future__ import annotations

import ast
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fastlint.__main__ import main

HEAD = "import time\nfrom fastapi import FastAPI\napp = FastAPI()\n"
FIXED_HEAD = "import asyncio\nfrom fastapi import FastAPI\napp = FastAPI()\n"


def fix(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.chdir(folder)
    return main(["check", "--isolated", "--select", "FST101", "--fix", "--quiet", *options])


def handler(body: str, *, indent: str = "    ") -> str:
    return "@app.get('/')\nasync def read():\n" + "".join(f"{indent}{line}\n" for line in body.split("\n"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(handler("time.sleep(1)", indent="\t"), handler("await asyncio.sleep(1)", indent="\t"), id="tabs"),
        pytest.param(
            "@app.get(\n    '/',  # where\n    tags=['a'],\n)\nasync def read():\n    time.sleep(1)\n",
            "@app.get(\n    '/',  # where\n    tags=['a'],\n)\nasync def read():\n    await asyncio.sleep(1)\n",
            id="decorator over several lines",
        ),
        pytest.param(
            handler("text = '''\n  time.sleep(1)\n'''; time.sleep(1)"),
            handler("text = '''\n  time.sleep(1)\n'''; await asyncio.sleep(1)"),
            id="string over several lines",
        ),
        pytest.param(
            handler("if (n := len('a')) and time.sleep(1): pass"),
            handler("if (n := len('a')) and await asyncio.sleep(1): pass"),
            id="walrus",
        ),
        pytest.param(
            handler("text = f\"{f'{1 + 1}'} é {'#'}\"; time.sleep(1)"),
            handler("text = f\"{f'{1 + 1}'} é {'#'}\"; await asyncio.sleep(1)"),
            id="nested f-strings",
        ),
        pytest.param(
            handler("n = 1  # type: int\ntime.sleep(1)  # type: ignore[func]"),
            handler("n = 1  # type: int\nawait asyncio.sleep(1)  # type: ignore[func]"),
            id="type comments",
        ),
        pytest.param(
            handler("# fmt: off\ntime.sleep( 1 )\n# fmt: on"),
            handler("# fmt: off\nawait asyncio.sleep(1)\n# fmt: on"),
            id="fmt: off",
        ),
        pytest.param("\x0c\n" + handler("time.sleep(1)"), "\x0c\n" + handler("await asyncio.sleep(1)"), id="form feed"),
        pytest.param(handler("time.sleep(1)")[:-1], handler("await asyncio.sleep(1)")[:-1], id="no final newline"),
        pytest.param(
            "x = [\n  1, # \u2028 one\n]\n" + handler("time.sleep(1)"),
            "x = [\n  1, # \u2028 one\n]\n" + handler("await asyncio.sleep(1)"),
            id="line separator in a comment",
        ),
    ],
)
@pytest.mark.parametrize("form", ["plain", "crlf", "bom", "latin-1"])
def test_layouts_and_encodings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, form: str
) -> None:
    def made(head: str, text: str) -> bytes:
        whole = head + text
        if form == "latin-1":
            whole = "# -*- coding: latin-1 -*-\n" + whole.replace("\u2028", " ")
        if form == "crlf":
            whole = whole.replace("\n", "\r\n")
        return whole.encode({"bom": "utf-8-sig", "latin-1": "latin-1"}.get(form, "utf-8"))

    (tmp_path / "main.py").write_bytes(made(HEAD, before))
    fix(tmp_path, monkeypatch)

    kept = "import time\n" if "time.sleep" in after else ""  # a string may be code
    assert (tmp_path / "main.py").read_bytes() == made(FIXED_HEAD.replace("from", f"{kept}from"), after)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the running Python cannot parse it")
def test_type_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "type Id = int\ndef first[T](items: list[T]) -> T: return items[0]\n" + handler("time.sleep(1)")
    (tmp_path / "main.py").write_text(HEAD + text)
    fix(tmp_path, monkeypatch)

    assert (tmp_path / "main.py").read_text() == FIXED_HEAD + text.replace("time.sleep", "await asyncio.sleep")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the running Python can parse it")
def test_syntax_that_is_too_new_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "type Id = int\n" + handler("time.sleep(1)")
    (tmp_path / "new.py").write_text(text)
    (tmp_path / "main.py").write_text(HEAD + handler("time.sleep(1)"))
    fix(tmp_path, monkeypatch)

    assert (tmp_path / "new.py").read_text() == text
    assert "await asyncio" in (tmp_path / "main.py").read_text()


def project(folder: Path) -> Path:
    target = folder / "main.py"
    target.write_text(HEAD + handler("time.sleep(1)"))
    return target


def test_a_read_only_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = project(tmp_path)
    target.chmod(0o444)
    before = target.read_bytes()

    assert fix(tmp_path, monkeypatch) == 2
    assert "main.py: not fixed: it is read-only" in capsys.readouterr().err
    assert target.read_bytes() == before


def test_a_link_inside_the_project_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shared").mkdir()
    target = project(tmp_path)
    target.rename(tmp_path / "shared" / "real.txt")
    target.symlink_to(Path("shared") / "real.txt")

    fix(tmp_path, monkeypatch, "main.py")
    assert target.is_symlink()
    assert "await asyncio.sleep(1)" in (tmp_path / "shared" / "real.txt").read_text()


def test_hard_links_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = project(tmp_path)
    os.link(target, tmp_path / "other.txt")

    assert fix(tmp_path, monkeypatch) == 2
    assert "main.py: not fixed: it has several hard links" in capsys.readouterr().err
    assert "await" not in target.read_text()


def test_an_owner_that_cannot_be_kept_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = project(tmp_path)
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(target, 12345, 12345)

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refused)
    assert fix(tmp_path, monkeypatch) == 2
    assert "main.py: not fixed: its owner could not be kept" in capsys.readouterr().err
    assert "await" not in target.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.py"]


def test_an_owner_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = project(tmp_path)
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(target, 12345, 54321)
    target.chmod(0o2750)

    fix(tmp_path, monkeypatch)
    status = target.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (12345, 54321, 0o2750)
    assert "await" in target.read_text()


def test_a_file_that_changes_meanwhile_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = project(tmp_path)
    from fastlint.faces.cli import check

    fixing = check.fix_rounds

    def slow(*args: object, **options: object) -> object:
        fixed = fixing(*args, **options)  # type: ignore[arg-type]
        target.write_text("mine = 1\n")
        return fixed

    monkeypatch.setattr(check, "fix_rounds", slow)
    assert fix(tmp_path, monkeypatch) == 2
    assert "main.py: not fixed: it changed since it was read" in capsys.readouterr().err
    assert target.read_text() == "mine = 1\n"


def test_a_full_disk_leaves_the_original(tmp_path: Path) -> None:
    """The limit on the size of files stands in for the disk: writing fails half-way, for real."""
    target = project(tmp_path)
    target.write_text(target.read_text() + "# " + "x" * 20_000 + "\n")
    before = target.read_bytes()

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    done = subprocess.run(
        [sys.executable, "-m", "fastlint", "check", "--isolated", "--select", "FST101", "--fix"],
        cwd=tmp_path,
        preexec_fn=limited,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert done.returncode == 2
    assert "main.py: not fixed: File too large" in done.stderr
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.py"]


def test_what_a_killed_run_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = project(tmp_path)
    old, young = tmp_path / ".main.py.abc.fastlint", tmp_path / ".main.py.def.fastlint"
    for left in (old, young):
        left.write_text("half")
    os.utime(old, (1, 1))

    fix(tmp_path, monkeypatch)
    assert "await" in target.read_text()
    assert not old.exists()
    assert young.exists()


def test_attributes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = project(tmp_path)
    try:
        os.setxattr(target, "user.note", b"mine")
    except OSError:
        pytest.skip("the file system has no attributes")

    fix(tmp_path, monkeypatch)
    assert os.getxattr(target, "user.note") == b"mine"


def test_the_result_is_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = project(tmp_path)
    fix(tmp_path, monkeypatch)

    ast.parse(target.read_bytes())


ANNOTATED = "a: Annotated[\n        int,\n        Query(\n            ge=0,\n        ),\n    ] = 1"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: int = Query(1, ge=0)", "a: Annotated[int, Query(ge=0)] = 1"),
        ("a: int = Query(\n        1,\n        ge=0,\n    )", ANNOTATED),
        ("a: int = Query(ge=0, default=2,)", "a: Annotated[int, Query(ge=0,)] = 2"),
        ("a: str = Query(('x' 'y'), title='#')", "a: Annotated[str, Query(title='#')] = 'x' 'y'"),
        ("a: int = Query(\n        default=3\n    )", "a: Annotated[int, Query()] = 3"),
        (
            "a: int = Query(\n        1,  # why\n        ge=0,\n    )",
            "a: int = Query(\n        1,  # why\n        ge=0,\n    )",
        ),
    ],
)
def test_markers_keep_their_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str) -> None:
    head = "from typing import Annotated\nfrom fastapi import FastAPI, Query\n"
    head += "app = FastAPI()\n@app.get('/')\ndef read(\n    "
    target = tmp_path / "main.py"
    target.write_text(head + before + ",\n): ...\n")
    monkeypatch.chdir(tmp_path)
    main(["check", "--isolated", "--select", "FST216", "--fix", "--quiet"])

    assert target.read_text() == head + after + ",\n): ...\n"
