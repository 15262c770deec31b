"""Manifests written in unusual ways: what is read from them, what is passed over, and what is refused."""

from __future__ import annotations

import textwrap

import pytest

from fastlint.project.packaging.ranges import RangeError, bounds, from_conda, from_poetry
from tests.test_manifests import read_text


def read(path: str, text: str, **others: str) -> list[tuple[str, str, str]]:
    found = read_text(path, textwrap.dedent(text), **others).requirements
    return sorted((one.name, one.specifier, one.group) for one in found)


def problems(path: str, text: str) -> list[str]:
    return [reason for _, _, reason in read_text(path, textwrap.dedent(text)).unreadable]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("setup(install_requires=['a>1'])", [("a", ">1", "")]),
        ("setuptools.setup(install_requires=('a', 'b'))", [("a", "", ""), ("b", "", "")]),
        ("X = ['a']\nsetup(install_requires=X)", [("a", "", "")]),
        ("X: list = ['a']\nsetup(install_requires=X)", [("a", "", "")]),
        ("X = Y = ['a']\nsetup(install_requires=X)", []),
        ("X = ['a']\nX = ['b']\nsetup(install_requires=X)", []),
        ("X = ['a']\nX += ['b']\nsetup(install_requires=X)", []),
        ("X = ['a']\nY = X\nsetup(install_requires=Y + ['b'])", [("a", "", ""), ("b", "", "")]),
        ("setup(install_requires=[*X, 'a'])", [("a", "", "")]),
        ("setup(install_requires=list(['a']))", [("a", "", "")]),
        ("setup(install_requires=sorted({'a'}))", [("a", "", "")]),
        ("setup(install_requires=read())", []),
        ("setup(extras_require={'x': ['a'], 'y:python_version<\"3\"': ['b']})", [("a", "", "x"), ("b", "", "y")]),
        ("setup(extras_require={**{'x': ['a']}, name: ['b']})", [("a", "", "x")]),
        ("setup(extras_require=dict(x=['a'], **more))", [("a", "", "x")]),
        ("setup(extras_require=extras())", []),
        ("setup(extras_require=1)", []),
        ("setup(python_requires='>=3.8', install_requires=['a'])", [("a", "", "")]),
        ("setup(python_requires=read(), install_requires=['a'])", [("a", "", "")]),
        ("tools['x'](install_requires=['b'])\nsetup(install_requires=['a'])", [("a", "", "")]),
        ("setup(install_requires=" + "[" * 30 + "'a'" + "]" * 30 + ")", []),
    ],
)
def test_setup_py(text: str, found: list[tuple[str, str, str]]) -> None:
    assert read("setup.py", text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[options]\ninstall_requires = a; b>1", [("a", "", ""), ("b", ">1", "")]),
        ("[options]\ninstall_requires =\n  a\n  # comment\n  b>1", [("a", "", ""), ("b", ">1", "")]),
        ("[options]\ninstall_requires = a;;", [("a", "", "")]),
        ("[options]\nno value here\ninstall_requires = a", []),
        ("[options.extras_require]\nX = a", [("a", "", "X")]),
        ("[other]\ninstall_requires = a", []),
    ],
)
def test_setup_cfg(text: str, found: list[tuple[str, str, str]]) -> None:
    assert read("setup.cfg", text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dependencies:\n  - a=1.2\n  - b\n", [("a", "==1.2.*", ""), ("b", "", "")]),
        ("dependencies: [a, 'b>=1']\n", [("a", "", ""), ("b", ">=1", "")]),
        ("dependencies: none\n", []),
        ("dependencies:\n  - [a]\n  - b\n", [("b", "", "")]),
        ("dependencies:\n  - conda: [x]\n  - pip:\n    - a\n    - ''\n    - [b]\n", [("a", "", "")]),
        ("? [a, b]\n: 1\ndependencies:\n  - a\n", [("a", "", "")]),
        ("dependencies:\n  - >\n    a>1\n", [("a", ">1", "")]),
        ("- a\n", []),
        ("dependencies:\n  - a[version='>=1,<2']\n", [("a", "<2,>=1", "")]),
    ],
)
def test_conda(text: str, found: list[tuple[str, str, str]]) -> None:
    assert read("environment.yml", text) == found


