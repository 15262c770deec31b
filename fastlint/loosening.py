"""Settings that a change makes to hide findings: what an earlier commit had, compared key by key with what is now."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fastlint.git import Repository
from fastlint.inputs import Inputs
from fastlint.project.packaging.manifest_formats.toml_places import Toml
from fastlint.registry import Registry
from fastlint.rule import Level
from fastlint.settings import FILES
from fastlint.source import SourceFile, Span, Unreadable
from fastlint.toolcodes import HIDING_CHANGE

MORE_HIDES = ("ignore", "exclude", "extend-exclude", "non-blocking", "offloaders")
LESS_HIDES = ("select", "extend-select", "plugins")
ANY_HIDES = ("extend", "src", "target-fastapi", "python", "max-file-size", "respect-gitignore", "force-exclude")
IGNORES = ("per-file-ignores", "extend-per-file-ignores")
Place = tuple[str, ...]


class Loosened(NamedTuple):
    """Something that hides findings: the file (absolute, or from the root), its place, and what is added."""

    path: str
    span: Span
    what: str

    def from_root(self, root: str) -> str:
        path = os.path.relpath(self.path, root) if os.path.isabs(self.path) else self.path
        return path.replace(os.sep, "/")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the settings before the change say of FST005: the change itself has no say."""

    reports: bool
    level: Level
    fails: bool

    @classmethod
    def of(cls, inputs: Inputs, repository: Repository, base: str) -> Policy:
        """That of the root's settings; on the command line it can be ignored as ever."""
        governing = inputs.tree.at(inputs.root)
        files = [layer.origin for layer in governing.layers if os.path.isabs(layer.origin)]
        files = files or [os.path.join(inputs.root, name) for name in FILES]
        ignored: set[str] = set()
        levels: dict[str, str] = {}
        fail_level = Level.WARNING
        for file in files:
            table = _table(repository.content(base, file), file).data
            ignored.update(word for word in _words(table.get("ignore")))
            levels.update({str(key): str(value) for key, value in _mapping(table.get("levels")).items()})
            fail_level = _level(table.get("fail-level"), fail_level)
        names = (HIDING_CHANGE.code, HIDING_CHANGE.name)
        line = next((layer for layer in governing.layers if not os.path.isabs(layer.origin)), None)
        if line is not None:
            ignored.update(line.choice.ignore)
            fail_level = line.fail_level or fail_level
        level = next(
            (_level(levels[name], HIDING_CHANGE.level) for name in names if name in levels), HIDING_CHANGE.level
        )
        return cls(ignored.isdisjoint(names), level, level >= fail_level)


def loosened(inputs: Inputs, repository: Repository, base: str, *, staged: bool) -> Iterator[Loosened]:
    """What the settings files of the project hide that they did not hide before."""
    for file in _files(inputs, repository, base):
        before = repository.content(base, file)
        now = repository.content("", file) if staged else _on_disk(file)
        if before == now:
            continue
        old, new = _table(before, file), _table(now, file)
        for key, what in _differences(old.data, new.data, inputs.tree.registry):
            yield Loosened(file, new.span(key), f"{what} to the settings")


def _files(inputs: Inputs, repository: Repository, base: str) -> list[str]:
    """The settings files of now and before: of the root's and all nested ones, what they extend included."""
    found = {layer.origin for path in inputs.files() for layer in inputs.settings_of(path).layers}
    found.update(layer.origin for layer in inputs.tree.at(inputs.root).layers)
    absolute = {path for path in found if os.path.isabs(path)}
    for path in repository.tree(base):
        if os.path.basename(path) in FILES:
            absolute.add(os.path.join(inputs.root, path))
    folder = os.path.dirname(inputs.root)
    while len(folder) >= len(repository.top):
        absolute.update(os.path.join(folder, name) for name in FILES)
        folder, above = os.path.dirname(folder), folder
        if folder == above:
            break
    return sorted(absolute)


