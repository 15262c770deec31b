"""What a run reads: files as bytes, the facts already taken from them, and the settings of each."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fastlint import disk
from fastlint.baseline import project_baseline
from fastlint.discover import Discovered
from fastlint.extraction import FactsStore, facts_of, unreadable_file
from fastlint.facts.model import ModuleFacts
from fastlint.project.packaging.manifests import ManifestFile, included
from fastlint.rule import Finding
from fastlint.settings import Settings, SettingsTree
from fastlint.sieve import Sieve
from fastlint.source import SourceFile, Unreadable


@dataclass(slots=True)
class Inputs:
    """All files of a run by their paths from `root`.

    `asked` are the files whose diagnostics are wanted; `unreadable` says of files that could not be read why; `sieve`
    knows which of them are not news.
    """

    root: str
    tree: SettingsTree
    sources: dict[str, SourceFile] = field(default_factory=dict)
    manifests: dict[str, SourceFile] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    unreadable: dict[str, Finding] = field(default_factory=dict)
    sieve: Sieve | None = None
    store: FactsStore | None = None
    jobs: int | str = 1
    _facts: dict[str, tuple[SourceFile, ModuleFacts | Finding]] = field(default_factory=dict)

    def settings_of(self, path: str) -> Settings:
        return self.tree.at(os.path.dirname(os.path.join(self.root, path)))

    def source(self, path: str) -> SourceFile | None:
        return self.sources.get(path) or self.manifests.get(path)

    def files(self) -> dict[str, SourceFile]:
        """Sources and manifests together."""
        return {**self.manifests, **self.sources}

    def facts(self) -> tuple[list[ModuleFacts], dict[str, Finding]]:
        """The facts of each source in order of path, and why some could not be had. Known ones are not taken again."""
        modules: list[ModuleFacts] = []
        unreadable = dict(self.unreadable)
        wanted = [source for path, source in self.sources.items() if self._facts.get(path, (None,))[0] is not source]
        for path, found in facts_of(wanted, self.store, self.jobs).items():
            self._facts[path] = self.sources[path], found
        for path in sorted(self.sources):
            known = self._facts[path][1]
            if isinstance(known, Finding):
                unreadable[path] = known
            else:
                modules.append(known)
        return modules, unreadable

    def replaced(self, changed: Mapping[str, SourceFile]) -> Inputs:
        """The same inputs with other contents for some files."""
        return Inputs(
            self.root,
            self.tree,
            {path: changed.get(path, source) for path, source in self.sources.items()},
            {path: changed.get(path, source) for path, source in self.manifests.items()},
            self.asked,
            self.unreadable,
            self.sieve,
            self.store,
            self.jobs,
            dict(self._facts),
        )


def read(
    discovered: Discovered,
    tree: SettingsTree,
    given: Iterable[SourceFile] = (),
    *,
    baseline: str | bool = True,
    store: FactsStore | None = None,
    jobs: int | str = 1,
) -> Inputs:
    """Read the discovered files. Those in `given` are taken as they are, in place of what the disk holds.

    `baseline` is one that was named, True for that of the project where it has one, False for none. Raises
    BaselineError when it cannot be used.
    """
    inputs = Inputs(discovered.root, tree, asked=discovered.asked, store=store, jobs=jobs)
    instead = {source.path: source for source in given}
    for names, kept in ((discovered.sources, inputs.sources), (discovered.manifests, inputs.manifests)):
        for path in names:
            if path not in instead:
                limit = inputs.settings_of(path).size_limit(path)
                try:
                    kept[path] = SourceFile(path, _bytes(os.path.join(discovered.root, path), limit))
                except Unreadable as error:
                    inputs.unreadable[path] = unreadable_file(path, error.reason)
    for source in instead.values():
        limit = inputs.settings_of(source.path).size_limit(source.path)
        if len(source.data) > limit:
            inputs.unreadable[source.path] = unreadable_file(source.path, too_large(limit))
            continue
        (inputs.manifests if source.path in discovered.manifests else inputs.sources)[source.path] = source
    _read_included(inputs)
    if baseline is not False:
        inputs.sieve = project_baseline(inputs.root, tree, None if baseline is True else baseline)
    return inputs


def _read_included(inputs: Inputs) -> None:
    """Read the files that requirements files name with `-r` and `-c`, whatever they are called."""
    tried: set[str] = set()
    while True:
        files = [ManifestFile(path, source.data) for path, source in inputs.manifests.items()]
        fresh = sorted(included(files) - tried)
        if not fresh:
            return
        tried.update(fresh)
        for path in fresh:
            absolute = disk.real(os.path.join(inputs.root, path))
            if os.path.commonpath([absolute, disk.real(inputs.root)]) != disk.real(inputs.root):
                continue
            try:
                inputs.manifests[path] = SourceFile(path, _bytes(absolute, inputs.settings_of(path).size_limit(path)))
            except Unreadable:
                continue  # a file that is missing or of no use is told by who includes it
            if any(os.path.dirname(asked) == os.path.dirname(path) for asked in inputs.asked):
                inputs.asked |= {path}


def too_large(limit: int) -> str:
    return f"larger than `max-file-size` ({limit} bytes)"


def _bytes(path: str, limit: int) -> bytes:
    try:
        data = disk.read(path, limit)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None
    if len(data) > limit:
        raise Unreadable(too_large(limit))
    return data
