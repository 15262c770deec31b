"""The cache: what is replayed, what is not, and what a cache that cannot be trusted does."""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from fastlint import __main__, disk, extraction
from fastlint.cache import replay, sealed
from fastlint.cache.facts import FactsStore
from fastlint.faces.flake8 import analysed
from fastlint.project.packaging.manifests import is_manifest
from fastlint.unchanged import PASSED_OVER, digest, unchanged
from tests.checking import ROOT
from tests.test_engine import write

APP = """
import time
from fastapi import FastAPI

from door import load

app = FastAPI()

@app.get("/a")
async def a() -> int:
    return load()
"""
HELPERS = """
import time

def load() -> int:
    time.sleep(1)
    return 1
"""
MORE = """
import time
from main import app

@app.get("/b")
async def b() -> None:
    time.sleep(1)
"""
HEAVY = (
    "libcst",
    "astroid",
    "pydantic",
    "rich",
    "pathspec",
    "tomllib",
    "argparse",
    "dataclasses",
    "importlib.metadata",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    write(
        folder,
        {
            "pyproject.toml": '[project]\nname = "x"\ndependencies = ["fastapi>=0.110"]\n[tool.fastlint]\n',
            "main.py": APP,
            "door.py": "from helpers import load as load\n",
            "helpers.py": HELPERS,
            "quick.py": "def load() -> int:\n    return 1\n",
            "requirements/base.in": "fastapi\n",
        },
    )
    return folder


Run = Callable[..., tuple[int, str, str, bool]]


@pytest.fixture
def run(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line here; gives code, output, and whether it was a replay."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache-home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-home"))
    really = __main__._run
    ran: list[bool] = []
    monkeypatch.setattr(__main__, "_run", lambda words: (ran.append(True), really(words))[1])

    def run(*argv: str, folder: Path = project, **variables: str) -> tuple[int, str, str, bool]:
        ran.clear()
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            for name, value in variables.items():
                patch.setenv(name, value)
            code = __main__.main([*(argv or ("check", "--output-format", "concise"))])
        said = capsys.readouterr()
        return code, said.out, said.err, not ran

    return run


def cold(run: Run, *argv: str) -> tuple[int, str, str]:
    words = argv or ("check", "--output-format", "concise")
    return run(words[0], "--no-cache", *words[1:])[:3]


def test_an_unchanged_run_is_replayed(run: Run) -> None:
    first = run()
    second = run()

    assert first[0] == 1 and "FST101" in first[1] and not first[3]
    assert second == (*first[:3], True)


@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_in_every_format_and_for_every_command(run: Run, form: str) -> None:
    words = ("check", "--output-format", form)

    assert run(*words)[:3] == run(*words)[:3] == cold(run, *words)
    assert run(*words)[3]


def test_routes_are_replayed_too(run: Run) -> None:
    assert run("routes")[:3] == run("routes")[:3]
    assert run("routes")[3]


def test_a_report_in_a_file_is_written_again(run: Run, project: Path) -> None:
    words = ("check", "--output-format", "json", "--output-file", str(project / "report.json"))
    run(*words)
    report = (project / "report.json").read_text()
    (project / "report.json").unlink()

    assert run(*words)[3]
    assert (project / "report.json").read_text() == report


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file": lambda p: (p / "helpers.py").write_text("def load() -> int:\n    return 1\n"),
    "a new file": lambda p: (p / "more.py").write_text(MORE),
    "a re-export": lambda p: (p / "door.py").write_text("from quick import load as load\n"),
    "the target": lambda p: (p / "pyproject.toml").write_text("[tool.fastlint]\ntarget-fastapi = '0.90'\n"),
    "a file gone": lambda p: (p / "helpers.py").unlink(),
    "settings": lambda p: (p / "pyproject.toml").write_text("[tool.fastlint]\nignore = ['FST101']\n"),
    "nearer settings": lambda p: (p / "fastlint.toml").write_text("ignore = ['FST101']\n"),
    "an option of a rule": lambda p: (p / "fastlint.toml").write_text("[rules.blocking-sleep]\ncall-depth = 1\n"),
    "a lock": lambda p: (p / "uv.lock").write_text('version = 1\n[[package]]\nname = "fastapi"\nversion = "0.100.0"\n'),
    "what git ignores": lambda p: (p / ".gitignore").write_text("helpers.py\n"),
    "an environment": lambda p: (p / ".venv/lib/python3.12/site-packages/fastapi-0.99.0.dist-info").mkdir(parents=True),
    "an included file": lambda p: (p / "requirements/base.in").write_text("fastapi==0.99\n"),
    "a link": lambda p: (p / "linked.py").symlink_to("main.py"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(run: Run, project: Path, name: str) -> None:
    run()
    CHANGES[name](project)

    again = run()
    assert again[:3] == cold(run)
    assert not again[3]
    assert run()[3] and run()[:3] == again[:3]


def test_the_facts_of_unchanged_files_are_taken_from_the_store(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    (project / "helpers.py").write_text(HELPERS + "\n# changed\n")
    really, taken = extraction.entry_of, []
    monkeypatch.setattr(extraction, "entry_of", lambda source: (taken.append(source.path), really(source))[1])
    run()

    assert taken == ["helpers.py"]


def test_the_same_size_within_the_same_tick_is_seen(run: Run, project: Path) -> None:
    path = project / "helpers.py"
    run()
    found = path.stat()
    path.write_text(path.read_text().replace("time.sleep(1)", "time.ctime(1)"))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))

    assert "FST101" not in run()[1]


