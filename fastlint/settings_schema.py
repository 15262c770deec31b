"""The schema of settings and its errors. The only module that imports pydantic, and only imported to validate."""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from fastlint.patterns import Pattern, problem
from fastlint.registry import Registry, did_you_mean
from fastlint.rule import Level
from fastlint.selection import Choice, ignored_by_name, unknown_selector
from fastlint.settings import FileIgnores, Layer, Policy
from fastlint.settings_files import shown

LevelName = Literal["info", "warning", "error"]
SELECTOR_LISTS = ("select", "extend_select", "ignore", "fixable", "unfixable")


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class AuthTable(BaseModel):
    """Which routes need a login: read by route-without-auth."""

    model_config = ConfigDict(extra="forbid", alias_generator=_kebab)

    required: list[str] = Field(default_factory=list, description="Dependencies one of which every route needs.")
    public: list[str] = Field(
        default_factory=list, description="Paths, `METHOD /path`, or names of handlers, that need none."
    )


class SettingsTable(BaseModel):
    """Everything that `[tool.fastlint]` may hold."""

    model_config = ConfigDict(extra="forbid", alias_generator=_kebab)

    extend: str | None = Field(None, description="Another settings file to start from, relative to this one.")
    select: list[str] | None = Field(None, description="Rules to run instead of the default ones.")
    extend_select: list[str] = Field(default_factory=list, description="Rules to run besides.")
    ignore: list[str] = Field(default_factory=list, description="Rules to leave out.")
    per_file_ignores: dict[str, list[str]] | None = Field(None, description="Rules to leave out in files, by glob.")
    extend_per_file_ignores: dict[str, list[str]] = Field(default_factory=dict, description="Added to the above.")
    exclude: list[str] | None = Field(None, description="Globs of files and folders to leave out.")
    extend_exclude: list[str] = Field(default_factory=list, description="Added to `exclude`.")
    force_exclude: bool | None = Field(None, description="Leave excluded files out even when named explicitly.")
    respect_gitignore: bool | None = Field(None, description="Leave out what git ignores.")
    fail_level: LevelName | None = Field(None, description="The lowest level that makes the exit code 1.")
    levels: dict[str, LevelName] = Field(default_factory=dict, description="The level of rules, by code or name.")
    src: list[str] | None = Field(None, description="Folders that imports start from, relative to this file.")
    target_fastapi: str | None = Field(None, description="The FastAPI version or range the project runs on.")
    python: str | None = Field(None, description="The environment (or its interpreter) the project runs in.")
    inference: Literal["off", "auto", "full"] | None = Field(
        None, description="Whether astroid is asked what the cheap engine leaves open; `full` reads `python` too."
    )
    preview: bool | None = Field(None, description="Run rules in preview too.")
    blocking: dict[str, str] = Field(default_factory=dict, description="Names that block, with what to use instead.")
    offloaders: list[str] | None = Field(None, description="Decorators after which a function runs in a thread.")
    non_blocking: list[str] | None = Field(None, description="Names that do not block after all.")
    auth: AuthTable | None = Field(None, description="Which routes need a login.")
    fixable: list[str] | None = Field(None, description="Rules whose fixes are offered.")
    unfixable: list[str] | None = Field(None, description="Rules whose fixes are not.")
    max_file_size: Annotated[int, Field(gt=0)] | None = Field(
        None, description="Bytes above which a Python file is not read; manifests and locks are read up to 100 MB."
    )
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict, description="The options of rules, by name.")
    plugins: list[str] = Field(default_factory=list, description="Packages of rules of others; root settings only.")


def validated(table: Mapping[str, Any], path: str, prefix: str, registry: Registry, problems: list[str]) -> Layer:
    """The layer that a table of settings in the file `path` is; what is wrong is added to `problems`."""
    found: list[tuple[str, str]] = []
    settings = _parsed(table, found)
    layer = Layer(path)
    if settings is not None:
        found.extend(_unknown_selectors(settings, registry))
        found.extend(_bad_values(settings))
        found.extend(_foreign_plugins(settings, registry))
        options = _options(settings.rules, registry, found)
        if not found:
            layer = _layer(settings, path, options, registry)
    problems.extend(f"{shown(path)}: {prefix}{key}: {text}" for key, text in found)
    return layer


