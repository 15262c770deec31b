from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from fastlint.diagnostic import Diagnostic
from fastlint.fingerprint import fingerprint
from fastlint.report import Page, lines, statistics, summary
from fastlint.report.terminal import visible, width
from fastlint.rule import Applicability, Fix, Level, Related
from fastlint.source import Edit, SourceFile, Span

MAIN = SourceFile(
    "app/main.py", b"import time\n\n\nasync def f():\n\ttime.sleep(1)\n    return call(\n        1,\n    )\n"
)
WIDE = SourceFile("wide.py", 'x = "日本語" + ä + y\n'.encode())
LONG = SourceFile("long.py", b"a = " + b"1 + " * 500 + b"target" + b" + 2" * 500 + b"\n")
EVIL = SourceFile("evil\x1b[2J.py", "x = '\x1b[31m\u202e' + y\n".encode())
FILES = {source.path: source for source in (MAIN, WIDE, LONG, EVIL)}
PAGE = Page("/project", "/project", FILES.get)
FIX = Fix(
    "Use `asyncio.sleep`", Applicability.SAFE, (Edit("app/main.py", Span(5, 2, 5, 15), "await asyncio.sleep(1)"),)
)


def diagnostic(
    path: str = "app/main.py",
    span: Span = Span(5, 2, 5, 15),
    message: str = "`time.sleep` blocks the event loop",
    level: Level = Level.ERROR,
    related: tuple[Related, ...] = (),
    fix: Fix | None = None,
) -> Diagnostic:
    return Diagnostic(path, span, "FST101", "blocking-sleep", level, message, related, fix)


def shown(name: str, *diagnostics: Diagnostic, page: Page = PAGE) -> list[str]:
    return list(lines(name, diagnostics, page))


def test_concise_is_one_line_each() -> None:
    assert shown("concise", diagnostic(), diagnostic(fix=FIX, level=Level.INFO)) == [
        "app/main.py:5:2: error FST101 blocking-sleep: `time.sleep` blocks the event loop",
        "app/main.py:5:2: info FST101 blocking-sleep: [*] `time.sleep` blocks the event loop",
    ]


def test_full_shows_the_line_the_chain_and_the_fix() -> None:
    chain = (
        Related("app/main.py", Span(4, 1, 4, 5), "f calls g"),
        Related("gone.py", Span(9, 2, 9, 5), "g calls time.sleep"),
    )

    assert shown("full", diagnostic(related=chain, fix=FIX)) == [
        "app/main.py:5:2: error FST101 blocking-sleep: [*] `time.sleep` blocks the event loop",
        "  5 |     time.sleep(1)",
        "    |     ^^^^^^^^^^^^^",
        "  1. app/main.py:4:1: f calls g",
        "     | async def f():",
        "  2. gone.py:9:2: g calls time.sleep",
        "  fix (safe): Use `asyncio.sleep`",
        "",
    ]


def test_full_marks_spans_of_several_lines() -> None:
    assert shown("full", diagnostic(span=Span(6, 12, 8, 6)))[1:-1] == [
        "  6 |     return call(",
        "    |            ^^^^^",
        "  7 |         1,",
        "    |         ^^",
        "  8 |     )",
        "    |     ^",
    ]
    assert shown("full", diagnostic(span=Span(4, 1, 8, 6)))[-2] == "    | … 2 more lines"


def test_full_counts_columns_as_a_terminal_does() -> None:
    assert shown("full", diagnostic("wide.py", Span(1, 17, 1, 18)))[1:3] == [
        '  1 | x = "日本語" + ä + y',
        "    | " + " " * 19 + "^",
    ]
    assert width("日本語") == 6 and width("e\u0301") == 1


def test_full_shows_a_window_of_a_long_line() -> None:
    text, carets = shown("full", diagnostic("long.py", Span(1, 2005, 1, 2011)))[1:3]

    assert len(text) < 200
    assert text[carets.index("^") : carets.index("^") + 6] == "target"
    assert carets.count("^") == 6
    assert text.startswith("  1 | …") and text.endswith("…")


def test_full_of_a_whole_line_and_of_none() -> None:
    assert shown("full", diagnostic(span=Span.of_line(4)))[1:-1] == ["  4 | async def f():"]
    assert shown("full", diagnostic(span=Span.of_line(99))) == [
        shown("concise", diagnostic(span=Span.of_line(99)))[0],
        "",
    ]
    assert len(shown("full", diagnostic("unknown.py"))) == 2


