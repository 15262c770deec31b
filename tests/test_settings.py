from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from fastlint.patterns import Pattern
from fastlint.registry import Option, Registry
from fastlint.rule import Level
from fastlint.selection import Choice
from fastlint.settings import Layer, Settings, SettingsTree
from tests.made_rules import SOME, entry, registry

WITH_OPTIONS = registry(
    entry("FST101", "blocking-sleep", options=(Option("call-depth", "call_depth", int, 9),)),
    entry("FST411", "deep-dependency-chain", options=(Option("names", "names", tuple[str, ...], ()),)),
    entry("FST204", "missing-response-model"),
)


def tree_of(folder: Path, text: str, *, known: Registry = SOME, name: str = "pyproject.toml") -> SettingsTree:
    (folder / name).write_text(dedent(text), encoding="utf-8")
    return SettingsTree(known)


def settings_of(folder: Path, text: str, *, known: Registry = SOME, name: str = "pyproject.toml") -> Settings:
    tree = tree_of(folder, text, known=known, name=name)
    settings = tree.at(str(folder))
    assert tree.problems == []
    return settings


def problems_of(folder: Path, text: str, *, known: Registry = SOME, name: str = "pyproject.toml") -> list[str]:
    tree = tree_of(folder, text, known=known, name=name)
    tree.at(str(folder))
    return [problem.replace(folder.as_posix() + "/", "") for problem in tree.problems]


def test_defaults_without_any_file(tmp_path: Path) -> None:
    settings = SettingsTree(SOME, isolated=True).at(str(tmp_path))

    assert settings.fail_level is Level.WARNING
    assert settings.respect_gitignore
    assert not settings.preview
    assert settings.excludes("/x/node_modules")
    assert not settings.excludes("/x/app")


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        """
        [tool.fastlint]
        select = ["FST1", "missing-response-model"]
        extend-select = ["FST501"]
        ignore = ["FST102"]
        exclude = ["generated"]
        extend-exclude = ["legacy/*.py"]
        force-exclude = true
        respect-gitignore = false
        fail-level = "error"
        src = ["services/api/src"]
        target-fastapi = ">=0.110,<0.116"
        python = ".venv"
        preview = true
        offloaders = ["acme.offload"]
        non-blocking = ["acme.fast.*"]
        fixable = ["ALL"]
        unfixable = ["FST501"]
        max-file-size = 1000

        [tool.fastlint.levels]
        FST204 = "info"
        blocking-sleep = "warning"

        [tool.fastlint.per-file-ignores]
        "tests/*" = ["FST101"]

        [tool.fastlint.blocking]
        "acme.client.Client.*" = "use AsyncClient"

        [tool.fastlint.auth]
        required = ["app.deps.current_user"]
        public = ["/health", "POST /login"]
        """,
    )

    assert settings.enabled == {"FST000", "FST001", "FST101", "FST119", "FST204", "FST501"}
    assert settings.levels == {"FST204": Level.INFO, "FST101": Level.WARNING}
    assert settings.excludes(f"{tmp_path}/generated")
    assert settings.excludes(f"{tmp_path}/legacy/a.py")
    assert not settings.excludes(f"{tmp_path}/node_modules")
    assert settings.force_exclude and not settings.respect_gitignore
    assert settings.fail_level is Level.ERROR
    assert settings.src == (f"{tmp_path.as_posix()}/services/api/src",)
    assert settings.python == f"{tmp_path.as_posix()}/.venv"
    assert settings.target_fastapi == ">=0.110,<0.116"
    assert settings.blocking == {"acme.client.Client.*": "use AsyncClient"}
    assert settings.auth is not None and settings.auth.public == ("/health", "POST /login")
    assert "FST501" not in settings.fixable and "FST101" in settings.fixable
    assert settings.ignored_in(f"{tmp_path.as_posix()}/tests/deep/test_a.py") == {"FST101"}
    assert settings.ignored_in(f"{tmp_path.as_posix()}/app/tests.py") == frozenset()


def test_fastlint_toml_holds_the_table_itself_and_comes_first(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.fastlint]\nselect = ["FST2"]\n')

    settings = settings_of(tmp_path, 'select = ["FST101"]\n', name="fastlint.toml")

    assert settings.enabled == {"FST000", "FST001", "FST101"}