def _parsed(table: Mapping[str, Any], found: list[tuple[str, str]]) -> SettingsTable | None:
    """Strictly, as JSON is: lists stand for tuples, but `"5"` is no number and 1 no truth value."""
    remaining = dict(table)
    for _ in range(2):
        try:
            settings = SettingsTable.model_validate_json(_json(remaining), strict=True)
        except ValidationError as error:
            details = error.errors(include_url=False)
            found.extend(_described(detail) for detail in details)
            for detail in details:
                remaining.pop(str(detail["loc"][0]), None)
        else:
            return settings
    return None


def _json(value: Any) -> str:
    return json.dumps(value, default=str, allow_nan=True)


def _described(detail: ErrorDetails) -> tuple[str, str]:
    location = detail["loc"]
    key = dotted(location)
    kind = detail["type"]
    context = detail.get("ctx", {})
    given = detail["input"]
    if kind == "extra_forbidden":
        *above, last = location
        model = AuthTable if above == ["auth"] else SettingsTable
        known = [item.alias or name for name, item in model.model_fields.items()]
        return key, f"unknown key{did_you_mean(str(last), known)}"
    if kind == "literal_error":
        return (
            key,
            f"must be {context['expected']}, not {given!r}{did_you_mean(str(given), _words(context['expected']))}",
        )
    expected = {
        "string_type": "a string",
        "list_type": "a list",
        "tuple_type": "a list",
        "set_type": "a list",
        "frozen_set_type": "a list",
        "bool_type": "true or false",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "dict_type": "a table",
        "model_type": "a table",
        "model_attributes_type": "a table",
    }.get(kind)
    if expected:
        return key, f"must be {expected}, not {toml_kind(given)}"
    return key, detail["msg"][:1].lower() + detail["msg"][1:]


def _words(expected: str) -> list[str]:
    return [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]


def dotted(location: Iterable[int | str]) -> str:
    """`levels.FST204`, `select[0]`: a place in the settings as TOML would write it."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            plain = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
            text += ("." if text else "") + (part if plain else json.dumps(part))
    return text


def toml_kind(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"the string {value!r}"
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
        case dict():
            return "a table"
    return type(value).__name__


def _unknown_selectors(settings: SettingsTable, registry: Registry) -> Iterable[tuple[str, str]]:
    lists = {_kebab(name): getattr(settings, name) or [] for name in SELECTOR_LISTS}
    for name in ("per_file_ignores", "extend_per_file_ignores"):
        for glob, selectors in (getattr(settings, name) or {}).items():
            lists[dotted([_kebab(name), glob])] = selectors
    for key, selectors in lists.items():
        for number, selector in enumerate(selectors):
            unknown = unknown_selector(selector, registry)
            if unknown:
                yield f"{key}[{number}]", unknown
            elif "ignore" in key and "FST001" in ignored_by_name([selector], registry):
                yield f"{key}[{number}]", "a rule that failed cannot be ignored; ignore the rule itself"
    for selector in settings.levels:
        if registry.get(selector) is None:
            yield (
                dotted(["levels", selector]),
                f"unknown rule{did_you_mean(selector, [*registry.entries, *registry.names])}",
            )


def _bad_values(settings: SettingsTable) -> Iterable[tuple[str, str]]:
    globs = {_kebab(name): getattr(settings, name) or [] for name in ("exclude", "extend_exclude")}
    for name in ("per_file_ignores", "extend_per_file_ignores"):
        globs[_kebab(name)] = list(getattr(settings, name) or {})
    for key, patterns in globs.items():
        for pattern in patterns:
            wrong = problem(pattern)
            if wrong:
                yield key, wrong
    if settings.target_fastapi is not None:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
        from packaging.version import InvalidVersion, Version

        try:
            Version(settings.target_fastapi)
        except InvalidVersion:
            try:
                SpecifierSet(settings.target_fastapi)
            except InvalidSpecifier:
                yield "target-fastapi", f"neither a version nor a range of versions: {settings.target_fastapi!r}"


def _foreign_plugins(settings: SettingsTable, registry: Registry) -> Iterable[tuple[str, str]]:
    """Plugins that the root's settings do not name: those of a folder or a dependency cannot bring their own."""
    for number, name in enumerate(settings.plugins):
        if name not in registry.plugins:
            yield (
                f"plugins[{number}]",
                f"'{name}' is not named in the settings of the project's root, which alone count",
            )


