"""Routes that no request ever reaches, because an earlier one takes all of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastlint.project.application.application import App, Applications, Effective, Entry, Mounted
from fastlint.project.application.paths import Pattern, pattern


@dataclass(frozen=True, slots=True)
class Shadow:
    """`later` is never reached: `earlier` takes its paths, under the same text when `same`."""

    earlier: Entry
    later: Entry
    same: bool


def shadows(applications: Applications) -> list[Shadow]:
    """The routes that are registered twice somewhere, and what is out of reach wherever it is served."""
    found: dict[tuple[int, int], list[Shadow | None]] = {}
    for app, entries in applications.served.items():
        for level in _levels(entries).values():
            for entry, shadow in _level(app, level):
                found.setdefault(_key(entry), []).append(shadow)
    kept: list[Shadow] = []
    for places in found.values():
        hidden = [shadow for shadow in places if shadow is not None]
        own = [s for s in hidden if s.same and _key(s.earlier) == _key(s.later)]
        other = [s for s in hidden if s.same and _key(s.earlier) != _key(s.later)]
        if len(hidden) == len(places):
            kept += [s for s in hidden if not s.same][:1] if not other else []
        kept += [*other[:1], *own[:1]]
    return kept


def _key(entry: Entry) -> tuple[int, int]:
    if isinstance(entry, Mounted):
        return id(entry.inclusion.call), 0
    return id(entry.route.call), id(entry.route.handler)


def _levels(entries: Iterable[Entry]) -> dict[tuple[int, ...], list[Entry]]:
    """The entries by the mounts around them: only those of one application are tried one after the other."""
    found: dict[tuple[int, ...], list[Entry]] = {}
    for entry in entries:
        found.setdefault(tuple(id(i) for i in entry.inclusions if i.mounted), []).append(entry)
    return found


def _level(app: App, entries: list[Entry]) -> Iterator[tuple[Entry, Shadow | None]]:
    fixed: dict[str, list[Entry]] = {}
    dynamic: dict[tuple[str, str], list[tuple[Entry, Pattern]]] = {}
    for entry in entries:
        taken = _pattern(entry)
        if entry.path is None or taken is None:
            yield entry, None
            continue
        earlier = fixed.get(entry.path, [])
        near = [pair for ends in taken.ends() for pair in dynamic.get(ends, ())]
        wider = [other for other, wide in near if other.path != entry.path and wide.covers(taken)]
        yield entry, _shadow(entry, earlier, wider)
        if not entry.conditional:
            if isinstance(entry, Effective):
                fixed.setdefault(entry.path, []).append(entry)
            if not taken.fixed:
                dynamic.setdefault((taken.head, taken.tail), []).append((entry, taken))


def _pattern(entry: Entry) -> Pattern | None:
    if entry.path is None:
        return None
    return pattern(f"{entry.path}/{{below:path}}" if isinstance(entry, Mounted) else entry.path)


def _shadow(entry: Entry, same: list[Entry], wider: list[Entry]) -> Shadow | None:
    if isinstance(entry, Mounted):
        mounts = [other for other in wider if isinstance(other, Mounted)]
        return Shadow(mounts[0], entry, False) if mounts else None
    route = entry.route
    if route.methods is None:
        return None
    if route.kind == "websocket":
        for other in (*same, *wider):
            if isinstance(other, Mounted) or other.route.kind == "websocket":
                return Shadow(other, entry, other in same)
        return None
    left = set(route.methods)
    first: Entry | None = None
    for other in (*same, *wider):
        if isinstance(other, Mounted):
            return Shadow(first or other, entry, False)
        if other.route.kind != "http" or not left & set(other.route.methods or ()):
            continue
        first = first or other
        left -= set(other.route.methods or ())
        if not left:
            return Shadow(first, entry, first in same)
    return None
