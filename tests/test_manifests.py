"""Manifests: the same requirements as each format's own tool reads, at the right places."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from fastlint.project.packaging.manifests import ManifestFile, Manifests, Requirement, is_script, read
from fastlint.project.packaging.ranges import from_conda, from_poetry
from fastlint.source import SourceFile
from tests import manifest_corpus as corpus

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
Said = set[tuple[str, str, tuple[str, ...], bool]]


def read_text(path: str, text: str, **others: str) -> Manifests:
    files = {path: text, **others}
    return read([ManifestFile(name, content.encode()) for name, content in files.items()])


def said(requirements: Iterable[Requirement]) -> Said:
    return {(one.name, one.specifier, one.extras, one.url) for one in requirements}


def parsed(texts: Iterable[str]) -> Said:
    found = set()
    for text in texts:
        one = Parsed(text)
        found.add((canonicalize_name(one.name), str(one.specifier), tuple(sorted(one.extras)), one.url is not None))
    return {(str(name), specifier, extras, url) for name, specifier, extras, url in found}


def check_places(manifests: Manifests, files: dict[str, str]) -> None:
    """Every span holds what it says it holds."""
    for one in manifests.requirements:
        source = SourceFile(one.path, files[one.path].encode())
        whole = source.slice(one.span)
        if one.specifier_span is not None and one.style != "fixed":
            assert source.slice(one.specifier_span) == one.written
            assert one.span.contains(one.specifier_span)
        if one.style == "fixed":
            continue
        assert one.spelling in whole or one.style == "poetry"  # one of several for a name stands without it
        before = source.text[: source.offset(*one.name_end)]
        assert before.endswith((one.spelling, "]", f"{one.spelling}'", f'{one.spelling}"'))


def agree(path: str, text: str, expected: Said) -> None:
    manifests = read_text(path, text)

    assert manifests.unreadable == ()
    assert said(manifests.requirements) == expected
    check_places(manifests, {path: text})


# requirements files against pip


def pip_reads(path: Path) -> Said:
    from pip._internal.network.session import PipSession
    from pip._internal.req.constructors import install_req_from_parsed_requirement
    from pip._internal.req.req_file import parse_requirements

    found = set()
    for line in parse_requirements(str(path), PipSession()):
        one = install_req_from_parsed_requirement(line)
        name = one.name if one.req is not None else None
        if name is None and one.link is not None and one.link.is_wheel:
            name = one.link.filename.partition("-")[0]
        specifier = "" if one.req is None or one.link is not None else str(SpecifierSet(str(one.req.specifier)))
        found.add((str(canonicalize_name(name or "")), specifier, tuple(sorted(one.extras)), one.link is not None))
    return found


@pytest.mark.parametrize("name", corpus.REQUIREMENTS)
def test_requirements_as_pip_reads_them(name: str, tmp_path: Path) -> None:
    text = corpus.REQUIREMENTS[name]
    path = tmp_path / "requirements.txt"
    path.write_bytes(text.encode())
    try:
        expected = pip_reads(path)
    except Exception as error:
        assert "Invalid requirement" in str(error)
        assert read_text("requirements.txt", text).unreadable != ()
        return

    manifests = read_text("requirements.txt", text)

    assert manifests.unreadable == ()
    assert said(manifests.requirements) == expected
    check_places(manifests, {"requirements.txt": text.removeprefix("\ufeff")})


LINES = st.lists(
    st.sampled_from(
        [
            *(
                "fastapi",
                "fastapi>=0.112 # x",
                "uvicorn \\",
                "    ==0.54.0",
                "# c",
                "",
                "httpx[http2]<0.29;os_name=='nt'",
            ),
            *("--index-url https://x.example.com", "   # d", "\\", "sqlmodel ~= 0.0.20", "# e \\", "typer>=0.1,\\"),
        ]
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(lines=LINES, newline=st.sampled_from(["\n", "\r\n"]))
@example(lines=["uvicorn \\", "# c", "fastapi"], newline="\n")
def test_any_lines_as_pip_reads_them(tmp_path_factory: pytest.TempPathFactory, lines: list[str], newline: str) -> None:
    text = newline.join(lines) + newline
    path = tmp_path_factory.mktemp("lines") / "requirements.txt"
    path.write_bytes(text.encode())
    manifests = read_text("requirements.txt", text)
    try:
        expected = pip_reads(path)
    except Exception:
        assert manifests.unreadable != ()
        return

    assert (said(manifests.requirements), manifests.unreadable) == (expected, ())
    check_places(manifests, {"requirements.txt": text})


# setup.cfg and setup.py against setuptools


READ_WITH_SETUPTOOLS = """
import json, sys, warnings
warnings.simplefilter("ignore")
from setuptools.config.setupcfg import read_configuration
print(json.dumps([read_configuration(path).get("options", {}) for path in sys.argv[1:]], default=str))
"""


def test_setup_cfg_as_setuptools_reads_it(tmp_path: Path) -> None:
    paths = []
    for number, text in enumerate(corpus.SETUP_CFG.values()):
        paths.append(tmp_path / str(number) / "setup.cfg")
        paths[-1].parent.mkdir()
        paths[-1].write_text(text)
    command = [sys.executable, "-c", READ_WITH_SETUPTOOLS, *map(str, paths)]
    ran = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)

    for text, options in zip(corpus.SETUP_CFG.values(), json.loads(ran.stdout), strict=True):
        wanted = [*options.get("install_requires", [])]
        for extra in options.get("extras_require", {}).values():
            wanted.extend(extra)
        agree("setup.cfg", text, parsed(wanted))


@pytest.mark.parametrize("name", corpus.SETUP_PY)
def test_setup_py_as_it_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = corpus.SETUP_PY[name]
    given_to: dict[str, Any] = {}
    module = types.ModuleType("setuptools")
    module.setup = lambda **keywords: given_to.update(keywords)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "setuptools", module)
    exec(compile(text, "setup.py", "exec"), {"__name__": "__main__"})
    wanted: list[str] = []
    for value in (given_to.get("install_requires", ()), given_to.get("tests_require", ())):
        wanted.extend(value.split("\n") if isinstance(value, str) else value)
    for extra in given_to.get("extras_require", {}).values():
        wanted.extend(extra)

    agree("setup.py", text, parsed(text for text in wanted if text))


def test_setup_py_is_never_run(tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    text = f'open({str(proof)!r}, "w")\nfrom setuptools import setup\nsetup(install_requires=["fastapi", *read()])\n'

    manifests = read_text("setup.py", text)

    assert [one.name for one in manifests.requirements] == ["fastapi"]
    assert not proof.exists()


# pyproject.toml


def texts_in(value: Any) -> Iterable[str]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, str) and not item.startswith("-e"):
                yield item
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)


@pytest.mark.parametrize("name", corpus.PYPROJECT)
def test_pyproject_as_tomllib_and_packaging_read_it(name: str) -> None:
    text = corpus.PYPROJECT[name]
    data = tomllib.loads(text)
    project, tool = data.get("project", {}), data.get("tool", {})
    uv = tool.get("uv", {})
    wanted = [
        *texts_in(project.get("dependencies", [])),
        *texts_in(project.get("optional-dependencies", {})),
        *texts_in(data.get("dependency-groups", {})),
        *texts_in(data.get("build-system", {}).get("requires", [])),
        *texts_in({key: uv[key] for key in uv if key.endswith("-dependencies")}),
        *texts_in(tool.get("pdm", {}).get("dev-dependencies", {})),
    ]

    agree("pyproject.toml", text, parsed(wanted))


PDM_READS = [name for name, text in corpus.PYPROJECT.items() if "project" in tomllib.loads(text) and "-e " not in text]


@pytest.mark.parametrize("name", [*PDM_READS, "pdm groups"])
def test_pyproject_as_pdm_reads_it(name: str, tmp_path: Path) -> None:
    """Dependencies, extras and groups; what only the build backend or uv asks for is none of pdm's."""
    from pdm.core import Core

    text = corpus.PYPROJECT.get(name) or PDM_DOCUMENT
    (tmp_path / "pyproject.toml").write_bytes(text.encode())
    project = Core().create_project(tmp_path)
    theirs = {
        (str(canonicalize_name(one.name)), str(one.specifier), tuple(sorted(one.extras or ())), False)
        for group in project.iter_groups()
        for one in project.get_dependencies(group)
        if one.name is not None
    }
    manifests = read_text("pyproject.toml", text)
    ours = {one for one in said(manifests.requirements) if one not in _not_of_pdm(text)}

    assert manifests.unreadable == ()
    assert {(name, SpecifierSet(spec), extras) for name, spec, extras, _ in ours} == {
        (name, SpecifierSet(spec), extras) for name, spec, extras, _ in theirs
    }


