"""Tells whoever listens how far a run is. Nobody does, unless a face sets `listener`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Listener(Protocol):
    """What a face gives to be told."""

    def phase(self, title: str, total: int | None) -> None:
        """A new part of the run begins, of so many steps (None: nobody knows)."""
        ...

    def step(self, done: int) -> None:
        """So many steps of this part are done."""
        ...


listener: Listener | None = None


def phase(title: str, total: int | None = None) -> None:
    if listener is not None:
        listener.phase(title, total)


def told(title: str, items: Iterable[Item]) -> Iterator[Item]:
    """The items; the listener is told of each that is done."""
    if listener is None:
        yield from items
        return
    listener.phase(title, len(items) if isinstance(items, Sized) else None)
    for number, item in enumerate(items, 1):
        yield item
        if listener is not None:
            listener.step(number)
