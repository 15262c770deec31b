"""environment.yml of conda, with the pip section inside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastlint.project.packaging.manifest_formats import requirements_txt
from fastlint.project.packaging.manifest_formats.found import Piece, Reading, Requirement, Style, canonical
from fastlint.project.packaging.ranges import RangeError, from_conda
from fastlint.source import SourceFile, Unreadable

if TYPE_CHECKING:
    import yaml

CLAUSE = r"(?:(?:===|==|~=|!=|>=|<=|=|<|>)\s*|(?<=[\s,|]))[\w.*+!]+"
MATCH = re.compile(
    r"\s*(?:[^\s:=<>\[]+::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)"
    rf"(?:\s*(?P<range>{CLAUSE}(?:\s*[,|]\s*{CLAUSE})*)(?P<build>=[^\s=\[]+|\s+[^\s=<>!\[]+)?)?"
    r"(?:\s*(?P<brackets>\[[^\]]*\]))?\s*$"
)
BRACKET_VERSION = re.compile(
    r"\bversion\s*=\s*(?:\"(?P<double>[^\"\]]+)\"|'(?P<single>[^'\]]+)'|(?P<bare>[^\"'\],]+(?:,[^\"'\],=]+)*))"
)


def read(source: SourceFile, reading: Reading) -> None:
    root = _root(source)
    if root is None:
        return
    group, _ = requirements_txt.group_of(source.path)
    group = re.sub(r"(?i)\b(?:conda|environment|env)\b-?", "", group).strip("-")
    for key, value in _pairs(root):
        if key == "dependencies":
            for node, flow in _items(value):
                if node.id == "scalar":
                    _conda(node, flow, source, reading, group)
                elif node.id == "mapping":
                    _pip(node, source, reading, group)


def _root(source: SourceFile) -> yaml.MappingNode | None:
    import yaml

    sure = source.path.rpartition("/")[2].startswith("environment")
    try:
        root = yaml.compose(source.text, Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.MappingNode):
            return None
        _refuse_duplicates(root)
    except yaml.MarkedYAMLError as error:
        if not sure:
            return None
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Unreadable(error.problem or "not YAML", line) from None
    except yaml.reader.ReaderError as error:
        line = source.text.count("\n", 0, error.position) + 1
        raise Unreadable(f"{error.reason}: #x{error.character:04x}", line) from None
    return root


def _refuse_duplicates(root: yaml.MappingNode) -> None:
    seen: dict[str, int] = {}
    for key, _ in root.value:
        if key.id == "scalar":
            if key.value in seen:
                raise Unreadable(f"key {key.value!r} twice", key.start_mark.line + 1)
            seen[key.value] = key.start_mark.line


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    for key, value in node.value:
        if key.id == "scalar":
            yield key.value, value


def _items(node: Any) -> Iterator[tuple[Any, bool]]:
    """The members of a sequence, each with whether it stands between brackets."""
    if node.id == "sequence":
        for item in node.value:
            yield item, bool(node.flow_style)


def _piece(node: Any, source: SourceFile) -> Piece:
    quoted = 1 if node.style in ("'", '"') else 0
    start, end = node.start_mark.index + quoted, node.end_mark.index - quoted
    if node.style not in ("|", ">") and source.text[start:end] == node.value:
        return Piece(source, node.value, [(0, start)])
    return Piece(source, node.value, [(0, node.start_mark.index), (len(node.value), node.end_mark.index)], exact=False)


def _pip(node: Any, source: SourceFile, reading: Reading, group: str) -> None:
    for key, value in _pairs(node):
        if key == "pip":
            for item, flow in _items(value):
                if item.id == "scalar" and item.value.strip():
                    piece = _piece(item, source)
                    plain = flow and item.style is None
                    requirements_txt.line(piece, reading, group, "dependency", form="conda", fixed=plain)


def _conda(node: Any, flow: bool, source: SourceFile, reading: Reading, group: str) -> None:
    piece = _piece(node, source)
    match = MATCH.match(node.value)
    if match is None:
        reading.complain(source.path, node.start_mark.line + 1, f"{node.value!r} is no conda requirement")
        return
    inside = BRACKET_VERSION.search(match["brackets"] or "")
    written = inside[inside.lastgroup or 0] if inside else match["range"] or ""
    try:
        specifier = from_conda(written)
    except RangeError as error:
        reading.complain(source.path, node.start_mark.line + 1, f"invalid requirement {node.value!r}: {error}")
        return
    if match["name"] == "python":
        reading.pythons.append((source.path.rpartition("/")[0], specifier))
        return
    place = match.span("range") if match["range"] and not inside else None
    fixed = not piece.exact or (flow and node.style is None) or bool(match["brackets"] or match["build"])
    style: Style = "fixed" if fixed else "conda"
    first = len(node.value) - len(node.value.lstrip())
    reading.requirements.append(
        Requirement(
            path=source.path,
            format="conda",
            name=canonical(match["name"]),
            spelling=match["name"],
            span=piece.span(first, len(node.value.rstrip())),
            name_end=piece.position(match.end("name")),
            specifier=specifier,
            written=written,
            specifier_span=piece.span(*place) if place else None,
            group=group,
            style=style,
        )
    )
