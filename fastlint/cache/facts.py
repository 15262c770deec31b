"""The facts of files, known by the digest of their content: nothing else decides them but fastlint and Python."""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterable
from functools import cache as once

from fastlint.cache.sealed import ENDING, Cache
from fastlint.unchanged import digest


class FactsStore:
    """The facts of one project's files. The file is read when first asked, and written by `save` if anything is new."""

    def __init__(self, cache: Cache, root: str) -> None:
        self._cache = cache
        self._name = f"facts-{cache.digest(_extractor(), os.fsencode(root))}{ENDING}"
        self._known: dict[bytes, bytes] | None = None
        self._used: dict[bytes, bytes] = {}
        self._new = False

    def get(self, digest: bytes) -> bytes | None:
        """What `put` was given for the content."""
        known = self._known
        if known is None:
            data = self._cache.read(self._name)
            known = self._known = {} if data is None else marshal.loads(data)
        found = known.get(digest)
        if found is not None:
            self._used[digest] = found
        return found

    def put(self, digest: bytes, entry: bytes) -> None:
        """Remember an entry, which is marshalled already."""
        self._used[digest] = entry
        self._new = True

    def save(self) -> None:
        """Write what this run used; of the rest (other branches) as much again."""
        if not self._new:
            return
        kept = dict(self._used)
        room = sum(map(len, kept.values()))
        for known, found in (self._known or {}).items():
            if known not in kept:
                room -= len(found)
                if room < 0:
                    break
                kept[known] = found
        if self._cache.prepare() and self._cache.write(self._name, marshal.dumps(kept)):
            self._new = False


@once
def _extractor() -> bytes:
    """What decides facts besides the content: the code that takes them."""
    parts = []
    for path in _own_files():
        with open(path, "rb") as file:
            parts.append(digest(file.read()))
    return b"".join(parts)


def _own_files() -> Iterable[str]:
    import fastlint.facts
    import fastlint.source

    folder = os.path.dirname(fastlint.facts.__file__)
    yield from (os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".py"))
    yield fastlint.source.__file__
