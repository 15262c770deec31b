"""The routes that fastlint reads from the source of a case, without importing it."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fastlint.facts.extract import extract
from fastlint.facts.model import ModuleFacts
from fastlint.project.link import LinkOptions, link
from fastlint.project.model import Project
from fastlint.project.route_table.rows import table
from fastlint.source import SourceFile, Unreadable


def project_of(target: Path) -> Project:
    """The linked project that a folder or a file is, without settings."""
    files = sorted(target.rglob("*.py")) if target.is_dir() else [target]
    root = target if target.is_dir() else target.parent
    facts: list[ModuleFacts] = []
    for file in files:
        with contextlib.suppress(Unreadable):
            facts.append(extract(SourceFile(file.relative_to(root).as_posix(), file.read_bytes())))
    return link(facts, [], LinkOptions(str(root)))


def static_table(target: Path) -> list[dict[str, Any]]:
    """The rows of a case that is a project of its own."""
    return json.loads(json.dumps(table(project_of(target))))  # type: ignore[no-any-return]