def test_the_state_of_the_cache_and_the_number_of_processes_change_nothing(run: Run, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    copytree(ROOT / "fixtures" / "apps" / "shop", shop)
    words = ("check", "--output-format", "json", "--select", "ALL", "--preview")
    honest = run(*words, "--no-cache", "--jobs", "1", folder=shop)

    assert "FST1" in honest[1]
    for more in (("--jobs", "1"), ("--jobs", "2", "--no-cache"), ("--jobs", "3", "--cache-dir", "new")):
        for _ in range(2):
            assert run(*words, *more, folder=shop)[:3] == honest[:3]
    found = {(one["filename"], one["location"]["row"], one["code"]) for one in json.loads(honest[1])}
    plugin = analysed([str(shop)], ("FST1",))
    assert {
        (os.path.relpath(path, shop), line, text.split()[0])
        for path, places in plugin.items()
        for line, _, text in places
        if text.startswith("FST1")
    } == {place for place in found if place[2].startswith("FST1")}


def test_options_environment_and_folder_have_entries_of_their_own(run: Run, project: Path) -> None:
    run("check")

    assert not run("check", "--ignore", "FST101")[3]
    assert not run("check", FORCE_COLOR="1")[3]
    assert run("check", FORCE_COLOR="1")[:3] == run("check", FORCE_COLOR="1")[:3] != run("check")[:3]
    (project / "below").mkdir()
    run("check", "..", folder=project / "below")
    assert run("check")[:3] != run("check", "..", folder=project / "below")[:3]


@pytest.mark.parametrize("words", [("check", "--fix"), ("check", "--diff"), ("check", "missing.py"), ("rule",)])
def test_what_writes_or_fails_is_not_replayed(run: Run, words: tuple[str, ...]) -> None:
    run(*words)

    data = [run(*words) for _ in range(2)]
    assert data[0] == data[1]
    assert not data[0][3] or words == ("rule",)


def test_without_a_cache_nothing_is_written(run: Run, tmp_path: Path) -> None:
    for words, variables in ((["--no-cache"], {}), ([], {"FASTLINT_NO_CACHE": "1"})):
        assert not run("check", *words, **variables)[3]
        assert not run("check", *words, **variables)[3]
    assert not (tmp_path / "cache-home").exists()


def test_a_folder_of_ones_own(run: Run, project: Path, tmp_path: Path) -> None:
    run("check", "--cache-dir", "kept")

    assert run("check", "--cache-dir", "kept")[3]
    assert not run("check", "--cache-dir=other")[3]
    assert (project / "kept" / sealed.TAG / ".gitignore").read_text() == "*\n"
    assert not (tmp_path / "cache-home").exists()


def test_clean_removes_only_what_is_ours(run: Run, project: Path) -> None:
    run("check", "--cache-dir", "kept")
    (project / "kept" / "mine.txt").write_text("x")
    (project / "kept" / "fastlint-mine").mkdir()

    assert "Removed 2 files" in run("clean", "--cache-dir", "kept")[1]
    assert sorted(path.name for path in (project / "kept").iterdir()) == ["fastlint-mine", "mine.txt"]
    run("check")
    assert "Removed 2 files" in run("clean")[1]
    assert run("clean")[1] == "No cache to remove\n"


def test_a_replayed_run_imports_nothing_heavy(run: Run, project: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path / "cache-home"),
        "XDG_STATE_HOME": str(tmp_path / "state-home"),
    }
    words = [sys.executable, "-X", "importtime", "-c", "from fastlint.__main__ import main; main(['check'])"]
    seen = ""
    time.sleep(2.1)  # so that the files are old when they are read, and nothing has to be noted anew
    for _ in range(2):
        done = subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, check=True)
        seen = done.stderr
    bare = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "pass"], env=environment, capture_output=True, text=True, check=True
    )
    modules = imported(seen) - imported(bare.stderr)

    assert "fastlint.cache.replay" in modules
    assert not [name for name in modules if name.startswith(HEAVY) or name in ("re", "typing", "hashlib", "tempfile")]
    assert sorted(name for name in modules if name.startswith("fastlint")) == [
        "fastlint",
        "fastlint.__main__",
        "fastlint.cache",
        "fastlint.cache.replay",
        "fastlint.cache.sealed",
        "fastlint.unchanged",
    ]


