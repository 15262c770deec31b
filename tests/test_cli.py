"""The command line, in this process where it can be and as a process of its own where it must."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fastlint.__main__ import main
from fastlint.loader import load
from fastlint.registry import Registry
from tests.made_rules import rule_package
from tests.test_engine import RULES, write

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with rule_package(tmp_path_factory.mktemp("rules"), RULES, "made_cli_rules") as name:
        yield load(name)


@pytest.fixture(autouse=True)
def _with_made_rules(made: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ("check", "rule", "routes"):
        monkeypatch.setattr(f"fastlint.faces.cli.{command}.registry_for", lambda *_, **__: made)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one finding, which is also the working directory."""
    folder = tmp_path / "project"
    write(folder, {"setup.cfg": "", "main.py": "import fastapi\n\ndef bad(): ...\n", "app/fine.py": "x = 1\n"})
    monkeypatch.chdir(folder)
    for name in ("NO_COLOR", "FORCE_COLOR", "FASTLINT_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    return folder


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(list(argv))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


BAD = "main.py:3:1: warning FST190 bad-name: `bad` is a bad name\nFound 1 warning\n"


def test_findings_and_none(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "--output-format", "concise") == (1, BAD, "")
    assert run(capsys, "check", "app") == (0, "No problems found\n", "")


def test_full_is_the_default(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "check", "main.py")

    assert out.splitlines() == [
        "main.py:3:1: warning FST190 bad-name: [*] `bad` is a bad name",
        "  3 | def bad(): ...",
        "    | ^",
        "  fix (safe): Rename it",
        "",
        "Found 1 warning (1 fixable with --fix)",
    ]


def test_json_stands_alone_on_standard_output(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "check", "--output-format", "json")

    (found,) = json.loads(out)
    assert (code, err) == (1, "")
    assert (found["code"], found["filename"], found["fix"]["edits"][0]["content"]) == ("FST190", "main.py", "good")
    assert json.loads(run(capsys, "check", "--output-format", "json", "app")[1]) == []


def test_paths_outside_the_working_directory_are_absolute(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "app")

    _, out, _ = run(capsys, "check", "..", "--output-format", "concise")

    assert out.startswith(f"{project.as_posix()}/main.py:3:1: ")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--exit-zero"], 0),
        (["--fail-level", "error"], 0),
        (["--fail-level", "info"], 1),
        (["--ignore", "FST190"], 0),
        (["--select", "FST191,FST192"], 1),
        (["--select", "FST191", "--select", "FST002"], 0),
        (["--extend-select", "FST192"], 1),
        (["--preview", "--ignore", "FST190"], 1),
        (["--per-file-ignores", "main.py:FST190"], 0),
        (["--per-file-ignores", "app/*:FST190,main.py:bad-name"], 0),
        (["--exclude", "main.py"], 0),
        (["--extend-exclude", "m*.py,x"], 0),
        (["--isolated"], 1),
    ],
)
def test_options_decide_the_exit_code(
    project: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int
) -> None:
    assert run(capsys, "check", *options)[0] == code


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--select", "FTS190"], "--select: unknown rule 'FTS190' (did you mean 'FST190'?)"),
        (["--ignore", "bad_name"], "--ignore: unknown rule 'bad_name' (did you mean 'bad-name'?)"),
        (["--ignore", "FST001"], "--ignore: a rule that failed cannot be ignored"),
        (["--fixable", "X"], "--fixable: unknown rule 'X'"),
        (["--per-file-ignores", "main.py"], "--per-file-ignores: 'main.py' is not of the form GLOB:RULE"),
        (["--exclude", "[a"], "--exclude: '[' without ']' in '[a'"),
        (["--config", "gone.toml"], "--config: no such file: gone.toml"),
        (["--config", "setup.cfg", "--isolated"], "--config and --isolated exclude each other"),
        (["--target-fastapi", "new"], "--target-fastapi: neither a version nor a range of versions: 'new'"),
        (["-", "main.py"], "- (standard input) cannot be checked together with other paths"),
        (["--stdin-filename", "x.py", "main.py"], "--stdin-filename takes the place of the paths"),
        (["--output-file", "gone/report.txt"], "--output-file: gone/report.txt cannot be written"),
        (["gone.py"], "gone.py: no such file or folder"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    project: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: str
) -> None:
    code, out, err = run(capsys, "check", *options)

    assert code == 2
    assert err.startswith(f"fastlint: error: {expected}")
    assert err.count("\n") == 1
    assert out == ""


def test_all_wrong_options_are_told_at_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = run(capsys, "check", "--select", "X,FST190", "--ignore", "Y")

    assert err.count("\n") == 2


