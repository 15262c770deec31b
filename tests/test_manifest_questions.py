"""Which files are manifests, what their requirements are for, and what narrows them."""

from __future__ import annotations

import pytest

from fastlint.project.packaging.manifests import ManifestFile, included, is_manifest, read
from fastlint.project.packaging.ranges import bounds
from tests.test_manifests import read_text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *(
            (name, True)
            for name in ("requirements.txt", "requirements-dev.txt", "dev-requirements.txt", "requirements.in")
        ),
        *(
            (name, True)
            for name in ("requirements/base.txt", "deploy/requirements/base.in", "constraints.txt", "setup.py")
        ),
        *(
            (name, True)
            for name in ("pyproject.toml", "a/setup.cfg", "Pipfile", "Pipfile.lock", "uv.lock", "poetry.lock")
        ),
        *((name, True) for name in ("pdm.lock", "pylock.toml", "pylock.dev.toml", "environment.yml", "conda-dev.yaml")),
        *((name, True) for name in ("requirements.lock", "requirements_test.txt", "tool.py.lock")),
        *((name, False) for name in ("MANIFEST.in", "notes.txt", "main.py", "docker-compose.yml", "package-lock.json")),
        *((name, False) for name in ("base.txt", "yarn.lock", "requirements.md", "requirements.py", "Cargo.toml")),
    ],
)
def test_manifests_are_known_by_name(path: str, expected: bool) -> None:
    assert is_manifest(path) == expected


def test_roles_of_files_and_groups() -> None:
    manifests = read_text(
        "requirements.txt",
        "a\n",
        **{
            "requirements-dev.txt": "b\n",
            "requirements/test.in": "c\n",
            "requirements/prod.txt": "d\n",
            "constraints.txt": "e<2\n",
            "pyproject.toml": '[project.optional-dependencies]\nweb = ["f"]\ntest = ["g"]\n',
            "other/pyproject.toml": '[build-system]\nrequires = ["h"]\n',
        },
    )

    found = {one.name: one for one in manifests.requirements}
    assert {name for name, one in found.items() if one.development} == {"b", "c", "g"}
    assert {name for name, one in found.items() if one.kind != "dependency"} == {"e", "h"}
    assert found["f"].group == "web"


def test_files_of_any_name_count_when_they_are_included() -> None:
    files = [
        ManifestFile("requirements.txt", b"-r deps/web.txt\n-c pins\n"),
        ManifestFile("deps/web.txt", b"-r more.txt\nfastapi\n"),
    ]

    assert included(files[:1]) == {"deps/web.txt", "pins"}
    assert included(files) == {"deps/more.txt", "pins"}
    manifests = read([*files, ManifestFile("pins", b"fastapi==0.165.0\n")])
    assert [(one.path, one.kind) for one in manifests.requirements] == [
        ("deps/web.txt", "dependency"),
        ("pins", "constraint"),
    ]
    assert manifests.missing_includes


def test_what_narrows_a_requirement() -> None:
    manifests = read_text(
        "requirements.txt",
        "-c limits/pins.txt\n-r base.txt\nfastapi\nhttpx\n",
        **{"limits/pins.txt": "fastapi<0.113\n", "base.txt": "httpx>=0.28\n", "other/constraints.txt": "fastapi<1\n"},
    )

    narrowed = {one.name: manifests.effective(one) for one in manifests.requirements if one.path == "requirements.txt"}
    assert narrowed == {"fastapi": "<0.113", "httpx": ">=0.28"}


def test_extras_are_narrowed_by_the_project_itself() -> None:
    text = '[project]\ndependencies = ["fastapi<0.113"]\noptional-dependencies.all = ["fastapi[all]"]\n'
    manifests = read_text("pyproject.toml", text)

    assert [manifests.effective(one) for one in manifests.requirements] == ["<0.113", "<0.113"]


def test_uv_sources_take_packages_from_elsewhere() -> None:
    text = '[project]\ndependencies = ["a", "b"]\n[tool.uv.sources]\na = { path = "../a" }\nb = { index = "x" }\n'

    assert {one.name: one.url for one in read_text("pyproject.toml", text).requirements} == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("specifier", "least", "greatest", "exact"),
    [
        *((">=1.2,<2", "1.2", "2", False), ("==1.2.*", "1.2", "1.3", False), ("~=1.2.3", "1.2.3", "1.3", False)),
        *(("==1.2.3", "1.2.3", "1.2.3", True), ("!=1", None, None, False), ("", None, None, False)),
        *((">1,>=1.5,<3,<=2", "1.5", "2", False), ("~=1.2", "1.2", "2", False), ("===weird", None, None, False)),
    ],
)
def test_bounds(specifier: str, least: str | None, greatest: str | None, exact: bool) -> None:
    found = bounds(specifier)

    assert (found.least and str(found.least), found.greatest and str(found.greatest)) == (least, greatest)
    assert found.exact == exact
