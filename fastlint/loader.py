"""Finds the rules, those of plugins too, and refuses what breaks the house rules."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from fastlint.registry import Option, Registry, RuleEntry
from fastlint.rule import Level, Rule
from fastlint.toolcodes import TOOL_CODES

PACKAGE = "fastlint_rules"
CATEGORIES = {
    "event_loop": "1",
    "contracts": "2",
    "routing": "3",
    "dependencies": "4",
    "security": "5",
    "packaging": "6",
    "upgrades": "7",
    "data": "8",
    "design": "9",
}
REQUIRED_SECTIONS = ("What it does", "Why it matters", "Instead")
OPTIONAL_SECTIONS = ("Fix safety", "Known gaps", "Options", "References")
PREFIX = "FST"
CODE = re.compile(r"([A-Z]{3})\d{3}")
NAME = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*")
SECTION = re.compile(r"^## +(.+?) *$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


class RuleError(Exception):
    """A rule file that breaks a house rule; `problems` has one line for each breach."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@cache
def load(package: str = PACKAGE, plugins: tuple[str, ...] = ()) -> Registry:
    """The tool's own codes, all rules of the package and those of the plugins, which may be imported.

    Raises RuleError with everything that is wrong.
    """
    problems: list[str] = []
    entries = list(TOOL_CODES)
    found = [_entry(module, category, problems) for module, category in _modules(package, problems)]
    for plugin in plugins:
        found.extend(_plugin_entries(plugin, {entry.code[:3] for entry in found if entry is not None}, problems))
    for entry in found:
        if entry is None:
            continue
        module = inspect.getmodule(entry.rule)
        assert module is not None
        for other in entries:
            if other.code == entry.code:
                problems.append(f"{module.__name__}: code {entry.code} is already that of {other.name}")
            if other.name == entry.name:
                problems.append(f"{module.__name__}: name {entry.name} is already that of {other.code}")
        entries.append(entry)
    if problems:
        raise RuleError(problems)
    return Registry(entries, plugins)


def _modules(package: str, problems: list[str]) -> Iterator[tuple[ModuleType, str]]:
    """The modules of each category folder in order; names with a leading underscore hold what rules share."""
    top = importlib.import_module(package)
    for folder in sorted(pkgutil.iter_modules(top.__path__), key=lambda found: found.name):
        if folder.name.startswith("_"):
            continue
        if not folder.ispkg or folder.name not in CATEGORIES:
            problems.append(f"{package}.{folder.name}: not a category ({', '.join(CATEGORIES)})")
            continue
        category = importlib.import_module(f"{package}.{folder.name}")
        for found in sorted(pkgutil.iter_modules(category.__path__), key=lambda found: found.name):
            if found.name.startswith("_"):
                continue
            name = f"{category.__name__}.{found.name}"
            if (module := _imported(name, problems)) is not None:
                yield module, folder.name


def _plugin_entries(plugin: str, taken: set[str], problems: list[str]) -> Iterator[RuleEntry]:
    """The rules of a plugin: in its package or in folders of any name, all under one prefix of their own."""
    entries = [
        entry
        for module in _plugin_modules(plugin, problems)
        if (entry := _entry(module, plugin, problems, of_plugin=True)) is not None
    ]
    prefixes = sorted({entry.code[:3] for entry in entries})
    if not entries and not any(problem.startswith(plugin) for problem in problems):
        problems.append(f"{plugin}: holds no rules")
    if len(prefixes) > 1:
        problems.append(f"{plugin}: uses the prefixes {', '.join(prefixes)}: a plugin has one")
    problems.extend(
        f"{plugin}: the prefix {prefix} is already that of another plugin" for prefix in prefixes if prefix in taken
    )
    yield from entries


def _plugin_modules(package: str, problems: list[str]) -> Iterator[ModuleType]:
    top = _imported(package, problems)
    if top is None:
        return
    for found in sorted(pkgutil.iter_modules(top.__path__), key=lambda found: found.name):
        name = f"{package}.{found.name}"
        if found.name.startswith("_"):
            continue
        if found.ispkg:
            yield from _plugin_modules(name, problems)
        elif (module := _imported(name, problems)) is not None:
            yield module


def _imported(name: str, problems: list[str]) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception as error:
        problems.append(f"{name}: cannot be imported: {type(error).__name__}: {error}")
        return None


