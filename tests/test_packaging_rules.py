"""The rules on packages: what they report, and at which level."""

from __future__ import annotations

import pytest

from fastlint.rule import Level
from fastlint_rules.packaging.broken_pair import BrokenPair
from fastlint_rules.packaging.lock_out_of_range import LockOutOfRange
from fastlint_rules.packaging.missing_multipart import MissingMultipart
from fastlint_rules.packaging.pinned_starlette import PinnedStarlette
from fastlint_rules.packaging.unpinned_pre_1_0 import UnpinnedPre10
from fastlint_rules.packaging.wide_pre_1_0_range import WidePre10Range
from tests.packaging_case import LOCKED, Case


def test_levels_of_unpinned() -> None:
    rule = UnpinnedPre10()
    library = '[build-system]\nrequires = ["x"]\n[project]\nname = "x"\ndependencies = ["fastapi>=0.112"]\n'

    assert Case({"requirements.txt": "fastapi\nhttpx\n"}).levels(rule) == [Level.ERROR, Level.WARNING]
    assert Case({"requirements-dev.txt": "fastapi\nruff\n"}).levels(rule) == [Level.INFO, Level.INFO]
    assert Case({"pyproject.toml": library}, apps=()).levels(rule) == [Level.INFO]
    assert Case({"pyproject.toml": library}, apps=()).fixes(rule) == [None]
    assert Case({"pyproject.toml": library}).levels(rule) == [Level.ERROR]
    assert Case({"lib/pyproject.toml": library}, apps=("service/main.py",)).levels(rule) == [Level.INFO]
    locked = {
        "pyproject.toml": '[project]\ndependencies = ["fastapi"]\n',
        "uv.lock": LOCKED.format("fastapi", "0.165.0"),
    }
    assert Case(locked).levels(rule) == [Level.INFO]
    assert Case({**locked, "uv.lock": LOCKED.format("flask", "3.0")}).levels(rule) == [Level.ERROR]


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        *(("unknown\n", False), ("unknown>=0.3\n", True), ("unknown>=1\n", False), ("unknown!=0.3\n", False)),
        *(
            ("starlette>=0.40\n", False),
            ("pytest-asyncio>=0.21\n", False),
            ("fastapi @ https://x.example.com/f.whl\n", False),
        ),
        *(("HTTPX\n", True), ("fastapi===0.165.0\n", False), ("fastapi==0.165.*\n", False), ("fastapi<0.166\n", False)),
    ],
)
def test_what_is_before_1_0(text: str, reported: bool) -> None:
    assert bool(Case({"requirements.txt": text}).findings(UnpinnedPre10())) == reported


def test_the_lock_says_what_is_before_1_0() -> None:
    project = '[project]\ndependencies = ["unknown", "grown>=0.9"]\n'
    case = Case(
        {"pyproject.toml": project, "uv.lock": LOCKED.format("unknown", "0.4.0") + LOCKED.format("grown", "2.0")}
    )

    assert [finding.symbol for finding in case.findings(UnpinnedPre10())] == ["unknown"]


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        *(("fastapi>=0.112,<0.113\n", False), ("fastapi>=0.112,<0.114\n", True), ("fastapi>=0.112,<=0.113\n", True)),
        *(("fastapi~=0.112.0\n", False), ("fastapi~=0.112\n", True), ("fastapi>0.112,<0.113.0\n", False)),
        *(
            ("unknown>=0.5,<3\n", False),
            ("unknown>=0.5,<1\n", True),
            ("pandas>=0.25,<3\n", False),
            ("fastapi>=0.165\n", False),
        ),
    ],
)
def test_what_is_wide(text: str, reported: bool) -> None:
    assert bool(Case({"requirements.txt": text}).findings(WidePre10Range())) == reported


@pytest.mark.parametrize("text", ["starlette==1.10.0\n", "fastapi\nstarlette>=1.6\n", "fastapi\nstarlette\n"])
def test_starlette_is_not_pinned_or_stands_alone(text: str) -> None:
    assert Case({"requirements.txt": text}).findings(PinnedStarlette()) == []