PDM_DOCUMENT = """[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["fastapi>=0.110,<1", "uvicorn[standard]~=0.30; python_version>'3.8'"]
[project.optional-dependencies]
pg = ["asyncpg>=0.29"]
[dependency-groups]
dev = ["ruff", {include-group = "test"}]
test = ["pytest>=8"]
[tool.pdm.dev-dependencies]
lint = ["black==24.1.0"]
"""


def _not_of_pdm(text: str) -> Said:
    """What stands in a file for others to read."""
    data = tomllib.loads(text)
    uv = data.get("tool", {}).get("uv", {})
    others = parsed(
        [*texts_in(data.get("build-system", {}).get("requires", [])), *texts_in({k: uv[k] for k in uv if "-dep" in k})]
    )
    project = data["project"]
    own = [*texts_in(project.get("dependencies", [])), *texts_in(project.get("optional-dependencies", {}))]
    return others - parsed(own)


def poetry_document(name: str) -> str:
    body = corpus.POETRY[name]
    head = '[tool.poetry]\nname = "shop"\nversion = "1"\ndescription = ""\nauthors = []\n'
    group = '[tool.poetry.group.test.dependencies]\npytest = ">=8"\n'
    return f'{head}[tool.poetry.dependencies]\npython = "^3.11"\n{body}{group}'


