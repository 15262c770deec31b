"""`fastlint rule`: the list of rules, and the page of one."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from fastlint.faces.cli.session import UsageError, documentation, write_lines
from fastlint.plugins import registry_for
from fastlint.registry import RuleEntry, did_you_mean
from fastlint.rule import Level, Rule

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {Level.ERROR: "bold red", Level.WARNING: "bold yellow", Level.INFO: "bold cyan"}


def run(options: argparse.Namespace) -> int:
    registry = registry_for([])
    if options.rule is None:
        entries = list(registry.entries.values())
    else:
        entry = registry.get(options.rule)
        if entry is None:
            raise UsageError(f"unknown rule '{options.rule}'{did_you_mean(options.rule, registry.spellings)}")
        entries = [entry]
    if options.output_format == "json":
        found = [described(entry) for entry in entries]
        write_lines([json.dumps(found if options.rule is None else found[0], indent=2)], None)
    elif options.rule is None:
        if on_terminal():
            _shown_table(entries)
        else:
            write_lines(_table(entries), None)
    elif on_terminal():
        _shown_page(entries[0])
    else:
        write_lines(_page(entries[0]), None)
    return 0


def described(entry: RuleEntry) -> dict[str, Any]:
    """A rule's metadata as plain data."""
    address = documentation()
    return {
        "code": entry.code,
        "name": entry.name,
        "category": entry.category,
        "summary": entry.summary,
        "level": entry.level.label,
        "default": entry.default,
        "status": entry.status,
        "since": entry.since,
        "applies": entry.applies,
        "fixable": fixable(entry),
        "options": [
            {"name": option.name, "type": type_name(option.type), "default": plain(option.default)}
            for option in entry.options
        ],
        "url": f"{address.rstrip('/')}/rules/{entry.name}/" if address else None,
        "documentation": entry.doc,
    }


def fixable(entry: RuleEntry) -> bool:
    """Whether the rule can offer a fix."""
    return entry.code == "FST002" if entry.rule is None else entry.rule.fix is not Rule.fix


def type_name(of: Any) -> str:
    return of.__name__ if isinstance(of, type) and not getattr(of, "__args__", ()) else str(of).replace("typing.", "")


def plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else list(value) if isinstance(value, tuple) else value


def _table(entries: list[RuleEntry]) -> Iterator[str]:
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        marks = [*(["preview"] if entry.preview else []), *([] if entry.default else ["off"])]
        mark = f" ({', '.join(marks)})" if marks else ""
        yield f"{entry.code}  {entry.name:<{width}}  {entry.level.label:<7}  {entry.summary.rstrip('.')}{mark}"


def _page(entry: RuleEntry) -> Iterator[str]:
    yield f"# {entry.name} ({entry.code})"
    yield ""
    facts = [entry.level.label, f"since {entry.since}", entry.status]
    facts.append("on by default" if entry.default else "off by default")
    if entry.applies:
        facts.append(f"for {entry.applies}")
    if fixable(entry):
        facts.append("fixable")
    yield " · ".join(facts)
    yield ""
    yield from entry.doc.split("\n")
    missing = [option for option in entry.options if option.name not in entry.doc]
    for option in missing:
        yield f"Option `{option.name}` ({type_name(option.type)}): {plain(option.default)!r} by default."


def on_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _console() -> Console:
    from rich.console import Console

    return Console(no_color=bool(os.environ.get("NO_COLOR")), highlight=False)


def _shown_table(entries: list[RuleEntry]) -> None:
    """The list for a terminal: a heading for each category, levels in colour."""
    from rich.table import Table
    from rich.text import Text

    console = _console()
    for category, group in groupby(entries, key=lambda entry: entry.category):
        found = list(group)
        console.print()
        console.print(Text(category.replace("_", " ").capitalize(), style="bold"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for entry in found:
            marks = [*(["preview"] if entry.preview else []), *([] if entry.default else ["off"])]
            summary = Text(entry.summary.rstrip("."))
            if marks:
                summary.append(f" ({', '.join(marks)})", style="dim")
            style = STYLES[entry.level]
            table.add_row(Text(entry.code, style=style), entry.name, Text(entry.level.label, style=style), summary)
        console.print(table)
    console.print()
    console.print("fastlint rule CODE shows the page of a rule", style="dim")


def _shown_page(entry: RuleEntry) -> None:
    from rich.markdown import Markdown
    from rich.padding import Padding
    from rich.text import Text

    console = _console()
    heading, _, *rest = _page(entry)
    facts, _, *body = rest
    title, _, code = heading.removeprefix("# ").partition(" ")
    console.print(Text.assemble((title, "bold"), " ", (code, STYLES[entry.level])))
    console.print(Text(facts, style="dim"))
    console.print()
    # a heading of Markdown would be centred in a box
    for index, part in enumerate(re.split(r"(?m)^## (.*)$", "\n".join(body))):
        if index % 2:
            console.print(Text(part, style="bold"))
        elif part.strip():
            console.print(Padding(Markdown(part.strip(), code_theme="ansi_dark"), (0, 0, 1, 2)))
