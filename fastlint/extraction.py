"""The facts of all files of a run: from the store where they are known, else taken here or in worker processes."""

from __future__ import annotations

import marshal
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from typing import Any

from fastlint import disk, progress
from fastlint.cache.facts import FactsStore
from fastlint.facts.extract import extract
from fastlint.facts.model import ModuleFacts
from fastlint.rule import Finding, Span
from fastlint.source import SourceFile, Unreadable
from fastlint.unchanged import digest
from fastlint.workers import Died, sensible, worked

__all__ = ["FactsStore", "facts_of", "unreadable_file"]

Entry = tuple[Any, ...]
"""What is known of a content: `("facts", ...)` or `("unreadable", reason, line)`, plain data without a path."""


def facts_of(
    sources: Iterable[SourceFile], store: FactsStore | None = None, jobs: int | str = 1
) -> dict[str, ModuleFacts | Finding]:
    """The facts of each file by path, or the finding that says why there are none.

    `jobs` is a number of processes or `auto`; it never changes what is found.
    """
    found: dict[str, ModuleFacts | Finding] = {}
    missing: list[SourceFile] = []
    for source in sources:
        entry = None if store is None else store.get(digest(source.data))
        if entry is None:
            missing.append(source)
        else:
            found[source.path] = _with_path(source.path, marshal.loads(entry))
    progress.phase("reading", len(missing))
    with closing(_taken(missing, jobs)) as taken:  # so that no process outlives an interruption
        for number, (source, result) in enumerate(taken, 1):
            if progress.listener is not None:
                progress.listener.step(number)
            if isinstance(result, Died):
                disk.unsound()  # another run may have better luck
                found[source.path] = unreadable_file(source.path, str(result))
                continue
            if store is not None:
                store.put(digest(source.data), result)
            found[source.path] = _with_path(source.path, marshal.loads(result))
    if store is not None:
        store.save()
    return found


def _taken(sources: Sequence[SourceFile], jobs: int | str) -> Generator[tuple[SourceFile, bytes | Died], None, None]:
    sizes = [len(source.data) for source in sources]
    number = sensible(jobs, sizes)
    if number > 1:
        for item, result in worked(lambda item: marshal.dumps(entry_of(sources[item])), sizes, number):
            yield sources[item], result
        return
    for source in sources:
        yield source, marshal.dumps(entry_of(source))


def entry_of(source: SourceFile) -> Entry:
    """What a file's content says."""
    # a copy, so that the decoded text dies with it: only the bytes are kept for reports and fixes
    try:
        return "facts", *extract(SourceFile(source.path, source.data)).encoded()[1:]
    except Unreadable as error:
        return "unreadable", error.reason, error.line
    except RecursionError:
        return "unreadable", "nested too deeply to be parsed", 1


def _with_path(path: str, entry: Entry) -> ModuleFacts | Finding:
    kind, *rest = entry
    if kind == "facts":
        return ModuleFacts.decoded((path, *rest))
    reason, line = rest
    return unreadable_file(path, reason, line)


def unreadable_file(path: str, reason: str, line: int = 1) -> Finding:
    """What becomes FST000."""
    return Finding(path, Span.of_line(line), reason)