def _entry(module: ModuleType, category: str, problems: list[str], *, of_plugin: bool = False) -> RuleEntry | None:
    place = module.__name__
    rules = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == place
    ]
    if len(rules) != 1:
        problems.append(f"{place}: holds {len(rules)} rules, not one")
        return None
    rule = rules[0]
    found = [*_metadata_problems(rule, None if of_plugin else category), *_documentation_problems(rule)]
    subject = subject_of(rule)
    if subject is None:
        found.append("names no subject: write `class X(Rule[Call])`")
    if rule.check is Rule.check:
        found.append("has no `check`")
    if found:
        problems.extend(f"{place}: {problem}" for problem in found)
        return None
    type.__setattr__(rule, "subject", subject)
    return RuleEntry(
        code=rule.code,
        name=rule.name,
        since=rule.since,
        level=rule.level,
        default=rule.default,
        status=rule.status,
        doc=inspect.cleandoc(rule.__doc__ or ""),
        applies=rule.applies,
        category=category,
        rule=rule,
        options=_options(rule),
    )


def subject_of(rule: type[Rule[Any]]) -> type | None:
    """What stands in the brackets of the `Rule[...]` that the class, or one it inherits from, is made of."""
    for ancestor in rule.__mro__:
        for base in ancestor.__dict__.get("__orig_bases__", ()):
            if typing.get_origin(base) is Rule:
                subject = typing.get_args(base)[0]
                if isinstance(subject, typing.ForwardRef):
                    subject = getattr(importlib.import_module("fastlint.project.model"), subject.__forward_arg__, None)
                return subject if isinstance(subject, type) else None
    return None


def _metadata_problems(rule: type[Rule[Any]], category: str | None) -> Iterator[str]:
    """What is wrong with code, name and the like; `category` is None for the rules of plugins."""
    missing = [name for name in ("code", "name", "since") if not isinstance(getattr(rule, name, None), str)]
    if missing:
        yield f"lacks {', '.join(missing)}"
        return
    prefix = code[1] if (code := CODE.fullmatch(rule.code)) else None
    if category is None:
        if prefix is None:
            yield f"code {rule.code!r} is not three capital letters and three digits"
        elif prefix == PREFIX:
            yield f"code {rule.code!r}: {PREFIX} is fastlint's own prefix, a plugin needs another"
    elif prefix != PREFIX:
        yield f"code {rule.code!r} is not FST and three digits"
    elif rule.code[3] != CATEGORIES[category]:
        yield f"code {rule.code} does not begin with FST{CATEGORIES[category]}, the codes of {category}"
    if not NAME.fullmatch(rule.name):
        yield f"name {rule.name!r} is not in kebab-case"
    expected = re.sub(r"[-.]", "_", rule.name)
    if rule.__module__.rpartition(".")[2] != expected:
        yield f"the file of {rule.name} must be called {expected}.py"
    if not isinstance(rule.level, Level):
        yield f"level {rule.level!r} is not a Level"
    if rule.status not in ("preview", "stable"):
        yield f"status {rule.status!r} is neither 'preview' nor 'stable'"


def _documentation_problems(rule: type[Rule[Any]]) -> Iterator[str]:
    text = FENCE.sub("(code)", inspect.cleandoc(rule.__dict__.get("__doc__") or ""))
    if not text.strip() or text.startswith("#"):
        yield "the docstring lacks a first line that says what the rule is about"
    sections = SECTION.findall(text)
    for section in REQUIRED_SECTIONS:
        if section not in sections:
            yield f"the docstring lacks the section '## {section}'"
    order = [*REQUIRED_SECTIONS, *OPTIONAL_SECTIONS]
    unknown = [section for section in sections if section not in order]
    if unknown:
        yield f"the docstring has unknown sections: {', '.join(unknown)}"
    known = [section for section in sections if section in order]
    if known != sorted(set(known), key=order.index):
        yield f"the docstring's sections are not once each in the order {', '.join(order)}"
    for heading, following in zip(SECTION.finditer(text), [*[*SECTION.finditer(text)][1:], None], strict=True):
        if not text[heading.end() : following.start() if following else len(text)].strip():
            yield f"the docstring's section '## {heading[1]}' is empty"


def _options(rule: type[Rule[Any]]) -> tuple[Option, ...]:
    if "__dataclass_fields__" not in rule.__dict__:
        return ()
    types = typing.get_type_hints(rule)
    return tuple(
        Option(
            name=item.name.replace("_", "-"),
            field=item.name,
            type=types[item.name],
            default=item.default_factory() if item.default_factory is not dataclasses.MISSING else item.default,
        )
        for item in dataclasses.fields(rule)  # type: ignore[arg-type]
    )
