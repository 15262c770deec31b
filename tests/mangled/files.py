"""What is bent: the fixtures."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
LARGEST = 40_000
"""Bytes of a file that is worth bending: large ones take long and hold nothing else."""


@cache
def fixture_files() -> tuple[Path, ...]:
    return tuple(p for p in sorted(FIXTURES.rglob("*.py")) if p.stat().st_size < LARGEST)


@cache
def fixture_folders() -> tuple[Path, ...]:
    """Folders that are projects of several files."""
    return tuple(sorted({p.parent for p in FIXTURES.rglob("*") if p.is_file() and p.suffix not in (".py", ".md")}))


@cache
def parsed(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None
