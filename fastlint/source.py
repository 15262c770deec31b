"""Source text as bytes, characters and positions, and edits to it.

Positions have one place of conversion, here: `ast` counts UTF-8 bytes from column 0, everything that fastlint shows
counts characters from column 1. Lines end at `\\n`, `\\r\\n` and `\\r` only.
"""

from __future__ import annotations

import bisect
import codecs
import io
import re
import tokenize
from array import array
from typing import NamedTuple

LONG = 1000
"""Bytes from which on a line is worth an index."""
NARROW, WIDE = 88, 120
"""What formatters set by default, and the widest that is usual."""
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


class Span(NamedTuple):
    """A stretch of text: lines and columns from 1, columns in characters, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of_line(cls, line: int) -> Span:
        return cls(line, 1, line, 1)

    def contains(self, other: Span) -> bool:
        return (self.line, self.column) <= (other.line, other.column) and (other.end_line, other.end_column) <= (
            self.end_line,
            self.end_column,
        )


class Edit(NamedTuple):
    """Replace the text of `path` covered by `span` by `content`."""

    path: str
    span: Span
    content: str


class Unreadable(Exception):
    """A file that cannot be read or decoded: `reason` says why in one line, `line` where (1 when unknown)."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class WideLine:
    """A line whose bytes and characters count differently."""

    __slots__ = ("_behind", "_data")

    def __init__(self, text: str) -> None:
        self._data = text.encode(errors="surrogatepass")
        self._behind: array[int] | None = None

    def characters(self, column: int) -> int:
        """The column in characters of one in UTF-8 bytes, both from 0. On a long line each question costs little."""
        if len(self._data) < LONG:
            return len(self._data[:column].decode(errors="ignore"))
        if self._behind is None:  # the bytes that continue a character
            self._behind = array("L", (index for index, byte in enumerate(self._data) if byte & 0xC0 == 0x80))
        return column - bisect.bisect_left(self._behind, column)


class SourceFile:
    """One file's bytes with the text they decode to.

    `path` is what the project calls the file: relative to the project's root, with `/`.
    """

    __slots__ = ("_last", "_lines", "_starts", "_text", "_wide", "_width", "bom", "data", "encoding", "path")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.bom = data.startswith(codecs.BOM_UTF8)
        self.encoding = "utf-8"
        self._text: str | None = None
        self._lines: list[str] | None = None
        self._starts: list[int] | None = None
        self._last = 0, ""
        self._wide: tuple[int, WideLine] | None = None
        self._width = 0

    @classmethod
    def of_text(cls, path: str, text: str) -> SourceFile:
        """A file that says this, whatever encoding it declares."""
        source = cls(path, text.encode("utf-8", "surrogatepass"))
        source._text = text
        return source

    @property
    def text(self) -> str:
        """The decoded text without its byte order mark, line ends untouched. Raises Unreadable."""
        if self._text is None:
            self._text = self._decode()
        return self._text

    def _decode(self) -> str:
        data = self.data[3:] if self.bom else self.data
        if b"coding" in data[:400]:
            try:
                self.encoding = tokenize.detect_encoding(io.BytesIO(self.data).readline)[0].removesuffix("-sig")
            except SyntaxError as error:
                raise Unreadable(str(error)) from None
        try:
            return data.decode(self.encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise Unreadable(f"not valid {self.encoding}: byte 0x{data[error.start]:02x}", line) from None
        except (
            LookupError,
            ValueError,
        ) as error:  # `coding: hex` is no encoding of text, punycode fails in its own way
            raise Unreadable(f"not valid {self.encoding}: {error}") from None

    @property
    def lines(self) -> list[str]:
        """The lines, each with its line end."""
        if self._lines is None:
            lines = LINE.findall(self.text)
            self._lines = lines[:-1] if len(lines) > 1 and not lines[-1] else lines
        return self._lines

    @property
    def newline(self) -> str:
        """The line end the file uses first, `\\n` when it has none."""
        first = self.lines[0] if self.lines else ""
        return "\r\n" if first.endswith("\r\n") else "\r" if first.endswith("\r") else "\n"

    @property
    def width(self) -> int:
        """How long its lines may be: as long as those that are there, from 88 to 120, what formatters are set to."""
        if not self._width:
            lengths = (len(line.rstrip("\r\n")) for line in self.lines)
            self._width = max(NARROW, *(length for length in lengths if length <= WIDE), 0)
        return self._width

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) without its line end; empty when there is no such line."""
        if number != self._last[0]:  # a long line is asked for often
            self._last = number, self.lines[number - 1].rstrip("\r\n") if 0 < number <= len(self.lines) else ""
        return self._last[1]

    def span(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """The span of what `ast` puts at these lines and UTF-8 byte columns (from 0)."""
        return Span(line, self._characters(line, column) + 1, end_line, self._characters(end_line, end_column) + 1)

    def _characters(self, line: int, column: int) -> int:
        text = self.line(line)
        if text.isascii():
            return column
        if self._wide is None or self._wide[0] != line:
            self._wide = line, WideLine(text)
        return self._wide[1].characters(column)

    def offset(self, line: int, column: int) -> int:
        """The index into `text` of a line and column as a Span counts them."""
        if self._starts is None:
            starts, total = [], 0
            for text in self.lines:
                starts.append(total)
                total += len(text)
            self._starts = [*starts, total]
        return self._starts[line - 1] + column - 1 if line <= len(self._starts) else len(self.text)

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an index into `text`."""
        self.offset(1, 1)
        assert self._starts is not None
        line = max(1, min(bisect.bisect_right(self._starts, offset), len(self.lines)))
        return line, offset - self._starts[line - 1] + 1

    def slice(self, span: Span) -> str:
        return self.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]