def imported(text: str) -> set[str]:
    return {line.rpartition("|")[2].strip() for line in text.splitlines() if line.startswith("import time:")}


# trust


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sealed.Cache:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    cache = sealed.opened(str(tmp_path / "kept"))
    assert cache is not None and cache.prepare()
    return cache


def place(cache: sealed.Cache, name: str) -> Path:
    return Path(cache.folder, sealed.TAG, name)


def test_what_is_written_is_read(cache: sealed.Cache) -> None:
    assert cache.read("a") is None
    assert cache.write("a", b"content")
    assert cache.read("a") == b"content"
    assert sealed.opened(cache.folder).read("a") == b"content"  # type: ignore[union-attr]


def test_damage_another_name_and_another_key_are_noticed(cache: sealed.Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write("a", b"content")
    whole = place(cache, "a").read_bytes()
    for size in range(len(whole)):
        place(cache, "a").write_bytes(whole[:size])
        assert cache.read("a") is None
        place(cache, "a").write_bytes(whole[:size] + bytes([whole[size] ^ 1]) + whole[size + 1 :])
        assert cache.read("a") is None
    place(cache, "b").write_bytes(whole)
    assert cache.read("b") is None
    place(cache, "a").write_bytes(whole)
    assert cache.read("a") == b"content"
    monkeypatch.setenv(sealed.KEY_VARIABLE, "secret")
    other = sealed.opened(cache.folder)
    assert other is not None and other.read("a") is None


def test_a_given_key_is_good_on_every_machine(
    cache: sealed.Cache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(sealed.KEY_VARIABLE, "secret")
    one = sealed.opened(cache.folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    other = sealed.opened(cache.folder)

    assert one is not None and other is not None
    one.write("a", b"content")
    assert other.read("a") == b"content"


def test_a_key_that_was_brought_along_is_another_key(cache: sealed.Cache, tmp_path: Path) -> None:
    cache.write("a", b"content")
    key = tmp_path / "state" / "fastlint" / "cache-key"
    copy = key.read_bytes()
    key.unlink()
    key.write_bytes(copy)
    key.chmod(0o600)

    other = sealed.opened(cache.folder)
    assert other is not None and other.read("a") is None


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
def test_a_key_that_others_can_read_is_replaced(cache: sealed.Cache, tmp_path: Path) -> None:
    key = tmp_path / "state" / "fastlint" / "cache-key"
    before = key.read_bytes()
    key.chmod(0o644)

    assert sealed.opened(cache.folder) is not None
    assert key.read_bytes() != before and key.stat().st_mode & 0o777 == 0o600


def test_without_a_home_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)

    assert sealed.opened(None) is None


@pytest.mark.parametrize(
    ("blob", "why"),
    [
        (marshal.dumps(((((), (), (), ())), [(False, "No problems found\n")], {}, 0)), "says clean"),
        (b"\xdb\xff\xff\xff\x7f" + b"\xff" * 64, "malformed marshal"),
    ],
)
def test_a_forged_cache_in_the_repository_changes_nothing(run: Run, project: Path, blob: bytes, why: str) -> None:
    run("check", "--cache-dir", ".cache")
    honest = run("check", "--no-cache")[:3]
    for path in (project / ".cache" / sealed.TAG).glob("*.fastlint"):
        path.write_bytes(bytes(sealed.SEAL) + blob)

    assert run("check", "--cache-dir", ".cache") == (*honest, False)
    assert run("check", "--cache-dir", ".cache") == (*honest, True)


def test_entries_of_one_folder_are_few(run: Run, tmp_path: Path) -> None:
    for depth in range(20):
        run("check", "--show-files", "--exclude", f"x{depth}")

    assert len(list((tmp_path / "cache-home").rglob("*-*.fastlint"))) <= 16


def test_the_store_keeps_as_much_again_of_other_contents(cache: sealed.Cache) -> None:
    for number in range(3):
        store = FactsStore(cache, "/project")
        for name in range(number * 10, number * 10 + 10):
            known = digest(str(name).encode())
            assert store.get(known) is None
            store.put(known, b"x" * 100)
        store.save()

    store = FactsStore(cache, "/project")
    known = [name for name in range(30) if store.get(digest(str(name).encode()))]
    assert len(known) == 20 and set(range(20, 30)) <= set(known)
    assert FactsStore(cache, "/other").get(digest(b"25")) is None


# the record


def recorded(ask: Callable[[], object]) -> disk.Record:
    with disk.Record() as record:
        ask()
    return record


def test_a_record_holds_until_an_answer_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    for ask, change in (
        (lambda: disk.read(str(path)), lambda: path.write_text("two")),
        (lambda: disk.scan(str(tmp_path)), lambda: (tmp_path / "b.txt").touch()),
        (lambda: disk.exists(str(tmp_path / "c")), lambda: (tmp_path / "c").touch()),
        (lambda: disk.is_dir(str(tmp_path / "d")), lambda: (tmp_path / "d").mkdir()),
        (lambda: disk.real(str(tmp_path / "e")), lambda: (tmp_path / "e").symlink_to("d")),
    ):
        record = recorded(ask)
        assert unchanged(record.plain()) is not False
        change()
        assert unchanged(record.plain()) is False


def test_a_young_record_is_renewed_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    young = recorded(lambda: (disk.read(str(path)), disk.scan(str(tmp_path)))).plain()

    assert unchanged(young) is None
    monkeypatch.setattr(disk, "TICK", -10_000_000_000)  # as if time had gone by
    old = disk.refreshed(young).plain()
    assert unchanged(old) is True
    assert young[1][0][-1] == old[0][0][-1]
    path.write_text("six")
    with pytest.raises(OSError, match="changed"):
        disk.refreshed(old)


def test_a_file_read_twice_with_two_contents_is_unsound(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"

    def ask() -> None:
        for text in ("one", "two"):
            path.write_text(text)
            disk.read(str(path))

    assert not recorded(ask).sound


def test_endings_passed_over_are_none_of_ours() -> None:
    for ending in PASSED_OVER:
        assert not any(
            is_manifest(f"{folder}{name}{ending}")
            for folder in ("", "requirements/", "reqs/", "constraints/")
            for name in ("requirements", "environment", "pylock.x", "uv", "Pipfile", "setup", "x.py", "x")
        )


def test_the_environment_that_decides_is_part_of_the_name() -> None:
    """Every variable that the code asks for is one of those that tell entries apart, or only decides where they lie."""
    import re

    names = set()
    for path in Path(disk.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "catalogue" not in path.parts:
            names.update(re.findall(r"""environ(?:\.get\(|\[)\s*["'](\w+)["']|getenv\(\s*["'](\w+)["']""", text))
    asked = {name for pair in names for name in pair if name}
    elsewhere = {"XDG_CACHE_HOME", "XDG_STATE_HOME", "GIT_INDEX_FILE", "PATH"}  # runs that ask git are not kept

    assert asked
    assert [n for n in asked - elsewhere if n not in replay.VARIABLES and not n.startswith(replay.PREFIXES)] == []


OF_OS = {
    *("exists", "isdir", "isfile", "islink", "ismount", "lexists", "realpath", "samefile"),
    *("listdir", "lstat", "open", "readlink", "scandir", "stat", "walk"),
}
OF_PATHS = {"glob", "is_dir", "is_file", "iterdir", "read_bytes", "read_text", "rglob"}
READ_ELSEWHERE = {
    "__main__.py": "the null device",
    "cache": "the cache itself",
    "api.py": "its runs are not kept",
    **{f"faces/cli/{name}.py": "commands that are not kept" for name in ("additions", "baseline", "init", "watch")},
    "git.py": "asked with options with which nothing is kept",
    "loosening.py": "asked with options with which nothing is kept",
    "plugins.py": "where a plugin lies, which is noted with the rules",
    "disk.py": "",
    "unchanged.py": "",
    "writing.py": "places files, and looks what stands there",
    "fixes/apply.py": "writes, and runs that write are not kept",
    "fixes/journal.py": "asks for the present content only to finish a run that writes",
    "report/routes_html.py": "reads its own page, which is noted with all of fastlint",
    "faces/cli/clean.py": "removes the cache",
    "faces/cli/check.py": "standard input, which is not kept",
    "faces/cli/session.py": "--config, which is read when it is there, and the output file",
    "faces/flake8.py": "hands its result to workers",
    "discover.py": "entries of lists and links that are noted",
}


def test_the_disk_is_only_asked_where_it_is_noted() -> None:
    """Whoever reads a file past `fastlint.disk` makes reports that do not know of it: they would be replayed stale."""
    import ast

    folder = Path(disk.__file__).parent
    found = []
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        if any(name == known or name.startswith(f"{known}/") for known in READ_ELSEWHERE):
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and _reads(ast.unparse(node.func)):
                found.append(f"{name}:{node.lineno}: {ast.unparse(node.func)}")
    assert found == []


def _reads(called: str) -> bool:
    of, _, last = called.rpartition(".")
    if of in ("os", "os.path"):
        return last in OF_OS
    return called == "open" or (last in OF_PATHS and of not in ("", "disk", "entry"))


@pytest.mark.parametrize(
    ("platform", "environment", "cache", "key"),
    [
        ("linux", {}, "/home/me/.cache/fastlint", "/home/me/.local/state/fastlint"),
        ("linux", {"XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"}, "/c/fastlint", "/s/fastlint"),
        ("linux", {"XDG_CACHE_HOME": "c"}, None, "/home/me/.local/state/fastlint"),
        ("darwin", {}, "/home/me/Library/Caches/fastlint", "/home/me/Library/Application Support/fastlint"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/fastlint/Cache", "/local/fastlint"),
        ("win32", {}, None, None),
    ],
)
def test_the_folders_are_those_of_the_system(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], cache: str | None, key: str | None
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(sealed.sys, "platform", platform)
    assert (sealed.user_folder(environment), sealed.key_folder(environment)) == (cache, key)


def test_clean_leaves_a_folder_in_which_something_else_lies(run: Run, project: Path) -> None:
    run("check", "--cache-dir", "kept")
    (mine,) = (project / "kept").glob("fastlint-*")
    (mine / "notes.txt").write_text("x")

    assert "Removed 2 files" in run("clean", "--cache-dir", "kept")[1]
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]


def test_answers_that_change_while_they_are_noted_are_unsound(tmp_path: Path) -> None:
    def listed() -> None:
        disk.scan(str(tmp_path))
        (tmp_path / "new").touch()
        disk.scan(str(tmp_path))

    def asked() -> None:
        disk.exists(str(tmp_path / "later"))
        (tmp_path / "later").touch()
        disk.exists(str(tmp_path / "later"))

    assert not recorded(listed).sound
    assert not recorded(asked).sound


def test_a_record_is_not_renewed_where_something_changed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    listed = recorded(lambda: disk.scan(str(folder))).plain()
    asked = recorded(lambda: disk.exists(str(tmp_path / "a"))).plain()
    (folder / "new").touch()
    (tmp_path / "a").touch()

    for plain in (listed, asked):
        with pytest.raises(OSError, match="changed"):
            disk.refreshed(plain)