@pytest.mark.parametrize("argv", [["check", "--nonsense"], ["nonsense"], ["check", "--output-format", "xml"], []])
def test_bad_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    code, out, err = run(capsys, *argv)

    assert code == 2
    assert "usage: fastlint" in out + err
    assert "Traceback" not in err


def test_a_missing_path_loses_nothing_else(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "check", "gone.py", "main.py", "--output-format", "concise")

    assert (code, out) == (2, BAD)
    assert err == "fastlint: error: gone.py: no such file or folder\n"


def test_unreadable_settings_are_exit_code_2_with_all_problems(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"fastlint.toml": "selct = []\n", "app/fastlint.toml": "preview = 'no'\n"})
    code, out, err = run(capsys, "check")

    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "fastlint: error: fastlint.toml: selct: unknown key (did you mean 'select'?)",
        "fastlint: error: app/fastlint.toml: preview: must be true or false, not the string 'no'",
    ]
    assert run(capsys, "check", "--isolated", "--output-format", "concise")[0] == 1


def test_settings_from_a_named_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"fastlint.toml": "nonsense = 1\n", "ci/strict.toml": "ignore = ['FST190']\n"})

    assert run(capsys, "check", "--config", "ci/strict.toml")[0] == 0


def test_a_failed_rule_is_exit_code_2_even_with_exit_zero(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"app/boom.py": "def explode(): ...\n"})
    code, out, _ = run(capsys, "check", "--exit-zero", "--output-format", "concise")

    assert code == 2
    assert "app/boom.py:1:1: error FST001 failed-rule: rule FST191 (failing-rule) failed on app/boom.py" in out
    assert "FST190" in out


def test_unreadable_files_are_findings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "app/fine.py").write_bytes(b"'\xff'\n")
    code, out, _ = run(capsys, "check", "app", "--output-format", "concise")

    assert code == 1
    assert out.startswith("app/fine.py:1:1: error FST000 unreadable-file: not valid utf-8: byte 0xff\n")


def test_notes_for_folders_with_nothing_to_find(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "empty").mkdir()
    assert run(capsys, "check", "empty") == (0, "No problems found\n", "fastlint: no Python files or manifests found\n")

    write(project, {"main.py": "x = 1\n"})
    assert run(capsys, "check") == (0, "No problems found\n", "fastlint: no file here uses FastAPI\n")
    assert run(capsys, "check", "--quiet") == (0, "", "")


def test_other_files_are_passed_over_with_a_note(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"README.md": "# Title\n"})
    code, _, err = run(capsys, "check", "README.md", "app")

    assert code == 0
    assert err == f"fastlint: {project}/README.md: neither Python nor a manifest, passed over\n"


def test_selecting_a_preview_rule_without_preview_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "--select", "FST194") == (
        0,
        "No problems found\n",
        "fastlint: 'FST194' has no effect without --preview\n",
    )


def test_statistics(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"app/more.py": "def bad_1(): ...\ndef bad_2(): ...\ndef fine(): ...\n"})

    code, out, _ = run(capsys, "check", "--statistics")
    assert (code, out) == (1, "     3  FST190  bad-name\n     1  FST191  failing-rule\nFound 3 warnings, 1 note\n")
    out = run(capsys, "check", "--statistics", "--output-format", "json")[1]
    assert json.loads(out)[0] == {"code": "FST190", "name": "bad-name", "count": 3}


def test_a_report_in_a_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", "--output-format", "json", "--output-file", "report.json")

    assert (code, out) == (1, "Found 1 warning (1 fixable with --fix)\n")
    assert [found["code"] for found in json.loads((project / "report.json").read_text())] == ["FST190"]
    assert sorted(path.name for path in project.iterdir()) == ["app", "main.py", "report.json", "setup.cfg"]


def test_show_files_and_settings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"fastlint.toml": "fail-level = 'error'\n[rules.bad-name]\nprefix = 'x'\n"})

    assert run(capsys, "check", "--show-files") == (0, "app/fine.py\nmain.py\nsetup.cfg\n", "")
    code, out, _ = run(capsys, "check", "--show-settings", "--select", "FST190")
    assert code == 0
    assert 'fail-level = "error"\n' in out
    assert 'rules = ["FST000", "FST001", "FST190"]\n' in out
    assert 'rules.bad-name = {"prefix": "x"}\n' in out


# fixing


