"""What an expression can be: the values that inference gives.

A tuple of values is a union. `UNKNOWN` in it means that something else is possible too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastlint.facts import syntax as s
from fastlint.project.language.scopes import Class, Function, Module, Scope


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class External:
    """A module, class, function or bound method outside the project, by canonical dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class ModuleValue:
    module: Module


@dataclass(frozen=True, slots=True)
class ClassValue:
    cls: Class


@dataclass(frozen=True, slots=True)
class Site:
    """Where an object was made: the call, the scope it stands in, and the call of the factory around it."""

    call: s.Call
    scope: Scope
    outer: Site | None = None

    @property
    def path(self) -> str:
        return self.scope.module.path

    @property
    def outermost(self) -> Site:
        """The call of the outermost factory that is known."""
        site = self
        while site.outer is not None:
            site = site.outer
        return site

    @property
    def calls(self) -> tuple[s.Call, ...]:
        """The calls from the object's own outwards: what tells it from other objects made by the same code."""
        return (self.call, *(() if self.outer is None else self.outer.calls))

    def within(self, outer: Site) -> Site:
        """The same in a run of the outermost factory that `outer` calls."""
        if len(self.calls) + len(outer.calls) > LONGEST:
            return self
        return Site(self.call, self.scope, outer if self.outer is None else self.outer.within(outer))


LONGEST = 10
"""Calls of factories in factories that tell objects apart; a recursion ends here."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a project class or of an external class; a factory that is no class is written `factory()`."""

    of: Class | str
    site: Site | None = None
    arguments: tuple[Any, ...] = ()
    """Values of type arguments, each a union: the elements of `list[Session]`."""


@dataclass(frozen=True, slots=True)
class FunctionValue:
    """A project function; `receiver` is the instance or class it is bound to."""

    function: Function
    receiver: Any = None


@dataclass(frozen=True, slots=True)
class LambdaValue:
    node: s.Lambda
    scope: Scope


@dataclass(frozen=True, slots=True)
class Const:
    value: Any


@dataclass(frozen=True, slots=True)
class Display:
    """A literal list, tuple, set or dict, kept as written."""

    node: s.List | s.Tuple | s.Set | s.Dict
    scope: Scope


@dataclass(frozen=True, slots=True)
class Elements:
    """Something to iterate whose items are one of `items` (an async iterable too)."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Coroutine:
    """What calling an `async def` gives before it is awaited."""

    result: tuple[Any, ...]
    function: Function | None = None


@dataclass(frozen=True, slots=True)
class Manager:
    """A context manager made by `@contextmanager`: entering it gives `entered`."""

    entered: tuple[Any, ...]
    function: Function


@dataclass(frozen=True, slots=True)
class Partial:
    """`functools.partial(function, ...)`."""

    function: Any
    call: s.Call
    scope: Scope


Value = (
    Unknown
    | External
    | ModuleValue
    | ClassValue
    | Instance
    | FunctionValue
    | LambdaValue
    | Const
    | Display
    | Elements
    | Coroutine
    | Manager
    | Partial
)
Values = tuple[Value, ...]

UNKNOWN = Unknown()
NONE = Const(None)
NOTHING_KNOWN: Values = (UNKNOWN,)


def union(*groups: Values) -> Values:
    """The values of all groups, each once, in order."""
    if len(groups) == 1 and len(groups[0]) < 2:
        return groups[0]
    return tuple(dict.fromkeys([value for group in groups for value in group]))


def without_none(values: Values) -> Values:
    for value in values:
        if type(value) is Const and value.value is None:
            return tuple([value for value in values if value != NONE])
    return values
