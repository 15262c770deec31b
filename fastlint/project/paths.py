"""Path templates: placeholders, and which paths they take, as Starlette matches them."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"{([^{}:]*)(?::([^{}]*))?}")
"""Every pair of braces, names that are none included; the converter follows the colon."""


def placeholders(template: str) -> tuple[tuple[str, str], ...]:
    """(name, converter) of each placeholder; the converter is empty where none is given."""
    return tuple((name, kind) for name, kind in PLACEHOLDER.findall(template))
