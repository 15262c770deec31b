"""Manifests that cannot be read, and those that are too large: named, and the rest goes on."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlint.project.packaging.manifests import ManifestFile, read
from tests.test_manifests import read_text


@pytest.mark.parametrize(
    ("path", "data", "line", "reason"),
    [
        ("requirements.txt", b"fastapi\nuvicorn>=1.0.*\n", 2, "suffix"),
        ("requirements.txt", b"fastapi\n\nuvicorn=1\n", 3, "invalid requirement 'uvicorn=1'"),
        ("requirements.txt", b"fastapi \\\n  >=x\n", 1, "invalid requirement"),
        ("requirements.txt", b"fastapi\n# gr\xfcn\n", 2, "not valid utf-8: byte 0xfc"),
        ("pyproject.toml", b'[project]\nname = "x"\nname = "y"\n', 3, "Cannot overwrite a value"),
        ("pyproject.toml", b"[project]\nname = \n", 2, "Invalid value"),
        ("pyproject.toml", b'[project]\ndependencies = ["a",\n', 2, "Invalid value"),
        ("pyproject.toml", b'[project]\ndependencies = [\n  "fastapi>>1",\n]\n', 3, "invalid requirement"),
        ("pyproject.toml", b"[project]\nx = '\xff'\n", 2, "not valid utf-8"),
        ("pyproject.toml", b"x = " + b"[" * 5000 + b"]" * 5000, 1, "nested too deeply"),
        ("pyproject.toml", b'[tool.poetry.dependencies]\nfastapi = "^x"\n', 2, "invalid requirement fastapi"),
        ("Pipfile", b'[packages]\nfastapi = ">>1"\n', 2, "invalid requirement fastapi"),
        ("setup.cfg", b"name = x\n", 1, "text before the first section"),
        ("setup.cfg", b"[options]\n[options]\n", 2, "twice"),
        ("setup.cfg", b"[options]\na = 1\na = 2\n", 3, "'a' twice"),
        ("setup.cfg", b"[options]\ninstall_requires =\n  fastapi\n  uvicorn==\n", 4, "invalid requirement"),
        ("setup.py", b"install_requires = 1\ndef (:\n", 2, "invalid syntax"),
        ("environment.yml", b"dependencies:\n  - a\n - b\n", 3, "expected"),
        ("environment.yml", b"dependencies: []\nname: x\ndependencies: []\n", 3, "twice"),
        ("environment.yml", b"dependencies:\n  - fastapi>>1\n", 2, "fastapi>>1"),
        ("environment.yml", b"name: x\x01\n", 1, "#x0001"),
        ("uv.lock", b'version = 1\n<<<<<<< HEAD\n[[package]]\nname = "a"\n', 2, "merge conflict"),
        ("uv.lock", b'[[package]]\nname = "a"\nversion = \n', 3, "Invalid value"),
        ("poetry.lock", b'[[package]]\nname = "\xff"\n', 2, "not valid utf-8"),
        ("Pipfile.lock", b'{"default": {\n  "a": 1,\n}}', 3, ""),
        ("Pipfile.lock", b"[]", 1, "not an object"),
        ("tool.py", b'# /// script\n# dependencies = [\n#   "a",\n#   oops\n# ]\n# ///\n', 4, "Invalid value"),
        ("tool.py", b"# /// script\n# x = 1\n# ///\n\n# /// script\n# x = 1\n# ///\n", 5, "more than one"),
    ],
)
def test_what_cannot_be_read_is_named_with_line_and_reason(path: str, data: bytes, line: int, reason: str) -> None:
    manifests = read([ManifestFile(path, data)])

    ((where, number, why),) = manifests.unreadable
    assert (where, number) == (path, line)
    assert reason in why
    assert "\n" not in why


def test_one_bad_line_leaves_the_others() -> None:
    manifests = read_text("requirements.txt", "fastapi==0.165.0\nuvicorn>=\nhttpx\n")

    assert [one.name for one in manifests.requirements] == ["fastapi", "httpx"]
    assert [line for _, line, _ in manifests.unreadable] == [2]


def test_circular_inclusion_is_named_once_and_everything_read() -> None:
    manifests = read_text(
        "requirements.txt",
        "-r requirements/a.txt\nfastapi\n",
        **{"requirements/a.txt": "-r ../requirements.txt\nhttpx\n"},
    )

    assert sorted(one.name for one in manifests.requirements) == ["fastapi", "httpx"]
    assert manifests.unreadable == (("requirements/a.txt", 1, "requirements.txt includes itself"),)


def test_a_file_that_includes_itself() -> None:
    assert read_text("requirements.txt", "fastapi\n-r requirements.txt\n").unreadable == (
        ("requirements.txt", 2, "requirements.txt includes itself"),
    )


def test_prose_with_a_similar_name_is_no_manifest() -> None:
    text = "The system shall start.\nIt must not stop!\n\nSee section 4.\n"

    assert read_text("docs/requirements-v2.txt", text).unreadable == ()
    assert len(read_text("requirements.txt", text).unreadable) == 3


FILL = 'hash = "sha256:' + "0123456789abcdef" * 40 + '"\n'
HUGE = {
    "uv.lock": lambda n: f'[[package]]\nname = "package-{n}"\nversion = "1.{n}"\n{FILL}\n',
    "requirements.txt": lambda n: f"package-{n}==1.{n} \\\n    --{FILL}",
    "poetry.lock": lambda n: "[[package]]\n" * 60,
    "pdm.lock": lambda n: "é" * 350,
    "Pipfile.lock": lambda n: '\n        "a": {' * 45,
    "pyproject.toml": lambda n: "# x\n" * 180,
}


@pytest.mark.parametrize("path", HUGE)
def test_a_huge_file_is_read_or_refused_in_little_memory(path: str) -> None:
    pieces = [HUGE[path](number).encode() for number in range(1000)]
    data = b"".join(HUGE[path](number).encode() for number in range(50_000_000 // max(map(len, pieces))))
    assert len(data) > 45_000_000

    tracemalloc.start()
    manifests = read([ManifestFile(path, data)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak + len(data) < 300_000_000
    if path in ("uv.lock", "requirements.txt"):
        assert manifests.locks[0].packages["package-7"][0].version == "1.7"


@settings(max_examples=150, deadline=None)
@given(
    path=st.sampled_from(
        [
            "requirements.txt",
            "pyproject.toml",
            "setup.cfg",
            "setup.py",
            "Pipfile",
            "environment.yml",
            "uv.lock",
            "Pipfile.lock",
        ]
    ),
    data=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(lambda text: text.encode(errors="replace"))),
)
def test_no_content_makes_reading_fail(path: str, data: bytes) -> None:
    manifests = read([ManifestFile(path, data)])

    assert all(line >= 1 and reason for _, line, reason in manifests.unreadable)
