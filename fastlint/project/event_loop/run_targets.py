"""What a run is, and what it can run: a name outside the project, a function, or a function in a certain role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function


@dataclass(frozen=True, slots=True)
class Inherited:
    """A method as it runs on an object of `cls`, which overrides something that the method calls on `self`.

    `made`: the very object, where objects of the class are given one thing here and another there.
    """

    method: Function
    cls: Class
    made: v.Instance | None = None

    @property
    def node(self) -> s.FunctionDef:
        return self.method.node

    @property
    def path(self) -> str:
        return self.method.path

    @property
    def short(self) -> str:
        return f"{self.cls.name}.{self.method.name}"


@dataclass(frozen=True, slots=True)
class Around:
    """The wrapper that a decorator of the project puts around one function."""

    wrapper: Function
    function: Function

    @property
    def node(self) -> s.FunctionDef:
        return self.wrapper.node

    @property
    def path(self) -> str:
        return self.wrapper.path

    @property
    def short(self) -> str:
        """The decorator, which is what its user wrote."""
        maker = self.wrapper.parent
        while isinstance(maker, Function) and isinstance(maker.parent, Function):
            maker = maker.parent
        return maker.name if isinstance(maker, Function) else self.wrapper.short


@dataclass(frozen=True, slots=True)
class Given:
    """A function as it runs where a call gives constants to parameters that it tests."""

    function: Function
    known: tuple[tuple[str, Any], ...]

    @property
    def node(self) -> s.FunctionDef:
        return self.function.node

    @property
    def path(self) -> str:
        return self.function.path

    @property
    def short(self) -> str:
        return self.function.short


Code = Function | Inherited | Around | Given
Target = str | Code
"""A canonical external name, or a function of the project."""


@dataclass(slots=True, eq=False)
class Run:
    """Something that runs at `node`. All `targets` are possible; `certain` says that nothing else is.

    `each`: the code itself names them all, so that one that blocks is enough.
    """

    node: s.Node
    targets: tuple[Target, ...]
    certain: bool
    call: s.Call | None = None
    lock: s.Call | None = None
    """For `with lock`: the call that made the lock, None where it is not known."""
    wrapped: bool = False
    """Whether it is the call by which a decorator's wrapper runs one of the functions it is put around."""
    weight: int = 1
    """How far away it is as a step of a chain: more where it only runs under a condition or after an error."""
    seldom: int = 0
    """The part of `weight` for what is not done each time: once, or once for each key or object."""
    each: bool = False
