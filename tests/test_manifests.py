"""Manifests: the same requirements as each format's own tool reads, at the right places."""

from __future__ import annotations

import json
import sys
import tomllib
import types
import warnings
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from fastlint.project.manifest_formats.toml_places import Toml
from fastlint.project.manifests import ManifestFile, Manifests, Requirement, included, is_manifest, is_script, read
from fastlint.project.ranges import bounds, from_conda, from_poetry
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
        assert one.spelling in whole
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


@pytest.mark.parametrize("name", corpus.SETUP_CFG)
def test_setup_cfg_as_setuptools_reads_it(name: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from setuptools.config.setupcfg import read_configuration

        path = tmp_path / "setup.cfg"
        path.write_text(corpus.SETUP_CFG[name])
        options = read_configuration(path).get("options", {})
    wanted = [*options.get("install_requires", [])]
    for extra in options.get("extras_require", {}).values():
        wanted.extend(extra)

    agree("setup.cfg", corpus.SETUP_CFG[name], parsed(wanted))


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


# TOML with places


VALUES = st.recursive(
    st.one_of(
        st.sampled_from(
            ['"a"', "'b'", '"c\\n\\"d"', '"""e"f\\\n  g"""', "'''h'i'''", '""""j"""""', "1", "2.5", "true"]
        ),
        st.sampled_from(["1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "''", '""', '""""""', "'# no'", '"] } ="']),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", # c ]\n ".join(items) + "\n]"),
        st.lists(inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"k{n} = {v}" for n, v in enumerate(items)) + "}"
        ),
    ),
    max_leaves=5,
)
KEYS = st.sampled_from(["a", "b.c", '"d e".f', "'g.h'", "i . j", '"\\u00e9"'])


@settings(max_examples=120, deadline=None)
@given(
    pairs=st.lists(st.tuples(KEYS, VALUES), max_size=4, unique_by=lambda pair: pair[0]),
    headers=st.lists(st.sampled_from(["[t]", "[[u]]", "[[u]]", "[u.v]", "[w.'x.y']", "[ z . q ]"]), max_size=4),
)
def test_every_string_of_a_document_is_found_at_its_place(pairs: list[tuple[str, str]], headers: list[str]) -> None:
    body = "".join(f"{key} = {value}\n" for key, value in pairs)
    text = body + "".join(f"{header} # h\n{body}" for header in headers)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return

    toml = Toml(SourceFile("x.toml", text.encode()))

    def strings(value: Any, path: tuple[str | int, ...]) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict | list):
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                yield from strings(inner, (*path, key))

    found = dict(strings(data, ()))
    assert toml.strings.keys() == found.keys()
    for path, value in found.items():
        start, end = toml.values[path]
        assert tomllib.loads(f"x = {text[start:end]}")["x"] == value
        assert toml.piece(path, value).exact == (text[slice(*toml.strings[path])] == value)


# locks


def versions_in(manifests: Manifests) -> dict[str, list[str]]:
    return {name: [one.version for one in locked] for lock in manifests.locks for name, locked in lock.packages.items()}


@pytest.mark.parametrize(
    ("path", "text"),
    [("uv.lock", corpus.UV_LOCK), ("poetry.lock", corpus.POETRY_LOCK), ("pylock.toml", corpus.PYLOCK)],
)
def test_locks_as_tomllib_reads_them(path: str, text: str) -> None:
    data = tomllib.loads(text)
    expected: dict[str, list[str]] = {}
    for package in data.get("package", data.get("packages", [])):
        if "version" in package:
            expected.setdefault(str(canonicalize_name(package["name"])), []).append(package["version"])

    manifests = read_text(path, text)

    assert versions_in(manifests) == expected
    assert manifests.locks[0].python in (">=3.11", "<4,>=3.11")
    for locked in manifests.locks[0].packages.values():
        for one in locked:
            assert text.splitlines()[one.line - 1].startswith("[[package")


def test_pipfile_locks_read_and_searched_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    from fastlint.project.manifest_formats import locks

    default = {"fastapi": {"hashes": ["sha256:00"], "version": "==0.165.0"}, "shop": {"path": "."}}
    tables = {"_meta": {"hash": {"sha256": "0"}}, "default": default, "develop": {"httpx": {"version": "==0.28.1"}}}
    text = json.dumps(tables, indent=4) + "\n"

    small = read_text("Pipfile.lock", text)
    monkeypatch.setattr(locks, "PARSED", 10)
    large = read_text("Pipfile.lock", text)

    assert versions_in(small) == versions_in(large) == {"fastapi": ["0.165.0"], "httpx": ["0.28.1"]}
    assert small.locks == large.locks


def test_compiled_and_frozen_requirements_are_locks() -> None:
    compiled = "# This file was autogenerated by uv via the following command:\nfastapi==0.165.0\n    # via -r x.in\n"
    frozen = "fastapi==0.165.0\npydantic_core==2.50.4\nidna==3.20\nstarlette==1.10.0\n"

    for text in (compiled, frozen):
        manifests = read_text("requirements.txt", text, **{"requirements.in": "fastapi>=0.165\n"})
        assert [one.path for one in manifests.requirements] == ["requirements.in"]
        assert [one.version for one in manifests.locked("FastAPI", "requirements.in")] == ["0.165.0"]
    by_hand = read_text("requirements.txt", "# run pip-compile after this\nfastapi>=0.165\n")
    assert by_hand.locks == ()
    assert len(by_hand.requirements) == 1


def test_which_lock_speaks_for_which_manifest() -> None:
    lock = '[[package]]\nname = "fastapi"\nversion = "0.165.0"\n\n[[package]]\nname = "member"\nversion = "1"\n'
    project = '[project]\nname = "{}"\ndependencies = ["fastapi"]\n'
    manifests = read_text(
        "uv.lock",
        lock,
        **{
            "pyproject.toml": project.format("top"),
            "packages/member/pyproject.toml": project.format("member"),
            "examples/other/pyproject.toml": project.format("other"),
            "requirements.txt": "fastapi\n",
        },
    )

    held = {one.path for one in manifests.requirements if manifests.locked("fastapi", one.path)}

    assert held == {"pyproject.toml", "packages/member/pyproject.toml"}


# what is wrong


@pytest.mark.parametrize(
    ("path", "data", "line", "reason"),
    [
        ("requirements.txt", b"fastapi\nuvicorn>=1.0.*\n", 2, "suffix"),
        ("requirements.txt", b"fastapi\n\nuvicorn=1\n", 3, "invalid requirement 'uvicorn=1'"),
        ("requirements.txt", b"fastapi \\\n  >=x\n", 1, "invalid requirement"),
        ("requirements.txt", b"fastapi\n# gr\xfcn\n", 2, "not valid utf-8: byte 0xfc"),
        ("pyproject.toml", b'[project]\nname = "x"\nname = "y"\n', 3, "Cannot overwrite a value"),
        ("pyproject.toml", b"[project]\nname = \n", 2, "Invalid value"),
        ("pyproject.toml", b'[project]\ndependencies = ["a",\n', 3, "Unclosed array"),
        ("pyproject.toml", b'[project]\ndependencies = [\n  "fastapi>>1",\n]\n', 3, "invalid requirement"),
        ("pyproject.toml", b"[project]\nx = '\xff'\n", 2, "not valid utf-8"),
        ("pyproject.toml", b"x = " + b"[" * 5000 + b"]" * 5000, 1, "nested too deeply"),
        ("pyproject.toml", b'[tool.poetry.dependencies]\nfastapi = "^x"\n', 2, "invalid requirement fastapi"),
        ("Pipfile", b'[packages]\nfastapi = ">>1"\n', 2, "invalid requirement fastapi"),
        ("setup.cfg", b"name = x\n", 1, "text before the first section"),
        ("setup.cfg", b"[options]\n[options]\n", 2, "twice"),
        ("setup.cfg", b"[options]\na = 1\na = 2\n", 3, "'a' twice"),
        ("setup.cfg", b"[options]\ninstall_requires =\n  fastapi\n  uvicorn==\n", 4, "invalid requirement"),
        ("setup.py", b"x = 1\ndef (:\n", 2, "invalid syntax"),
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


def huge(size: int) -> dict[str, bytes]:
    fill = 'hash = "sha256:' + "0123456789abcdef" * 40 + '"\n'
    count = size // (len(fill) + 60)
    entries = "".join(f'[[package]]\nname = "package-{n}"\nversion = "1.{n}"\n{fill}\n' for n in range(count))
    pins = "".join(f"package-{n}==1.{n} \\\n    --{fill}" for n in range(count))
    return {
        "uv.lock": entries.encode(),
        "requirements.txt": pins.encode(),
        "poetry.lock": b"[[package]]\n" * (size // 12),
        "pdm.lock": ("é" * (size // 2)).encode(),
        "Pipfile.lock": b'\n        "a": {' * (size // 15),
        "pyproject.toml": b"# x\n" * (size // 4),
    }


@pytest.mark.parametrize(
    "path", ["uv.lock", "requirements.txt", "poetry.lock", "pdm.lock", "Pipfile.lock", "pyproject.toml"]
)
def test_a_huge_file_is_read_or_refused_quickly_and_in_little_memory(path: str) -> None:
    import tracemalloc

    data = huge(50_000_000)[path]
    start = perf_counter()
    read([ManifestFile(path, data)])
    seconds = perf_counter() - start
    tracemalloc.start()
    manifests = read([ManifestFile(path, data)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert seconds < 1
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


# names, roles, questions


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
            "pyproject.toml": '[project.optional-dependencies]\nweb = ["f"]\ntest = ["g"]\n[build-system]\nrequires = ["h"]\n',
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


@pytest.mark.parametrize(
    "folder", sorted(path for path in (FIXTURES / "packaging").glob("*/*") if path.is_dir()), ids=lambda path: path.name
)
def test_every_fixture_is_read_with_right_places(folder: Path) -> None:
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    manifests = read([ManifestFile(path, text.encode()) for path, text in texts.items()])

    assert manifests.unreadable == ()
    assert manifests.requirements or manifests.locks or "manifest" in folder.name
    check_places(manifests, texts)
