"""TOML with places: every key and value is found where tomllib says it is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fastlint.project.packaging.manifest_formats.toml_places import Toml
from fastlint.source import SourceFile

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
