"""What makes the command line pleasant: explanations, suggestions, completions, the terminal, watching, init."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fastlint import progress
from fastlint.__main__ import main
from fastlint.faces.cli import progress_bar
from fastlint.faces.cli.watch import matters
from fastlint.report.terminal import wrapped
from tests.checking import ROOT
from tests.test_engine import write

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")},
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'rules'}",
    "TERM": "xterm",
}
APP = """\
import time
from fastapi import FastAPI

app = FastAPI()

def pause() -> None:
    time.sleep(1)

@app.get("/items")
async def read_items() -> None:
    pause()

@app.get("/more")
async def read_more() -> None:
    await helper()

async def helper() -> None:
    time.sleep(1)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    write(folder, {"setup.cfg": "", "main.py": APP})
    monkeypatch.chdir(folder)
    return folder


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(list(argv))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def on_terminal(
    folder: Path, *argv: str, columns: int = 80, environment: dict[str, str] | None = None
) -> tuple[int, str]:
    """The exit code and all that a terminal of this width gets to see."""
    leader, follower = pty.openpty()
    with contextlib.suppress(ImportError, OSError):
        import fcntl
        import struct
        import termios

        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    running = subprocess.Popen(
        [sys.executable, "-m", "fastlint", *argv],
        cwd=folder,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**ENVIRONMENT, **(environment or {})},
    )
    os.close(follower)
    parts = []
    with contextlib.suppress(OSError):  # the end of a terminal is an error on Linux
        while part := os.read(leader, 65536):
            parts.append(part)
    os.close(leader)
    return running.wait(120), b"".join(parts).decode().replace("\r\n", "\n")


# what is meant by a word that is wrong


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["chek"], "unknown command 'chek' (did you mean 'check'?)"),
        (["check", "--selct=FST1"], "unknown option '--selct' (did you mean '--select'?)"),
        (["check", "--output-format", "sarf"], "--output-format: unknown value 'sarf' (did you mean 'sarif'?)"),
        (["check", "--output-format", "q"], "--output-format: unknown value 'q' (one of full, concise, grouped"),
        (["check", "--fail-level", "eror"], "--fail-level: unknown value 'eror' (did you mean 'error'?)"),
        (["check", "--select", "FTS101"], "--select: unknown rule 'FTS101' (did you mean 'FST101'?)"),
        (["rule", "blocking-slep"], "unknown rule 'blocking-slep' (did you mean 'blocking-sleep'?)"),
        (["completions", "powershell"], "unknown shell 'powershell' (one of bash, zsh, fish)"),
        (["check", "--output-file"], "--output-file: expected one argument"),
        (["check", "--exclude\x1b[2J"], "unknown option '--exclude\\x1b[2J'"),
        (["check", "--explain", "--output-format", "junit"], "--explain needs one of these formats: full, json"),
        (["check", "--watch", "--fix"], "--watch and --fix exclude each other"),
        (["check", "--watch", "-"], "--watch needs files, not standard input"),
        (["check", "-q", "-v"], "-v/--verbose: not allowed with argument -q/--quiet"),
        (["init", "gone"], "gone: no such folder"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], argv: list[str], expected: str
) -> None:
    code, out, err = run(capsys, *argv)

    assert (code, out) == (2, "")
    assert err.startswith(f"fastlint: error: {expected}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [("gone/report", "No such file or directory"), ("main.py/report", "Not a directory"), ("folder", "Is a directory")],
)
def test_an_output_file_that_cannot_be_written_is_told_before_the_work(
    project: Path, capsys: pytest.CaptureFixture[str], target: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "folder").mkdir()
    monkeypatch.setattr("fastlint.faces.cli.check.check", lambda *_, **__: pytest.fail("it was checked all the same"))

    assert run(capsys, "check", "--output-file", target) == (
        2,
        "",
        f"fastlint: error: --output-file: {target} cannot be written: {reason}\n",
    )
    assert sorted(path.name for path in project.iterdir()) == ["folder", "main.py", "setup.cfg"]


