"""The diagnostics of each file below its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page
from fastlint.report.concise import place
from fastlint.report.terminal import LEVEL_COLOURS, coloured, visible


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    for path, group in groupby(diagnostics, key=lambda one: one.path):
        found = list(group)
        yield coloured(f"{place(page.filename(path))}:", "1", on=page.colour)
        places = [f"{one.span.line}:{one.span.column}" for one in found]
        labels = [f"{one.level.label} {one.code}" for one in found]
        wide, wider = max(map(len, places)), max(map(len, labels))
        for one, where, label in zip(found, places, labels, strict=True):
            mark = "" if one.fix is None or one.fix.applicability == "unsafe" else "[*] "
            tint = coloured(f"{label:<{wider}}", LEVEL_COLOURS[one.level], on=page.colour)
            yield f"  {where:>{wide}}  {tint}  {mark}{visible(one.message, tab=' ')}"
        yield ""