def test_all_problems_are_told_at_once_with_key_and_nearest_name(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        """
        [tool.fastlint]
        slect = ["FST101"]
        select = ["FST101", "FST999", "blocking-slep"]
        preview = "yes"
        ignore = "FST101"
        fail-level = "warn"
        max-file-size = 0
        target-fastapi = "new"
        exclude = ["[a"]

        [tool.fastlint.levels]
        FST20 = "info"
        FST101 = "fatal"

        [tool.fastlint.per-file-ignores]
        "tests/*" = ["FST77"]

        [tool.fastlint.auth]
        requires = []
        """,
    )

    assert sorted(problems) == sorted(
        [
            "pyproject.toml: tool.fastlint.slect: unknown key (did you mean 'select'?)",
            "pyproject.toml: tool.fastlint.preview: must be true or false, not the string 'yes'",
            "pyproject.toml: tool.fastlint.ignore: must be a list, not the string 'FST101'",
            "pyproject.toml: tool.fastlint.fail-level: must be 'info', 'warning' or 'error', not 'warn'"
            " (did you mean 'warning'?)",
            "pyproject.toml: tool.fastlint.max-file-size: input should be greater than 0",
            "pyproject.toml: tool.fastlint.levels.FST101: must be 'info', 'warning' or 'error', not 'fatal'",
            "pyproject.toml: tool.fastlint.auth.requires: unknown key (did you mean 'required'?)",
            "pyproject.toml: tool.fastlint.select[1]: unknown rule 'FST999' (did you mean 'FST119'?)",
            "pyproject.toml: tool.fastlint.select[2]: unknown rule 'blocking-slep' (did you mean 'blocking-sleep'?)",
            "pyproject.toml: tool.fastlint.per-file-ignores.\"tests/*\"[0]: unknown rule 'FST77'",
            "pyproject.toml: tool.fastlint.exclude: '[' without ']' in '[a'",
            "pyproject.toml: tool.fastlint.target-fastapi: neither a version nor a range of versions: 'new'",
        ]
    )


def test_numbers_and_truth_values_are_not_coerced(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "[tool.fastlint]\npreview = 1\nmax-file-size = '5'\n")

    assert len(problems) == 2


def test_a_failed_rule_cannot_be_ignored(tmp_path: Path) -> None:
    assert "cannot be ignored" in problems_of(tmp_path, '[tool.fastlint]\nignore = ["FST001"]\n')[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool.fastlint\n", "not valid TOML"),
        ("[tool]\nfastlint = 3\n", "tool.fastlint: must be a table"),
    ],
)
def test_files_that_are_no_settings(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problems_of(tmp_path, text)[0]


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "fastlint.toml").write_bytes(b"select = ['\xff']\n")
    tree = SettingsTree(SOME)
    tree.at(str(tmp_path))

    assert "not valid UTF-8 (byte 0xff)" in tree.problems[0]


def test_a_broken_pyproject_without_fastlint_is_nobodys_business(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "[tool.other\n") == []


def test_options_of_rules_are_checked_against_their_types(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        """
        [tool.fastlint.rules.blocking-sleep]
        call-depth = 3
        [tool.fastlint.rules.deep-dependency-chain]
        names = ["a", "b"]
        """,
        known=WITH_OPTIONS,
    )

    assert settings.options_of(WITH_OPTIONS.entries["FST101"]) == {"call_depth": 3}
    assert settings.options_of(WITH_OPTIONS.entries["FST411"]) == {"names": ("a", "b")}


def test_wrong_options_are_told(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        """
        [tool.fastlint.rules.blocking-sleep]
        call-depth = "3"
        call-deep = 3
        [tool.fastlint.rules.blocking-slep]
        x = 1
        [tool.fastlint.rules.missing-response-model]
        x = 1
        [tool.fastlint.rules.deep-dependency-chain]
        names = ["a", 2]
        """,
        known=WITH_OPTIONS,
    )

    prefix = "pyproject.toml: tool.fastlint.rules."
    assert problems == [
        f"{prefix}blocking-sleep.call-depth: must be a whole number, not the string '3'",
        f"{prefix}blocking-sleep.call-deep: unknown option (did you mean 'call-depth'?)",
        f"{prefix}blocking-slep: unknown rule (did you mean 'blocking-sleep'?)",
        f"{prefix}missing-response-model.x: unknown option (the rule has no options)",
        f"{prefix}deep-dependency-chain.names[1]: must be a string, not the number 2",
    ]


def test_extend_takes_the_other_file_first(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "base.toml").write_text(
        dedent(
            """
            ignore = ["FST102"]
            exclude = ["old"]
            fail-level = "error"
            [per-file-ignores]
            "gen/*" = ["FST101"]
            [levels]
            FST101 = "info"
            FST204 = "info"
            """
        )
    )

    settings = settings_of(
        tmp_path,
        """
        extend = "shared/base.toml"
        extend-exclude = ["new"]
        levels = {"FST204" = "error"}
        [extend-per-file-ignores]
        "x.py" = ["FST204"]
        """,
        name="fastlint.toml",
    )

    assert "FST102" not in settings.enabled
    assert settings.fail_level is Level.ERROR
    assert settings.levels == {"FST101": Level.INFO, "FST204": Level.ERROR}
    assert settings.excludes(f"{tmp_path}/shared/old") and settings.excludes(f"{tmp_path}/new")
    assert settings.ignored_in(f"{tmp_path.as_posix()}/shared/gen/a.py") == {"FST101"}
    assert settings.ignored_in(f"{tmp_path.as_posix()}/gen/a.py") == frozenset()
    assert settings.ignored_in(f"{tmp_path.as_posix()}/gen/x.py") == {"FST204"}