VERSIONS = [
    *("0", "0.0.1", "0.0.19", "0.0.20", "0.0.21", "0.1", "0.2", "0.27", "0.27.9", "0.28", "0.28.1", "0.28.2", "0.29"),
    *(
        "0.30.0",
        "0.30.5",
        "0.31.0",
        "0.31.1",
        "0.32",
        "0.39",
        "0.40",
        "0.54.0",
        "0.54.7",
        "0.55",
        "0.100",
        "0.101",
        "0.111",
    ),
    *(
        "0.112",
        "0.112.0",
        "0.112.4",
        "0.113",
        "0.165.0",
        "0.166",
        "1",
        "1.4.1",
        "1.4.2",
        "1.4.9",
        "1.5",
        "2",
        "2.9",
        "3",
    ),
]


@pytest.mark.parametrize("name", corpus.POETRY)
def test_poetry_as_poetry_core_reads_it(name: str, tmp_path: Path) -> None:
    from poetry.core.constraints.version import Version as PoetryVersion
    from poetry.core.factory import Factory

    text = poetry_document(name)
    (tmp_path / "pyproject.toml").write_text(text)
    theirs = [one for one in Factory().create_poetry(tmp_path).package.all_requires if one.name != "python"]

    manifests = read_text("pyproject.toml", text)

    assert manifests.unreadable == ()
    check_places(manifests, {"pyproject.toml": text})
    assert manifests.python() == "<4,>=3.11"
    ours = {(one.name, one.written, one.marker): one for one in manifests.requirements}
    assert sorted(one.name for one in ours.values()) == sorted(one.name for one in theirs)
    for mine, their in zip(
        sorted(ours.values(), key=lambda one: (one.name, one.specifier)),
        sorted(theirs, key=lambda one: (one.name, str(one.constraint))),
        strict=True,
    ):
        assert mine.extras == tuple(sorted(their.extras))
        assert bool(mine.url) == their.is_vcs()
        assert bool(mine.marker) == (not their.marker.is_any() or not their.python_constraint.is_any())
        if not mine.url:
            for version in VERSIONS:
                allowed = SpecifierSet(mine.specifier).contains(version)
                if "|" in mine.written:
                    assert allowed or not their.constraint.allows(PoetryVersion.parse(version))
                else:
                    assert allowed == their.constraint.allows(PoetryVersion.parse(version)), (mine.written, version)


