"""Baselines: what is known is not reported, what is new is, whatever moves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fastlint.__main__ import main
from fastlint.baseline import FILE

HEAD = "import time\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
SLEEPY = "@app.get('/{name}')\nasync def {name}() -> None:\n    time.sleep(1)\n"
ONE = HEAD + SLEEPY.format(name="one")
TWO = ONE + "\n\n" + SLEEPY.format(name="two")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.fastlint]\nselect = ["FST1"]\n', encoding="utf-8")
    (tmp_path / "main.py").write_text(TWO, encoding="utf-8")
    (tmp_path / "other.py").write_text(ONE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str, code: int | None = None) -> str:
        done = main(list(arguments))
        captured = capsys.readouterr()
        if code is not None:
            assert done == code, captured.err
        return captured.err if arguments[0] == "baseline" or code == 2 else captured.out

    return run


def places(text: str) -> list[tuple[str, int]]:
    return [(row["filename"], row["location"]["row"]) for row in json.loads(text)]


def check(run: Any, *arguments: str) -> list[tuple[str, int]]:
    return places(run("check", "--output-format=json", *arguments))


def test_what_is_written_is_no_longer_reported(project: Path, run: Any) -> None:
    assert check(run) == [("main.py", 10), ("main.py", 15), ("other.py", 10)]

    assert run("baseline", code=0) == f"fastlint: wrote {FILE}: 3 findings in 2 files\n"

    assert check(run) == []
    run("check", code=0)
    assert check(run, "main.py") == []
    assert len(check(run, "--no-baseline")) == 3
    assert len(check(run, "--isolated")) >= 3


def test_the_file_is_stable_and_has_one_line_a_finding(project: Path, run: Any) -> None:
    run("baseline")
    text = (project / FILE).read_text(encoding="utf-8")

    content = json.loads(text)
    assert [(item["path"], item["code"], item["symbol"], item["count"]) for item in content["findings"]] == [
        ("main.py", "FST101", "one", 1),
        ("main.py", "FST101", "two", 1),
        ("other.py", "FST101", "one", 1),
    ]
    assert str(project) not in text
    run("baseline", "--update", code=0)
    assert (project / FILE).read_text(encoding="utf-8") == text

    (project / "main.py").write_text(TWO + "\n\n" + SLEEPY.format(name="three"), encoding="utf-8")
    run("baseline", "--update", code=0)
    new = (project / FILE).read_text(encoding="utf-8")
    assert len(set(new.splitlines()) - set(text.splitlines())) == 1
    assert not set(text.splitlines()) - set(new.splitlines())


def test_moved_code_is_known_and_a_second_sleep_in_the_function_is_new(project: Path, run: Any) -> None:
    run("baseline")
    swapped = HEAD + "\n\n" + SLEEPY.format(name="two") + "\n\n# moved\n" + SLEEPY.format(name="one")
    (project / "main.py").write_text(swapped, encoding="utf-8")
    assert check(run) == []

    (project / "main.py").write_text(swapped + "    time.sleep(2)\n", encoding="utf-8")
    assert check(run) == [("main.py", 19)]
    run("check", code=1)

    (project / "main.py").write_text(swapped + "\n\n" + SLEEPY.format(name="three"), encoding="utf-8")
    assert check(run) == [("main.py", 23)]


def test_the_file_only_shrinks_unless_told_otherwise(project: Path, run: Any) -> None:
    run("baseline")
    before = (project / FILE).read_bytes()
    (project / "main.py").write_text(ONE + "\n\n" + SLEEPY.format(name="three"), encoding="utf-8")

    out = run("baseline", code=1)
    assert (
        out
        == (
            f"fastlint: 1 finding of {FILE} no longer occur: --prune drops them\n"
            f"fastlint: 1 finding are not in {FILE}: `fastlint check` shows them, --update takes them in\n"
        )
        or "--prune drops" in out
    )
    assert (project / FILE).read_bytes() == before

    assert run("baseline", "--prune", code=0).endswith("2 findings in 2 files (0 more, 1 fewer)\n")
    assert check(run) == [("main.py", 15)]
    assert run("baseline", "--update", code=0).endswith("3 findings in 2 files (1 more, 0 fewer)\n")
    assert check(run) == []
    assert "is up to date" in run("baseline", code=0)


def test_what_no_longer_occurs_is_told_where_it_was_looked_for(
    project: Path, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*arguments: str) -> bool:
        main(["check", *arguments])
        return f"1 finding no longer occurs of {FILE}" in capsys.readouterr().err

    run("baseline")
    assert not told()
    (project / "main.py").write_text(ONE, encoding="utf-8")
    assert told()
    assert told("main.py")
    assert not told("other.py")
    assert not told("--select=FST102")
    (project / "main.py").write_text(TWO, encoding="utf-8")
    (project / "other.py").unlink()
    assert told()
    run("baseline", "--prune")
    assert not told()


def test_only_what_was_asked_for_is_rewritten(project: Path, run: Any) -> None:
    run("baseline", "other.py", code=0)
    assert check(run) == [("main.py", 10), ("main.py", 15)]
    (project / "other.py").write_text(HEAD, encoding="utf-8")

    run("baseline", "--update", "main.py", code=0)

    assert [item["path"] for item in json.loads((project / FILE).read_bytes())["findings"]] == ["main.py"] * 2 + [
        "other.py"
    ]


def test_a_suppressed_finding_needs_no_entry(project: Path, run: Any) -> None:
    (project / "main.py").write_text(TWO.replace("(1)\n", "(1)  # noqa: FST101\n"), encoding="utf-8")
    run("baseline")
    assert [item["path"] for item in json.loads((project / FILE).read_bytes())["findings"]] == ["other.py"]


def test_a_named_baseline(project: Path, run: Any) -> None:
    (project / "ci").mkdir()
    run("baseline", "--baseline=ci/known.json", code=0)
    assert not (project / FILE).exists()
    assert len(check(run)) == 3
    assert check(run, "--baseline=ci/known.json") == []
    assert check(run, "--isolated", "--select=FST1", "--baseline=ci/known.json") == []
    assert run("check", "--baseline=none.json", code=2) == (
        "fastlint: error: none.json: no such baseline (`fastlint baseline` writes one)\n"
    )


def test_settings_above_the_root(project: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "service").mkdir()
    (project / "service" / "setup.cfg").touch()
    (project / "service" / "main.py").write_text(ONE, encoding="utf-8")
    monkeypatch.chdir(project / "service")
    run("baseline")

    content = json.loads((project / FILE).read_bytes())
    assert [item["path"] for item in content["findings"]] == ["service/main.py"]
    assert check(run) == []
    monkeypatch.chdir(project)
    assert check(run) == [("main.py", 10), ("main.py", 15), ("other.py", 10)]


def test_without_settings_it_lies_at_the_root(project: Path, run: Any) -> None:
    (project / "pyproject.toml").unlink()
    (project / "setup.cfg").touch()
    run("baseline", "main.py")
    assert (project / FILE).is_file()


def test_an_unreadable_file_cannot_be_known(project: Path, run: Any) -> None:
    (project / "broken.py").write_text("def (", encoding="utf-8")

    out = run("baseline", code=1)

    assert "FST000" in out
    assert "these cannot be in a baseline: mend them first" in out
    assert {item["code"] for item in json.loads((project / FILE).read_bytes())["findings"]} == {"FST101"}
    assert check(run) == [("broken.py", 1)]


def test_an_entry_for_what_cannot_be_known_counts_for_nothing(project: Path, run: Any) -> None:
    (project / "broken.py").write_text("def (", encoding="utf-8")
    run("baseline")
    path = project / FILE
    content = json.loads(path.read_bytes())
    content["findings"][0].update(path="broken.py", code="FST000", symbol="broken")
    path.write_text(json.dumps(content), encoding="utf-8")

    assert ("broken.py", 1) in check(run)


SECRET = 'from fastapi import FastAPI\n\napp = FastAPI()\nSECRET_KEY = "{}"\n'


def test_another_secret_in_the_same_place_is_new_and_none_is_told(project: Path, run: Any) -> None:
    (project / "pyproject.toml").write_text('[tool.fastlint]\nselect = ["FST5"]\n', encoding="utf-8")
    first, second = "4c1dd3a97cbf4db0b7f2a10c8ce1e7cf", "4c1dd3a97cbf4db0b7f2a10c8ce1e7ce"
    (project / "main.py").write_text(SECRET.format(first), encoding="utf-8")
    found = check(run, "main.py")
    assert found == [("main.py", 4)]
    run("baseline")
    text = (project / FILE).read_text(encoding="utf-8")
    assert first not in text and first[:8] not in text
    assert check(run, "main.py") == []

    (project / "main.py").write_text("\n\n" + SECRET.format(first), encoding="utf-8")
    assert check(run, "main.py") == []
    (project / "main.py").write_text(SECRET.format(second), encoding="utf-8")
    assert check(run, "main.py") == found

    (project / "main.py").write_text(SECRET.format(first), encoding="utf-8")
    (project / FILE).unlink()
    run("baseline")
    again = (project / FILE).read_text(encoding="utf-8")
    digest = re.compile(r'"fingerprint": "(\w+)"')
    assert digest.findall(again) != digest.findall(text), "the digest depends on the file's own key"


def write_content(project: Path, **changes: object) -> bytes:
    path = project / FILE
    content = {**json.loads(path.read_bytes()), **changes}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the baseline is damaged: it is not JSON (Expecting value, line 1)"),
        (b'{"version": 1,\n', "the baseline is damaged: it is not JSON"),
        (b"\xff\xfe\xfd", "the baseline is damaged: it is not"),
        (b"[]", "the baseline is damaged: it has no version"),
        (b"[" * 100_000, "the baseline is damaged: it"),
        (b'{"version": ' + b"9" * 10_000 + b"}", "the baseline is damaged: it cannot be read"),
        (b'{"version": true}', "the baseline is damaged: it has no version"),
        (b'{"version": 1}', "the baseline is damaged: it does not say how its fingerprints are made"),
        (b'{\n<<<<<<< HEAD\n"version": 1}', "the baseline is damaged: it holds a merge conflict"),
        ({"key": "00"}, "the baseline is damaged: its key is missing or not one"),
        ({"key": 5}, "the baseline is damaged: its key is missing or not one"),
        ({"findings": {}}, "the baseline is damaged: it has no list of findings"),
        ({"findings": [{"path": "main.py"}]}, "the baseline is damaged: its finding 1 is not one"),
        ({"findings": ["x"]}, "the baseline is damaged: its finding 1 is not one"),
        ({"version": 2}, "the baseline was written by a newer fastlint: upgrade fastlint to use it"),
        ({"fingerprints": 99}, "the baseline was written by a newer fastlint: upgrade fastlint to use it"),
    ],
)
def test_a_bad_baseline_is_one_line_and_is_never_overwritten(
    project: Path, run: Any, data: bytes | dict[str, object], reason: str
) -> None:
    run("baseline")
    path = project / FILE
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        data = write_content(project, **data)

    for command in (["check"], ["baseline"], ["baseline", "--update"], ["baseline", "--prune"], ["routes"]):
        out = run(*command, code=2)
        assert out.startswith(f"fastlint: error: {FILE}: {reason}"), out
        assert out.count("\n") == 1
        assert path.read_bytes() == data
    run("check", "--no-baseline", code=1)


def test_counts_that_are_none(project: Path, run: Any) -> None:
    run("baseline")
    content = json.loads((project / FILE).read_bytes())
    for bad in (0, -1, "1", True, None, 1.5):
        findings = [{**content["findings"][0], "count": bad}]
        write_content(project, findings=findings)
        assert "its finding 1 is not one" in run("check", code=2)
    write_content(project, findings=[content["findings"][0]] * 2)
    assert "its finding 2 is there twice" in run("check", code=2)


def test_an_older_baseline_is_only_written_anew(project: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run("baseline")
    monkeypatch.setattr("fastlint.baseline.FINGERPRINTS", 2)
    for command in (["check"], ["baseline"], ["baseline", "--prune"]):
        assert "was written by an older fastlint: `fastlint baseline --update` writes it anew" in run(*command, code=2)
    run("baseline", "--update", code=0)
    assert json.loads((project / FILE).read_bytes())["fingerprints"] == 2
    assert check(run) == []


def test_a_folder_in_its_place(project: Path, run: Any) -> None:
    (project / FILE).mkdir()
    assert "the baseline cannot be read" in run("check", code=2)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_where_it_cannot_be_written(project: Path, run: Any) -> None:
    project.chmod(0o500)
    try:
        assert run("baseline", code=2) == f"fastlint: error: {project / FILE} cannot be written: Permission denied\n"
    finally:
        project.chmod(0o700)


def test_a_link_to_it_stays_one(project: Path, run: Any) -> None:
    (project / "shared.json").touch()
    run("baseline", "--baseline=shared.json", code=2)
    (project / "shared.json").unlink()
    run("baseline", "--baseline=shared.json")
    (project / FILE).symlink_to("shared.json")
    (project / "main.py").write_text(ONE, encoding="utf-8")
    run("baseline", "--prune", code=0)
    assert (project / FILE).is_symlink()
    assert len(json.loads((project / "shared.json").read_bytes())["findings"]) == 2


def test_fixes_leave_what_is_known(project: Path, run: Any) -> None:
    run("baseline", "main.py")
    run("check", "--fix", code=0)
    assert "await asyncio.sleep(1)" in (project / "other.py").read_text(encoding="utf-8")
    assert (project / "main.py").read_text(encoding="utf-8") == TWO


def test_flake8_uses_it_too(project: Path, run: Any) -> None:
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=FST", "."]
    assert subprocess.run(command, cwd=project, capture_output=True, text=True, check=False).returncode == 1
    run("baseline")
    assert subprocess.run(command, cwd=project, capture_output=True, text=True, check=False).returncode == 0
    (project / FILE).write_text("{", encoding="utf-8")
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert f"fastlint: {FILE}: the baseline is damaged" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_finding_at_module_level_is_known_by_its_module(project: Path, run: Any) -> None:
    (project / "pyproject.toml").write_text('[tool.fastlint]\nselect = ["FST002"]\n', encoding="utf-8")
    (project / "main.py").write_text("x = 1  # fastlint: ignore[FST002, FST101]\n", encoding="utf-8")
    run("baseline")
    assert json.loads((project / FILE).read_bytes())["version"] == 1