def test_fix_writes_and_speaks_of_what_is_left(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"main.py": "def bad(): ...\ndef bad_risky(): ...\n"})

    code, out, err = run(capsys, "check", "--fix", "--output-format", "concise")
    assert (project / "main.py").read_text() == "def good(): ...\ndef bad_risky(): ...\n"
    assert (code, err) == (1, "fastlint: fixed 1 problem in 1 file: FST190 1x\nfastlint: no file here uses FastAPI\n")
    assert out.startswith("main.py:2:1: warning FST190")

    assert run(capsys, "check", "--fix", "--unsafe-fixes")[0] == 0
    assert "good_risky" in (project / "main.py").read_text()


def test_a_file_that_cannot_be_written_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.link(project / "main.py", project / "app" / "link.txt")
    before = (project / "main.py").read_bytes()

    code, _, err = run(capsys, "check", "--fix")

    assert code == 2
    assert err.startswith("fastlint: error: main.py: not fixed: ")
    assert (project / "main.py").read_bytes() == before


def test_diff_shows_and_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "check", "--diff")

    assert out.splitlines() == [
        "--- main.py",
        "+++ main.py",
        "@@ -1,3 +1,3 @@",
        " import fastapi",
        " ",
        "-def bad(): ...",
        "+def good(): ...",
    ]
    assert (code, err) == (1, "fastlint: would fix 1 problem in 1 file: FST190 1x\n")
    assert "def bad" in (project / "main.py").read_text()
    assert run(capsys, "check", "--diff", "app")[:2] == (0, "")


def test_exit_non_zero_on_fix(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"main.py": "import fastapi\ndef bad(): ...\n"})

    assert run(capsys, "check", "--fix", "--exit-non-zero-on-fix")[0] == 1
    assert run(capsys, "check", "--fix", "--exit-non-zero-on-fix")[0] == 0


def test_fixable_and_unfixable_choose(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "--diff", "--unfixable", "FST190")[:2] == (0, "")
    assert run(capsys, "check", "--diff", "--fixable", "FST002")[:2] == (0, "")
    assert run(capsys, "check", "--diff", "--fixable", "ALL")[0] == 1
    assert run(capsys, "check", "--diff", "--fixable", "ALL", "--unfixable", "bad-name")[:2] == (0, "")


def test_add_noqa_silences_everything(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "check", "--add-noqa", "main.py")
    assert (code, out) == (0, "")
    assert err.endswith("fastlint: added 1 suppression in 1 file\n")
    assert (project / "main.py").read_text().endswith("def bad(): ...  # noqa: FST190\n")

    write(project, {"main.py": "import fastapi\ndef bad(): ...\n"})
    assert run(capsys, "check", "--add-noqa=see #7")[0] == 0
    assert (project / "main.py").read_text().endswith("def bad(): ...  # noqa: FST190 see #7\n")
    assert run(capsys, "check", "main.py")[0] == 0


def test_add_noqa_goes_with_no_fixing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for other in ("--fix", "--diff"):
        code, _, err = run(capsys, "check", "--add-noqa", other)
        assert (code, err) == (2, f"fastlint: error: --add-noqa and {other} exclude each other\n")