@pytest.mark.parametrize(
    "text",
    [
        *("^1.2.3", "^1.2", "^1", "^0.2.3", "^0.0.3", "^0.0", "^0", "~1.2.3", "~1.2", "~1", "~0", "*", "1.*", "1.4.*"),
        *(
            "==1.4.*",
            "!=1.4.*",
            ">=1.4,<2",
            ">=1.4 <2",
            ">1.4",
            "<=1.4.2",
            "~=1.4",
            "~=1.4.2",
            "1.4.2",
            "==1.4.2",
            "=1.4.2",
        ),
        *("", ">=0.27,!=0.28.1,<0.30", "^0.112.0", ">= 0.30 , <0.31"),
    ],
)
def test_each_constraint_allows_what_poetry_allows(text: str) -> None:
    from poetry.core.constraints.version import Version as PoetryVersion
    from poetry.core.constraints.version import parse_constraint

    theirs = parse_constraint(text or "*")

    allowed = SpecifierSet(from_poetry(text))
    assert [one for one in VERSIONS if allowed.contains(one)] == [
        one for one in VERSIONS if theirs.allows(PoetryVersion.parse(one))
    ]


# conda


@pytest.mark.parametrize("name", corpus.CONDA)
def test_environments_as_rattler_reads_them(name: str) -> None:
    import yaml
    from rattler import MatchSpec, Version

    text = corpus.CONDA[name]
    theirs = [MatchSpec(item) for item in yaml.safe_load(text)["dependencies"]]

    manifests = read_text("environment.yml", text)

    assert manifests.unreadable == ()
    check_places(manifests, {"environment.yml": text})
    assert [one.name for one in manifests.requirements] == [one.name.normalized for one in theirs]
    for mine, their in zip(manifests.requirements, theirs, strict=True):
        allowed = SpecifierSet(mine.specifier)
        for version in VERSIONS:
            if their.version is None:
                assert allowed.contains(version)
                continue
            from rattler import VersionSpec

            wanted = VersionSpec(str(their.version)).matches(Version(version))
            assert allowed.contains(version) == wanted or ("|" in mine.written and not wanted), (mine.written, version)


@pytest.mark.parametrize(
    "text",
    ["=0.112", "=0.112.0", "==0.112", "0.28.*", ">=0.28,<0.30", "0.28.1", "=0", "!=0.28.*", "~=0.112.0", "*", ">0.30"],
)
def test_each_conda_version_matches_what_rattler_matches(text: str) -> None:
    from rattler import Version, VersionSpec

    allowed = SpecifierSet(from_conda(text))
    theirs = VersionSpec(text)

    assert [one for one in VERSIONS if allowed.contains(one)] == [
        one for one in VERSIONS if theirs.matches(Version(one))
    ]


def test_the_pip_section_of_an_environment() -> None:
    manifests = read_text("environment.yml", corpus.PIP_IN_CONDA)

    assert said(manifests.requirements) == parsed(
        ["pip", "fastapi[standard]>=0.112", "uvicorn ; sys_platform != 'win32'"]
    )
    assert [one.target for one in manifests.includes] == ["requirements.txt"]
    assert manifests.python() == "==3.11.*"
    check_places(manifests, {"environment.yml": corpus.PIP_IN_CONDA})


# Pipfile and script headers


@pytest.mark.parametrize("name", corpus.PIPFILES)
def test_pipfiles(name: str) -> None:
    text, expected = corpus.PIPFILES[name]

    manifests = read_text("Pipfile", text)

    assert manifests.unreadable == ()
    assert {one.name: one.specifier for one in manifests.requirements} == expected
    check_places(manifests, {"Pipfile": text})


@pytest.mark.parametrize("name", corpus.SCRIPTS)
def test_script_headers_as_the_reference_implementation_reads_them(name: str) -> None:
    import re

    text = corpus.SCRIPTS[name]
    reference = r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$"
    wanted: list[str] = []
    for match in re.finditer(reference, text.replace("\r\n", "\n")):
        if match["type"] == "script":
            lines = match["content"].splitlines(keepends=True)
            wanted = tomllib.loads("".join(line[2:] if line.startswith("# ") else line[1:] for line in lines))[
                "dependencies"
            ]

    assert is_script(text.encode()) == bool(wanted)
    agree("tool.py", text, parsed(wanted))


@pytest.mark.parametrize(
    "folder", sorted(path for path in (FIXTURES / "packaging").glob("*/*") if path.is_dir()), ids=lambda path: path.name
)
def test_every_fixture_is_read_with_right_places(folder: Path) -> None:
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    manifests = read([ManifestFile(path, text.encode()) for path, text in texts.items()])

    assert manifests.unreadable == ()
    assert manifests.requirements or manifests.locks or "manifest" in folder.name
    check_places(manifests, texts)
