"""Files that name other files: `-r`, `-c`, `file:` of setup.cfg, and `file =` of setuptools in pyproject.toml."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from fastlint.project.packaging.manifest_formats.found import Include

INCLUDING = re.compile(
    rb"(?m)^[ \t]*(?:-[ \t]+)?[\"']?(?:-r|--requirement|-c|--constraint)(?:[ \t]*=[ \t]*|[ \t]+|(?<=-[rc]))"
    rb"(?P<target>[^\s#\"',][^\r\n#\"',]*)"
)
FILE_OPTION = re.compile(rb"=[ \t]*file:[ \t]*(?P<target>[^\r\n#]+)")

FILE_KEY = re.compile(rb"\bfile[ \t]*=[ \t]*(?:\[(?P<several>[^\]]*)\]|(?P<one>\"[^\"\n]*\"|'[^'\n]*'))")


def named_in(path: str, data: bytes, form: str) -> Iterator[str]:
    """The files below the root that a file of this format includes, without reading it as its format does."""
    if form == "pyproject":
        if b"tool.setuptools.dynamic" in data:
            yield from _placed(
                path, (part for m in FILE_KEY.finditer(data) for part in (m["several"] or m["one"]).split(b","))
            )
        return
    pattern = {"requirements": INCLUDING, "conda": INCLUDING, "setup_cfg": FILE_OPTION}.get(form)
    for match in pattern.finditer(data) if pattern else ():
        yield from _placed(path, match["target"].split(b","))


def _placed(path: str, parts: Iterable[bytes]) -> Iterator[str]:
    for part in parts:
        target = part.decode(errors="replace").strip().strip("\"'").replace("\\", "/")
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if target and "://" not in target and not place.startswith(("../", "/")):
            yield place


def circular(includes: Sequence[Include]) -> Iterator[Include]:
    """The inclusions of requirements files that close a circle, one for each circle."""
    by_file: dict[str, list[Include]] = {}
    for include in includes:
        by_file.setdefault(include.path, []).append(include)
    finished: set[str] = set()
    for start in sorted(by_file):
        open_files = [start]
        stack = [iter(by_file[start])]
        while stack:
            including = next(stack[-1], None)
            if including is None:
                stack.pop()
                finished.add(open_files.pop())
            elif including.target in open_files:
                yield including
            elif including.target in by_file and including.target not in finished:
                open_files.append(including.target)
                stack.append(iter(by_file[including.target]))
