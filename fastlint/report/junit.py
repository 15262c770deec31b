"""JUnit XML: a suite for each file, a test case for each diagnostic.

What lies at or above the fail level is a failure, the rest is told in the output of a case that passes. A report
without diagnostics holds one case that passes, so that it is not taken for a run without tests.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.etree import ElementTree

from fastlint.diagnostic import Diagnostic
from fastlint.report import Page
from fastlint.report.terminal import encodable, visible

XML_FORBIDS = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}


def lines(diagnostics: Sequence[Diagnostic], page: Page) -> Iterator[str]:
    failing = sum(map(page.fails, diagnostics))
    cases = max(1, len(diagnostics))
    top = ElementTree.Element("testsuites", _counts("fastlint", cases, failing))
    for path, group in groupby(diagnostics, key=lambda one: one.path):
        found = list(group)
        name = _text(page.filename(path)) or "."
        suite = ElementTree.SubElement(top, "testsuite", _counts(name, len(found), sum(map(page.fails, found)), "0"))
        for one in found:
            _case(suite, one, name, page)
    if not diagnostics:
        suite = ElementTree.SubElement(top, "testsuite", _counts("fastlint", 1, 0, "0"))
        ElementTree.SubElement(suite, "testcase", name="no problems found", classname="fastlint", time="0")
    ElementTree.indent(top)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield from ElementTree.tostring(top, encoding="unicode").split("\n")


def _counts(name: str, tests: int, failures: int, skipped: str | None = None) -> dict[str, str]:
    counts = {"name": name, "tests": str(tests), "failures": str(failures), "errors": "0"}
    return counts if skipped is None else {**counts, "skipped": skipped}


def _case(suite: ElementTree.Element, one: Diagnostic, name: str, page: Page) -> None:
    where = f"{name}:{one.span.line}:{one.span.column}"
    case = ElementTree.SubElement(
        suite,
        "testcase",
        name=f"{one.code} {one.name} ({one.span.line}:{one.span.column})",
        classname=os.path.splitext(name)[0].replace("/", "."),
        time="0",
    )
    message = _text(one.message)
    text = [f"{where}: {one.level.label} {one.code} {one.name}: {message}"]
    for number, place in enumerate(one.related, 1):
        text.append(f"{number}. {_text(page.filename(place.path))}:{place.span.line}: {_text(place.message)}")
    if page.fails(one):
        ElementTree.SubElement(case, "failure", message=message, type=one.level.label).text = "\n".join(text)
    else:
        ElementTree.SubElement(case, "system-out").text = "\n".join(text)


def _text(text: str) -> str:
    """The text without what no XML document may hold."""
    return encodable(visible(text)).translate(XML_FORBIDS)
