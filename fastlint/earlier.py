"""The same project as an earlier commit, or the index, has it: put together from git's objects, never checked out."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from dataclasses import replace

from fastlint.discover import listed
from fastlint.git import LINK, SUBMODULE, Listed, Repository, same_content
from fastlint.gitignore import GitIgnore
from fastlint.inputs import Inputs
from fastlint.project.packaging.manifests import ManifestFile, included, is_manifest
from fastlint.source import SourceFile

SIMILAR = 0.5
"""The share of its lines that a renamed file must have kept, as for git."""
MOST_PAIRS = 20_000
"""Beyond so many pairs of vanished and new files, only equal content tells a renamed one."""


def as_listed(inputs: Inputs, listing: Mapping[str, Listed], repository: Repository) -> Inputs:
    """The project with the contents of the listing, all of it asked for.

    What has not changed is the same object. What git does not keep (ignored files,
    submodules, what lies behind a link) is as it is on the disk.
    """
    now = inputs.files()
    kept = {path: entry for path, entry in listing.items() if entry.mode not in (LINK, SUBMODULE)}
    taken = set(listed(kept, inputs.root, inputs.tree, is_manifest)) | (kept.keys() & inputs.sources.keys())
    contents = _Contents(kept, now, repository)
    contents.want(taken)
    files = {path: source for path in sorted(taken) if (source := contents.get(path))}
    links = {path for path, entry in listing.items() if entry.mode in (LINK, SUBMODULE)}
    git = GitIgnore(inputs.root)
    files |= {
        path: source
        for path, source in now.items()
        if path not in kept and (_below(path, links) or git.ignores(os.path.join(inputs.root, path), folder=False))
    }
    sources = {path: source for path, source in files.items() if path in inputs.sources or path.endswith(".py")}
    sources = {path: source for path, source in sources.items() if _fits(source, inputs)}
    manifests = {path: source for path, source in files.items() if is_manifest(path)}
    _include(manifests, contents, inputs)
    both = {**manifests, **sources}
    unreadable = {path: why for path, why in inputs.unreadable.items() if path not in both and path not in kept}
    return replace(
        inputs,
        sources=sources,
        manifests=manifests,
        asked=frozenset(both),
        unreadable=unreadable,
        sieve=None,
    )


class _Contents:
    """The files of a listing: those that are on the disk alike, and the blobs of all others, fetched together."""

    def __init__(self, listing: Mapping[str, Listed], now: Mapping[str, SourceFile], repository: Repository) -> None:
        self.listing = listing
        self.now = now
        self.repository = repository
        self.found: dict[str, SourceFile] = {}

    def want(self, paths: set[str]) -> None:
        missing: dict[str, str] = {}
        for path in paths - self.found.keys():
            oid = self.listing[path].oid
            source = self.now.get(path)
            if source is not None and same_content(source.data, oid):
                self.found[path] = source
            else:
                missing[path] = oid
        blobs = self.repository.blobs(missing.values())
        self.found.update({path: SourceFile(path, blobs[oid]) for path, oid in missing.items()})

    def get(self, path: str) -> SourceFile | None:
        if path not in self.found and path in self.listing:
            self.want({path})
        return self.found.get(path)


def _below(path: str, folders: set[str]) -> bool:
    """Whether the path is one of `folders` or lies below one."""
    while path:
        if path in folders:
            return True
        path = path.rpartition("/")[0]
    return False


def _fits(source: SourceFile, inputs: Inputs) -> bool:
    return len(source.data) <= inputs.settings_of(source.path).size_limit(source.path)


def _include(manifests: dict[str, SourceFile], contents: _Contents, inputs: Inputs) -> None:
    """Add the files that requirements files name with `-r` and `-c`."""
    tried: set[str] = set()
    while fresh := included([ManifestFile(path, source.data) for path, source in manifests.items()]) - tried:
        tried.update(fresh)
        for path in sorted(fresh):
            source = contents.get(path)
            if source is not None:
                manifests[path] = source


def renamed(before: Inputs, now: Inputs) -> dict[str, str]:
    """What files that are new were called before: those of equal content first, then the most similar ones."""
    old, new = before.files(), now.files()
    gone = {path: source for path, source in old.items() if path not in new}
    come = {path: source for path, source in new.items() if path not in old}
    pairs: dict[str, str] = {}
    by_content = {source.data: path for path, source in sorted(gone.items(), reverse=True) if source.data.strip()}
    for path, source in sorted(come.items()):
        former = by_content.pop(source.data, None)
        if former is not None:
            pairs[path] = former
    left = [path for path in sorted(gone) if path not in pairs.values()]
    fresh = [path for path in sorted(come) if path not in pairs]
    if len(left) * len(fresh) > MOST_PAIRS:
        return pairs
    lines = {path: _lines(source) for path, source in (*gone.items(), *come.items())}
    found = sorted(
        (-_similarity(lines[former], lines[path]), former, path)
        for former in left
        for path in fresh
        if os.path.splitext(former)[1] == os.path.splitext(path)[1]
    )
    used: set[str] = set()
    for negative, former, path in found:
        if -negative >= SIMILAR and former not in used and path not in pairs:
            used.add(former)
            pairs[path] = former
    return pairs


def _lines(source: SourceFile) -> frozenset[bytes]:
    return frozenset(line.strip() for line in source.data.splitlines()) - {b""}


def _similarity(one: frozenset[bytes], other: frozenset[bytes]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
