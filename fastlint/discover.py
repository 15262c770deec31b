"""Which files a run is about: the project around the paths given, and which of its files were asked for."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fastlint import disk
from fastlint.gitignore import GitIgnore
from fastlint.settings import Settings, SettingsTree

MARKERS = ("pyproject.toml", "setup.cfg", "fastlint.toml", ".git")


@dataclass(slots=True)
class Discovered:
    """Files by their paths from `root`, with `/`, sorted.

    `asked` are those that the paths given name or hold; `missing` the paths given that do not exist, with the reason;
    `passed_over` those that are neither Python nor a manifest.
    """

    root: str
    sources: list[str] = field(default_factory=list)
    manifests: list[str] = field(default_factory=list)
    asked: frozenset[str] = frozenset()
    missing: list[tuple[str, str]] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


def marked(folder: str) -> str | None:
    """The nearest folder, `folder` or above it, that looks like the top of a project."""
    while True:
        if any(disk.exists(os.path.join(folder, marker)) for marker in MARKERS):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def project_root(paths: Sequence[str]) -> str:
    """The project around absolute paths: marked as one, else the folder that holds them all."""
    folders = [path if disk.is_dir(path) else os.path.dirname(path) for path in paths]
    try:
        common = os.path.commonpath(folders)
    except ValueError:  # on different drives
        common = folders[0]
    return marked(common) or common


def discover(
    paths: Sequence[str],
    settings: SettingsTree,
    is_manifest: Callable[[str], bool],
    *,
    root: str | None = None,
) -> Discovered:
    """All files of the project around `paths`, which are as typed: relative to the working directory or absolute.

    `is_manifest` is asked about paths from the root.
    """
    given = [os.path.abspath(path) for path in paths] or [os.getcwd()]
    present: list[str] = []
    missing: list[tuple[str, str]] = []
    for typed, path in zip(paths or ["."], given, strict=True):
        reason = _unavailable(path)
        if reason is None:
            present.append(path)
        else:
            missing.append((typed, reason))
    top = root or project_root(present or [os.getcwd()])
    walk = _Walk(top, settings, is_manifest)
    for start in _starts(top, present):
        walk.folder(start)
    asked: set[str] = set()
    folders: list[str] = []
    passed_over: list[str] = []
    for path in present:
        if settings.at(_folder_of(path)).force_exclude and excluded(path, top, settings):
            continue
        if disk.is_dir(path):
            walk.folder(path)
            folders.append(path.rstrip(os.sep) + os.sep)
        elif walk.take(path, named=True):
            asked.add(path)
        else:
            passed_over.append(path)
    walk.links()
    if folders:
        asked.update(name for name in (*walk.sources, *walk.manifests) if name.startswith(tuple(folders)))
    return Discovered(
        root=top,
        sources=sorted(_relative(path, top) for path in walk.sources),
        manifests=sorted(_relative(path, top) for path in walk.manifests),
        asked=frozenset(_relative(path, top) for path in asked),
        missing=missing,
        passed_over=passed_over,
    )


def _starts(root: str, paths: Sequence[str]) -> list[str]:
    """The folders to walk: the project, or, when no project holds all paths, the project of each.

    A file that lies loose in the home folder, a temporary folder or at the top of a disk is looked at alone.
    """
    if marked(root) == root or root in paths:
        return [root]
    too_wide = {os.path.expanduser("~"), tempfile.gettempdir(), os.path.abspath(os.sep)}
    starts = {project_root([path]) for path in paths}
    return sorted(start for start in starts if start not in too_wide or marked(start) == start)


def _unavailable(path: str) -> str | None:
    disk.exists(path)
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        disk.unsound()
        return "no such file or folder" if isinstance(error, FileNotFoundError) else str(error.strerror)
    except ValueError as error:  # a NUL in the path
        return str(error)
    if stat.S_ISDIR(mode):
        try:
            os.scandir(path).close()
        except OSError as error:
            disk.unsound()
            return error.strerror
    elif not stat.S_ISREG(mode):
        return "not a regular file"
    return None


def _folder_of(path: str) -> str:
    return path if disk.is_dir(path) else os.path.dirname(path)


def _relative(path: str, root: str) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")


class _Walk:
    """Folders walked so far and the files found in them, as absolute paths.

    Real folders first: a link is followed only to a place inside the root that was not reached otherwise.
    """

    def __init__(self, root: str, settings: SettingsTree, is_manifest: Callable[[str], bool]) -> None:
        self.root = root
        self.settings = settings
        self.is_manifest = is_manifest
        self.sources: set[str] = set()
        self.manifests: set[str] = set()
        self._git = GitIgnore(root)
        self._seen: set[str] = set()
        self._links: list[str] = []
        self._real_root = disk.real(root)
        self._real_files: set[str] = set()

    def folder(self, path: str) -> None:
        """Walk a folder that was named or is the project: when git ignores it as a whole, that no longer counts."""
        floor = path if self._git.ignores(path, folder=True) else ""
        pending = [path]
        while pending:
            current = pending.pop()
            if current in self._seen:
                continue
            self._seen.add(current)
            try:
                entries = disk.scan(current)
            except OSError:
                continue
            settings = self.settings.at(current)
            for entry in entries:
                if entry.name.startswith(".") or self._left_out(entry.path, _is_dir(entry), settings, floor):
                    continue
                if entry.is_symlink():
                    self._links.append(entry.path)
                elif entry.is_dir():
                    if not disk.exists(os.path.join(entry.path, "pyvenv.cfg")):
                        pending.append(entry.path)
                elif entry.is_file():
                    self.take(entry.path)

    def _left_out(self, path: str, folder: bool, settings: Settings, floor: str) -> bool:
        if settings.excludes(path.replace(os.sep, "/")):
            return True
        return settings.respect_gitignore and self._git.ignores(path, folder=folder, floor=floor)

    def take(self, path: str, *, named: bool = False) -> bool:
        """Note a file when it is one of ours; one named by the user may also be a script without an extension."""
        name = os.path.basename(path)
        manifest = self.is_manifest(_relative(path, self.root))
        source = name.endswith(".py") or (named and not manifest and "." not in name.lstrip("."))
        if manifest:
            self.manifests.add(path)
        if source:
            self.sources.add(path)
        if manifest or source:
            link = disk.is_link(path) if named else os.path.islink(path)  # of others the folder's list tells
            self._real_files.add(disk.real(path) if link else path)
        return manifest or source

    def links(self) -> None:
        """Follow the links met on the way, those met behind them too."""
        real_seen = {disk.real(folder) for folder in self._seen} if self._links else set()
        while self._links:
            batch, self._links = sorted(self._links), []
            for path in batch:
                target = disk.real(path)
                if not target.startswith(self._real_root.rstrip("/") + "/") or _hidden_below(self._real_root, target):
                    continue
                if disk.is_dir(target):
                    if target not in real_seen and not disk.exists(os.path.join(target, "pyvenv.cfg")):
                        before = set(self._seen)
                        self.folder(path)
                        real_seen.update(disk.real(folder) for folder in self._seen - before)
                elif disk.is_file(target) and target not in self._real_files and path not in self._real_files:
                    self.take(path)


def listed(
    paths: Iterable[str], root: str, settings: SettingsTree, is_manifest: Callable[[str], bool]
) -> Iterator[str]:
    """Those of the paths (from the root) of a tree that is not on the disk which a walk over it would take."""
    git = GitIgnore(root)
    walked: dict[str, bool] = {"": True}

    def open_to(path: str, *, folder: bool) -> bool:
        above, _, name = path.rpartition("/")
        if name.startswith(".") or not is_walked(above):
            return False
        absolute = os.path.join(root, path)
        governing = settings.at(os.path.dirname(absolute))
        if governing.excludes(absolute.replace(os.sep, "/")):
            return False
        return not (governing.respect_gitignore and git.ignores(absolute, folder=folder))

    def is_walked(folder: str) -> bool:
        if folder not in walked:
            walked[folder] = open_to(folder, folder=True)
        return walked[folder]

    for path in paths:
        if (path.endswith(".py") or is_manifest(path)) and open_to(path, folder=False):
            yield path


def excluded(path: str, root: str, settings: SettingsTree) -> bool:
    """Whether an `exclude` pattern matches the absolute path or a folder above it, up to the root."""
    while len(path) > len(root):
        folder = os.path.dirname(path)
        if settings.at(folder).excludes(path.replace(os.sep, "/")):
            return True
        path = folder
    return False


def _is_dir(entry: os.DirEntry[str]) -> bool:
    return disk.is_dir(entry.path) if entry.is_symlink() else entry.is_dir()


def _hidden_below(root: str, path: str) -> bool:
    return any(part.startswith(".") for part in os.path.relpath(path, root).split(os.sep))
