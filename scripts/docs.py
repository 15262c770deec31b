"""Write the rules' pages from their docstrings and fixtures; `--check` only says which are out of date."""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from fastlint.loader import load  # noqa: E402
from fastlint.registry import RuleEntry  # noqa: E402
from fastlint.settings_schema import AuthTable, SettingsTable  # noqa: E402

PAGES = ROOT / "docs" / "rules"
FIXTURES = ROOT / "fixtures"
MARKER = re.compile(r"[ \t]*#\s*expect:.*$", re.MULTILINE)
PEERS = {
    "ruff": "ruff",
    "flake8-async": "flake8-async",
    "flake8-fastapi": "flake8-fastapi",
    "bandit": "bandit",
    "sonar": "Sonar",
    "codeql": "CodeQL",
}
CATEGORIES = {
    "tool": "The tool itself",
    "event_loop": "Event loop",
    "contracts": "Contracts",
    "routing": "Routing",
    "dependencies": "Dependencies",
    "security": "Security",
    "packaging": "Packaging",
    "upgrades": "Upgrades",
    "data": "Data",
    "design": "Design",
}


def page(entry: RuleEntry) -> str:
    """The whole page of one rule."""
    summary, _, rest = entry.doc.strip().partition("\n")
    facts = [f"**{entry.level.label}**", f"since {entry.since}", entry.status]
    if not entry.default:
        facts.append("off by default")
    if entry.applies:
        facts.append(f"only on `{entry.applies}`")
    parts = [f"# {entry.name} ({entry.code})", " · ".join(facts), summary, _dedented(rest).strip()]
    if entry.options:
        rows = [f"| `{option.name}` | `{option.default!r}` |" for option in entry.options]
        where = f"`[tool.fastlint.rules.{entry.name}]`"
        parts.append("\n".join([f"Options, in {where}:", "", "| option | default |", "| --- | --- |", *rows]))
    parts += _examples(entry)
    parts += _elsewhere(entry)
    return "\n\n".join(part for part in parts if part) + "\n"


def _dedented(text: str) -> str:
    lines = text.expandtabs().splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)


def _examples(entry: RuleEntry) -> list[str]:
    folder = FIXTURES / entry.category / re.sub(r"[-.]", "_", entry.name)
    parts = []
    for name, title in (("bad.py", "Reported"), ("good.py", "Not reported"), ("fixed.py", "After the fixes")):
        path = folder / name
        if path.is_file():
            text = path.read_text(encoding="utf-8").rstrip()
            shown = re.sub(r"# expect: (FST\d+.*)$", r"# \1", text, flags=re.MULTILINE)
            parts.append(f"## {title}\n\n```python\n{shown}\n```")
    return parts


def peers() -> dict[str, dict[str, Any]]:
    """What other linters report, by the code of ours."""
    return tomllib.loads((ROOT / "docs" / "_peers.toml").read_text(encoding="utf-8"))


def _elsewhere(entry: RuleEntry) -> list[str]:
    known = peers().get(entry.code)
    if known is None:
        return []
    rows = [f"- {title}: {_codes(known[tool])}" for tool, title in PEERS.items() if tool in known]
    parts = ["## In other linters"]
    if rows:
        parts.append("\n".join(rows))
    if "differs" in known:
        parts.append(known["differs"])
    return parts


def _codes(codes: list[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes)


def migration(entries: dict[str, RuleEntry]) -> str:
    """The page for those who come from other linters."""
    head = (ROOT / "docs" / "_migration_head.md").read_text(encoding="utf-8").rstrip()
    parts = [head]
    for tool, title in PEERS.items():
        rows = [
            f"| {_codes(known[tool])} | [{code}](rules/{code}.md) {entries[code].name} | {known.get('differs', '')} |"
            for code, known in peers().items()
            if tool in known
        ]
        parts.append("\n".join([f"## {title}", "", f"| {title} | fastlint | |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def index(entries: list[RuleEntry]) -> str:
    parts = ["# Rules", "Generated from the rules themselves. `fastlint rule CODE` shows a page in the terminal."]
    for category, title in CATEGORIES.items():
        own = [entry for entry in entries if entry.category == category]
        if own:
            rows = [_row(entry) for entry in own]
            head = ["| code | | level |", "| --- | --- | --- |"]
            parts.append("\n".join([f"## {title}", "", *head, *rows]))
    return "\n\n".join(parts) + "\n"


def _row(entry: RuleEntry) -> str:
    level = entry.level.label if entry.default else f"{entry.level.label}, off"
    status = "" if entry.status == "stable" else f", {entry.status}"
    return f"| [{entry.code}]({entry.code}.md) | {entry.name}<br>{entry.summary} | {level}{status} |"


def configuration() -> str:
    """The page of all settings, from the schema that validates them."""
    head = (ROOT / "docs" / "_configuration_head.md").read_text(encoding="utf-8").rstrip()
    rows = []
    for name, field in SettingsTable.model_fields.items():
        rows.append(f"| `{field.alias or name}` | {_type(field.annotation)} | {field.description} |")
    auth = [
        f"| `{f.alias or n}` | {_type(f.annotation)} | {f.description} |" for n, f in AuthTable.model_fields.items()
    ]
    table = ["| key | type | |", "| --- | --- | --- |"]
    parts = [head, "## Keys", "\n".join([*table, *rows]), "## `auth`", "\n".join([*table, *auth])]
    return "\n\n".join(parts) + "\n"


def _type(annotation: object) -> str:
    text = str(annotation).replace("typing.", "")
    if (choices := re.search(r"Literal\[([^\]]+)\]", text)) and not text.startswith(("dict", "list")):
        *others, last = [f"`{choice}`" for choice in re.findall(r"'([^']+)'", choices[1])]
        return f"{', '.join(others)} or {last}"
    for pattern, words in TYPES:
        if re.search(pattern, text):
            return words
    return f"`{text}`"


TYPES = (
    (r"dict\[str, dict", "table of tables"),
    (r"dict\[str, list", "table of lists"),
    (r"dict\[", "table"),
    (r"AuthTable", "table"),
    (r"list\[str\]", "list of strings"),
    (r"bool", "true or false"),
    (r"int", "whole number"),
    (r"str", "string"),
)


def pages() -> dict[Path, str]:
    """All generated files with their text."""
    entries = list(load().entries.values())
    return {
        PAGES / "index.md": index(entries),
        ROOT / "docs" / "configuration.md": configuration(),
        ROOT / "docs" / "migration.md": migration({entry.code: entry for entry in entries}),
        **{PAGES / f"{entry.code}.md": page(entry) for entry in entries},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    wanted = pages()
    present = set(PAGES.glob("*.md")) if PAGES.is_dir() else set()
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    orphaned = sorted(present - set(wanted))
    if options.check:
        for path in [*stale, *orphaned]:
            print(f"out of date: {path.relative_to(ROOT)} (run scripts/docs.py)")
        sys.exit(1 if stale or orphaned else 0)
    PAGES.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    for path in orphaned:
        path.unlink()
    print(f"{len(stale)} written, {len(orphaned)} removed, {len(wanted)} pages")


if __name__ == "__main__":
    main()
