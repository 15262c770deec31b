"""Expressions of the code under review: matched like Python does, and in time whatever they look like."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlint.facts.extract import extract
from fastlint.project.language.origins import stranger
from fastlint.project.language.regexes import Pattern
from fastlint.project.security.secrets import URL, looks_secret, names_secret, url_password
from fastlint.project.security.token_forms import known_format
from fastlint.source import SourceFile
from tests.expressions import Expression, expressions, growth
from tests.soundness import faults

ATOMS = st.sampled_from(["a", "b", ".", r"\.", "[ab]", "[^a]", r"\d", r"\w", "(a|b)", "(?:ab)", "^", "$"])
SUFFIXES = st.sampled_from(["", "*", "+", "?", "{2}", "{1,3}", "*?"])
PATTERNS = st.lists(st.tuples(ATOMS, SUFFIXES), min_size=1, max_size=5).map(
    lambda parts: "".join(a if a in "^$" else a + b for a, b in parts)
)


@settings(max_examples=300, deadline=None)
@given(PATTERNS, st.text("ab.1", max_size=6))
def test_matches_like_python(expression: str, subject: str) -> None:
    pattern = Pattern.of(expression)

    assert pattern is not None
    assert pattern.fullmatch(subject) == (re.compile(expression).fullmatch(subject) is not None)


@pytest.mark.parametrize("expression", ["(?=a)b", r"(a)\1", "(?<!x)a", "[", "a" * 3000, "(" * 1500 + ")" * 1500])
def test_what_is_not_understood_is_none(expression: str) -> None:
    assert Pattern.of(expression) is None


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+b",
        "(.*)*x",
        "((a|b|a)*)*c",
        "(.*.*)*.*x",
        "(a{1,1000}){1,1000}",
        "https://(.+.+)+evil",
        "(?:a?){500}a{500}",
        "|".join(["(x+x+)+y"] * 50),
        "((((((((a|b)*c)*d)*e)*f)*g)*h)*i)*",
    ],
)
def test_hostile_expressions_end(expression: str) -> None:
    started = time.process_time()
    pattern = Pattern.of(expression)

    assert pattern is not None
    pattern.fullmatch("https://" + "a" * 50)
    stranger(pattern)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "text", ["a" * 8000, "a://" + ":" * 8000, "a://" + "a:" * 4000, "sk-" + "a-" * 4000, "eyJ" + "a." * 4000]
)
def test_hostile_texts_end(text: str) -> None:
    started = time.process_time()
    known_format(text)
    looks_secret(text, "password")
    names_secret(text)
    url_password(text, whole=True)
    URL.match(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *(
            (name, True)
            for name in ("SECRET_KEY", "jwtSecret", "OPENAI_API_KEY", "db_password", "accessToken", "apikey")
        ),
        *((name, False) for name in ("TOKEN_URL", "token_type", "max_tokens", "secret_name", "next_page_token", "key")),
        *(
            (name, False)
            for name in ("API_KEY_HEADER", "PASSWORD_MIN_LENGTH", "eos_token", "hashed_password", "public_key")
        ),
    ],
)
def test_names_of_secrets(name: str, secret: bool) -> None:
    assert names_secret(name) is secret


@pytest.mark.parametrize(
    ("pattern", "method"),
    [("(a+)+b", "match"), (r"x*y*x*z", "match"), (r"(a|aa)+\Z", "fullmatch"), (r"\s+$", "sub")],
)
def test_a_slow_expression_is_seen(pattern: str, method: str) -> None:
    slow = Expression(re.compile(pattern), "here", frozenset({method}))

    assert growth(slow, 4000, 0.004)[0] > 3


def test_texts_and_locks_that_once_took_for_ever() -> None:
    """What the test below found: each doubled its time with every character or line."""
    extract(SourceFile("main.py", b"x = 'a" + b"-" * 200 + b"!'\n"))
    lock = b"version = 1\r\n[[package]]\r\n" + b"# \r\n" * 200 + b"x = 1\r\n"
    conda = "dependencies:\n  - a[version=" + ",a" * 200 + '"]\n'
    files = {"uv.lock": lock, "environment.yml": conda.encode(), "main.py": b""}
    assert list(faults(files)) == []


def test_every_expression_of_fastlint_is_linear() -> None:
    """On texts made to be slow; with longer ones: benchmarks/regexes.py."""
    every = expressions()
    worst = {one.place: found for one in every if (found := growth(one, 2000, 0.004))[0] > 3}

    assert len(every) > 100
    assert worst == {}
