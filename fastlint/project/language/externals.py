"""Values outside the project: what the catalogue knows of their attributes and results."""

from __future__ import annotations

from functools import lru_cache

from fastlint.project.catalogue import compute, conditions, databases, http, sdks, stdlib
from fastlint.project.catalogue.types import ATTRIBUTES, AWAITABLE, BASES, RETURNS
from fastlint.project.language.names import canonical
from fastlint.project.language.values import NOTHING_KNOWN, External, Instance, Site, Value, Values


@lru_cache(maxsize=65_536)
def lineage(name: str) -> tuple[str, ...]:
    """An external class and its external bases, nearest first."""
    order = [name]
    for item in order:
        order += [base for base in BASES.get(item, ()) if base not in order]
    return tuple(order)


def inherits(name: str, *wanted: str) -> bool:
    return any(item in wanted for item in lineage(name))


def attribute_of(value: External | Instance, name: str) -> Values:
    """`value.name`: an object the catalogue types, else the thing by its dotted name."""
    owner = value.name if isinstance(value, External) else value.of
    assert isinstance(owner, str)
    return _attribute_of(owner, name, of_object=isinstance(value, Instance))


@lru_cache(maxsize=65_536)
def _attribute_of(owner: str, name: str, *, of_object: bool) -> Values:
    for cls in lineage(owner):
        dotted = f"{cls}.{name}"
        if dotted in ATTRIBUTES:
            return (instance_of(ATTRIBUTES[dotted]),)
    if of_object and not name.startswith("_"):
        for cls in lineage(owner):
            if f"{cls}.__getattr__" in RETURNS and not member_known(owner, name):
                return (instance_of(RETURNS[f"{cls}.__getattr__"]),)
    return (External(canonical(f"{owner}.{name}")),)


def member_known(owner: str, name: str) -> bool:
    """Whether the catalogue lists this member of a class or its bases."""
    return any(f"{cls}.{name}" in MEMBERS for cls in lineage(owner))


def called(value: Value, method: str, site: Site | None = None) -> Values:
    """What calling `value.method(...)` gives, for external values."""
    match value:
        case Instance(str() as name):
            return result_of(f"{name}.{method}", site) if known(f"{name}.{method}") else NOTHING_KNOWN
        case _:
            return NOTHING_KNOWN


def known(name: str) -> bool:
    return _returned(name) is not None


@lru_cache(maxsize=65_536)
def _returned(name: str) -> str | None:
    owner, _, method = name.rpartition(".")
    for cls in lineage(owner):
        found = RETURNS.get(f"{cls}.{method}")
        if found is not None:
            return found
    return None


def result_of(name: str, site: Site | None) -> Values:
    """What calling the external `name` gives: by the catalogue, else an instance of a class, else `name()`."""
    returned = _returned(name)
    if returned is not None:
        return (instance_of(returned, site),)
    last = name.rpartition(".")[2]
    if last.lstrip("_")[:1].isupper() or name in CLASSES:
        return (Instance(name, site),)
    return (Instance(f"{name}()", site),)


def entered(value: External | Instance, is_async: bool) -> Values:
    owner = value.name if isinstance(value, External) else value.of
    assert isinstance(owner, str)
    returned = _returned(f"{owner}.{'__aenter__' if is_async else '__enter__'}")
    return (
        (value,) if returned is None else (instance_of(returned, value.site if isinstance(value, Instance) else None),)
    )


def iterated(value: Instance) -> Values:
    returned = _returned(f"{value.of}.__iter__")
    return NOTHING_KNOWN if returned is None else (instance_of(returned),)


def subscripted(value: External | Instance) -> Values:
    if isinstance(value, External):
        return (value,)  # a generic class with its arguments
    returned = _returned(f"{value.of}.__getitem__")
    return NOTHING_KNOWN if returned is None else (instance_of(returned),)


def instance_of(text: str, site: Site | None = None) -> Instance:
    """An instance of what the catalogue writes as `Class` or `Sequence[Class]`."""
    outer, bracket, inner = text.partition("[")
    if not bracket:
        return Instance(text, site)
    name = outer.replace("typing.", "collections.abc.")
    return Instance(name, site, ((instance_of(inner.removesuffix("]")),),))


CLASSES = frozenset(
    {
        *(f"builtins.{n}" for n in ("str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple", "object")),
        *("datetime.datetime", "datetime.date", "datetime.time"),
        *(name.rpartition(".")[0] for table in (RETURNS, ATTRIBUTES, AWAITABLE) for name in table),
    }
)
MEMBERS = frozenset().union(
    RETURNS,
    ATTRIBUTES,
    AWAITABLE,
    conditions.NON_BLOCKING,
    *(module.BLOCKING for module in (compute, databases, http, sdks, stdlib)),
)
