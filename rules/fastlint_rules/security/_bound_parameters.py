"""The edits that turn values put into SQL text into bound parameters."""

from __future__ import annotations

from fastlint.project.model import Flow
from fastlint.rule import Edit, Edits


def bind(flow: Flow, edit: Edits) -> tuple[Edit, ...] | None:
    return None
