"""Rules of others: the template of the documentation, built and installed; and what is refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastlint.loader import RuleError, load
from fastlint.plugins import registry_for
from fastlint.settings import SettingsError
from tests.checking import ROOT
from tests.made_rules import rule_text

TEMPLATE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
APP = (
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
    "@app.get('/about')\ndef about() -> None: ...\n\n\n@app.get('/v2/about')\ndef newer() -> None: ...\n"
)
CHECK = """
def check(self, project, _):
    yield from ()
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the documentation, built and installed into a folder of its own without any network."""
    source = tmp_path_factory.mktemp("acme-rules")
    files = dict(TEMPLATE.findall((ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")))
    assert set(files) == {"pyproject.toml", "acme_rules/unversioned_route.py", "tests/test_unversioned_route.py"}
    # the development environment has no hatchling, but another backend that reads the same table
    files["pyproject.toml"] = re.sub('"hatchling(.build)?"', _backend, files["pyproject.toml"])
    for name, text in {**files, "acme_rules/__init__.py": ""}.items():
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-index", "--no-deps"]
    done = subprocess.run(
        [*pip, "--no-build-isolation", "--target", str(target), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (target / "the_template").symlink_to(source)
    return target


def _backend(found: re.Match[str]) -> str:
    return '"poetry.core.masonry.api"' if found[1] else '"poetry-core"'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.fastlint]\nplugins = ["acme_rules"]\n', encoding="utf-8")
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    return tmp_path


def run(installed: Path, project: Path, *command: str, module: str = "fastlint") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT), str(ROOT / "rules")])}
    command = (sys.executable, "-m", module, *command)
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def reported(done: subprocess.CompletedProcess[str]) -> list[tuple[str, int]]:
    assert done.stdout, done.stderr
    return [(row["code"], row["location"]["row"]) for row in json.loads(done.stdout)]


def test_an_installed_plugin_reports_beside_the_own_rules(installed: Path, project: Path) -> None:
    source = APP.replace("def newer() -> None: ...", "async def newer() -> None:\n    time.sleep(1)")
    (project / "main.py").write_text("import time\n\n" + source, encoding="utf-8")

    done = run(installed, project, "check", "--output-format=json")

    assert reported(done) == [("ACM101", 8), ("FST101", 14)]
    assert done.returncode == 1


def test_the_template_passes_its_own_test(installed: Path) -> None:
    template = installed / "the_template"
    done = run(installed, template / "tests", "-q", "-p", "no:cacheprovider", module="pytest")

    assert done.returncode == 0, done.stdout + done.stderr


def test_settings_know_the_rules_of_plugins(installed: Path, project: Path) -> None:
    settings = project / "pyproject.toml"
    text = settings.read_text(encoding="utf-8")
    for more, rows in (
        ('ignore = ["ACM"]', []),
        ('select = ["ACM101"]\nignore = ["ACM1"]', [("ACM101", 6)]),
        ("[tool.fastlint.levels]\nunversioned-route = 'error'", [("ACM101", 6)]),
        ("[tool.fastlint.rules.unversioned-route]\nallowed = ['/about']", []),
        ("[tool.fastlint.per-file-ignores]\n'main.py' = ['unversioned-route']", []),
    ):
        settings.write_text(f"{text}{more}\n", encoding="utf-8")
        assert reported(run(installed, project, "check", "--output-format=json")) == rows, more
    settings.write_text(f"{text}[tool.fastlint.rules.unversioned-route]\nalowed = []\n", encoding="utf-8")
    assert "unknown option (did you mean 'allowed'?)" in run(installed, project, "check").stderr


def test_comments_speak_to_the_rules_of_plugins(installed: Path, project: Path) -> None:
    for comment, rows in (
        ("# noqa: ACM101", []),
        ("# fastlint: ignore[unversioned-route] it is old", []),
        ("# noqa: ACM109", [("ACM101", 6), ("FST004", 6)]),
    ):
        text = APP.replace("('/about')\n", f"('/about')  {comment}\n")
        (project / "main.py").write_text(text, encoding="utf-8")
        assert reported(run(installed, project, "check", "--output-format=json")) == rows, comment
    text = APP.replace("('/v2/about')\n", "('/v2/about')  # noqa: ACM101\n")
    (project / "main.py").write_text(text, encoding="utf-8")
    assert reported(run(installed, project, "check", "--output-format=json")) == [("ACM101", 6), ("FST002", 10)]


def test_the_page_of_a_rule_and_the_routes(installed: Path, project: Path) -> None:
    assert "A route whose full path does not begin with a version." in run(installed, project, "rule", "ACM101").stdout
    assert "ACM101" in run(installed, project, "rule").stdout
    assert "/about" in run(installed, project, "routes").stdout


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_flake8_shows_each_prefix_by_its_own_entry_point(installed: Path, project: Path, jobs: str) -> None:
    (project / "other.py").write_text("import time\n", encoding="utf-8")
    text = APP.replace(
        "('/v2/about')\ndef newer() -> None: ...", "('/v2/about')\nasync def newer() -> None:\n    time.sleep(1)"
    )
    (project / "main.py").write_text("import time\n" + text, encoding="utf-8")
    format_ = "--format=%(row)d:%(code)s"

    def shown(*more: str) -> list[str]:
        command = ["--isolated", "-j", jobs, format_, "main.py", "other.py", *more]
        return run(installed, project, *command, module="flake8").stdout.splitlines()

    assert shown("--select=ACM,FST") == ["7:ACM101", "13:FST101"]
    assert shown("--select=FST") == ["13:FST101"]
    assert shown("--extend-ignore=F4,E,W,ACM") == ["13:FST101"]


def test_only_the_settings_of_the_root_bring_plugins(installed: Path, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.fastlint]\n", encoding="utf-8")
    (project / "vendored").mkdir()
    (project / "vendored" / "fastlint.toml").write_text('plugins = ["acme_rules"]\n', encoding="utf-8")
    (project / "vendored" / "library.py").write_text("x = 1\n", encoding="utf-8")

    done = run(installed, project, "check")

    assert done.returncode == 2
    assert done.stderr == (
        "fastlint: error: vendored/fastlint.toml: plugins[0]: 'acme_rules' is not named in the settings of the "
        "project's root, which alone count\n"
    )
    (project / "pyproject.toml").write_text('[tool.fastlint]\nplugins = ["acme_rules"]\n', encoding="utf-8")
    assert run(installed, project, "check", "--quiet").returncode == 1


def test_what_the_root_extends_brings_none(installed: Path, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.fastlint]\nextend = 'shared.toml'\n", encoding="utf-8")
    (project / "shared.toml").write_text('plugins = ["acme_rules"]\n', encoding="utf-8")

    done = run(installed, project, "check")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "shared.toml: plugins[0]: 'acme_rules' is not named" in done.stderr


def test_isolated_loads_none_and_config_names_its_own(installed: Path, project: Path) -> None:
    assert reported(run(installed, project, "check", "--isolated", "--output-format=json")) == []
    (project / "ci.toml").write_text("plugins = []\n", encoding="utf-8")
    assert reported(run(installed, project, "check", "--config=ci.toml", "--output-format=json")) == []


MARK = "import pathlib\npathlib.Path(__file__).with_name('imported').touch()\nimport fastlint.rule\n"


@pytest.mark.parametrize("module", ["fastlint", "flake8"])
def test_a_plugin_inside_the_project_is_refused_unseen(project: Path, module: str) -> None:
    (project / "acme_rules").mkdir()
    (project / "acme_rules" / "__init__.py").write_text(MARK, encoding="utf-8")
    command = ["check"] if module == "fastlint" else ["--isolated", "main.py"]

    done = run(project, project, *command, module=module)

    assert f"'acme_rules' lies inside the project ({project / 'acme_rules'})" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if module == "fastlint" else 1)
    assert not (project / "acme_rules" / "imported").exists()


@pytest.fixture
def importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "importable"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    for module in [module for module in sys.modules if module.partition(".")[0].startswith("made_plugin")]:
        del sys.modules[module]
    load.cache_clear()


def plugin(folder: Path, files: dict[str, str], name: str = "made_plugin") -> None:
    (folder / name).mkdir()
    for path, text in {"__init__.py": "", **files}.items():
        target = folder / name / path
        target.parent.mkdir(exist_ok=True, parents=True)
        (target.parent / "__init__.py").touch()
        target.write_text(text, encoding="utf-8")


def settings_naming(tmp_path: Path, *names: str) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    (project / "fastlint.toml").write_text(f"plugins = {json.dumps(names)}\n", encoding="utf-8")
    return project


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no_such_package", "no package 'no_such_package' is installed where fastlint runs"),
        ("acme rules", "'acme rules' is not the name of a package"),
        ("../acme", "'../acme' is not the name of a package"),
        ("idlelib", "'idlelib' is not a package of rules"),
        ("fastlint.rule", "'fastlint.rule' is not a package of rules"),
        ("packaging", "'packaging' is not a package of rules: none of its files imports fastlint"),
        ("packaging.none", "no package 'packaging.none' is installed"),
    ],
)
def test_what_is_no_plugin(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(SettingsError) as error:
        registry_for([str(settings_naming(tmp_path, name))])

    assert len(error.value.problems) == 1
    assert "plugins[0]: " + reason in error.value.problems[0]


def test_a_plugin_in_folders_under_a_dotted_name(tmp_path: Path, importable: Path) -> None:
    plugin(importable, {"rules/web/made_rule.py": rule_text("ABC001", "made-rule", CHECK)} | {"rules/__init__.py": ""})

    registry = registry_for([str(settings_naming(tmp_path, "made_plugin.rules"))])

    assert registry.plugins == ("made_plugin.rules",)
    assert registry.entries["ABC001"].category == "made_plugin.rules"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"made_rule.py": rule_text("FST990", "made-rule", CHECK)}, "FST is fastlint's own prefix"),
        ({"made_rule.py": rule_text("AB12", "made-rule", CHECK)}, "is not three capital letters and three digits"),
        (
            {
                "made_rule.py": rule_text("ABC001", "made-rule", CHECK),
                "other_rule.py": rule_text("ABD001", "other-rule", CHECK),
            },
            "made_plugin: uses the prefixes ABC, ABD: a plugin has one",
        ),
        ({"blocking_sleep.py": rule_text("ABC001", "blocking-sleep", CHECK)}, "is already that of FST101"),
        ({"made_rule.py": "import fastlint\nraise ValueError('no')\n"}, "cannot be imported: ValueError: no"),
        ({"_shared.py": "import fastlint\n"}, "made_plugin: holds no rules"),
    ],
)
def test_a_plugin_that_breaks_the_house_rules(
    tmp_path: Path, importable: Path, files: dict[str, str], reason: str
) -> None:
    plugin(importable, files)

    with pytest.raises(RuleError) as error:
        registry_for([str(settings_naming(tmp_path, "made_plugin"))])

    assert len(error.value.problems) == 1
    assert reason in error.value.problems[0]


def test_two_plugins_with_one_prefix(tmp_path: Path, importable: Path) -> None:
    plugin(importable, {"made_rule.py": rule_text("ABC001", "made-rule", CHECK)})
    plugin(importable, {"other_rule.py": rule_text("ABC002", "other-rule", CHECK)}, "made_plugin_too")

    with pytest.raises(RuleError, match="made_plugin_too: the prefix ABC is already that of another plugin"):
        registry_for([str(settings_naming(tmp_path, "made_plugin", "made_plugin_too"))])
