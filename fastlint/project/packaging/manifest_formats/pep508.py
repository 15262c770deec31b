"""One requirement as PEP 508 writes it, with the places of its parts."""

from __future__ import annotations

import re

from fastlint.project.packaging.manifest_formats.found import Kind, Piece, Reading, Requirement, Style, canonical

NAME = re.compile(r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?P<extras>\s*\[[^\]]*\])?")
VERSION = re.compile(r"\s*(?P<open>\(?)\s*(?P<text>[^;()@]*?)\s*(?P<close>\)?)\s*(?:;|$)")


def add(
    piece: Piece,
    reading: Reading,
    *,
    format: str,  # noqa: A002
    group: str = "",
    kind: Kind = "dependency",
    start: int = 0,
    end: int | None = None,
    fixed: bool = False,
) -> None:
    """Read the requirement in `piece.text[start:end]` and note it, or why it cannot be read."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    text = piece.text[start:end]
    stripped = text.strip()
    first = start + len(text) - len(text.lstrip())
    last = first + len(stripped)
    try:
        parsed = Parsed(stripped)
    except InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
        shown = stripped if len(stripped) <= 80 else stripped[:77] + "..."
        reading.complain(piece.source.path, piece.span(first, last).line, f"invalid requirement {shown!r}: {reason}")
        return
    head = NAME.match(stripped)
    assert head is not None
    tail = VERSION.match(stripped, head.end()) if parsed.url is None else None
    written = tail["text"] if tail else ""
    place = piece.span(first + tail.start("text"), first + tail.end("text")) if tail and written else None
    torn = place is not None and piece.source.slice(place) != written
    style: Style = "fixed" if fixed or torn or not piece.exact else "pep508"
    reading.requirements.append(
        Requirement(
            path=piece.source.path,
            format=format,
            name=canonical(parsed.name),
            spelling=parsed.name,
            span=piece.span(first, last),
            name_end=piece.position(first + head.end()),
            specifier=str(parsed.specifier),
            written=written,
            specifier_span=place,
            extras=tuple(sorted(parsed.extras)),
            marker="" if parsed.marker is None else str(parsed.marker),
            url=parsed.url is not None,
            group=group,
            kind=kind,
            style=style,
        )
    )
