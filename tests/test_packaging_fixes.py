"""The fixes of the rules on packages: what they hold a requirement at, and how they write it into each format."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlint.rule import Applicability
from fastlint_rules.packaging.missing_multipart import MissingMultipart
from fastlint_rules.packaging.pinned_starlette import PinnedStarlette
from fastlint_rules.packaging.unbounded_pydantic import UnboundedPydantic
from fastlint_rules.packaging.unpinned_pre_1_0 import UnpinnedPre10
from fastlint_rules.packaging.wide_pre_1_0_range import WidePre10Range
from tests.packaging_case import LOCKED, Case


def pinned(path: str, before: str, lock: str | None = "0.165.0", **others: str) -> str:
    """A file after FST601 and FST602, which then find nothing there any more."""
    files = {path: before, **others}
    if lock is not None:
        lock_path, text = {
            "Pipfile": ("Pipfile.lock", f'{{"default": {{"fastapi": {{"version": "=={lock}"}}}}}}'),
            "requirements.in": ("requirements.txt", f"# via pip-compile\nfastapi=={lock}\n"),
        }.get(path, ("uv.lock", LOCKED.format("fastapi", lock)))
        files[lock_path] = text
    rules = (UnpinnedPre10(), WidePre10Range())
    for rule in rules:
        files = Case(files).fixed(rule)
    assert all(Case(files).findings(rule) == [] for rule in rules)
    return files[path]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *(
            ("fastapi\n", "fastapi>=0.165.0,<0.166.0\n"),
            ("fastapi[all] # web\n", "fastapi[all]>=0.165.0,<0.166.0 # web\n"),
        ),
        *(("fastapi;os_name=='nt'\n", "fastapi>=0.165.0,<0.166.0;os_name=='nt'\n"),),
        *(("fastapi>=0.112\n", "fastapi>=0.165.0,<0.166.0\n"), ("fastapi>=0.165.0\n", "fastapi>=0.165.0,<0.166.0\n")),
        *(("fastapi >= 0.112, != 0.113.0\r\n", "fastapi >= 0.165.0, != 0.113.0, < 0.166.0\r\n"),),
        *(("fastapi~=0.112\n", "fastapi>=0.165.0,<0.166.0\n"), ("fastapi<1\n", "fastapi>=0.165.0,<0.166.0\n")),
        *(
            ("fastapi (>=0.112,<1)\n", "fastapi (>=0.165.0,<0.166.0)\n"),
            ("fastapi==0.*\n", "fastapi>=0.165.0,<0.166.0\n"),
        ),
        *(("fastapi>=0.112,<=0.170 ; os_name == 'nt' # x\n", "fastapi>=0.165.0,<0.166.0 ; os_name == 'nt' # x\n"),),
        *(("# ü\nfastapi \\\n    >=0.112\n", "# ü\nfastapi \\\n    >=0.165.0,<0.166.0\n"),),
        *(("fastapi!=0.150.0\n", "fastapi>=0.165.0,!=0.150.0,<0.166.0\n"),),
    ],
)
def test_requirements_are_held_at_the_locked_version(before: str, after: str) -> None:
    assert pinned("requirements.in", before) == after


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (
            "pyproject.toml",
            '[project]\ndependencies = ["fastapi"]\n',
            '[project]\ndependencies = ["fastapi>=0.165.0,<0.166.0"]\n',
        ),
        (
            "pyproject.toml",
            "[project]\ndependencies = [\n  # web\n  'fastapi[all] >=0.1 ; os_name == \"nt\"', # x\n]\n",
            "[project]\ndependencies = [\n  # web\n  'fastapi[all] >=0.165.0,<0.166.0 ; os_name == \"nt\"', # x\n]\n",
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nfastapi = "^0" # x\n',
            '[tool.poetry.dependencies]\nfastapi = ">=0.165.0,<0.166.0" # x\n',
        ),
        (
            "pyproject.toml",
            "[tool.poetry.dependencies]\nfastapi = { version = '*', extras = ['all'] }\n",
            "[tool.poetry.dependencies]\nfastapi = { version = '>=0.165.0,<0.166.0', extras = ['all'] }\n",
        ),
        ("Pipfile", '[packages]\nfastapi = "*"\n', '[packages]\nfastapi = ">=0.165.0,<0.166.0"\n'),
    ],
)
def test_tables_and_lists_are_held_at_the_locked_version(path: str, before: str, after: str) -> None:
    assert pinned(path, before) == after


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (
            "setup.cfg",
            "[options]\ninstall_requires = fastapi>=0.112\n",
            "[options]\ninstall_requires = fastapi>=0.112,<0.113\n",
        ),
        (
            "setup.py",
            "setup(install_requires=['fastapi>=0.112.1'])\n",
            "setup(install_requires=['fastapi>=0.112.1,<0.113.0'])\n",
        ),
        (
            "environment.yml",
            "dependencies:\n  - fastapi >=0.112  # x\n",
            "dependencies:\n  - fastapi >=0.112,<0.113  # x\n",
        ),
        (
            "environment.yml",
            "dependencies: ['fastapi>=0.112', pip]\n",
            "dependencies: ['fastapi>=0.112,<0.113', pip]\n",
        ),
        (
            "environment.yml",
            "dependencies:\n- pip:\n  - fastapi>=0.112\n",
            "dependencies:\n- pip:\n  - fastapi>=0.112,<0.113\n",
        ),
        (
            "tool.py",
            '# /// script\n# dependencies = [\n#   "fastapi>=0.112",\n# ]\n# ///\n',
            '# /// script\n# dependencies = [\n#   "fastapi>=0.112,<0.113",\n# ]\n# ///\n',
        ),
    ],
)
def test_without_a_lock_the_lower_bound_says_the_version(path: str, before: str, after: str) -> None:
    assert pinned(path, before, lock=None) == after


def test_what_is_installed_says_the_version_when_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "lib" / "python3.12" / "site-packages" / "fastapi-0.160.0.dist-info").mkdir(parents=True)
    case = Case({"requirements.txt": "fastapi\n"}, root=str(tmp_path))
    other = Case({"environment.yml": "dependencies:\n  - fastapi\n"}, root=str(tmp_path))

    assert case.fixed(UnpinnedPre10()) == {"requirements.txt": "fastapi>=0.160.0,<0.161.0\n"}
    assert other.fixed(UnpinnedPre10()) == {"environment.yml": "dependencies:\n  - fastapi>=0.160.0,<0.161.0\n"}
    assert [fix.applicability for fix in case.fixes(UnpinnedPre10()) if fix] == [Applicability.UNSAFE]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        *(("requirements.txt", "fastapi\n"), ("requirements.txt", f"fastapi>=0.112 --hash=sha256:{'a' * 64}\n")),
        *(
            ("requirements.txt", "fastapi>=0.112, \\\n   !=0.113.0\n"),
            ("environment.yml", "dependencies: [fastapi>=0.112]\n"),
        ),
        *(("pyproject.toml", '[project]\ndependencies = ["fastapi\\u003e=0.112"]\n'),),
        *(("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = {extras = ["all"]}\n'),),
        *(("setup.py", 'setup(install_requires=["fastapi" ">=0.112"])\n'),),
        *(("environment.yml", "dependencies:\n  - fastapi[version='>=0.112']\n"),),
    ],
)
def test_no_fix_where_no_version_is_known_or_the_text_cannot_be_rewritten_in_place(path: str, text: str) -> None:
    case = Case({path: text})

    assert len(case.findings(UnpinnedPre10())) == 1
    assert case.fixes(UnpinnedPre10()) == [None]


def test_no_fix_when_the_lock_holds_several_versions() -> None:
    lock = LOCKED.format("fastapi", "0.112.0") + LOCKED.format("fastapi", "0.165.0")
    case = Case({"pyproject.toml": '[project]\ndependencies = ["fastapi"]\n', "uv.lock": lock})

    assert case.fixes(UnpinnedPre10()) == [None]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *(
            ("pydantic", "pydantic<3"),
            ("pydantic[email]>=2.9 # x", "pydantic[email]>=2.9,<3 # x"),
            ("pydantic>=1.10", "pydantic>=1.10,<2"),
        ),
        *(("pydantic >= 2.9, != 2.10", "pydantic >= 2.9, != 2.10, < 3"), ("pydantic>=2,<4", "pydantic>=2,<4")),
    ],
)
def test_pydantic_is_held_below_the_next_major_release(before: str, after: str) -> None:
    case = Case({"requirements.txt": before})

    assert len(case.findings(UnboundedPydantic())) == 1
    assert case.fixed(UnboundedPydantic()) == {"requirements.txt": after}


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (
            "requirements.txt",
            "fastapi\nstarlette[full] == 1.10.0 ; os_name == 'nt' # x\n",
            "fastapi\nstarlette[full] ; os_name == 'nt' # x\n",
        ),
        ("requirements.txt", "fastapi\nstarlette (<2)\n", "fastapi\nstarlette\n"),
        (
            "Pipfile",
            '[packages]\nfastapi = "*"\nstarlette = "==1.10.0"\n',
            '[packages]\nfastapi = "*"\nstarlette = "*"\n',
        ),
        ("environment.yml", "dependencies:\n- fastapi\n- starlette=1.10\n", "dependencies:\n- fastapi\n- starlette\n"),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["fastapi", "starlette<2"]\n',
            '[project]\ndependencies = ["fastapi", "starlette"]\n',
        ),
    ],
)
def test_starlette_is_left_to_fastapi(path: str, before: str, after: str) -> None:
    assert Case({path: before}).fixed(PinnedStarlette()) == {path: after}


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("requirements.txt", "fastapi==0.165.0 # x\nhttpx\n", "fastapi==0.165.0 # x\npython-multipart\nhttpx\n"),
        ("requirements.txt", "fastapi==0.165.0", "fastapi==0.165.0\npython-multipart"),
        (
            "pyproject.toml",
            "[project]\ndependencies = ['fastapi']\n",
            "[project]\ndependencies = ['fastapi', 'python-multipart']\n",
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = [\n  "fastapi", # x\n]\n',
            '[project]\ndependencies = [\n  "fastapi",\n  "python-multipart", # x\n]\n',
        ),
        (
            "setup.py",
            'setup(install_requires=["fastapi"])\n',
            'setup(install_requires=["fastapi", "python-multipart"])\n',
        ),
    ],
)
def test_multipart_is_required_beside_fastapi(path: str, before: str, after: str) -> None:
    assert Case({path: before}, forms=True).fixed(MissingMultipart()) == {path: after}
    assert Case({path: after}, forms=True).findings(MissingMultipart()) == []
