"""The header of a script that names its requirements (PEP 723): TOML inside comments."""

from __future__ import annotations

import re

from fastlint.project.packaging.manifest_formats import pep508
from fastlint.project.packaging.manifest_formats.found import Piece, Reading
from fastlint.project.packaging.manifest_formats.toml_places import Toml
from fastlint.source import SourceFile, Unreadable

BLOCK = re.compile(r"(?m)^# /// script[ \t]*\r?\n(?P<content>(?:#(?:| [^\r\n]*)\r?\n)+?)# ///[ \t]*(?=\r?$)")


def read(source: SourceFile, reading: Reading) -> None:
    try:
        blocks = list(BLOCK.finditer(source.text))
    except Unreadable:  # said of the file as Python already
        return
    if not blocks:
        return
    if len(blocks) > 1:
        line = source.position(blocks[1].start())[0]
        raise Unreadable("more than one script header", line)
    lines: list[str] = []
    starts: list[tuple[int, int]] = []
    length = 0
    offset = blocks[0].start("content")
    for line_text in blocks[0]["content"].splitlines(keepends=True):
        lead = 2 if line_text.startswith("# ") else 1
        starts.append((length, offset + lead))
        lines.append(line_text[lead:])
        length += len(line_text) - lead
        offset += len(line_text)
    text = "".join(lines)
    toml = Toml(source, text, Piece(source, text, starts))
    for piece, _ in toml.texts("dependencies"):
        pep508.add(piece, reading, format="script", group="script")
