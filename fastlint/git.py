"""What git knows of a project: read from its objects, never checked out.

A repository may come from anybody, and its configuration can name commands. So nothing is asked of git that compares or
refreshes the working tree (which runs filters and file-system monitors), no transport may be opened (which runs remote
helpers where a partial clone lacks an object), and no variable that redirects git is passed on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from fastlint.settings import SettingsError

ALONE = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "protocol.allow=never"),
    *("-c", "submodule.recurse=false"),
)
KEPT = ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM")
"""Variables of the user's own configuration, `safe.directory` above all: only from there does git take it."""
LINK, SUBMODULE = "120000", "160000"


class GitError(SettingsError):
    """What was asked of git cannot be had: one line."""

    def __init__(self, problem: str) -> None:
        super().__init__([problem])


@dataclass(frozen=True, slots=True)
class Listed:
    """A file in a tree or in the index."""

    mode: str
    oid: str


@dataclass(frozen=True)
class Repository:
    """The repository around the project's root; `prefix` leads from its top to the root, empty or with a last `/`."""

    root: str
    git: str
    top: str
    prefix: str
    shallow: bool

    @classmethod
    def around(cls, root: str) -> Repository:
        """The repository that holds the root. Raises GitError."""
        git = _program(root)
        asked = ("--is-bare-repository", "--is-shallow-repository", "--show-prefix", "--show-toplevel")
        done = _run(git, root, ("rev-parse", *asked))
        lines = done.stdout.decode("utf-8", "surrogateescape").split("\n")
        if lines[0] == "true":
            raise GitError(f"{root} is a bare git repository: it has no files to check")
        if done.returncode or len(lines) < 4:
            raise GitError(f"{root}: {_said(done) or 'is in no git repository'}")
        return cls(root, git, top=lines[3], prefix=lines[2], shallow=lines[1] == "true")

    def commit(self, ref: str) -> str:
        """The commit that REF names. Raises GitError."""
        found = None if not ref or ref.startswith("-") else self._oid(f"{ref}^{{commit}}")
        if found is None:
            if ref == "HEAD":
                raise GitError(f"{self.top}: there is no commit yet")
            hint = " (the clone is shallow: fetch it, or clone with full history)" if self.shallow else ""
            raise GitError(f"git knows no commit '{ref}'{hint}")
        return found

    def merge_base(self, ref: str) -> str:
        """The commit where the history of HEAD left that of REF. Raises GitError."""
        other, head = self.commit(ref), self.commit("HEAD")
        done = self._run("merge-base", other, head)
        found = done.stdout.decode("ascii", "replace").strip()
        if found:
            return found
        if self.shallow:
            raise GitError(
                f"the merge base of '{ref}' and HEAD is not in this shallow clone: fetch more of the history "
                "(`git fetch --unshallow`, `fetch-depth: 0`)"
            )
        raise GitError(f"'{ref}' and HEAD have no commit in common")

    def _oid(self, name: str) -> str | None:
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        return done.stdout.decode("ascii", "replace").strip() or None if done.returncode == 0 else None

    def tree(self, commit: str) -> dict[str, Listed]:
        """The files of the commit that lie below the root, by their paths from it; none when it was not there."""
        oid = self._oid(f"{commit}:{self.prefix.rstrip('/')}")
        return (
            {}
            if oid is None
            else self._listed(self._output("ls-tree", "-r", "-z", "--full-tree", oid), head=("mode", "type", "oid"))
        )

    def index(self) -> dict[str, Listed]:
        """The staged files that lie below the root, by their paths from it."""
        return self._listed(self._output("ls-files", "--stage", "-z"), head=("mode", "oid", "stage"))

    @staticmethod
    def _listed(output: bytes, head: tuple[str, ...]) -> dict[str, Listed]:
        found: dict[str, Listed] = {}
        for record in output.split(b"\0"):
            before, tab, path = record.partition(b"\t")
            if tab:
                values = dict(zip(head, before.decode("ascii").split(" "), strict=True))
                if values.get("stage", "0") == "0":  # the others are the sides of a conflict
                    found[os.fsdecode(path)] = Listed(values["mode"], values["oid"])
        return found

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """The contents of blobs. Raises GitError when one is not there, as in a partial clone."""
        wanted = sorted(set(oids))
        if not wanted:
            return {}
        output = self._output("cat-file", "--batch", text="".join(f"{oid}\n" for oid in wanted).encode())
        found: dict[str, bytes] = {}
        place = 0
        for oid in wanted:
            end = output.find(b"\n", place)
            words = output[place:end].split(b" ")
            if end < 0 or len(words) != 3:
                raise GitError(f"git lacks the object {oid}: fetch it (is this a partial clone?)")
            size = int(words[2])
            found[oid] = output[end + 1 : end + 1 + size]
            place = end + 1 + size + 1
        return found

    def content(self, commit: str, path: str) -> bytes | None:
        """What the file at the absolute path held in the commit (staged, when it is empty); None without one."""
        name = os.path.relpath(path, self.top).replace(os.sep, "/")
        if name.startswith("../"):
            return None
        oid = self._oid(f"{commit}:{name}")
        return None if oid is None else self.blobs([oid])[oid]

    def _output(self, *arguments: str, text: bytes | None = None) -> bytes:
        done = self._run(*arguments, text=text)
        if done.returncode:
            raise GitError(f"git {arguments[0]}: {_said(done) or f'exit code {done.returncode}'}")
        return done.stdout

    def _run(self, *arguments: str, text: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return _run(self.git, self.root, arguments, text, self._index_file)

    @cached_property
    def _index_file(self) -> str | None:
        """The index that a commit in progress works with (`git commit -a`), when it is one of this repository."""
        named = os.environ.get("GIT_INDEX_FILE")
        if not named:
            return None
        done = _run(self.git, self.root, ("rev-parse", "--absolute-git-dir"))
        folder = os.path.realpath(os.fsdecode(done.stdout).strip())
        for path in (os.path.join(self.top, named), os.path.abspath(named)):
            if os.path.realpath(path).startswith(folder + os.sep) and os.path.isfile(path):
                return path
        return None


def same_content(data: bytes, oid: str) -> bool:
    """Whether the blob holds these bytes, or would if git had made its line ends `\\n`."""
    make = hashlib.sha256 if len(oid) == 64 else hashlib.sha1

    def named(content: bytes) -> str:
        return make(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()

    return named(data) == oid or (b"\r\n" in data and named(data.replace(b"\r\n", b"\n")) == oid)


def _program(root: str) -> str:
    """git, from absolute folders outside the project only."""
    inside = os.path.realpath(root) + os.sep
    folders = [
        folder
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep)
        if os.path.isabs(folder) and not (os.path.realpath(folder) + os.sep).startswith(inside)
    ]
    found = shutil.which("git", path=os.pathsep.join(folders))
    if found is None:
        raise GitError("git is not installed")
    return found


def _environment(index_file: str | None) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(KEPT)}
    mine = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    return {**kept, **mine, **({} if index_file is None else {"GIT_INDEX_FILE": index_file})}


def _run(
    git: str, folder: str, arguments: Iterable[str], text: bytes | None = None, index_file: str | None = None
) -> subprocess.CompletedProcess[bytes]:
    command = [git, *ALONE, "-C", folder, *arguments]
    source: dict[str, object] = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
    try:
        return subprocess.run(command, capture_output=True, check=False, env=_environment(index_file), **source)  # type: ignore[call-overload,no-any-return]
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """The first line of what git complained about."""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    text = next((line for line in lines if line.startswith("fatal: ")), lines[0] if lines else "")
    return text.removeprefix("fatal: ").removeprefix("error: ")
