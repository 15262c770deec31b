"""What configuration is known to be, compared with what Python makes of it."""

from __future__ import annotations

from itertools import product

import pytest

from fastlint.project.language.given import SOME_TEXT, Given, added, called, parsed

TEXTS = ("", "a", " a,b ,c ", "x y")
LISTS: tuple[tuple[str, ...], ...] = ((), ("a",), ("a", "b"))


def text(value: str, *, default: bool = False) -> Given:
    return Given((value,), is_text=True, default=default)


@pytest.mark.parametrize(("left", "right"), [*product(TEXTS, TEXTS)])
def test_texts_are_put_together(left: str, right: str) -> None:
    found = added(text(left), text(right, default=True))

    assert found is not None and (found.text, found.default) == (left + right, True)


@pytest.mark.parametrize(("left", "right"), [*product(LISTS, LISTS)])
def test_lists_are_put_together(left: tuple[str, ...], right: tuple[str, ...]) -> None:
    assert added(Given(left), Given(right)) == Given(left + right)


def test_what_is_added_to_something_unknown_is_known_in_part() -> None:
    assert added(None, None) is None
    assert added(text("a"), None) == Given((), is_text=True, complete=False)
    assert added(SOME_TEXT, text("a")) == Given((), is_text=True, complete=False, default=True)
    assert added(Given(("a",)), None) == Given(("a",), complete=False)
    assert added(None, Given(("a",))) == Given(("a",), complete=False)
    assert added(Given(("a",)), text("b")) is None


@pytest.mark.parametrize("value", TEXTS)
@pytest.mark.parametrize(
    ("method", "argument"), [("split", None), ("split", ","), ("strip", None), ("strip", " c"), ("lower", None)]
)
def test_methods_of_texts(value: str, method: str, argument: str | None) -> None:
    made = getattr(value, method)(*([argument] if argument is not None else []))
    found = called(text(value), method, argument, known=True)

    assert (list(found.items) if isinstance(made, list) else found.text) == made
    assert found.is_text is isinstance(made, str) and found.complete


def test_methods_of_what_is_not_known() -> None:
    for base, known in ((SOME_TEXT, True), (text("a"), False)):
        assert called(base, "split", ",", known=known).items == ()
        assert called(base, "split", ",", known=known).is_text is False
        assert called(base, "strip", None, known=known).text is None
        assert called(base, "strip", None, known=known).is_text


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('["a", "b"]', Given(("a", "b"))),
        ('"a"', text("a")),
        ("[]", Given()),
        ("[1]", None),
        ("{}", None),
        ("a", None),
        ("[" * 5000, None),
        ('["' + "a" * 20_000 + '"]', None),
    ],
)
def test_json(value: str, wanted: Given | None) -> None:
    assert parsed(text(value)) == wanted
    assert parsed(None) is None and parsed(SOME_TEXT) is None
