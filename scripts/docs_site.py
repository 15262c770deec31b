"""What mkdocs asks while it builds the site: the rules as a section of the navigation, a folder a category."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import docs


def on_config(config: Any) -> Any:
    """Fill the empty section `Rules` of `nav`."""
    entries = list(docs.load().entries.values())
    sections: list[Any] = ["rules/index.md"]
    for category, title in docs.CATEGORIES.items():
        pages = [
            {f"{entry.code} {entry.name}": f"rules/{entry.code}.md"} for entry in entries if entry.category == category
        ]
        if pages:
            sections.append({title: pages})
    for item in config["nav"]:
        if "Rules" in item:
            item["Rules"] = sections
    return config