def test_standard_output_that_takes_nothing_is_told(project: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    command = [sys.executable, "-m", "fastlint", "check", "--select", "FST101"]
    with open("/dev/full", "w") as full:
        shown = subprocess.run(command, cwd=project, stdout=full, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)

    assert shown.returncode == 2
    assert shown.stderr == "fastlint: error: standard output cannot be written: No space left on device\n"


def test_a_process_without_standard_output_gives_its_exit_code(project: Path) -> None:
    command = f"exec '{sys.executable}' -m fastlint check --select FST101 >&-"
    shown = subprocess.run(["bash", "-c", command], cwd=project, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)

    assert (shown.returncode, shown.stderr) == (1, "")


# why, how much, how often


def test_explanations_say_what_was_resolved(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "check", "--explain", "--select", "FST101")
    first, second = out.split("\n\n")[:2]

    assert re.findall("why: (.*)", first) == [
        "the call at main.py:11:5 gets to `time.sleep` through 1 call of the project",
        "`time.sleep` is known to block: sleep",
        "`main.read_items` is an `async def`: its body runs on the event loop",
        "reached from `GET /items`",
        "level error: the rule's own",
    ]
    assert "the nearest way: read_more -> helper" in second


def test_explanations_of_flows_levels_and_versions(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        project,
        {
            "fastlint.toml": 'target-fastapi = ">=0.100,<0.120"\n[levels]\nFST521 = "info"\n',
            "main.py": "import os\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n"
            '@app.get("/ping")\ndef ping(host: str) -> None:\n    command = f"ping {host}"\n    os.system(command)\n\n'
            '@app.get("/me")\ndef me() -> None: ...\n\n@app.get("/me")\ndef me_again() -> None: ...\n',
        },
    )
    _, out, _ = run(capsys, "check", "--explain", "--select", "FST521,FST302", "--output-format", "json")
    evidence = {one["code"]: one["evidence"] for one in json.loads(out)}

    assert "comes from the request: query parameter `host`, at main.py:7" in evidence["FST521"]
    assert evidence["FST521"][-1] == "level info: set in `levels`"
    assert "`main.me_again` is run by FastAPI: route `GET /me`" in evidence["FST302"]
    assert "it is no `async def`: FastAPI runs it in the threadpool" in evidence["FST302"]


def test_without_explanations_json_has_none(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "evidence" not in run(capsys, "check", "--output-format", "json")[1]


def test_verbose_says_what_was_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(capsys, "check", "--verbose", "--select", "FST101")

    assert f"project: {project.as_posix()}" in err and "settings: command line" in err
    assert "1 Python files and 1 manifests read" in err or "1 Python files" in err
    assert "2 error, 0 warning, 0 info" in err
    assert "project:" not in out


def test_statistics_count_rules(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "check", "--statistics", "--select", "FST101")

    assert out.splitlines() == ["     2  FST101  blocking-sleep", "Found 2 errors"]


# terminals


def test_a_terminal_gets_colours_words_that_are_not_broken_and_a_summary(project: Path) -> None:
    code, text = on_terminal(project, "check", "--select", "FST101", columns=60)
    plain = re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", text)

    assert code == 1
    assert "\x1b[1;31merror FST101" in text
    assert max(map(len, plain.splitlines())) <= 60
    assert "    blocks the event loop: 'GET /items' -> read_items ->\n" in plain
    assert re.search(r"Found 2 errors \(1 fixable .*\)\nChecked 2 files in [\d.]+ s\n$", plain)


def test_what_is_no_terminal_gets_plain_lines(project: Path) -> None:
    command = [sys.executable, "-m", "fastlint", "check", "--select", "FST101"]
    shown = subprocess.run(command, cwd=project, capture_output=True, text=True, env=ENVIRONMENT)

    assert "\x1b" not in shown.stdout and shown.stderr == ""
    assert max(map(len, shown.stdout.splitlines())) > 80
    assert shown.stdout.splitlines()[-1].startswith("Found 2 errors")


def test_no_color_and_dumb_terminals_are_honoured(project: Path) -> None:
    colour = re.compile(r"\x1b\[[0-9;]+m")

    assert colour.search(on_terminal(project, "check", environment={"NO_COLOR": "1"})[1]) is None
    assert "\x1b[" not in on_terminal(project, "check", environment={"TERM": "dumb"})[1]


def test_rules_are_shown_as_pages_on_a_terminal(project: Path) -> None:
    page = on_terminal(project, "rule", "FST101", columns=70)[1]
    table = on_terminal(project, "rule", columns=100)[1]

    assert "## " not in page and "What it does" in page and "blocking-sleep" in page
    assert max(len(re.sub("\x1b\\[[0-9;]*m", "", line)) for line in page.splitlines()) <= 70
    assert "Event loop" in table and "FST101" in table


def test_text_is_wrapped_at_spaces_and_colours_take_no_room() -> None:
    assert list(wrapped("  one two three four", 4, 12)) == ["  one two", "    three", "    four"]
    assert list(wrapped("\x1b[1mone\x1b[0m two", 4, 7)) == ["\x1b[1mone\x1b[0m two"]
    assert list(wrapped("a-word-that-is-longer-than-the-line x", 2, 10)) == [
        "a-word-that-is-longer-than-the-line",
        "  x",
    ]
    assert list(wrapped("any length", 2, None)) == ["any length"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_waits_a_second_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "__stderr__", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar.progress_bar(wanted=True):
        assert list(progress.told("reading", [1, 2, 3])) == [1, 2, 3]
    assert terminal.getvalue() == ""

    monkeypatch.setattr(progress_bar, "PATIENCE", 0.0)
    monkeypatch.setattr(progress_bar, "PAUSE", 0.0)
    with progress_bar.progress_bar(wanted=True):
        list(progress.told("reading", [1, 2, 3]))
        progress.phase("linking")
    assert "reading" in terminal.getvalue() and "3/3" in terminal.getvalue() and "linking" in terminal.getvalue()
    assert progress.listener is None


@pytest.mark.parametrize("wanted", [True, False])
def test_no_bar_where_nobody_looks(wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stderr__", io.StringIO() if wanted else Terminal())
    with progress_bar.progress_bar(wanted=wanted):
        assert progress.listener is None


# completions


def bash_completes(line: str) -> list[str]:
    script = subprocess.run(
        [sys.executable, "-m", "fastlint", "completions", "bash"], capture_output=True, text=True, env=ENVIRONMENT
    ).stdout
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    asked = (
        f'{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _fastlint; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    shown = subprocess.run(["bash", "--norc", "-c", asked], capture_output=True, text=True, check=True)
    assert shown.stderr == ""
    return shown.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fastlint che", {"check"}),
        ("fastlint check --output-f", {"--output-format", "--output-file"}),
        ("fastlint check --output-format s", {"sarif"}),
        ("fastlint check --select FST10", {f"FST10{number}" for number in range(1, 10)}),
        ("fastlint check --select FST101,blocking-sl", {"FST101,blocking-sleep"}),
        ("fastlint rule blocking-sl", {"blocking-sleep"}),
        ("fastlint completions f", {"fish"}),
        ("fastlint routes --output-format h", {"html"}),
    ],
)
def test_bash_completes(line: str, expected: set[str]) -> None:
    assert set(bash_completes(line)) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_sound(shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, script, _ = run(capsys, "completions", shell)
    found = shutil.which(shell)

    assert code == 0
    assert "watch" in script and "FST101" in script and "sarif" in script
    if found is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(script)
    checked = subprocess.run([found, "-n", str(tmp_path / "script")], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


# watching


def waits_for(test: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.05)
    return False


def test_watch_checks_again_after_a_change(project: Path) -> None:
    pytest.importorskip("watchfiles", reason="needs the development extra as it is now")
    log = project.parent / "log"
    command = [sys.executable, "-u", "-m", "fastlint", "check", "--watch", "--select", "FST101"]
    with log.open("w") as out:
        running = subprocess.Popen(
            command, cwd=project, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=ENVIRONMENT
        )
    try:
        assert waits_for(lambda: log.read_text().count("watching for changes") == 1), log.read_text()
        assert "Found 2 errors" in log.read_text()
        assert waits_for(lambda: _touched(project) and "No problems found" in log.read_text()), log.read_text()
        (project / "fastlint.toml").write_text("nonsense = 1\n")
        assert waits_for(lambda: "nonsense: unknown key" in log.read_text()), log.read_text()
        assert running.poll() is None  # settings that are being written do not end it
    finally:
        running.terminate()
        running.wait(60)


def _touched(project: Path) -> bool:
    """Write the source without its fault again and again: the watcher may not listen yet."""
    (project / "main.py").write_text(APP.replace("time.sleep(1)", f"...  # {time.monotonic()}"))
    time.sleep(0.5)
    return True


def test_only_files_that_matter_are_watched() -> None:
    yes = ["main.py", "a/b/c.py", "pyproject.toml", "fastlint.toml", "requirements.txt", "a/.gitignore", "uv.lock"]
    yes += [".fastlint-baseline.json"]
    no = ["README.md", ".venv/lib/x.py", "node_modules/x.py", ".git/index", "__pycache__/x.py", "a/data.json"]

    assert [path for path in yes if not matters(f"/project/{path}", "/project")] == []
    assert [path for path in no if matters(f"/project/{path}", "/project")] == []


def watched_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, changes: list[set[tuple[int, str]]], *argv: str, end: bool = True
) -> int:
    """`--watch` where these changes are seen, and then an interrupt, or the end."""

    def seen(root: str, **_: object) -> Iterator[set[tuple[int, str]]]:
        for found in changes:
            yield {(kind, os.path.join(root, path)) for kind, path in found}
        if not end:
            raise KeyboardInterrupt

    monkeypatch.setattr("watchfiles.watch", seen)
    return main(["check", "--watch", *argv])


def test_watch_tells_what_changed(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = [{(1, "main.py"), (1, "other.py")}, {(2, "main.py")}]

    assert watched_run(project, monkeypatch, changes, "--output-format=concise") == 0
    captured = capsys.readouterr()
    assert captured.out.count("FST101") == 6
    assert "fastlint: main.py and 1 more changed" in captured.err
    assert "fastlint: main.py changed" in captured.err
    assert captured.err.count("watching for changes") == 3

    assert watched_run(project, monkeypatch, [], "--quiet", end=False) == 0
    assert "watching" not in capsys.readouterr().err


def test_watch_clears_a_terminal(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    watched_run(project, monkeypatch, [{(1, "main.py")}], "--output-format=concise")
    assert capsys.readouterr().out.count("\x1b[2J") == 1


def test_watch_waits_out_settings_that_are_being_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "fastlint.toml").write_text("selct = []\n")
    assert watched_run(project, monkeypatch, [{(1, "fastlint.toml")}]) == 0
    err = capsys.readouterr().err
    assert err.count("selct") >= 2 and err.count("watching for changes") == 2


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (("--fix",), "--watch and --fix exclude each other"),
        (("--add-noqa",), "--watch and --add-noqa exclude each other"),
        (("-",), "--watch needs files, not standard input"),
    ],
)
def test_what_cannot_be_watched(
    project: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], reason: str
) -> None:
    code, _, err = run(capsys, "check", "--watch", *argv)
    assert (code, err) == (2, f"fastlint: error: {reason}\n")
