"""Request data on its way: where it comes from and the hops it takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastlint.facts import syntax as s
from fastlint.project.language.scopes import Scope
from fastlint.source import Span

REQUEST, PARAMETER, STORED, OPEN = "request", "parameter", "stored", "open"
LONGEST = 12
"""Hops that are kept of one way."""


@dataclass(frozen=True, slots=True)
class Step:
    """One hop: at `span` in `path` the value goes on."""

    path: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value can come from.

    `kind`: request (sent by the client), parameter (whatever callers pass; `node` is the parameter of `scope`), stored
    (text kept by the application), open (something that is not constant and not known). `steps` lead from there on.
    """

    kind: str
    text: str
    node: s.Node
    scope: Scope
    steps: tuple[Step, ...] = ()
    keys: bool = False
    """Only the keys of what the parameter receives count."""
    part: str | None = None
    """Only this attribute or item of what the parameter receives counts."""
    guard: str | None = None
    """The name of the dependency that lets only administrators send it."""

    def through(self, step: Step) -> Origin:
        return replace(self, steps=(*self.steps, step)[:LONGEST])


def distinct(origins: list[Origin]) -> tuple[Origin, ...]:
    """Each place once, with the shortest way."""
    found: dict[tuple[str, s.Node, str, bool, str | None], Origin] = {}
    for origin in origins:
        name = origin.text if isinstance(origin.node, s.Parameter) and origin.node.kind == "**" else ""
        place = origin.kind, origin.node, name, origin.keys, origin.part
        known = found.get(place)
        node = origin.node
        if known is not None and known.text != origin.text and isinstance(node, s.Parameter):
            origin = replace(origin, text=node.name)
            found[place] = known = replace(known, text=node.name)
        if known is None or len(origin.steps) < len(known.steps):
            found[place] = origin
    return tuple(found.values())


def key(expr: s.Expr) -> str | None:
    """A place that can be named twice: `x`, `x.y`, `x['y']`."""
    match expr:
        case s.Name(id=name):
            return name
        case s.Attribute(value=value, attr=attr):
            outer = key(value)
            return None if outer is None else f"{outer}.{attr}"
        case s.Subscript(value=value, index=s.Constant(value=index)):
            outer = key(value)
            return None if outer is None else f"{outer}[{index!r}]"
    return None
