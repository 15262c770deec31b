"""What git ignores: every .gitignore from the repository's top down, and .git/info/exclude."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pathspec

from fastlint import disk


class GitIgnore:
    """Answers for paths below `root`; the files of each folder are read once, when first asked for."""

    def __init__(self, root: str) -> None:
        self.top = _repository(root) or root
        self._specs: dict[str, pathspec.GitIgnoreSpec | None] = {}
        self._exclude = self._read(_info_exclude(self.top))

    def ignores(self, path: str, *, folder: bool, floor: str = "") -> bool:
        """Whether git ignores the absolute `path`, taking for granted that it does not ignore the folder it is in.

        The deepest file with an opinion decides, as its last matching line says. With `floor` only the files in that
        folder and below are asked.
        """
        for base, spec in self._opinions(os.path.dirname(path)):
            if len(base) < len(floor):
                break
            if spec is None:
                continue
            relative = path[len(base.rstrip("/")) + 1 :] + ("/" if folder else "")
            answer = spec.check_file(relative).include
            if answer is not None:
                return answer
        return False

    def _opinions(self, folder: str) -> Iterator[tuple[str, pathspec.GitIgnoreSpec | None]]:
        while True:
            if folder not in self._specs:
                self._specs[folder] = self._read(os.path.join(folder, ".gitignore"))
            yield folder, self._specs[folder]
            if folder == self.top or len(folder) <= len(self.top):
                break
            folder = os.path.dirname(folder)
        yield self.top, self._exclude

    def _read(self, path: str | None) -> pathspec.GitIgnoreSpec | None:
        if path is None:
            return None
        try:
            text = disk.read(path).decode("utf-8-sig", "surrogateescape")
        except OSError:
            return None
        lines = re.split(r"\r\n|\r|\n", text) if text else []
        return pathspec.GitIgnoreSpec.from_lines(_readable(lines)) if lines else None


def _readable(lines: list[str]) -> Iterator[str]:
    """The lines that are patterns; git passes over what it cannot read too."""
    for line in lines:
        try:
            pathspec.GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue
        yield line


def _repository(folder: str) -> str | None:
    while not disk.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def _info_exclude(top: str) -> str | None:
    """The repository's own exclude file; in a worktree `.git` is a file that says where the repository is."""
    git = os.path.join(top, ".git")
    if disk.is_file(git):
        try:
            named = disk.read(git, 4096).decode("utf-8", "surrogateescape").strip()
            git = os.path.normpath(os.path.join(top, named.removeprefix("gitdir:").strip()))
            common = disk.read(os.path.join(git, "commondir"), 4096).decode("utf-8", "surrogateescape").strip()
            git = os.path.normpath(os.path.join(git, common))
        except OSError:
            pass
    path = os.path.join(git, "info", "exclude")
    return path if disk.is_file(path) else None
