"""A table for job summaries and comments. All that comes from code is written as character references or in `<code>`,
so that nothing in it is taken for Markdown or HTML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page, summary
from fastlint.report.terminal import encodable, visible
from fastlint.rule import Level

SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#!|~&$^@]|:(?=//)|www(?=\.)")
CODE = re.compile(r"`([^`]+)`")
BREAKS_MENTION = {"@", "#"}
"""Code hosts read these in rendered text too; an empty comment after them keeps them from being linked."""
ICONS = {Level.ERROR: "🔴 error", Level.WARNING: "🟡 warning", Level.INFO: "🔵 note"}


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    yield "### fastlint"
    yield ""
    yield f"{summary(diagnostics, fixable=False)}."
    if not diagnostics:
        return
    yield ""
    yield "| level | rule | place | what |"
    yield "| --- | --- | --- | --- |"
    for one in diagnostics:
        where = _code(f"{page.filename(one.path)}:{one.span.line}:{one.span.column}")
        url = page.url(one.name)
        rule = f"[{one.code}]({url})" if url else one.code
        more = "".join(
            f"<br>{number}. {_code(f'{page.filename(place.path)}:{place.span.line}')} {prose(place.message)}"
            for number, place in enumerate(one.related, 1)
        )
        yield f"| {ICONS[one.level]} | {rule} {one.name} | {where} | {prose(one.message)}{more} |"
    counts = Counter((one.code, one.name) for one in diagnostics)
    if len(counts) > 1 and len(diagnostics) > 10:
        yield ""
        yield "| rule | count |"
        yield "| --- | ---: |"
        for (code, name), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield f"| {code} {name} | {count} |"


def prose(text: str) -> str:
    """A message; what it has between backticks becomes code."""
    parts = CODE.split(encodable(visible(text)))
    return "".join(_code(part) if index % 2 else _escaped(part, mentions=True) for index, part in enumerate(parts))


def _code(text: str) -> str:
    return f"<code>{_escaped(encodable(visible(text)))}</code>"


def _escaped(text: str, *, mentions: bool = False) -> str:
    def reference(found: re.Match[str]) -> str:
        character = found[0]
        written = "".join(f"&#{ord(c)};" for c in character)
        return f"{written}<!-- -->" if mentions and character in BREAKS_MENTION else written

    return SPECIAL.sub(reference, text)