def test_an_interrupted_fix_is_told_and_finished(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from fastlint.fixes import journal

    journal.begin(project, {"main.py": journal.Change((project / "main.py").read_bytes(), b"import fastapi\n")})
    assert "interrupted: the next one finishes it" in run(capsys, "check")[2]
    assert "finished the fixes of a run that was interrupted" in run(capsys, "check", "--fix")[2]
    assert (project / "main.py").read_bytes() == b"import fastapi\n"


# standard input


def with_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


@pytest.mark.parametrize("options", [["-", "--stdin-filename", "main.py"], ["--stdin-filename", "app/new.py"]])
def test_standard_input_takes_the_place_of_a_file(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    with_stdin(monkeypatch, b"import fastapi\ndef bad_input(): ...\n")
    code, out, _ = run(capsys, "check", *options, "--output-format", "concise")

    assert code == 1
    assert out.splitlines()[0] == f"{options[-1]}:2:1: warning FST190 bad-name: `bad_input` is a bad name"
    assert "`bad` is" not in out


def test_standard_input_without_a_name(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stdin(monkeypatch, b"def bad(): ...\n")

    assert run(capsys, "check", "-", "--output-format", "concise")[1].startswith("stdin.py:1:1: warning FST190")


def test_standard_input_of_an_excluded_file(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for options, code in (([], 1), (["--force-exclude"], 0)):
        with_stdin(monkeypatch, b"def bad(): ...\n")
        assert run(capsys, "check", "--stdin-filename", "build/x.py", *options)[0] == code


def test_a_fixed_standard_input_is_printed(
    project: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stdin(monkeypatch, b"def bad(): ...\r\ndef fine(): ...\r\n")
    code = main(["check", "--fix", "--stdin-filename", "main.py"])
    out, err = capfdbinary.readouterr()

    assert (code, out) == (0, b"def good(): ...\r\ndef fine(): ...\r\n")
    assert b"FST191" in err
    assert "def bad" in (project / "main.py").read_text()


def test_standard_input_that_needs_no_fix_is_printed_as_it_was(project: Path) -> None:
    text = b"x = 1  # fastlint: ignore-file[FST002]\r\ny = (1  # noqa: FST999\n"
    found = process(project, "check", "--fix", "-", given=text)

    assert (found.returncode, found.stdout) == (1, text)
    assert b"FST000" in found.stderr


# the other commands


def test_the_list_of_rules(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "rule")

    assert code == 0
    assert "FST190  bad-name             warning  A rule for tests\n" in out
    assert "FST194  early-rule           error    A rule for tests (preview)\n" in out
    assert "FST003  blanket-suppression  warning" in out


@pytest.mark.parametrize("name", ["FST190", "bad-name"])
def test_the_page_of_a_rule(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = run(capsys, "rule", name)

    assert code == 0
    assert out.startswith("# bad-name (FST190)\n\nwarning · since 0.1 · stable · on by default · fixable\n")
    assert "## Why it matters\n" in out
    assert "Option `prefix` (str): 'bad' by default." in out


def test_rules_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    one = json.loads(run(capsys, "rule", "FST190", "--output-format", "json")[1])

    assert (one["code"], one["name"], one["level"], one["fixable"]) == ("FST190", "bad-name", "warning", True)
    assert one["options"] == [{"name": "prefix", "type": "str", "default": "bad"}]
    everything = json.loads(run(capsys, "rule", "--output-format", "json")[1])
    assert [rule["code"] for rule in everything][:2] == ["FST000", "FST001"]


def test_an_unknown_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "rule", "FTS190") == (
        2,
        "",
        "fastlint: error: unknown rule 'FTS190' (did you mean 'FST190'?)\n",
    )


APP = """
from fastapi import Depends, FastAPI

app = FastAPI()

def user() -> str: ...

@app.get("/items/{item_id}", status_code=203)
async def read_item(item_id: int, name: str = Depends(user)) -> int: ...

@app.post("/items")
def create_item(): ...
"""


def test_routes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"app/main.py": APP})
    code, out, err = run(capsys, "routes")

    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0][:3] == ["METHODS", "PATH", "HANDLER"]
    assert rows[1][:2] == ["GET", "/items/{item_id}"] and rows[1][-1] == "app/main.py:8"
    assert {"user", "203", "int"} <= set(rows[1])
    assert "threadpool" in rows[2]
    found = json.loads(run(capsys, "routes", "--output-format", "json")[1])
    assert [row["path"] for row in found] == ["/items/{item_id}", "/items"]
    assert run(capsys, "routes", "main.py") == (0, "", "fastlint: no routes found\n")


@pytest.mark.parametrize("argv", [["version"], ["--version"]])
def test_the_version(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    code, out, _ = run(capsys, *argv)

    assert code == 0
    assert out.startswith("fastlint ")


# as a process


def process(
    folder: Path, *argv: str, given: bytes = b"", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "fastlint", *argv],
        cwd=folder,
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'rules'}", **(environment or {})},
    )


def test_modules_of_the_project_are_never_imported(project: Path) -> None:
    for name in ("argparse", "tomllib", "pathspec", "pydantic", "rich", "libcst", "fastlint_rules", "json", "astroid"):
        write(project, {f"{name}.py": "import pathlib; pathlib.Path('marker').touch(); raise SystemExit(7)\n"})
    write(project, {"fastlint.toml": "ignore = ['FST002']\n"})
    found = process(project, "check", "--fix", "--output-format", "json")

    assert found.stderr == b""
    assert found.returncode == 0
    assert not (project / "marker").exists()


def test_a_closed_pipe_is_no_error(project: Path) -> None:
    write(project, {f"m{number}.py": "x = (\n" for number in range(300)})
    running = subprocess.Popen(
        [sys.executable, "-m", "fastlint", "check"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'rules'}"},
    )
    assert running.stdout is not None and running.stderr is not None
    running.stdout.readline()
    running.stdout.close()
    error = running.stderr.read()
    running.stderr.close()

    assert running.wait(60) == 1
    assert error == b""


def test_an_interrupt_ends_quietly(project: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "fastlint", "check", "-"],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
        cwd=project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'rules'}"},
    )
    assert running.stdin is not None
    running.stdin.write(b"#" * 1_000_000)  # more than a pipe holds: it is being read when this returns
    running.stdin.flush()
    running.send_signal(signal.SIGINT)
    out, error = running.communicate(timeout=60)

    assert (running.returncode, out, error) == (130, b"", b"")


