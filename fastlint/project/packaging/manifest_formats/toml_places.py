"""TOML with the places of its keys and values: tomllib says what the text means, one walk says where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastlint.project.packaging.manifest_formats.found import Piece
from fastlint.source import SourceFile, Unreadable

Path = tuple[str | int, ...]

BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
BARE = re.compile(r"[A-Za-z0-9_-]+")
SCALAR = re.compile(r"[^,\]}#\r\n]+")
STRINGS = {
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*(?:""(?="""(?!"))|"(?="""(?!")))?', re.DOTALL),
    "'''": re.compile(r"(?:[^']|'(?!''))*(?:''(?='''(?!'))|'(?='''(?!')))?", re.DOTALL),
    '"': re.compile(r'(?:[^"\\]|\\.)*'),
    "'": re.compile(r"[^']*"),
}
PLACE = re.compile(r" ?\(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


class Toml:
    """A TOML document. `values`, `keys` and `strings` map the path of a value to its place in the text.

    A path is the keys from the top, with numbers for the members of arrays. `values` are whole values, `strings` the
    text between the quotes.
    """

    def __init__(self, source: SourceFile, text: str | None = None, offsets: Piece | None = None) -> None:
        """Read `text`, by default all of the file; `offsets` tells where another text came from. Raises Unreadable."""
        import tomllib

        self.source = source
        self.text = source.text if text is None else text
        self._offsets = offsets or Piece(source, self.text, [(0, 0)])
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise self._unreadable(str(error)) from None
        except RecursionError:
            raise Unreadable("nested too deeply to be parsed") from None
        self.values: dict[Path, tuple[int, int]] = {}
        self.keys: dict[Path, tuple[int, int]] = {}
        self.strings: dict[Path, tuple[int, int]] = {}
        self._counts: dict[Path, int] = {}
        self._document()

    def _unreadable(self, message: str) -> Unreadable:
        found = PLACE.search(message)
        line = int(found["line"]) if found and found["line"] else self.text.count("\n") + 1 if found else 1
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        place = self._offsets.place(starts[min(line, len(starts)) - 1])
        return Unreadable(PLACE.sub("", message), self.source.position(place)[0])

    # what formats ask

    def get(self, *path: str | int) -> Any:
        """The value at the path, None when there is none."""
        value: Any = self.data
        for step in path:
            if isinstance(step, str) and isinstance(value, dict):
                value = value.get(step)
            elif isinstance(step, int) and isinstance(value, list) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def table(self, *path: str | int) -> dict[str, Any]:
        value = self.get(*path)
        return value if isinstance(value, dict) else {}

    def texts(self, *path: str | int) -> Iterator[tuple[Piece, str]]:
        """The strings of an array."""
        value = self.get(*path)
        if isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, str):
                    yield self.piece((*path, number), item), item

    def piece(self, path: Path, value: str) -> Piece:
        """A string value with its places."""
        start, end = self.strings[path]
        exact = self.text[start:end] == value
        if exact:
            return Piece(self.source, value, self._starts(start, end))
        whole = self.values[path]
        return Piece(self.source, value, [(0, self._place(whole[0])), (len(value), self._place(whole[1]))], exact=False)

    def spot(self, start: int, end: int) -> Piece:
        """A stretch of the text."""
        return Piece(self.source, self.text[start:end], self._starts(start, end))

    def line(self, path: Path) -> int:
        """The line of the key or value at the path, 1 when the walk knows neither."""
        place = self.keys.get(path) or self.values.get(path)
        return self.source.position(self._place(place[0]))[0] if place else 1

    def _place(self, index: int) -> int:
        return self._offsets.place(index)

    def _starts(self, start: int, end: int) -> list[tuple[int, int]]:
        inner = [(logical - start, actual) for logical, actual in self._offsets.starts if start < logical < end]
        return [(0, self._place(start)), *inner]

    # the walk

    def _document(self) -> None:
        table: Path = ()
        index = self._skip(0)
        while index < len(self.text):
            if self.text[index] == "[":
                double = self.text.startswith("[[", index)
                steps, places, index = self._key(index + 1 + double)
                table = self._header(steps, places, double)
                index = self.text.index("]", index) + 1 + double
            else:
                index = self._pair(table, index)
            index = self._skip(index)

    def _header(self, steps: list[str], places: list[tuple[int, int]], double: bool) -> Path:
        path: Path = ()
        for number, step in enumerate(steps):
            path = (*path, step)
            self.keys.setdefault(path, places[number])
            if double and number == len(steps) - 1:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path

    def _pair(self, table: Path, index: int) -> int:
        steps, places, index = self._key(index)
        path = table
        for step, place in zip(steps, places, strict=True):
            path = (*path, step)
            self.keys.setdefault(path, place)
        return self._value(path, self._skip(self.text.index("=", index) + 1))

    def _key(self, index: int) -> tuple[list[str], list[tuple[int, int]], int]:
        """The parts of a dotted key, where each of them stands, and where the key ends."""
        steps: list[str] = []
        places: list[tuple[int, int]] = []
        while True:
            index = self._skip(index)
            quote = self.text[index]
            if quote in "\"'":
                end = _end(STRINGS[quote], self.text, index + 1)
                raw = self.text[index : end + 1]
                places.append((index + 1, end))
                steps.append(_unquoted(raw))
                index = end + 1
            else:
                match = BARE.match(self.text, index)
                assert match is not None
                steps.append(match[0])
                places.append(match.span())
                index = match.end()
            after = self._skip(index)
            if not self.text.startswith(".", after):
                return steps, places, index
            index = after + 1

    def _value(self, path: Path, index: int) -> int:
        first = self.text[index]
        if first in "\"'":
            quote = first * 3 if self.text.startswith(first * 3, index) else first
            start = index + len(quote)
            end = _end(STRINGS[quote], self.text, start)
            self.strings[path] = start, end
            after = end + len(quote)
        elif first == "[":
            after = self._array(path, index + 1)
        elif first == "{":
            after = self._inline(path, index + 1)
        else:
            match = SCALAR.match(self.text, index)
            assert match is not None
            after = index + len(match[0].rstrip())
        self.values[path] = index, after
        return after

    def _array(self, path: Path, index: int) -> int:
        number = 0
        index = self._skip(index)
        while self.text[index] != "]":
            index = self._skip(self._value((*path, number), index))
            number += 1
            if self.text[index] == ",":
                index = self._skip(index + 1)
        return index + 1

    def _inline(self, path: Path, index: int) -> int:
        index = self._skip(index)
        while self.text[index] != "}":
            index = self._skip(self._pair(path, index))
            if self.text[index] == ",":
                index = self._skip(index + 1)
        return index + 1

    def _skip(self, index: int) -> int:
        match = BLANK.match(self.text, index)
        assert match is not None
        return match.end()


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    assert match is not None
    return match.end()


def _unquoted(raw: str) -> str:
    if raw[0] == "'" or "\\" not in raw:
        return raw[1:-1]
    import tomllib

    return str(tomllib.loads(f"x={raw}")["x"])
