"""The pipeline on small projects, with rules made for the tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from fastlint.diagnostic import Diagnostic
from fastlint.discover import discover
from fastlint.engine import Report, check
from fastlint.facts.expressions import expression
from fastlint.facts.extract import extract
from fastlint.inputs import Inputs, read
from fastlint.loader import load
from fastlint.project.packaging.manifests import is_manifest
from fastlint.registry import Registry
from fastlint.rounds import fix_rounds
from fastlint.rule import Level
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree
from fastlint.source import SourceFile
from tests.made_rules import rule_package, rule_text

# Reports every function called `bad...` at its `def`, and renames it.
NAMED = rule_text(
    "FST190",
    "bad-name",
    """
    prefix: str = "bad"

    def check(self, function, project):
        if function.name.startswith(self.prefix):
            node = function.node
            span = Span(node.span.line, 1, node.span.line, 2)
            yield Finding(function.path, span, f"`{function.name}` is a bad name", subject=function.name)

    def fix(self, finding, edit):
        line = edit.source(finding.path).line(finding.span.line)
        start = line.index(finding.subject) + 1
        span = Span(finding.span.line, start, finding.span.line, start + len(self.prefix))
        safety = Applicability.UNSAFE if "risky" in line else Applicability.SAFE
        content = "(" if "broken" in line else "worse" if "again" in line else "good"
        return Fix("Rename it", safety, (edit.replace(finding.path, span, content),))
    """,
    subject="Function",
    before="@dataclass(frozen=True)",
).replace("import Project", "import Function, Project")

# Fails on functions called `explode`.
FAILING = (
    rule_text(
        "FST191",
        "failing-rule",
        """
    level = Level.INFO

    def check(self, function, project):
        if function.name == "explode":
            raise ValueError("no such luck\\nsecond line")
        if function.name == "explode_in_fix" or function.name == "fine":
            yield Finding(function.path, function.node.span, "seen")

    def fix(self, finding, edit):
        if "explode" not in edit.source(finding.path).line(finding.span.line):
            raise CannotFix("not here")
        raise KeyError("fix")
    """,
        subject="Function",
    )
    .replace("import Project", "import Function, Project")
    .replace("import Applicability", "import Applicability, CannotFix")
)

# Points from the first module of the project to the second.
RELATED = rule_text(
    "FST192",
    "related-place",
    """
    default = False

    def check(self, project, _):
        one, other = sorted(module.path for module in project.modules)[:2]
        related = (Related(other, Span.of_line(1), "there"),)
        yield Finding(one, Span.of_line(1), "here", related=related)
    """,
)

GATED = rule_text(
    "FST193",
    "gated-rule",
    """
    default = False
    applies = "fastapi>=0.110"

    def check(self, project, _):
        yield Finding("main.py", Span.of_line(1), "changed")
    """,
)

PREVIEW = rule_text(
    "FST194",
    "early-rule",
    """
    level = Level.ERROR

    def check(self, project, _):
        yield Finding("main.py", Span.of_line(1), "early")
    """,
    status="preview",
)

RULES = {
    "event_loop/bad_name.py": NAMED,
    "event_loop/failing_rule.py": FAILING,
    "event_loop/related_place.py": RELATED,
    "event_loop/gated_rule.py": GATED,
    "event_loop/early_rule.py": PREVIEW,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with rule_package(tmp_path_factory.mktemp("rules"), RULES, "made_engine_rules") as name:
        yield load(name)


Run = Callable[..., Report]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")


def inputs_of(
    made: Registry, folder: Path, *paths: str, overrides: Layer | None = None, given: tuple[SourceFile, ...] = ()
) -> Inputs:
    (folder / "setup.cfg").touch()
    tree = SettingsTree(made, overrides=overrides)
    found = discover([str(folder / path) for path in paths or (".",)], tree, is_manifest)
    inputs = read(found, tree, given)
    assert tree.problems == []
    return inputs


def selected(*names: str, **more: object) -> Layer:
    return Layer("test", Choice(names or None), **more)  # type: ignore[arg-type]


def shown(report: Report) -> list[tuple[str, int, str]]:
    return [(one.path, one.span.line, one.code) for one in report.diagnostics]


def test_findings_become_diagnostics_in_order(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"b.py": "def bad_b(): ...\n", "a.py": "\ndef bad_2(): ...\ndef bad_1(): ...\n"})
    report = check(inputs_of(made, tmp_path))

    assert shown(report) == [("a.py", 1, "FST190"), ("a.py", 2, "FST190"), ("b.py", 1, "FST190")]
    first = report.diagnostics[0]
    assert (first.name, first.level, first.message) == ("bad-name", Level.WARNING, "`bad_2` is a bad name")
    assert first.fix is not None and first.fix.title == "Rename it"
    assert report.failing == 3 and not report.broken


def test_without_fixes_none_is_worked_out(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def bad(): ...\ndef explode_in_fix(): ...\n"})

    assert [one.fix for one in check(inputs_of(made, tmp_path), fixes=False).diagnostics] == [None, None]


def test_settings_select_and_set_levels(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "def bad(): ...\ndef fine(): ...\n"})

    assert shown(check(inputs_of(made, tmp_path, overrides=selected("FST191")), fixes=False)) == [
        ("main.py", 2, "FST191")
    ]
    quiet = selected("bad-name", levels={"FST190": Level.INFO})
    report = check(inputs_of(made, tmp_path, overrides=quiet))
    assert (report.diagnostics[0].level, report.failing) == (Level.INFO, 0)
    strict = selected("bad-name", levels={"FST190": Level.INFO}, fail_level=Level.INFO)
    assert check(inputs_of(made, tmp_path, overrides=strict)).failing == 1


def test_rules_in_preview_run_on_demand(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": ""})

    assert shown(check(inputs_of(made, tmp_path))) == []
    assert shown(check(inputs_of(made, tmp_path, overrides=Layer("", preview=True)))) == [("main.py", 1, "FST194")]


def test_per_file_ignores(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def bad(): ...\n", "tests/b.py": "def bad(): ...\n"})
    write(tmp_path, {"fastlint.toml": "[per-file-ignores]\n'tests/*' = ['bad-name']\n"})

    assert shown(check(inputs_of(made, tmp_path))) == [("a.py", 1, "FST190")]


def test_the_nearest_settings_govern_each_file(made: Registry, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "fastlint.toml": "[rules.bad-name]\nprefix = 'top'\n",
            "a.py": "def bad(): ...\ndef top(): ...\n",
            "one/fastlint.toml": "[levels]\nFST190 = 'error'\n",
            "one/b.py": "def bad(): ...\ndef top(): ...\n",
            "two/fastlint.toml": "ignore = ['FST1']\n",
            "two/c.py": "def bad(): ...\ndef top(): ...\n",
        },
    )
    report = check(inputs_of(made, tmp_path))

    assert shown(report) == [("a.py", 2, "FST190"), ("one/b.py", 1, "FST190")]
    assert [one.level for one in report.diagnostics] == [Level.WARNING, Level.ERROR]


def test_what_concerns_the_files_asked_for_is_shown(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def bad(): ...\n", "b.py": "def bad(): ...\n", "c.py": ""})
    both = selected("FST190", "FST192")

    assert shown(check(inputs_of(made, tmp_path, "b.py", overrides=both))) == [
        ("a.py", 1, "FST192"),
        ("b.py", 1, "FST190"),
    ]
    assert shown(check(inputs_of(made, tmp_path, "c.py", overrides=both))) == []


def test_a_version_gate_that_holds_for_some_versions(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": ""})

    def found(target: str) -> list[Diagnostic]:
        overrides = selected("FST193", target_fastapi=target)
        return check(inputs_of(made, tmp_path, overrides=overrides)).diagnostics

    assert found("0.100") == []
    assert [(one.level, one.message) for one in found("0.115")] == [(Level.WARNING, "changed")]
    (partly,) = found(">=0.100,<0.120")
    assert partly.level is Level.INFO
    assert partly.message.startswith("changed [only on FastAPI ")


def test_a_rule_that_raises_is_told_and_the_rest_runs(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def fine(): ...\ndef explode(): ...\ndef bad(): ...\n", "b.py": "def explode(): ...\n"})
    report = check(inputs_of(made, tmp_path), fixes=False)

    assert sorted(shown(report)) == [
        ("a.py", 1, "FST191"),
        ("a.py", 2, "FST001"),
        ("a.py", 3, "FST190"),
        ("b.py", 1, "FST001"),
    ]
    message = next(one.message for one in report.diagnostics if one.code == "FST001")
    assert message == "rule FST191 (failing-rule) failed on a.py: ValueError: no such luck"
    assert report.broken


def test_a_failed_rule_cannot_be_silenced_and_is_shown_wherever_it_is(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "# fastlint: ignore-file\ndef explode(): ...  # noqa\n", "b.py": ""})
    overrides = Layer("", Choice(ignore=("ALL", "FST0")), levels={"FST001": Level.INFO})
    failing = Layer("", Choice(("FST191",), ignore=("FST0",)), levels={"FST001": Level.INFO})

    assert shown(check(inputs_of(made, tmp_path, overrides=overrides))) == []
    report = check(inputs_of(made, tmp_path, "b.py", overrides=failing))
    assert [(one.code, one.level) for one in report.diagnostics] == [("FST001", Level.ERROR)]


def test_a_fix_that_raises_is_a_failed_rule(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def fine(): ...\ndef explode_in_fix(): ...\n"})
    report = check(inputs_of(made, tmp_path))

    assert sorted(one.code for one in report.diagnostics) == ["FST001", "FST191", "FST191"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"def f(:\n", 1),
        (b"x = 1\n\n'\xff'\n", 3),
        (b"# coding: no-such\n", 1),
        (b"x = " + b"(" * 5000 + b")" * 5000, 1),
    ],
)
def test_files_that_cannot_be_read_are_told_and_the_rest_is_done(
    made: Registry, tmp_path: Path, data: bytes, expected: int
) -> None:
    write(tmp_path, {"b.py": "def bad(): ...\n"})
    (tmp_path / "a.py").write_bytes(data)
    report = check(inputs_of(made, tmp_path))

    assert shown(report) == [("a.py", expected, "FST000"), ("b.py", 1, "FST190")]
    assert report.failing == 2 and not report.broken


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_rights_are_told(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": ""})
    (tmp_path / "a.py").chmod(0)

    assert check(inputs_of(made, tmp_path)).diagnostics[0].message == "cannot be read: Permission denied"


def test_files_that_vanish_or_are_too_large_are_told(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1\n" * 100, "b.py": "def bad(): ...\n", "fastlint.toml": "max-file-size = 100\n"})
    report = check(inputs_of(made, tmp_path))
    assert shown(report) == [("a.py", 1, "FST000"), ("b.py", 1, "FST190")]
    assert report.diagnostics[0].message == "larger than `max-file-size` (100 bytes)"

    tree = SettingsTree(made)
    found = discover([str(tmp_path)], tree, is_manifest)
    (tmp_path / "b.py").unlink()
    assert ("b.py", 1, "FST000") in shown(check(read(found, tree)))


def test_locks_are_read_though_they_are_larger(made: Registry, tmp_path: Path) -> None:
    lock = "".join(f'[[package]]\nname = "package-{number}"\nversion = "1.0"\n\n' for number in range(50))
    manifest = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["fastapi>=0.110"]\n'
    write(tmp_path, {"a.py": "x = 1\n", "fastlint.toml": "max-file-size = 100\n", "uv.lock": lock})
    write(tmp_path, {"pyproject.toml": manifest})

    inputs = inputs_of(made, tmp_path)

    assert inputs.manifests.keys() >= {"uv.lock", "pyproject.toml"}
    assert inputs.unreadable == {}


def test_a_manifest_that_cannot_be_read_is_told(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "sub/pyproject.toml": "[project]\nname =\n"})
    report = check(inputs_of(made, tmp_path))

    assert shown(report) == [("sub/pyproject.toml", 2, "FST000")]


def test_unreadable_files_are_ignored_by_exact_code_for_some_files(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"templates/a.py": "{{ x }}{", "b.py": "{"})
    write(tmp_path, {"fastlint.toml": "[per-file-ignores]\n'templates/*' = ['FST000']\n'b.py' = ['ALL']\n"})

    assert shown(check(inputs_of(made, tmp_path))) == [("b.py", 1, "FST000")]


def test_comments_silence_and_unused_ones_are_told(made: Registry, tmp_path: Path) -> None:
    text = """
    def bad(): ...  # fastlint: ignore[FST190] short
    def good(): ...  # noqa: FST190
    def fine(): ...  # noqa: FST191, FST193
    x = 1  # noqa: FST999
    """
    write(tmp_path, {"a.py": text})
    report = check(inputs_of(made, tmp_path), fixes=False)

    assert shown(report) == [("a.py", 2, "FST002"), ("a.py", 4, "FST004")]
    assert report.silenced == 2


def test_a_suppression_of_a_rule_that_failed_is_not_unused(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def f(): ...  # noqa: FST191\n", "b.py": "def explode(): ...\n"})

    assert [one.code for one in check(inputs_of(made, tmp_path)).diagnostics] == ["FST001"]


def test_complaints_about_comments_are_selected_and_silenced_too(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1  # noqa: FST190\ny = 1  # noqa: FST190, FST002\nz = 1  # noqa\n"})

    assert shown(check(inputs_of(made, tmp_path))) == [("a.py", 1, "FST002")]
    both = Layer("", Choice(extend_select=("FST003",), ignore=("FST002",)))
    assert shown(check(inputs_of(made, tmp_path, overrides=both))) == [("a.py", 3, "FST003")]


def test_reasons_can_be_demanded(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def bad(): ...  # fastlint: ignore[FST190]\n"})
    write(
        tmp_path, {"fastlint.toml": "extend-select = ['FST003']\n[rules.blanket-suppression]\nrequire-reason = true\n"}
    )

    assert shown(check(inputs_of(made, tmp_path))) == [("a.py", 1, "FST003")]


def test_notes_explain_an_empty_report(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1\n", "b/fastapi_app.py": "import fastapi\n", "c/notes.txt": ""})

    assert check(inputs_of(made, tmp_path, "c")).notes == ["no Python files or manifests found"]
    assert check(inputs_of(made, tmp_path)).notes == []
    (tmp_path / "b/fastapi_app.py").unlink()
    assert check(inputs_of(made, tmp_path)).notes == ["no file here uses FastAPI"]


def test_given_text_takes_the_place_of_a_file(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def bad(): ...\n"})

    assert shown(check(inputs_of(made, tmp_path, given=(SourceFile("a.py", b"x = 1\n"),)))) == []


# fixes


def fixed_text(made: Registry, folder: Path, text: str, *, unsafe: bool = False, **more: object) -> str:
    write(folder, {"a.py": text})
    fixed = fix_rounds(inputs_of(made, folder, overrides=selected("FST190", **more)), unsafe=unsafe)
    return fixed.report.inputs.sources["a.py"].text


def test_fixes_are_applied_and_the_report_speaks_of_what_is_left(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def bad_1(): ...\ndef bad_risky(): ...\n", "b.py": "def bad(): ...\n"})
    fixed = fix_rounds(inputs_of(made, tmp_path, overrides=selected("FST190")))

    assert shown(fixed.report) == [("a.py", 2, "FST190")]
    assert {path: after.data for path, (_, after) in fixed.changed.items()} == {
        "a.py": b"def good_1(): ...\ndef bad_risky(): ...\n",
        "b.py": b"def good(): ...\n",
    }
    assert fixed.applied == {"FST190": 2}
    assert (tmp_path / "a.py").read_text().startswith("def bad_1")  # nothing is written here


def test_unsafe_fixes_on_demand(made: Registry, tmp_path: Path) -> None:
    assert fixed_text(made, tmp_path, "def bad_risky(): ...\n", unsafe=True) == "def good_risky(): ...\n"


def test_rounds_go_on_until_nothing_changes(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"fastlint.toml": "[rules.bad-name]\nprefix = 'bad'\n"})

    assert fixed_text(made, tmp_path, "def bad_again(): ...\n") == "def worse_again(): ...\n"


def test_a_fix_that_breaks_a_file_is_not_applied(made: Registry, tmp_path: Path) -> None:
    text = "def bad_1(): ...\ndef bad_broken(): ...\ndef bad_2(): ...\n"

    assert fixed_text(made, tmp_path, text) == "def good_1(): ...\ndef bad_broken(): ...\ndef good_2(): ...\n"


def test_unfixable_rules_offer_nothing(made: Registry, tmp_path: Path) -> None:
    assert fixed_text(made, tmp_path, "def bad(): ...\n", unfixable=("FST190",)) == "def bad(): ...\n"
    assert fixed_text(made, tmp_path, "def bad(): ...\n", fixable=("FST002",)) == "def bad(): ...\n"


def test_only_files_asked_for_are_changed(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def bad(): ...\n", "b.py": "def bad(): ...\n"})

    assert set(fix_rounds(inputs_of(made, tmp_path, "b.py")).changed) == {"b.py"}


def test_unused_suppressions_are_taken_out(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1  # noqa: FST190\ny = 2\n"})
    fixed = fix_rounds(inputs_of(made, tmp_path))

    assert fixed.report.inputs.sources["a.py"].text == "x = 1\ny = 2\n"
    assert fixed.report.diagnostics == []


def test_the_garbage_collector_is_on_again_after_a_check(made: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1\n"})
    assert gc.isenabled()
    check(inputs_of(made, tmp_path))

    assert gc.isenabled()


def test_reading_a_file_leaves_nothing_that_only_a_collector_frees() -> None:
    """The collector is off while a check runs: what refers to itself would stay until the end."""
    source = SourceFile("main.py", b"def f(a: 'list[int]' = []):\n    return [x for x in a if x > 1]\n")
    extract(source)
    gc.collect()
    gc.disable()
    try:
        extract(source)
        expression("dict[str, int] | None", 1, 0)
        assert gc.collect() == 0
    finally:
        gc.enable()