@pytest.mark.parametrize("name", ["full", "concise"])
def test_nothing_can_move_the_cursor_or_hide(name: str) -> None:
    message = "a\x1b[2Jb\x07c\r\nd\u202ee\x9bf\x00g"
    related = (Related("evil\x1b[2J.py", Span(1, 1, 1, 2), message),)
    text = "\n".join(shown(name, diagnostic("evil\x1b[2J.py", Span(1, 5, 1, 9), message, related=related)))

    assert not [c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u202e\u2028"]
    assert "evil\\x1b[2J.py" in text
    assert "a\\x1b[2Jb\\x07c\\x0d\\x0ad\\u202ee\\x9bf\\x00g" in text


def test_visible_keeps_what_is_harmless() -> None:
    assert visible("日本 ä 👍 plain") == "日本 ä 👍 plain"
    assert visible("\udc80") == "\\udc80"


def test_colours_are_only_on_when_wanted() -> None:
    coloured = Page("/project", "/project", FILES.get, colour=True)

    assert "\x1b[" in shown("full", diagnostic(), page=coloured)[0]
    assert "\x1b[" not in shown("full", diagnostic())[0]


def test_json_is_a_list_of_plain_objects() -> None:
    related = (Related("app/main.py", Span(4, 1, 4, 5), "f"),)
    page = Page("/project", "/project/app", FILES.get, documentation="https://docs.test/")
    (found,) = json.loads("\n".join(shown("json", diagnostic(related=related, fix=FIX), page=page)))

    assert found == {
        "code": "FST101",
        "name": "blocking-sleep",
        "level": "error",
        "message": "`time.sleep` blocks the event loop",
        "filename": "main.py",
        "location": {"row": 5, "column": 2},
        "end_location": {"row": 5, "column": 15},
        "url": "https://docs.test/rules/blocking-sleep/",
        "fix": {
            "applicability": "safe",
            "message": "Use `asyncio.sleep`",
            "edits": [
                {
                    "filename": "main.py",
                    "location": {"row": 5, "column": 2},
                    "end_location": {"row": 5, "column": 15},
                    "content": "await asyncio.sleep(1)",
                }
            ],
        },
        "related": [{"filename": "main.py", "location": {"row": 4, "column": 1}, "message": "f"}],
        "fingerprint": fingerprint(diagnostic()),
    }


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_parses_however_many_there_are(count: int) -> None:
    text = "\n".join(shown("json", *[diagnostic(message="\x1b\udc80")] * count))

    assert len(json.loads(text)) == count
    assert text.isascii()


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/project", "app/main.py"),
        ("/project/app", "main.py"),
        ("/project/other", "/project/app/main.py"),
        ("/", "project/app/main.py"),
    ],
)
def test_paths_are_relative_below_the_working_directory(folder: str, expected: str) -> None:
    assert Page("/project", folder, FILES.get).filename("app/main.py") == expected


def unsafe() -> Fix:
    return Fix("Pin it", Applicability.UNSAFE, FIX.edits)


@pytest.mark.parametrize(
    ("diagnostics", "expected"),
    [
        ([], "No problems found"),
        ([diagnostic()], "Found 1 error"),
        ([diagnostic(fix=FIX), diagnostic(level=Level.WARNING)], "Found 1 error, 1 warning (1 fixable with --fix)"),
        ([diagnostic(fix=unsafe())] * 2, "Found 2 errors (2 fixable with --fix --unsafe-fixes)"),
        (
            [diagnostic(fix=unsafe()), diagnostic(fix=FIX), diagnostic(level=Level.INFO)],
            "Found 2 errors, 1 note (1 fixable with --fix, 1 more with --fix --unsafe-fixes)",
        ),
    ],
)
def test_the_summary_counts(diagnostics: Sequence[Diagnostic], expected: str) -> None:
    assert summary(diagnostics) == expected


def test_statistics_put_the_most_frequent_first() -> None:
    other = Diagnostic("a.py", Span.of_line(1), "FST000", "unreadable-file", Level.ERROR, "m")

    assert statistics([other, diagnostic(), diagnostic()]) == [
        (2, "FST101", "blocking-sleep"),
        (1, "FST000", "unreadable-file"),
    ]


def test_secrets_are_masked_in_the_lines_shown(tmp_path: Path) -> None:
    from tests.checking import FIXTURES

    case = FIXTURES / "security" / "hardcoded_secret" / "bad.py"
    command = [sys.executable, "-m", "fastlint", "check", "--isolated", "--select", "FST510", "--exit-zero", str(case)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    values = list(re.findall(r'= "([^"]{12,})"  # expect: FST510', case.read_text(encoding="utf-8")))

    assert values and "FST510" in shown
    assert [value for value in values if value in shown] == []
