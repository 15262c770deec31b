from __future__ import annotations

from textwrap import dedent

import pytest

from fastlint.diagnostic import Diagnostic
from fastlint.facts.extract import extract
from fastlint.rule import Level
from fastlint.source import SourceFile, Span
from fastlint.suppress import Complaint, Suppressions, manifest_comments
from tests.made_rules import SOME

RAN = frozenset({"FST101", "FST102", "FST204", "FST501"})


def suppressions(text: str) -> Suppressions:
    source = SourceFile("a.py", dedent(text).lstrip("\n").encode())
    facts = extract(source)
    return Suppressions(source, facts.comments, facts.ranges, facts.decorated)


def diagnostic(line: int, code: str = "FST101") -> Diagnostic:
    entry = SOME.entries[code]
    return Diagnostic("a.py", Span(line, 1, line, 2), code, entry.name, Level.ERROR, "message")


def silenced(text: str, line: int = 1, code: str = "FST101") -> bool:
    return suppressions(text).silence(diagnostic(line, code))


def complaints(text: str, *found: tuple[int, str], ran: frozenset[str] = RAN, reason: bool = False) -> list[Complaint]:
    file = suppressions(text)
    for line, code in found:
        file.silence(diagnostic(line, code))
    return list(file.complaints(SOME, ran, require_reason=reason))


def fixed(text: str, *found: tuple[int, str]) -> str:
    """The text after the fixes of all unused suppressions, applied from the last to the first."""
    source = SourceFile("a.py", dedent(text).lstrip("\n").encode())
    result = source.text
    edits = [edit for one in complaints(text, *found) if one.fix for edit in one.fix.edits]
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        start, end = (
            source.offset(edit.span.line, edit.span.column),
            source.offset(edit.span.end_line, edit.span.end_column),
        )
        result = result[:start] + edit.content + result[end:]
    return result


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# NoQA",
        "#noqa",
        "#  noqa",
        "# noqa: FST101",
        "# noqa:FST101",
        "# noqa: E501,FST101",
        "# noqa: E501 FST101",
        "# noqa: FST101 because it is short",
        "# noqa: FST1",
        "# other # noqa: FST101",
        "# noqa : E501",  # flake8 reads a blanket comment
        "# noqa: because",
        "# fastlint: ignore[FST101] only at import",
        "# fastlint:ignore[FST102, FST101]",
        "# fastlint: ignore[blocking-sleep]",
        "# fastlint: ignore[FST1]",
        "# fastlint: ignore",
    ],
)
def test_these_comments_silence(comment: str) -> None:
    assert silenced(f"x = 1  {comment}\n")


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: FST102",
        "# noqa: E501",
        "# noqa: fst101",
        "# fastlint: ignore[FST102]",
        "# fastlint: ignore[]",
        "# fastlint: ignored[FST101]",
        "# flake8: noqa",
        "# ruff: noqa",
        "# type: ignore",
    ],
)
def test_these_comments_do_not(comment: str) -> None:
    assert not silenced(f"x = 1  {comment}\n")


@pytest.mark.parametrize(
    "comment",
    [
        "# flake8: noqa",
        "# flake8:NOQA",
        "# flake8: noqa: E501",  # flake8 7 passes over the whole file
        "# fastlint: ignore-file",
        "# fastlint: ignore-file[FST101] generated",
    ],
)
def test_these_comments_speak_of_the_whole_file(comment: str) -> None:
    assert silenced(f"x = 1\n\n{comment}\ny = 2\n", line=4)


def test_a_file_comment_names_its_rules() -> None:
    assert not silenced("# fastlint: ignore-file[FST102]\nx = 1\n", line=2)


def test_a_string_is_no_comment() -> None:
    assert not silenced('x = "# noqa"\n')


STATEMENT = """
x = call(
    1,  # fastlint: ignore[FST101]
    2,
)
y = 1
"""


@pytest.mark.parametrize(("line", "expected"), [(1, True), (2, True), (4, True), (5, False)])
def test_a_comment_counts_for_all_lines_of_its_statement(line: int, expected: bool) -> None:
    assert silenced(STATEMENT, line) is expected


ROUTE = """
@decorate
@app.get(
    "/x",  # fastlint: ignore[FST101]
)
async def route(
    name: str,
    size: int,  # fastlint: ignore[FST102]
) -> None:
    sleep(1)  # fastlint: ignore[FST204]
"""


@pytest.mark.parametrize(
    ("line", "code", "expected"),
    [
        (2, "FST101", True),  # on the decorator itself
        (3, "FST101", True),
        (5, "FST101", True),  # at the `def`, on a decorator of it
        (6, "FST101", False),  # a parameter is not at the `def`
        (1, "FST101", False),  # another decorator
        (9, "FST101", False),
        (5, "FST102", True),  # anywhere in the header
        (6, "FST102", True),
        (2, "FST102", False),
        (9, "FST204", True),
        (5, "FST204", False),  # a comment in the body does not silence the route
    ],
)
def test_headers_decorators_and_bodies_are_apart(line: int, code: str, expected: bool) -> None:
    assert silenced(ROUTE, line, code) is expected


def test_the_tools_own_errors_are_not_silenced() -> None:
    assert not silenced("# fastlint: ignore-file\nx = 1  # noqa\n", 2, "FST000")
    assert not silenced("x = 1  # fastlint: ignore[FST001]\n", 1, "FST001")


def test_complaints_about_comments_need_their_code_to_be_silenced() -> None:
    assert not silenced("x = 1  # noqa\n", code="FST003")
    assert silenced("x = 1  # noqa: FST002\n", code="FST002")


