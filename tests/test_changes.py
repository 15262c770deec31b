"""`--changed-since`: what a change brings, in repositories made here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fastlint import engine
from fastlint.__main__ import main
from fastlint.changes import changed_lines
from fastlint.facts import extract
from fastlint.source import SourceFile

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

SETTINGS = '[tool.fastlint]\nselect = ["FST1", "FST3", "FST6"]\n'
HEAD = "import time\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
SLEEPY = "@app.get('/{name}')\nasync def {name}() -> None:\n    time.sleep(1)\n"
ONE = HEAD + SLEEPY.format(name="one")
TWO = ONE + "\n\n" + SLEEPY.format(name="two")
HELPER = "import asyncio\nimport time\n\n\nasync def pause() -> None:\n    await asyncio.sleep(1)\n"
USER = (
    "from fastapi import FastAPI\n\nfrom helper import pause\n\napp = FastAPI()\n\n\n"
    "@app.get('/')\nasync def index() -> None:\n    await pause()\n"
)


class Repository:
    """A scratch repository, with git kept away from whoever runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        for name, value in (("user.name", "t"), ("user.email", "t@example.org"), ("commit.gpgsign", "false")):
            self.git("config", name, value)

    def git(self, *arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    def write(self, **files: str) -> None:
        for name, text in files.items():
            self.put(f"{name}.py", text)

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, message: str = "a change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """One commit on main with two known problems; HEAD is on a branch of its own, which is also where we are."""
    folder = tmp_path / "project"
    folder.mkdir()
    made = Repository(folder)
    made.put("pyproject.toml", SETTINGS)
    made.write(main=TWO)
    made.commit()
    made.git("checkout", "-q", "-b", "topic")
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    return made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str, code: int | None = None, since: str = "main") -> list[tuple[str, int, str]]:
        asked = ["check", "--output-format=json", *([f"--changed-since={since}"] if since else []), *arguments]
        done = main(asked)
        captured = capsys.readouterr()
        assert code is None or done == code, captured.err
        rows = json.loads(captured.out)
        return [(row["filename"], row["location"]["row"], row["code"]) for row in rows]

    return run


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Any:
    def refused(*arguments: str) -> str:
        assert main(["check", *arguments]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("fastlint: error: ")
        assert captured.err.count("\n") == 1, captured.err
        return captured.err.removeprefix("fastlint: error: ").rstrip("\n")

    return refused


def test_what_was_there_is_not_shown(repository: Repository, run: Any) -> None:
    assert run(code=0) == []
    assert len(run(since="")) == 2


@pytest.mark.parametrize("committed", [True, False])
def test_what_is_new_is_shown_committed_or_not(repository: Repository, run: Any, committed: bool) -> None:
    repository.write(main="# moved\n\n" + TWO + "    time.sleep(2)\n", added=ONE)
    if committed:
        repository.commit()

    assert run(code=1) == [("added.py", 10, "FST101"), ("main.py", 18, "FST101")]
    assert run("main.py") == [("main.py", 18, "FST101")]


def test_the_new_one_of_several_alike_is_the_one_on_a_changed_line(repository: Repository, run: Any) -> None:
    repository.write(main=TWO.replace("def one() -> None:\n", "def one() -> None:\n    time.sleep(3)\n"))
    assert run() == [("main.py", 10, "FST101")]


def test_a_removed_await_counts_wherever_it_shows(repository: Repository, run: Any) -> None:
    repository.write(helper=HELPER, user=USER)
    repository.commit()
    base = repository.git("rev-parse", "HEAD")
    repository.write(helper=HELPER.replace("await asyncio.sleep(1)", "time.sleep(1)"))
    assert run(since=base) == [("helper.py", 6, "FST101")]
    repository.write(helper=HELPER, user=USER.replace("await pause()", "pause()"))
    assert run(since=base) == [("user.py", 10, "FST111")]


def test_a_removed_inclusion_counts(repository: Repository, run: Any) -> None:
    router = "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.get('/a')\ndef a() -> None: ...\n"
    application = (
        "from fastapi import FastAPI\n\nfrom routers import router\n\napp = FastAPI()\napp.include_router(router)\n"
    )
    repository.write(routers=router, api=application)
    base = repository.commit()
    repository.write(api=application.replace("app.include_router(router)\n", ""))
    assert [(file, code) for file, _, code in run("--preview", since=base)] == [("routers.py", "FST307")]


def test_a_removed_pin_counts(repository: Repository, run: Any) -> None:
    repository.put("requirements.txt", "fastapi==0.165.0\n")
    base = repository.commit()
    repository.put("requirements.txt", "fastapi\n")
    assert [(file, code) for file, _, code in run(since=base)] == [("requirements.txt", "FST601")]


def test_a_pin_in_an_included_file_counts(repository: Repository, run: Any) -> None:
    repository.put("requirements.txt", "-r pins.lst\n")
    repository.put("pins.lst", "fastapi==0.165.0\n")
    base = repository.commit()
    assert run(since=base) == []
    repository.put("pins.lst", "fastapi\n")
    assert [(file, code) for file, _, code in run(since=base)] == [("pins.lst", "FST601")]


def test_the_merge_base_counts_not_the_tip(repository: Repository, run: Any) -> None:
    repository.git("checkout", "-q", "main")
    repository.write(main=HEAD)
    repository.commit("mended on main")
    repository.git("checkout", "-q", "topic")
    assert run() == []


@pytest.mark.parametrize("staged", [True, False])
def test_renamed_files_bring_nothing_new(repository: Repository, run: Any, staged: bool) -> None:
    (repository.folder / "app").mkdir()
    (repository.folder / "main.py").rename(repository.folder / "app" / "service.py")
    if staged:
        repository.git("add", "-A")
    assert run() == []
    repository.put("app/service.py", TWO + "\n\n" + SLEEPY.format(name="three"))
    assert run() == [("app/service.py", 20, "FST101")]


def test_untracked_files_are_new_and_ignored_ones_are_not(repository: Repository, run: Any) -> None:
    repository.write(untracked=ONE, generated=ONE)
    repository.put(".gitignore", "generated.py\n")
    assert run() == [("untracked.py", 10, "FST101")]
    assert run("generated.py", "untracked.py") == [("untracked.py", 10, "FST101")]


def test_a_removed_comment_counts_and_a_kept_one_does_not(repository: Repository, run: Any) -> None:
    repository.write(main=TWO.replace("sleep(1)", "sleep(1)  # noqa: FST101", 1))
    base = repository.commit()
    assert run(since=base) == []
    repository.write(main=TWO)
    assert run(since=base) == [("main.py", 10, "FST101")]


def test_staged_looks_at_the_index(repository: Repository, run: Any) -> None:
    repository.write(main=TWO + "    time.sleep(2)\n", loose=ONE)
    assert run("--staged", since="") == []
    repository.git("add", "main.py")
    repository.write(main=HEAD)
    assert run("--staged", since="") == [("main.py", 16, "FST101")]
    (repository.folder / "main.py").unlink()
    assert run("--staged", since="") == [("main.py", 16, "FST101")]
    repository.git("add", "-A")
    assert run("--staged") == [], "main.py has become loose.py"
    repository.write(more=TWO, loose=TWO)
    repository.git("add", "more.py")
    assert run("--staged") == [("loose.py", 10, "FST101")], "main.py has become more.py"


def test_the_index_of_a_commit_in_progress(repository: Repository, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = repository.folder / ".git" / "other-index"
    shutil.copy(repository.folder / ".git" / "index", other)
    repository.write(main=TWO + "    time.sleep(2)\n")
    repository.git("add", "main.py")
    assert len(run("--staged", since="")) == 1
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other-index")
    assert run("--staged", since="") == []


def test_older_ones_on_touched_lines(repository: Repository, run: Any) -> None:
    repository.write(main=TWO.replace("time.sleep(1)", "time.sleep(5)", 1))
    assert run() == []
    assert run("--include-touched", code=1) == [("main.py", 10, "FST101")]


def test_line_ends_and_a_byte_order_mark_are_no_change(repository: Repository, run: Any) -> None:
    (repository.folder / "main.py").write_bytes(TWO.replace("\n", "\r\n").encode())
    assert run("--include-touched") == []


def test_a_file_that_can_no_longer_be_read(repository: Repository, run: Any) -> None:
    repository.write(broken="def (")
    assert ("broken.py", 1, "FST000") in run()
    base = repository.commit()
    assert run(since=base) == []


def test_the_root_may_lie_below_the_top(repository: Repository, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.put("services/api/pyproject.toml", SETTINGS)
    repository.put("services/api/main.py", ONE)
    base = repository.commit()
    repository.put("services/api/main.py", TWO)
    monkeypatch.chdir(repository.folder / "services" / "api")
    assert run(since=base) == [("main.py", 15, "FST101")]
    assert [row for row in run(since="main") if row[2] != "FST005"] == [
        ("main.py", 10, "FST101"),
        ("main.py", 15, "FST101"),
    ]


def test_only_changed_files_are_read_again(repository: Repository, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        repository.put(f"part_{number}.py", ONE)
    base = repository.commit()
    repository.write(main=TWO + "    time.sleep(2)\n")
    read: list[str] = []
    real = extract.extract

    def counted(source: SourceFile) -> Any:
        read.append(source.path)
        return real(source)

    monkeypatch.setattr("fastlint.extraction.extract", counted)
    run(since=base)
    assert sorted(read) == ["main.py", "main.py", *(f"part_{number}.py" for number in range(5))]


def test_nothing_is_analysed_twice_where_nothing_changed(
    repository: Repository, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.put("README.md", "new\n")
    linked: list[int] = []
    real = engine.linked
    monkeypatch.setattr(engine, "linked", lambda inputs: (linked.append(1), real(inputs))[1])
    assert run() == []
    assert len(linked) == 1


def test_only_what_is_new_is_fixed(repository: Repository, run: Any) -> None:
    repository.write(added=ONE)
    run("--fix", code=0)
    assert "await asyncio.sleep(1)" in (repository.folder / "added.py").read_text(encoding="utf-8")
    assert (repository.folder / "main.py").read_text(encoding="utf-8") == TWO


# a gate cannot be talked round


def test_a_new_suppression_is_reported(repository: Repository, run: Any) -> None:
    repository.write(main=TWO + "    time.sleep(2)  # noqa: FST101\n")
    assert run(code=1) == [("main.py", 16, "FST005")]
    repository.write(main=TWO.replace("sleep(1)", "sleep(1)  # fastlint: ignore[blocking-sleep]", 1))
    assert run(code=1) == [("main.py", 10, "FST005")]
    base = repository.commit()
    assert run(since=base) == []
    repository.write(main="# moved\n" + (repository.folder / "main.py").read_text(encoding="utf-8"))
    assert run(since=base) == []


def test_a_comment_for_other_tools_is_no_matter(repository: Repository, run: Any) -> None:
    repository.write(main=TWO.replace("import time\n", "import time  # noqa: E501\n"))
    assert run(code=0) == []


def test_the_whole_file_is_silenced(repository: Repository, run: Any) -> None:
    repository.write(main="# fastlint: ignore-file[FST1]\n" + TWO)
    assert run(code=1) == [("main.py", 1, "FST005")]


def test_new_entries_of_the_baseline_are_reported(repository: Repository, run: Any) -> None:
    main(["baseline"])
    assert run(code=1) == [(".fastlint-baseline.json", 1, "FST005")], "a whole new one"
    base = repository.commit()
    repository.write(added=ONE)
    assert run(since=base) == [("added.py", 10, "FST101")]
    main(["baseline", "--update"])
    assert run(since="", code=0) == []
    assert run(since=base, code=1) == [(".fastlint-baseline.json", 6, "FST005"), ("added.py", 10, "FST101")]
    assert [code for *_, code in run("--no-baseline", since=base)] == ["FST101"]


def test_the_baseline_of_the_merge_base_counts(repository: Repository, run: Any) -> None:
    main(["baseline"])
    repository.write(main=ONE)
    base = repository.commit("an entry is outdated")
    repository.write(main=TWO)
    assert run(since=base, code=0) == [], "the baseline of the merge base allows for it"
    assert [code for *_, code in run("--no-baseline", since=base)] == ["FST101"]


def test_a_renamed_file_keeps_its_entries(repository: Repository, run: Any) -> None:
    main(["baseline"])
    base = repository.commit()
    (repository.folder / "main.py").rename(repository.folder / "service.py")
    main(["baseline", "--update"])
    assert run(since=base, code=0) == []


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (SETTINGS + 'ignore = ["FST101"]\n', 3),
        (SETTINGS.replace(', "FST3"', ""), 2),
        (SETTINGS + 'extend-exclude = ["legacy"]\n', 3),
        (SETTINGS + 'fail-level = "error"\n', 3),
        (SETTINGS + 'target-fastapi = "0.90"\n', 3),
        (SETTINGS + '[tool.fastlint.per-file-ignores]\n"main.py" = ["FST101"]\n', 4),
        (SETTINGS + '[tool.fastlint.levels]\nFST101 = "info"\n', 4),
        (SETTINGS + "[tool.fastlint.rules.blocking-sleep]\ncall-depth = 1\n", 4),
        (SETTINGS + 'ignore = ["FST005"]\n', 3),
        (SETTINGS + '[tool.fastlint.levels]\nFST005 = "info"\n', 4),
        (SETTINGS + 'non-blocking = ["time.sleep"]\n', 3),
        (SETTINGS + '[tool.fastlint.auth]\npublic = ["/open"]\n', 4),
        (SETTINGS + '[tool.fastlint.levels]\nblocking-sleep = "info"\n', 4),
    ],
)
def test_settings_that_hide_are_reported(repository: Repository, run: Any, settings: str, line: int) -> None:
    repository.put("pyproject.toml", settings)
    assert run(code=1) == [("pyproject.toml", line, "FST005")]
    base = repository.commit()
    assert [code for *_, code in run(since=base)] == []


def test_settings_that_hide_nothing_are_not(repository: Repository, run: Any) -> None:
    repository.put(
        "pyproject.toml", SETTINGS.replace("]\nselect", "]\n# why\nselect").replace('"FST6"]', '"FST6", "FST2"]')
    )
    assert [row for row in run() if row[2] == "FST005"] == []


def test_settings_that_end_are_reported(repository: Repository, run: Any) -> None:
    more = """preview = true
[tool.fastlint.blocking]
"work.*" = "Call it in a thread."
"other.*" = "Call it in a thread."
[tool.fastlint.auth]
required = ["get_user"]
public = ["/open"]
[tool.fastlint.rules.blocking-sleep]
call-depth = 3
[tool.fastlint.levels]
FST101 = "error"
"""
    repository.put("pyproject.toml", SETTINGS + more)
    base = repository.commit()
    less = more.replace("preview = true\n", "").replace('"other.*" = "Call it in a thread."\n', "")
    less = less.replace('required = ["get_user"]', 'required = ["anybody"]').replace("call-depth = 3\n", "")
    repository.put("pyproject.toml", SETTINGS + less.replace('FST101 = "error"', 'FST101 = "info"'))
    found = [line for path, line, code in run(since=base) if (path, code) == ("pyproject.toml", "FST005")]

    assert found == [1, 3, 6, 8, 10]


def test_settings_of_a_folder_count_too(repository: Repository, run: Any) -> None:
    repository.put("app/fastlint.toml", 'select = ["FST1"]\nignore = ["blocking-sleep"]\n')
    repository.put("app/part.py", ONE)
    assert [row for row in run() if row[2] == "FST005"] == [
        ("app/fastlint.toml", 1, "FST005"),
        ("app/fastlint.toml", 2, "FST005"),
    ]


def test_the_team_may_have_decided_otherwise(repository: Repository, run: Any) -> None:
    repository.put("pyproject.toml", SETTINGS + 'ignore = ["hiding-change"]\n')
    base = repository.commit()
    repository.write(main=TWO + "    time.sleep(2)  # noqa: FST101\n")
    assert run(since=base, code=0) == []
    repository.put("pyproject.toml", SETTINGS + '[tool.fastlint.levels]\nFST005 = "info"\n')
    base = repository.commit()
    repository.write(main=TWO + "    time.sleep(2)  # noqa: FST101\n    time.sleep(3)  # noqa: FST101\n")
    assert run(since=base, code=0) == [("main.py", 17, "FST005")]
    assert run("--ignore=FST005", since=base, code=0) == []


# what cannot be done


def test_a_ref_that_does_not_exist(repository: Repository, refused: Any) -> None:
    assert refused("--changed-since=nowhere") == "git knows no commit 'nowhere'"
    assert refused("--changed-since=--output=x") == "git knows no commit '--output=x'"
    assert refused("--changed-since=") == "git knows no commit ''"
    assert not (repository.folder / "x").exists()


def test_no_repository(tmp_path: Path, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "main.py").write_text(ONE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "not a git repository" in refused("--changed-since=main")


def test_no_git(repository: Repository, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{repository.folder}{os.pathsep}.")
    planted = repository.folder / "git"
    planted.write_text("#!/bin/sh\ntouch planted\n", encoding="utf-8")
    planted.chmod(0o755)
    assert refused("--changed-since=main") == "git is not installed"
    assert not (repository.folder / "planted").exists()


def test_no_commit_yet(tmp_path: Path, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Repository(tmp_path)
    made.write(main=ONE)
    monkeypatch.chdir(tmp_path)
    assert refused("--staged") == f"{tmp_path}: there is no commit yet"


def test_a_bare_repository(tmp_path: Path, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Repository(tmp_path)
    made.git("config", "core.bare", "true")
    (tmp_path / "main.py").write_text(ONE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert refused("--changed-since=main") == f"{tmp_path} is a bare git repository: it has no files to check"


def test_a_shallow_clone(repository: Repository, tmp_path: Path, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write(added=ONE)
    repository.commit()
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth=1", "--no-single-branch", f"file://{repository.folder}", str(clone))
    monkeypatch.chdir(clone)
    assert refused("--changed-since=origin/main").startswith(
        "the merge base of 'origin/main' and HEAD is not in this shallow clone: fetch more of the history"
    )
    assert refused("--changed-since=HEAD~1") == (
        "git knows no commit 'HEAD~1' (the clone is shallow: fetch it, or clone with full history)"
    )


def test_histories_without_anything_in_common(repository: Repository, refused: Any) -> None:
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit("another first one")
    assert refused("--changed-since=main") == "'main' and HEAD have no commit in common"


def test_options_that_exclude_each_other(repository: Repository, refused: Any) -> None:
    assert refused("--include-touched") == "--include-touched needs --changed-since or --staged"
    assert refused("--staged", "--fix").startswith("--staged looks at what is staged")
    assert refused("--changed-since=main", "-") == "standard input cannot be compared with a commit"


def test_a_partial_clone_fetches_nothing(
    repository: Repository, tmp_path: Path, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.write(main=ONE)
    repository.commit()
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--filter=blob:none", f"file://{repository.folder}", str(clone))
    monkeypatch.chdir(clone)
    said = refused("--changed-since=origin/main")
    assert "cat-file" in said or "git lacks the object" in said


def test_nothing_that_the_repository_configures_is_run(repository: Repository, run: Any, tmp_path: Path) -> None:
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n", encoding="utf-8")
    script.chmod(0o755)
    repository.put(".gitattributes", "*.py diff=evil filter=evil\n")
    repository.write(main=TWO + "    time.sleep(2)\n")
    repository.commit()
    for name in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "pager.rev-parse",
        "alias.rev-parse",
        "gpg.program",
        "credential.helper",
    ):
        repository.git("config", name, str(script))
    hooks = repository.folder / ".git" / "hooks"
    for hook in ("post-index-change", "pre-commit", "fsmonitor-watchman", "reference-transaction", "post-checkout"):
        shutil.copy(script, hooks / hook)
    (repository.folder / "main.py").touch()

    assert run() == [("main.py", 16, "FST101")]
    assert run("--staged", since="HEAD~1") == [("main.py", 16, "FST101")]
    assert not (tmp_path / "ran").exists()


def test_variables_do_not_redirect_git(
    repository: Repository, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_EXTERNAL_DIFF"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert run(code=0) == []
    assert run("--staged", since="", code=0) == []


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("a\nb\nc\n", "a\nb\nc\n", set()),
        ("a\nb\nc\n", "a\nx\nc\n", {2}),
        ("a\nb\nc\n", "x\na\nb\nc\n", {1}),
        ("a\nb\nc\n", "a\nc\n", set()),
        ("a\r\nb\r\n", "a\nb\n", set()),
        ("", "a\nb\n", {1, 2}),
    ],
)
def test_changed_lines(old: str, new: str, changed: set[int]) -> None:
    assert changed_lines(SourceFile("a.py", old.encode()), SourceFile("a.py", new.encode())) == changed


def test_of_several_similar_files_each_was_one(
    repository: Repository, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = "".join(f"VALUE_{number} = {number}\n" for number in range(20))
    repository.put("first.py", ONE + more + "FIRST = 1\n")
    repository.put("second.py", ONE.replace("one", "second") + more + "SECOND = 1\n")
    base = repository.commit()
    (repository.folder / "first.py").rename(repository.folder / "third.py")
    (repository.folder / "second.py").rename(repository.folder / "fourth.py")
    repository.put("third.py", ONE + more + "FIRST = 2\n")
    repository.put("fourth.py", ONE.replace("one", "second") + more + "SECOND = 2\n")

    assert [row for row in run(since=base) if row[2] == "FST101"] == []
    monkeypatch.setattr("fastlint.earlier.MOST_PAIRS", 1)
    assert len([row for row in run(since=base) if row[2] == "FST101"]) == 2