def _options(
    rules: Mapping[str, Mapping[str, Any]], registry: Registry, found: list[tuple[str, str]]
) -> dict[str, dict[str, Any]]:
    """The options by rule name and field, each checked against the type of the rule's field."""
    values: dict[str, dict[str, Any]] = {}
    for name, table in rules.items():
        entry = registry.get(name)
        if entry is None:
            found.append((dotted(["rules", name]), f"unknown rule{did_you_mean(name, registry.names)}"))
            continue
        known = {option.name: option for option in entry.options}
        for key, value in table.items():
            place = ["rules", name, key]
            option = known.get(key)
            if option is None:
                hint = did_you_mean(key, known) if known else " (the rule has no options)"
                found.append((dotted(place), f"unknown option{hint}"))
                continue
            try:
                adapter: TypeAdapter[Any] = TypeAdapter(option.type)
                checked = adapter.validate_json(_json(value), strict=True)
            except ValidationError as error:
                for detail in error.errors(include_url=False):
                    detail["loc"] = (*place, *detail["loc"])
                    found.append(_described(detail))
            else:
                values.setdefault(entry.name, {})[option.field] = checked
    return values


def _layer(settings: SettingsTable, path: str, options: dict[str, dict[str, Any]], registry: Registry) -> Layer:
    base = Path(path).parent.as_posix()

    def patterns(globs: Iterable[str]) -> tuple[Pattern, ...]:
        return tuple(Pattern.of(glob, base) for glob in globs)

    def ignores(table: Mapping[str, list[str]]) -> tuple[FileIgnores, ...]:
        return tuple(FileIgnores(Pattern.of(glob, base), tuple(names)) for glob, names in table.items())

    def absolute(name: str) -> str:
        return os.path.normpath(os.path.join(base, os.path.expanduser(name))).replace(os.sep, "/")

    def optional(values: list[str] | None) -> tuple[str, ...] | None:
        return None if values is None else tuple(values)

    levels = {entry.code: Level[name.upper()] for key, name in settings.levels.items() if (entry := registry.get(key))}
    return Layer(
        path,
        Choice(optional(settings.select), tuple(settings.extend_select), tuple(settings.ignore)),
        per_file_ignores=None if settings.per_file_ignores is None else ignores(settings.per_file_ignores),
        extend_per_file_ignores=ignores(settings.extend_per_file_ignores),
        exclude=None if settings.exclude is None else patterns(settings.exclude),
        extend_exclude=patterns(settings.extend_exclude),
        force_exclude=settings.force_exclude,
        respect_gitignore=settings.respect_gitignore,
        fail_level=None if settings.fail_level is None else Level[settings.fail_level.upper()],
        levels=levels,
        src=None if settings.src is None else tuple(absolute(name) for name in settings.src),
        target_fastapi=settings.target_fastapi,
        python=None if settings.python is None else absolute(settings.python),
        inference=settings.inference,
        preview=settings.preview,
        blocking=settings.blocking,
        offloaders=optional(settings.offloaders),
        non_blocking=optional(settings.non_blocking),
        auth=None if settings.auth is None else Policy(tuple(settings.auth.required), tuple(settings.auth.public)),
        fixable=optional(settings.fixable),
        unfixable=optional(settings.unfixable),
        max_file_size=settings.max_file_size,
        rules=options,
        plugins=tuple(settings.plugins),
    )
