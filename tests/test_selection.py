from __future__ import annotations

import pytest

from fastlint.selection import Choice, chosen, ignored, unknown_selector, without_effect
from tests.made_rules import SOME

TOOL = {"FST000", "FST001", "FST002", "FST004", "FST005"}
ALWAYS = {"FST000", "FST001"}


def on(*choices: Choice, preview: bool = False) -> set[str]:
    return set(chosen(choices, SOME, preview=preview))


def test_default_rules_run_when_nothing_is_said() -> None:
    assert on() == TOOL | {"FST101", "FST102", "FST204", "FST501"}


def test_rules_in_preview_run_with_preview_only() -> None:
    assert "FST205" not in on(Choice(("FST205",)))
    assert "FST205" in on(preview=True)


@pytest.mark.parametrize("selector", ["FST119", "FST11", "threadpool-only-network", "FST1", "ALL"])
def test_any_selector_enables_rules_that_are_off_by_default(selector: str) -> None:
    assert "FST119" in on(Choice((selector,)))


def test_select_replaces_and_extend_select_adds() -> None:
    assert on(Choice(("FST2",))) == ALWAYS | {"FST204"}
    assert on(Choice(extend_select=("FST119",))) == on() | {"FST119"}


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (("FST1",), ("FST101",), {"FST102", "FST119"}),
        (("FST101",), ("FST1",), {"FST101"}),
        (("blocking-sleep",), ("FST10",), {"FST101"}),
        (("FST10",), ("blocking-sleep",), {"FST102"}),
        (("ALL",), ("FST",), set()),
        (("FST101",), ("FST101",), set()),
        (("FST",), ("ALL",), TOOL | {"FST003", "FST101", "FST102", "FST119", "FST204", "FST501"}),
    ],
)
def test_the_more_specific_selector_wins(select: tuple[str, ...], ignore: tuple[str, ...], expected: set[str]) -> None:
    assert on(Choice(select, ignore=ignore)) == ALWAYS | expected


def test_a_later_layer_wins_over_an_earlier_one() -> None:
    file = Choice(("FST1",), ignore=("FST101",))

    assert on(file, Choice(("FST101",))) == ALWAYS | {"FST101"}
    assert on(file, Choice(extend_select=("FST1",))) == ALWAYS | {"FST101", "FST102", "FST119"}
    assert on(file, Choice(ignore=("FST102",))) == ALWAYS | {"FST119"}


def test_unreadable_files_are_ignored_only_by_their_exact_code() -> None:
    assert "FST000" in on(Choice(ignore=("ALL", "FST", "FST0")))
    assert "FST000" not in on(Choice(ignore=("FST000",)))
    assert "FST000" not in on(Choice(("FST1",), ignore=("unreadable-file",)))
    assert "FST001" in on(Choice(("FST101",), ignore=("FST001",)))
    assert "FST000" not in ignored(["FST0", "ALL"], SOME)
    assert "FST000" in ignored(["FST000"], SOME)


def test_unknown_selectors_name_the_nearest() -> None:
    assert unknown_selector("FST101", SOME) is None
    assert unknown_selector("FST11", SOME) is None
    assert unknown_selector("fst101", SOME) == "unknown rule 'fst101' (did you mean 'FST101'?)"
    assert unknown_selector("blocking_sleep", SOME) == "unknown rule 'blocking_sleep' (did you mean 'blocking-sleep'?)"
    assert unknown_selector("F", SOME) == "unknown rule 'F'"
    assert unknown_selector("", SOME) == "unknown rule ''"


def test_selecting_only_preview_rules_is_told() -> None:
    assert without_effect([Choice(("FST205", "FST2", "ALL"))], SOME, preview=False) == ["FST205"]
    assert without_effect([Choice(("FST205",))], SOME, preview=True) == []