def reported(text: str, *found: tuple[int, str], ran: frozenset[str] = RAN) -> list[tuple[str, int, int, str]]:
    return [
        (one.entry.code, one.finding.span.line, one.finding.span.column, one.finding.message)
        for one in complaints(text, *found, ran=ran)
        if one.entry.code != "FST003"
    ]


def test_a_suppression_in_use_is_not_reported() -> None:
    assert reported("x = 1  # noqa: FST101\n", (1, "FST101")) == []


def test_an_unused_suppression_is_reported() -> None:
    expected = [("FST002", 1, 8, "the suppression of `FST101` silences nothing here")]
    assert reported("x = 1  # noqa: FST101\n") == expected
    assert reported("x = 1  # fastlint: ignore[blocking-sleep]\n")[0][3].startswith(
        "the suppression of `blocking-sleep`"
    )
    assert reported("# fastlint: ignore-file[FST101]\n")[0][3].endswith("silences nothing in this file")


def test_only_the_unused_word_is_pointed_at() -> None:
    text = "x = 1  # noqa: FST101, FST102\n"
    assert reported(text, (1, "FST101")) == [("FST002", 1, 24, "the suppression of `FST102` silences nothing here")]


def test_rules_that_did_not_run_are_left_alone() -> None:
    assert reported("x = 1  # noqa: FST119\n") == []
    assert reported("x = 1  # noqa: FST101\n", ran=frozenset()) == []
    assert reported("x = 1  # noqa: E501\n") == []
    assert reported("x = 1  # noqa\n") == []
    assert reported("x = 1  # noqa: FST002\n") == []


def test_a_prefix_is_unused_when_all_its_default_rules_ran() -> None:
    assert [one[0] for one in reported("x = 1  # noqa: FST1\n")] == ["FST002"]
    assert reported("x = 1  # noqa: FST1\n", ran=RAN - {"FST102"}) == []
    assert reported("x = 1  # noqa: FST2\n") == []  # one of its rules is in preview and could report


def test_a_blanket_comment_of_our_own_is_unused_when_all_default_rules_ran() -> None:
    assert [one[0] for one in reported("x = 1  # fastlint: ignore\n")] == ["FST002"]
    assert reported("x = 1  # fastlint: ignore\n", ran=frozenset({"FST101"})) == []
    assert reported("x = 1  # fastlint: ignore\n", (1, "FST101")) == []


def test_unknown_rules_are_told_with_the_nearest() -> None:
    assert reported("x = 1  # noqa: FST105, E501\n") == [
        ("FST004", 1, 16, "no rule is called `FST105` (did you mean 'FST205'?)")
    ]
    assert [one[0] for one in reported("x = 1  # fastlint: ignore[E501]\n")] == ["FST004"]
    assert reported("x = 1  # noqa: fst101\n")[0][3] == "no rule is called `fst101` (did you mean 'FST101'?)"


def test_comments_without_codes_or_reasons() -> None:
    blanket = complaints("x = 1  # noqa\ny = 2  # fastlint: ignore[FST101]\n", (2, "FST101"))
    assert [(one.entry.code, one.finding.message) for one in blanket] == [("FST003", "`# noqa` names no code")]
    demanding = complaints(
        "x = 1  # fastlint: ignore[FST101]\ny = 2  # fastlint: ignore[FST101] short\nz = 3  # noqa: FST101\n",
        *((line, "FST101") for line in (1, 2, 3)),
        reason=True,
    )
    assert [one.finding.span.line for one in demanding] == [1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # noqa: FST101\n", "x = 1\n"),
        ("x = 1  # noqa: FST101", "x = 1"),
        ("x = 1  # noqa: FST101 because\n", "x = 1\n"),
        ("x = 1  # noqa: E501, FST101\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: FST101,E501,FST102\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: FST101 # type: ignore\n", "x = 1  # type: ignore\n"),
        ("x = 1  # type: ignore # noqa: FST101\n", "x = 1  # type: ignore\n"),
        ("x = 1  # a word  # fastlint: ignore[FST101] why\n", "x = 1  # a word\n"),
        ("x = 1  # fastlint: ignore[FST101, blocking-http]\n", "x = 1\n"),
        ("# fastlint: ignore-file[FST101]\nx = 1\n", "x = 1\n"),
        ("x = (\n    # noqa: FST101\n    1\n)\n", "x = (\n    1\n)\n"),
        ("x = 'ä' + f'ö'  # noqa: FST101\r\n", "x = 'ä' + f'ö'\r\n"),
        ("x = 1\n# noqa: FST101", "x = 1\n"),
    ],
)
def test_the_fix_takes_out_what_is_unused(before: str, after: str) -> None:
    assert fixed(before) == after


def test_the_fix_keeps_what_is_used() -> None:
    assert fixed("x = 1  # noqa: FST101, FST102\n", (1, "FST102")) == "x = 1  # noqa: FST102\n"


def test_comments_of_manifests() -> None:
    source = SourceFile("requirements.txt", b"fastapi  # fastlint: ignore[FST601]\nx#noqa\n# noqa\nurl#egg=x\n")

    assert manifest_comments(source) == [(1, 10, "# fastlint: ignore[FST601]"), (3, 1, "# noqa")]
    assert manifest_comments(SourceFile("requirements.txt", b"fastapi\n")) == []


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("x = 1\n# fastlint: ignore[FST101]\n", "x = 1\n"),
        ("x = 1\n# fastlint: ignore[FST101]", "x = 1\n"),
        ("# fastlint: ignore[FST101]\nx = 1\n", "x = 1\n"),
        ("x = 1\n    # fastlint: ignore[FST101]\ny = 2\n", "x = 1\ny = 2\n"),
    ],
)
def test_a_comment_on_a_line_of_its_own_goes_with_its_line(text: str, after: str) -> None:
    assert fixed(text) == after
