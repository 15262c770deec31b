"""Modules, classes and functions as scopes: what they hold and contain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.facts.model import ModuleFacts
from fastlint.project.language.bodies import Body
from fastlint.source import Span


@dataclass(eq=False)
class Module:
    """One file. `name` is its dotted name as the project's own imports call it."""

    path: str
    name: str
    facts: ModuleFacts
    is_package: bool = False
    is_test: bool = False

    def __repr__(self) -> str:
        return f"<Module {self.name}>"

    @property
    def module(self) -> Module:
        return self

    @property
    def parent(self) -> None:
        return None

    @property
    def qualname(self) -> str:
        return self.name

    @cached_property
    def body(self) -> Body:
        return Body(self.facts)

    @cached_property
    def package(self) -> str:
        """The dotted name that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @cached_property
    def members(self) -> dict[s.Node, Function | Class]:
        """The functions and classes defined directly in it."""
        return members(self)

    def renamed(self, names: frozenset[str]) -> set[str]:
        """Other names in the file that stand for one of these last names: imported so, or assigned."""
        found = {alias for name in names & self._renames.keys() for alias in self._renames[name]}
        waiting = list(found)
        while waiting:
            fresh = self._renames.get(waiting.pop(), set()) - found
            found |= fresh
            waiting += fresh
        return found

    @cached_property
    def _renames(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for statement in self.body.all(s.ImportFrom):
            for name, alias in statement.names:
                if alias:
                    found.setdefault(name, set()).add(alias)
        for assign in self.body.all(s.Assign):
            value = assign.value
            if isinstance(value, s.Name | s.Attribute):
                targets = {target.id for target in assign.targets if isinstance(target, s.Name)}
                found.setdefault(value.attr if isinstance(value, s.Attribute) else value.id, set()).update(targets)
        return found

    def functions(self) -> tuple[Function, ...]:
        """All functions of the file, however deeply nested."""
        return self._functions

    def classes(self) -> tuple[Class, ...]:
        """All classes of the file, however deeply nested."""
        return self._classes

    @cached_property
    def _functions(self) -> tuple[Function, ...]:
        return tuple(member for member in self._nested if isinstance(member, Function))

    @cached_property
    def _classes(self) -> tuple[Class, ...]:
        return tuple(member for member in self._nested if isinstance(member, Class))

    @cached_property
    def _nested(self) -> tuple[Function | Class, ...]:
        return tuple(nested(self))


@dataclass(eq=False)
class Class:
    module: Module
    node: s.ClassDef
    qualname: str
    parent: Module | Class | Function = field(repr=False)

    def __repr__(self) -> str:
        return f"<Class {self.qualname}>"

    @property
    def name(self) -> str:
        return self.node.name

    @cached_property
    def body(self) -> Body:
        return Body(self.node)

    @cached_property
    def members(self) -> dict[s.Node, Function | Class]:
        return members(self)

    @cached_property
    def methods(self) -> dict[str, Function]:
        return {m.name: m for m in self.members.values() if isinstance(m, Function)}


@dataclass(eq=False)
class Function:
    """A function or method; `cls` is the class whose body it stands in."""

    module: Module
    node: s.FunctionDef
    qualname: str
    parent: Module | Class | Function = field(repr=False)

    def __repr__(self) -> str:
        return f"<Function {self.qualname}>"

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def path(self) -> str:
        return self.module.path

    @property
    def is_async(self) -> bool:
        return self.node.is_async

    @property
    def is_generator(self) -> bool:
        return self.node.has_yield

    @property
    def cls(self) -> Class | None:
        return self.parent if isinstance(self.parent, Class) else None

    @cached_property
    def body(self) -> Body:
        return Body(self.node)

    @cached_property
    def members(self) -> dict[s.Node, Function | Class]:
        return members(self)

    def parameter(self, name: str) -> s.Parameter | None:
        return next((p for p in self.node.parameters if p.name == name), None)

    @property
    def short(self) -> str:
        """The name as its author says it: `Class.method` or `function`."""
        return f"{self.cls.name}.{self.name}" if self.cls is not None else self.name


Scope = Module | Class | Function


def scope_at(module: Module, span: Span) -> Scope:
    """The innermost function or class that the span lies in, the module where it lies in none."""
    scope: Scope = module
    while True:
        inner = (member for member in scope.members.values() if member.node.span.contains(span))
        found = next(inner, None)
        if found is None:
            return scope
        scope = found


def every_scope(module: Module) -> Iterator[Scope]:
    """The module and all scopes in it."""
    yield module
    yield from module.classes()
    yield from module.functions()


def scopes_with(module: Module, words: frozenset[str]) -> Iterator[Scope]:
    """The module and all scopes in it, without functions whose `calls` have none of the words."""
    for scope in every_scope(module):
        if not isinstance(scope, Function) or not scope.node.calls.isdisjoint(words):
            yield scope


def members(scope: Scope) -> dict[s.Node, Function | Class]:
    found: dict[s.Node, Function | Class] = {}
    joint = ".<locals>." if isinstance(scope, Function) else "."
    for node in scope.body.all(s.FunctionDef):
        found[node] = Function(scope.module, node, f"{scope.qualname}{joint}{node.name}", scope)
    for cls in scope.body.all(s.ClassDef):
        found[cls] = Class(scope.module, cls, f"{scope.qualname}{joint}{cls.name}", scope)
    return found


def nested(scope: Scope) -> Iterator[Function | Class]:
    """All functions and classes in a scope, however deep, each before those in it."""
    for member in scope.members.values():
        yield member
        yield from nested(member)
