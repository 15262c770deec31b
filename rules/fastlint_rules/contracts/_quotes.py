"""The quotes that fixes write."""

from __future__ import annotations

from fastlint.source import SourceFile


def quoted(text: str, source: SourceFile) -> str:
    """The text as a string, in the quotes that the file uses most."""
    single = "'" not in text and source.text.count("'") > source.text.count('"')
    return f"'{text}'" if single else f'"{text}"'
