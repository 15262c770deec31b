"""Text for terminals: control characters made visible, widths, colours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from fastlint.rule import Level

UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]")
SURROGATE = re.compile("[\ud800-\udfff]")
COMMAND = re.compile(r"#(?=#(?:vso)?\[)", re.IGNORECASE)
"""What CI systems carry out wherever it stands in a line: `##[...]` and `##vso[...]`."""
COLOUR = re.compile("\x1b\\[[0-9;]*m")
LEVEL_COLOURS = {Level.ERROR: "1;31", Level.WARNING: "1;33", Level.INFO: "1;36"}


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def visible(text: str, *, tab: str = "\\t") -> str:
    """The text with everything written out that could move the cursor, hide or reorder text, end the line, or tell a CI
    system to do something."""
    text = uncommanded(text)
    if text.isascii() and text.isprintable():
        return text
    return UNSAFE.sub(lambda found: tab if found[0] == "\t" else _escape(found[0]), text)


def uncommanded(text: str, written: str = _escape("#")) -> str:
    """The text with nothing left that a CI system would carry out; `written` stands for a `#` of it."""
    return COMMAND.sub(lambda found: written, text) if "##" in text else text


def encodable(text: str) -> str:
    """The text with what stands for bytes that are no text (in names of files) written out: UTF-8 cannot hold it."""
    return text if text.isascii() else SURROGATE.sub(lambda found: _escape(found[0]), text)


def width(text: str) -> int:
    """How many columns the text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def wrapped(text: str, indent: int, columns: int | None) -> Iterator[str]:
    """The text in lines of so many columns at most, broken at spaces, all but the first indented."""
    if columns is None or width(COLOUR.sub("", text)) <= columns:
        yield text
        return
    rest = text.lstrip(" ")
    first, *words = rest.split(" ")
    line = " " * (len(text) - len(rest)) + first
    used = width(COLOUR.sub("", line))
    for word in words:
        size = width(COLOUR.sub("", word))
        if used + 1 + size > columns:
            yield line
            line, used = " " * indent + word, indent + size
        else:
            line, used = f"{line} {word}", used + 1 + size
    yield line


def coloured(text: str, colour: str, *, on: bool) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if on and text else text