@pytest.mark.parametrize(
    "files",
    [
        *(
            {"requirements.txt": text}
            for text in ("fastapi[standard]\n", "fastapi\nsqladmin\n", "flask\n", "-r x.txt\nfastapi\n")
        ),
        {"requirements.txt": "fastapi\n", "requirements-dev.txt": "Python.Multipart\n"},
        {
            "pyproject.toml": '[project]\ndependencies = ["fastapi"]\n',
            "uv.lock": LOCKED.format("python-multipart", "0.0.34"),
        },
    ],
)
def test_multipart_may_come_from_elsewhere(files: dict[str, str]) -> None:
    assert Case(files, forms=True).findings(MissingMultipart()) == []


def test_a_lock_without_multipart_is_proof_against_carriers() -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["fastapi", "mcp"]\n',
        "uv.lock": LOCKED.format("fastapi", "0.165.0"),
    }

    assert len(Case(files, forms=True).findings(MissingMultipart())) == 1


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        *(
            ("passlib\nbcrypt==5.0.0\n", [Level.ERROR]),
            ("passlib\nbcrypt\n", [Level.WARNING]),
            ("passlib\nbcrypt<5\n", []),
        ),
        *(("passlib[bcrypt]\n", [Level.WARNING]), ("passlib[bcrypt]\nbcrypt==4.3.0\n", []), ("bcrypt>=5\n", [])),
        *(("fastapi==0.110.0\nhttpx>=0.28\n", [Level.ERROR]), ("fastapi==0.110.1\nhttpx>=0.28\n", [])),
        *(("openai==1.55.2\nhttpx==0.28.1\n", [Level.ERROR]), ("openai>=1.50\nhttpx==0.28.1\n", [])),
        *(("starlette==0.36.3\nhttpx\n", [Level.WARNING]), ("anthropic<0.40\nhttpx<0.28\n", [])),
    ],
)
def test_pairs_that_do_not_work_together(text: str, levels: list[Level]) -> None:
    assert Case({"requirements.txt": text}).levels(BrokenPair()) == levels


def test_a_lock_decides_about_pairs() -> None:
    project = '[project]\ndependencies = ["passlib[bcrypt]", "fastapi"]\n'
    held = {
        version: Case({"pyproject.toml": project, "uv.lock": LOCKED.format("bcrypt", version)})
        for version in ("4.3.0", "5.0.0")
    }

    assert {version: case.levels(BrokenPair()) for version, case in held.items()} == {
        "4.3.0": [],
        "5.0.0": [Level.ERROR],
    }


def test_locks_that_lack_a_package() -> None:
    project = '[project]\nname = "shop"\ndependencies = ["fastapi", "httpx", "shop[x]", "uvloop; os_name == \'nt\'"]\n'
    case = Case({"pyproject.toml": project, "uv.lock": LOCKED.format("fastapi", "0.165.0")})

    assert [finding.message for finding in case.findings(LockOutOfRange())] == ["`httpx` is not in `uv.lock`"]


def test_locks_with_several_versions_and_pre_releases() -> None:
    project = '[project]\ndependencies = ["fastapi>=0.160", "httpx>=1.0.dev1"]\n'
    lock = (
        LOCKED.format("fastapi", "0.112.0") + LOCKED.format("fastapi", "0.165.0") + LOCKED.format("httpx", "1.0.dev3")
    )

    assert Case({"pyproject.toml": project, "uv.lock": lock}).findings(LockOutOfRange()) == []
    (finding,) = Case({"pyproject.toml": project, "uv.lock": lock.replace("0.165.0", "0.150.0")}).findings(
        LockOutOfRange()
    )
    assert finding.message == "`fastapi>=0.160` does not allow 0.112.0 and 0.150.0, which `uv.lock` holds"
    assert [place.span.line for place in finding.related] == [1, 4]