def test_what_is_refused_of_conda() -> None:
    assert problems("environment.yml", "dependencies: [a]\ndependencies: [b]\n") == ["key 'dependencies' twice"]
    assert problems("environment.yml", "dependencies: ['a ~1']\n") == ["'a ~1' is no conda requirement"]
    assert problems("conda.yml", "dependencies: [a\n") == []
    assert len(problems("environment.yml", "dependencies: [a\n")) == 1


@pytest.mark.parametrize(
    ("text", "specifier"),
    [
        ("^1.2", "<2,>=1.2"),
        ("^0.2", "<0.3,>=0.2"),
        ("~1.2", "<1.3,>=1.2"),
        ("~1", "<2,>=1"),
        ("1.2", "==1.2"),
        ("=1.2", "==1.2"),
        ("1.x", "==1.*"),
        ("*", ""),
        (">=1,<2", "<2,>=1"),
        ("^1 || ^3", ">=1,<4"),
        (">=1 || <0.5", ""),
        (">1 || >=2", ">1"),
        ("<1 | <=3", "<=3"),
        ("v1.2", "==1.2"),
    ],
)
def test_constraints_of_poetry(text: str, specifier: str) -> None:
    assert from_poetry(text) == specifier


@pytest.mark.parametrize(
    ("text", "specifier"),
    [("1.2", "==1.2"), ("=1.2", "==1.2.*"), ("1.2*", "==1.2.*"), ("!=1.2.*", "!=1.2.*"), ("*", ""), ("1|2", ">=1,<=2")],
)
def test_versions_of_conda(text: str, specifier: str) -> None:
    assert from_conda(text) == specifier


@pytest.mark.parametrize("text", ["!", "^", "latest", ">=1 &", "^x"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(RangeError):
        from_poetry(text)


@pytest.mark.parametrize(
    ("text", "least", "above", "greatest", "below"),
    [
        ("==1.2.*", "1.2", False, "1.3", True),
        ("==1.2", "1.2", False, "1.2", False),
        ("~=1.2", "1.2", False, "2", True),
        (">1,>=1", "1", True, None, True),
        ("<2,<=2", None, False, "2", True),
        ("===any", None, False, None, True),
        ("!=1", None, False, None, True),
    ],
)
def test_bounds_tell_whether_they_are_within(
    text: str, least: str | None, above: bool, greatest: str | None, below: bool
) -> None:
    found = bounds(text)
    shown = (found.least and str(found.least), found.above, found.greatest and str(found.greatest), found.below)
    assert shown == (least, above, greatest, below)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a==1\n$TOKEN\nb\n", [("a", "==1", ""), ("b", "", "")]),
        ("a==1\n./local\n", [("a", "==1", "")]),
        ("-r ${FILE}\na\n", [("a", "", "")]),
    ],
)
def test_requirements(text: str, found: list[tuple[str, str, str]]) -> None:
    assert read("requirements.txt", text) == found


def test_what_stands_there_otherwise_than_it_reads_is_not_changed() -> None:
    (plain,) = read_text("setup.py", "setup(install_requires=['a>=1'])\n").requirements
    (escaped,) = read_text("setup.py", "setup(install_requires=['a\\x3e=1'])\n").requirements
    (joined,) = read_text("setup.py", "setup(install_requires=['a>' '=1'])\n").requirements

    assert (plain.specifier, plain.style) == (escaped.specifier, plain.style) == (joined.specifier, plain.style)
    assert plain.style != "fixed" and escaped.style == joined.style == "fixed"


def test_a_requirement_on_two_lines_ends_where_its_text_does() -> None:
    text = "first \\\n  >=1 \nsecond\n"
    first, second = read_text("requirements.txt", text).requirements

    assert (first.span.line, first.span.column, first.span.end_line, first.span.end_column) == (1, 1, 2, 6)
    assert (second.span.line, second.span.column, second.span.end_line, second.span.end_column) == (3, 1, 3, 7)
    assert first.specifier_span is not None and first.specifier_span[:2] == (2, 3)
