"""The route table for terminals, and as wide as it needs to be for pipes and files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from fastlint.report.terminal import visible, width

UNKNOWN = "?"
Row = dict[str, Any]
HEAD = (
    *("METHODS", "PATH", "HANDLER", "RUNS ON", "BODY", "RESPONSE", "STATUS", "AUTH", "DEPENDENCIES", "FINDINGS"),
    "PLACE",
)
NARROWEST = 60
ROOMY_PATH = 40
"""The response has columns of its own where paths of that length, or all that there are, find room beside it."""
RUN_COLOURS = {"event loop": "magenta", "threadpool": "blue"}
METHOD_COLOURS = {"GET": "cyan", "POST": "green", "PUT": "yellow", "PATCH": "yellow", "DELETE": "red"}
LEVEL_COLOURS = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def lines(rows: Sequence[Row], columns: int | None = None, *, colour: bool = False) -> Iterator[str]:
    """One line a route; two where `columns` of a terminal are not enough for that."""
    if not rows:
        return
    wide = list(_wide(rows))
    if columns is None or max(map(width, wide)) <= columns:
        yield from wide
    else:
        yield from _fitted(rows, max(columns, NARROWEST), colour=colour)


def _wide(rows: Sequence[Row]) -> Iterator[str]:
    several = len({row["application"] for row in rows}) > 1
    head = [*HEAD[:-1], *(["APPLICATION"] if several else []), HEAD[-1]]
    cells = [head, *([visible(cell, tab=" ") for cell in _cells(row, several)] for row in rows)]
    widths = [max(width(row[index]) for row in cells) for index in range(len(head))]
    for row in cells:
        yield "  ".join(text + " " * (size - width(text)) for text, size in zip(row, widths, strict=True)).rstrip()


def _cells(row: Row, several: bool) -> list[str]:
    return [
        _methods(row),
        _path(row),
        UNKNOWN if row["endpoint"] is None else row["endpoint"]["qualname"],
        "" if row["kind"] == "mount" else row["runs"] or UNKNOWN,
        _body(row),
        row["response_model"] or "",
        str(row["status_code"] or ""),
        ", ".join(row["auth"]),
        _short(row["dependencies"]),
        ", ".join(_codes(row)),
        *([row["application"]] if several else []),
        _place(row),
    ]


def _methods(row: Row) -> str:
    return ",".join(row["methods"]) or (UNKNOWN if row["kind"] == "http" else str(row["kind"]).upper())


def _path(row: Row) -> str:
    return UNKNOWN if row["path"] is None else row["path"] or '""'


def _body(row: Row) -> str:
    """The types of what the body holds, names where there is no type."""
    inside = [p for p in row["parameters"] if p["in"] in ("body", "form", "file")]
    return ", ".join(dict.fromkeys(p["type"] or p["name"] for p in inside))


def _short(names: Sequence[str]) -> str:
    return ", ".join(name.rpartition(".")[2] for name in names)


def _codes(row: Row) -> list[str]:
    return list(dict.fromkeys(finding["code"] for finding in row["findings"]))


def _place(row: Row) -> str:
    endpoint = row["endpoint"]
    return "" if endpoint is None else f"{endpoint['filename']}:{endpoint['line']}"


# ---- fitted to a terminal ----


def _fitted(rows: Sequence[Row], columns: int, *, colour: bool) -> Iterator[str]:
    """A line of what matters for each route, and below it the rest; the response only where there is room."""
    from rich.console import Console
    from rich.text import Text

    system: Literal["standard"] | None = "standard" if colour else None
    console = Console(width=columns, force_terminal=colour, no_color=not colour, color_system=system)

    def rendered(parts: Iterable[tuple[str, int, str]]) -> str:
        cells = [Text(_padded(text, size), style) for text, size, style in parts]
        with console.capture() as captured:
            console.print(Text("  ").join(cells), soft_wrap=True, end="")
        return captured.get().rstrip(" ")

    methods = min(max(7, *(len(_methods(row)) for row in rows)), 12)
    longest = max(width(visible(_path(row))) for row in rows)
    answers = min(max(8, *(width(row["response_model"] or "") for row in rows)), columns // 4)
    codes = min(max(8, *(len(" ".join(_codes(row))) for row in rows)), 17)
    taken, more = methods + codes + 10 + 2 * 3, answers + 6 + 2 * 2
    roomy = columns - taken - more >= min(longest, ROOMY_PATH)
    path = min(columns - taken - (more if roomy else 0), longest)

    def line(verbs: str, shown: str, runs: str, answer: tuple[str, str], found: str, styles: Sequence[str]) -> str:
        parts = [(verbs, methods, styles[0]), (shown, path, styles[1]), (runs, 10, styles[2])]
        if roomy:
            parts += [(answer[0], 6, styles[3]), (answer[1], answers, styles[3])]
        return rendered([*parts, (found, codes, styles[4])])

    yield line("METHODS", "PATH", "RUNS ON", ("STATUS", "RESPONSE"), "FINDINGS", ["bold"] * 5)
    several = len({row["application"] for row in rows}) > 1
    application = None
    for row in rows:
        if several and row["application"] != application:
            application = row["application"]
            yield ""
            yield rendered([(application, columns, "bold underline")])
        runs = "" if row["kind"] == "mount" else row["runs"] or UNKNOWN
        level = row["findings"][0]["level"] if row["findings"] else ""
        styles = (_method_style(row), "bold", RUN_COLOURS.get(runs, ""), "", LEVEL_COLOURS.get(level, ""))
        answer = (str(row["status_code"] or ""), row["response_model"] or "")
        yield line(_methods(row), _path(row), runs, answer, _codes_fit(_codes(row), codes), styles)
        for text in _wrapped(_pieces(row, answer=not roomy), columns - methods - 2):
            yield " " * (methods + 2) + rendered([(text, 0, "dim")])
    yield ""
    yield _summary(rows)


def _method_style(row: Row) -> str:
    return METHOD_COLOURS.get(row["methods"][0] if row["methods"] else "", "magenta")


def _padded(text: str, size: int) -> str:
    """Cut in the middle, where paths say least, or filled up; as it is for size 0."""
    text = visible(text, tab=" ")
    head, tail = max(1, (size - 1) // 3), size - 1 - max(1, (size - 1) // 3)
    whole = text
    while size and width(text) > size:  # more than once for wide characters
        text = f"{whole[:head]}…{whole[len(whole) - tail :]}"
        tail -= 1
    return text + " " * (size - width(text))


def _codes_fit(codes: Sequence[str], size: int) -> str:
    """As many codes as there is room for, and how many more there are."""
    for shown in range(len(codes), 0, -1):
        rest = f" +{len(codes) - shown}" if shown < len(codes) else ""
        text = " ".join(codes[:shown]) + rest
        if len(text) <= size:
            return text
    return ""


def _pieces(row: Row, *, answer: bool) -> list[str]:
    """What the lines below say: the handler and its place, then answer, body, guards and dependencies."""
    endpoint = row["endpoint"]
    needs = [name for name in row["dependencies"] if name.rpartition(".")[2] not in row["auth"]]
    answers = " ".join([str(row["status_code"] or ""), row["response_model"] or ""]).strip() if answer else ""
    parts = [
        ("", "" if endpoint is None else endpoint["qualname"].rpartition(".")[2]),
        ("", _place(row)),
        ("answers ", answers),
        ("body ", _body(row)),
        ("auth ", ", ".join(row["auth"])),
        ("needs ", _short(needs)),
    ]
    return [visible(label + value, tab=" ") for label, value in parts if value]


def _wrapped(pieces: Sequence[str], size: int) -> Iterator[str]:
    current = ""
    for piece in pieces:
        shown = piece if width(piece) <= size else f"{piece[: size - 1]}…"
        joined = f"{current} · {shown}" if current else shown
        if width(joined) > size:
            yield current
            joined = shown
        current = joined
    if current:
        yield current


def _summary(rows: Sequence[Row]) -> str:
    served = [row for row in rows if row["kind"] != "mount"]
    loop = sum(row["runs"] == "event loop" for row in served)
    pool = sum(row["runs"] == "threadpool" for row in served)
    found = sum(bool(row["findings"]) for row in served)
    routes = f"{len(served)} route{'s' * (len(served) != 1)}"
    return f"{routes}: {loop} on the event loop, {pool} in the threadpool; {found} with findings"