def test_a_circle_of_extends_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extend = "fastlint.toml"\n')

    problems = problems_of(tmp_path, 'extend = "a.toml"\n', name="fastlint.toml")

    assert len(problems) == 1 and "a.toml: extend: settings extend each other" in problems[0]


def test_what_is_extended_must_exist(tmp_path: Path) -> None:
    assert problems_of(tmp_path, 'extend = "a.toml"\n', name="fastlint.toml") == [
        "fastlint.toml: extend: no such file: a.toml"
    ]


def test_the_nearest_file_with_settings_governs(tmp_path: Path) -> None:
    inner = tmp_path / "services" / "api" / "app"
    inner.mkdir(parents=True)
    (inner.parent / "pyproject.toml").write_text('[tool.fastlint]\nselect = ["FST2"]\n')
    (inner / "pyproject.toml").write_text("[project]\nname = 'nothing about it'\n")
    tree = tree_of(tmp_path, '[tool.fastlint]\nselect = ["FST1"]\n')

    assert "FST204" in tree.at(str(inner)).enabled
    assert tree.at(str(inner)) is tree.at(str(inner.parent))
    assert "FST101" in tree.at(str(tmp_path / "services")).enabled
    assert tree.problems == []


def test_a_named_file_governs_everything(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.fastlint]\nselect = ["FST2"]\n')
    (tmp_path / "other.toml").write_text('select = ["FST101"]\n')
    tree = SettingsTree(SOME, config=str(tmp_path / "other.toml"))

    assert "FST101" in tree.at(str(tmp_path)).enabled
    assert "FST204" not in tree.at(str(tmp_path)).enabled


def test_a_named_pyproject_must_hold_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    tree = SettingsTree(SOME, config=str(tmp_path / "pyproject.toml"))

    assert "has no table [tool.fastlint]" in tree.problems[0]
    assert tree.at(str(tmp_path)) is tree.at(str(tmp_path.parent))


def test_the_command_line_lies_above_every_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.fastlint]\nignore = ["FST101"]\nfail-level = "info"\n')
    overrides = Layer("command line", Choice(("FST101",)), fail_level=Level.ERROR)
    settings = SettingsTree(SOME, overrides=overrides).at(str(tmp_path))

    assert settings.enabled == {"FST000", "FST001", "FST101"}
    assert settings.fail_level is Level.ERROR


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("tests", "/p/a/tests", True),
        ("tests", "/p/a/tests/b.py", False),
        ("tests/*", "/p/tests/a/b.py", True),
        ("tests/*", "/p/a/tests/b.py", False),
        ("**/tests/*", "/p/a/tests/b.py", True),
        ("**/tests/*", "/p/tests/b.py", True),
        ("*.py", "/p/a/b.py", True),
        ("test_?.py", "/p/a/test_a.py", True),
        ("[!a].py", "/p/a/b.py", True),
        ("[!a].py", "/p/a/a.py", False),
        ("{a,b}.py", "/p/x/b.py", True),
        ("./a.py", "/p/a.py", True),
        ("../o/a.py", "/o/a.py", True),
        ("/p/a.py", "/p/a.py", True),
        ("!src/*", "/p/src/a.py", False),
        ("!src/*", "/p/app/a.py", True),
        ("a+b.py", "/p/a+b.py", True),
        ("build/", "/p/x/build", True),
    ],
)
def test_globs_are_read_as_ruff_reads_them(glob: str, path: str, expected: bool) -> None:
    assert Pattern.of(glob, "/p").matches(path) is expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("true", "true"),
        ("false", "false"),
        ("3", "the number 3"),
        ("1.5", "the number 1.5"),
        ("[1]", "a list"),
        ("{ a = 1 }", "a table"),
        ("2020-01-01", "the string '2020-01-01'"),
    ],
)
def test_what_stands_there_is_told_as_toml_has_it(tmp_path: Path, value: str, kind: str) -> None:
    key = "cache" if kind.startswith("the string") else "target-fastapi"
    (told,) = (
        problems_of(tmp_path, f"[tool.fastlint]\npreview = {value}\n")
        if key == "cache"
        else problems_of(tmp_path, f"[tool.fastlint]\n{key} = {value}\n")
    )
    assert told.endswith(f", not {kind}")


def test_levels_of_unknown_rules_are_told(tmp_path: Path) -> None:
    (told,) = problems_of(tmp_path, '[tool.fastlint.levels]\nNOTHING = "error"\n')
    assert "levels.NOTHING: unknown rule" in told