class _Table(NamedTuple):
    """The settings in a file, and where they stand."""

    data: dict[str, Any]
    toml: Toml | None
    prefix: Place

    def span(self, key: Place) -> Span:
        """The place of a key, or of the nearest one above it that has one."""
        while self.toml is not None and key:
            path = (*self.prefix, *key)
            found = self.toml.keys.get(path) or self.toml.values.get(path)
            if found is not None:
                return Span.of_line(self.toml.source.position(found[0])[0])
            key = key[:-1]
        return Span.of_line(1)


def _table(data: bytes | None, file: str) -> _Table:
    """The settings that the content of a file is; none where it cannot be read, which is told elsewhere."""
    prefix: Place = ("tool", "fastlint") if os.path.basename(file) == "pyproject.toml" else ()
    if data is None:
        return _Table({}, None, prefix)
    try:
        toml = Toml(SourceFile(file, data))
    except Unreadable:
        return _Table({}, None, prefix)
    return _Table(toml.table(*prefix), toml, prefix)


def _on_disk(file: str) -> bytes | None:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return None


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], registry: Registry) -> Iterator[tuple[Place, str]]:
    """The keys whose values hide more than they did, and in what way."""
    for key in MORE_HIDES:
        for word in _more(new.get(key), old.get(key)):
            yield (key,), f"`{word}` under `{key}`"
    for key in LESS_HIDES:
        for word in _more(old.get(key), new.get(key)):
            if key != "select" or "select" in new:
                yield (key,), f"a shorter `{key}`, without `{word}`,"
    if "select" in new and "select" not in old:
        yield ("select",), "a `select` in place of the default rules"
    for key in IGNORES:
        table = _mapping(new.get(key))
        for glob, words in table.items():
            for word in _more(words, _mapping(old.get(key)).get(glob)):
                yield (key, glob), f"`{word}` for `{glob}` under `{key}`"
    yield from _lowered_levels(_mapping(old.get("levels")), _mapping(new.get("levels")), registry)
    if _level(new.get("fail-level"), Level.WARNING) > _level(old.get("fail-level"), Level.WARNING):
        yield ("fail-level",), f"the higher `fail-level` {new['fail-level']!r}"
    if old.get("preview") is True and new.get("preview") is not True:
        yield ("preview",), "an end of `preview`"
    for key in ANY_HIDES:
        if old.get(key) != new.get(key):
            yield (key,), f"another `{key}`"
    for name in _mapping(old.get("blocking")).keys() - _mapping(new.get("blocking")).keys():
        yield ("blocking",), f"a `blocking` without `{name}`"
    yield from _options(old, new)


def _options(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Options of rules and the policy of logins: what a change of them hides only the rules know."""
    before, after = _mapping(old.get("auth")), _mapping(new.get("auth"))
    for word in _more(after.get("public"), before.get("public")):
        yield ("auth", "public"), f"`{word}` under `auth.public`"
    if before.get("required") and before.get("required") != after.get("required"):
        yield ("auth", "required"), "another `auth.required`"
    rules, former = _mapping(new.get("rules")), _mapping(old.get("rules"))
    for name in sorted({*rules, *former}):
        options, previous = _mapping(rules.get(name)), _mapping(former.get(name))
        for option in sorted({*options, *previous}):
            if options.get(option) != previous.get(option):
                yield ("rules", name, option), f"another `{option}` of the rule {name}"


def _lowered_levels(old: Mapping[str, Any], new: Mapping[str, Any], registry: Registry) -> Iterator[tuple[Place, str]]:
    get: Callable[[str], Any] = registry.get
    for name, word in new.items():
        entry = get(name)
        if entry is None:
            continue
        before = next((old[key] for key in (name, entry.code, entry.name) if key in old), None)
        if _level(word, Level.ERROR) < _level(before, entry.level):
            yield ("levels", name), f"the lower level {word!r} of {name}"


def _level(word: object, default: Level) -> Level:
    return Level[word.upper()] if isinstance(word, str) and word.upper() in Level.__members__ else default


def _more(words: object, than: object) -> list[str]:
    known = set(_words(than))
    return [word for word in dict.fromkeys(_words(words)) if word not in known]


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
