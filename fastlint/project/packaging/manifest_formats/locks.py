"""Lock files: uv.lock, poetry.lock, pdm.lock, pylock.toml and Pipfile.lock.

They are searched, not parsed: they are written by tools, in one layout, and may be very large.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from fastlint.project.packaging.manifest_formats.found import Lock, Locked, Reading, canonical
from fastlint.project.packaging.ranges import RangeError, from_poetry
from fastlint.source import SourceFile, Unreadable

ENTRY = re.compile(
    rb"""\[\[packages?\]\][ \t]*\r?\n(?:[ \t]*(?:\#[^\r\n]*)?\r?\n)*name[ ]=[ ]"(?P<name>[^"\n]+)"[ \t]*\r?\n"""
    rb"""(?:version[ ]=[ ]"(?P<version>[^"\n]+)")?""",
    re.VERBOSE,
)
NAME = re.compile(rb"(?m)^[ \t]*name[ \t]*=[ \t]*[\"'](?P<name>[^\"'\n]+)[\"']")
VERSION = re.compile(rb"(?m)^[ \t]*version[ \t]*=[ \t]*[\"'](?P<version>[^\"'\n]+)[\"']")
PYTHON = re.compile(rb"(?m)^(?:requires[-_]python|python-versions) = \"(?P<range>[^\"\n]+)\"")
CONFLICT = re.compile(rb"(?m)^(?:<{7}|>{7}|\|{7})(?: |\r?$)")
PIPENV_ENTRY = re.compile(rb'\n {8}"(?P<name>[^"\n]+)": \{(?P<body>[^{}]*)\}')
PIPENV_VERSION = re.compile(rb'"version": "===?(?P<version>[^"\n]+)"')
CHECKED = 60_000
"""Bytes up to which a lock is parsed too, so that a broken one is called broken."""
PARSED = 2_000_000
MOST = 100_000
BODY = 20_000
CHUNK = 1 << 20


def read_toml(source: SourceFile, reading: Reading) -> None:
    data = source.data
    _refuse_bad_bytes(data)
    if len(data) <= CHECKED:
        _refuse_bad_toml(source)
    packages: dict[str, tuple[Locked, ...]] = {}
    for name, version, line in _entries(data):
        if version:
            one = Locked(canonical(name), version, source.path, line)
            packages[one.name] = (*packages.get(one.name, ()), one)
    kind = source.path.rpartition("/")[2]
    of = source.path.removesuffix(".lock") if kind.endswith(".py.lock") else ""
    reading.locks.append(Lock(source.path, kind, packages, python=_python(data), of=of))


def _refuse_bad_bytes(data: bytes) -> None:
    if not data.isascii():
        decoder = codecs.getincrementaldecoder("utf-8")()
        for start in range(0, len(data), CHUNK):
            try:
                decoder.decode(data[start : start + CHUNK], final=start + CHUNK >= len(data))
            except UnicodeDecodeError as error:
                line = data.count(b"\n", 0, start + error.start) + 1
                raise Unreadable(f"not valid utf-8: byte 0x{error.object[error.start]:02x}", line) from None
    if b"<<<<<<<" in data and (conflict := CONFLICT.search(data)):
        raise Unreadable("an unresolved merge conflict", data.count(b"\n", 0, conflict.start()) + 1)


def _refuse_bad_toml(source: SourceFile) -> None:
    import tomllib

    from fastlint.project.packaging.manifest_formats.toml_places import PLACE

    try:
        tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        found = PLACE.search(str(error))
        line = int(found["line"]) if found and found["line"] else max(1, len(source.lines))
        raise Unreadable(PLACE.sub("", str(error)), line) from None
    except RecursionError:
        raise Unreadable("nested too deeply to be parsed") from None


def _entries(data: bytes) -> Iterator[tuple[str, str, int]]:
    """Name, version and line of each package; the version is empty where the lock has none."""
    line, counted, number = 1, 0, 0
    start = 0 if data.startswith(b"[[package") else _next(data, 0)
    while start >= 0:
        end = _next(data, start)
        match = ENTRY.match(data, start)
        name, version = (match["name"], match["version"]) if match else (None, None)
        if version is None:
            body = data[start : min(end if end >= 0 else len(data), start + BODY)]
            name_found, version_found = NAME.search(body), VERSION.search(body)
            name = name_found["name"] if name_found else name
            version = version_found["version"] if version_found else b""
        line += data.count(b"\n", counted, start)
        counted = start
        number += 1
        if number > MOST:
            raise Unreadable(f"more than {MOST} packages", line)
        if name is not None:
            yield name.decode(), version.decode(), line
        start = end


def _next(data: bytes, start: int) -> int:
    """Where the next package begins, -1 when there is none."""
    found = data.find(b"\n[[package", start)
    return found + 1 if found >= 0 else -1


def _python(data: bytes) -> str:
    """The range of Python versions that the lock is for; uv writes it first, poetry last."""
    found = PYTHON.search(data[:4000]) or PYTHON.search(data[-4000:])
    try:
        return from_poetry(found["range"].decode()) if found else ""
    except RangeError:
        return ""


def read_pipfile_lock(source: SourceFile, reading: Reading) -> None:
    data = source.data
    _refuse_bad_bytes(data)
    found = _scanned(data) if len(data) > PARSED else _parsed(source)
    packages: dict[str, tuple[Locked, ...]] = {}
    for name, version, line in found:
        one = Locked(canonical(name), version, source.path, line)
        if all(one.version != other.version for other in packages.get(one.name, ())):
            packages[one.name] = (*packages.get(one.name, ()), one)
    reading.locks.append(Lock(source.path, "Pipfile.lock", packages))


def _scanned(data: bytes) -> Iterator[tuple[str, str, int]]:
    line, counted = 1, 0
    for number, match in enumerate(PIPENV_ENTRY.finditer(data)):
        if number > MOST:
            raise Unreadable(f"more than {MOST} packages", line)
        version = PIPENV_VERSION.search(match["body"])
        if version is not None:
            line += data.count(b"\n", counted, match.start("name"))
            counted = match.start("name")
            yield match["name"].decode(), version["version"].decode(), line


def _parsed(source: SourceFile) -> Iterator[tuple[str, str, int]]:
    try:
        tables = json.loads(source.data)
    except json.JSONDecodeError as error:
        raise Unreadable(error.msg, error.lineno) from None
    except UnicodeDecodeError:  # what looks like UTF-16 or UTF-32 to `json` and is not
        raise Unreadable("not text that JSON allows") from None
    except RecursionError:
        raise Unreadable("nested too deeply to be parsed") from None
    if not isinstance(tables, dict):
        raise Unreadable("not an object")
    for table, packages in tables.items():
        if table == "_meta" or not isinstance(packages, dict):
            continue
        begin = max(0, source.data.find(b'"' + table.encode() + b'"'))
        for name, entry in packages.items():
            version = entry.get("version") if isinstance(entry, dict) else None
            if isinstance(version, str):
                place = source.data.find(b'"' + name.encode() + b'"', begin)
                yield name, version.lstrip("="), source.data.count(b"\n", 0, max(0, place)) + 1