def test_colour_only_where_it_is_wanted(project: Path) -> None:
    write(project, {"broken.py": "x = (\n"})

    assert b"\x1b[" not in process(project, "check").stdout
    assert b"\x1b[" in process(project, "check", environment={"FORCE_COLOR": "1"}).stdout
    assert b"\x1b[" not in process(project, "check", environment={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout


def test_names_that_are_not_unicode_are_shown(project: Path) -> None:
    (project / os.fsdecode(b"caf\xe9\x1b.py")).write_text("x = (\n")
    found = process(project, "check", "--output-format", "concise", environment={"PYTHONIOENCODING": "ascii"})

    assert found.returncode == 1
    assert b"caf\\udce9\\x1b.py:1:5: error FST000" in found.stdout or b"caf\\udce9\\x1b.py:1:1: error" in found.stdout


# what goes wrong


def test_standard_input_and_what_writes_files(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stdin(monkeypatch, b"import fastapi\n")
    code, _, err = run(capsys, "check", "--add-noqa", "-")
    assert (code, err) == (2, "fastlint: error: --add-noqa writes files, not standard input\n")
    with_stdin(monkeypatch, b"")
    code, _, err = run(capsys, "check", "--stdin-filename", "app")
    assert (code, err) == (2, "fastlint: error: --stdin-filename: app is a folder\n")
    with_stdin(monkeypatch, b"")
    code, _, err = run(capsys, "check", "-", "main.py")
    assert (code, err) == (2, "fastlint: error: - (standard input) cannot be checked together with other paths\n")


def test_standard_input_may_be_a_manifest_that_is_not_there_yet(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stdin(monkeypatch, b"fastapi ===== 1\n")
    code, out, _ = run(capsys, "check", "--stdin-filename", "requirements.txt", "--output-format", "concise")
    assert code == 1 and out.startswith("requirements.txt:1:")


def test_suppressions_that_cannot_be_written_are_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.link(project / "main.py", project / "app" / "link.txt")
    before = (project / "main.py").read_bytes()

    code, _, err = run(capsys, "check", "--add-noqa")

    assert code == 2 and err.startswith("fastlint: error: main.py: not written: ")
    assert (project / "main.py").read_bytes() == before


def test_an_interrupted_fix_that_cannot_be_finished_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from fastlint.fixes import journal

    journal.begin(project, {"main.py": journal.Change((project / "main.py").read_bytes(), b"import fastapi\n")})
    os.link(project / "main.py", project / "app" / "link.txt")
    code, _, err = run(capsys, "check", "--fix")

    assert code == 2
    assert "main.py: not written: " in err
    assert "the interrupted fix could not be " in err


def test_a_missing_path_is_exit_code_2_with_diff_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "check", "--diff", "--quiet", "main.py", "nowhere.py")
    assert code == 2 and "+def good(): ..." in out and "nowhere.py" in err and "would fix" not in err
    assert run(capsys, "check", "--diff", "--exit-zero", "main.py")[0] == 0


def test_jobs_that_are_none(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "check", "--jobs", "0")
    assert code == 2 and "neither a positive number nor 'auto': '0'" in err


def test_a_fault_of_fastlint_is_one_line_unless_it_is_asked_for(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("fastlint.faces.cli.check.check", fail)
    code, out, err = run(capsys, "check", "--no-cache")
    assert (code, out) == (2, "")
    assert err == ("fastlint: error: RuntimeError: broken (a fault of fastlint: FASTLINT_TRACEBACK=1 shows where)\n")
    monkeypatch.setenv("FASTLINT_TRACEBACK", "1")
    with pytest.raises(RuntimeError, match="broken"):
        main(["check", "--no-cache"])


@pytest.mark.parametrize("kind", ["ENOSPC", "EIO", "EACCES"])
def test_a_disk_that_fails_is_told(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(getattr(errno, kind), "no room")

    monkeypatch.setattr("fastlint.faces.cli.check.check", fail)
    monkeypatch.setattr("fastlint.__main__._forget_output", lambda: None)
    code, _, err = run(capsys, "check", "--no-cache")
    assert code == 2 and "no room" in err and err.startswith("fastlint: error: ") and len(err.splitlines()) == 1
