"""What stands directly in a scope: its statements, the nodes in it by kind, and what it binds.

A body is looked at once, on first need, and keeps its nodes by kind, the parent of each node and its bindings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from fastlint.facts import syntax as s
from fastlint.facts.model import ModuleFacts

N = TypeVar("N", bound=s.Node)
Point = tuple[int, int]
LOOKED_AT = frozenset({"statements", "parents", "bindings", "stars", "elsewhere", "_nodes"})
END: Point = (1 << 30, 0)
CHANGING = frozenset({"update", "setdefault", "pop", "popitem", "clear"})
"""Methods that change the items of a dictionary."""


@dataclass(slots=True, eq=False)
class Binding:
    """One place that gives `name` a value.

    `start` is where it takes effect: the end of an assigned value.
    `kind`: parameter, assign, annotated, augmented, import, from, def, class, for, with, except, unpack, match, type,
    delete. `value` is what the name is bound to (or comes from: the iterable, the context manager); `path` the way into
    it when a tuple is unpacked. `until` is where the innermost block around it ends, `loop` the outermost loop that it
    stands in.
    """

    name: str
    kind: str
    node: s.Node
    start: Point
    value: s.Expr | None = None
    annotation: s.Expr | None = None
    path: tuple[int, ...] = ()
    until: Point = END
    loop: s.Node | None = None
    is_async: bool = False
    guarded: bool = False


def _start(binding: Binding) -> Point:
    return binding.start


class Body:
    """What stands directly in a scope; nested functions and classes are single nodes of it.

    A function's body is decoded and looked at when something of it is asked for that its facts do not tell.
    """

    statements: tuple[s.Stmt, ...]
    parents: dict[s.Node, s.Node]
    bindings: dict[str, list[Binding]]
    stars: list[s.ImportFrom]
    elsewhere: dict[str, str]
    _nodes: dict[type[s.Node], list[s.Node]]

    def __init__(self, owner: ModuleFacts | s.ClassDef | s.FunctionDef) -> None:
        self._owner = owner
        self._kinds = owner.kinds if isinstance(owner, s.FunctionDef) else -1

    def __getattr__(self, name: str) -> Any:
        """Look at the body on the first question."""
        if name not in LOOKED_AT:
            raise AttributeError(name)
        self.statements = self._owner.body
        self.parents, self.bindings, self.stars, self.elsewhere, self._nodes = {}, {}, [], {}, {}
        self._until: Point = END
        self._loop: s.Node | None = None
        self._guarded = False
        for parameter in self._owner.parameters if isinstance(self._owner, s.FunctionDef) else ():
            self._bind(parameter.name, "parameter", parameter, annotation=parameter.annotation, value=parameter.default)
        self._suite(self.statements)
        return getattr(self, name)

    def all(self, kind: type[N]) -> list[N]:
        """The nodes of exactly this class, in source order."""
        bit = s.KIND_BITS.get(kind)
        if bit is not None and not self._kinds & bit:
            return []
        return self._nodes.get(kind, [])  # type: ignore[return-value]

    @cached_property
    def inner_names(self) -> frozenset[str]:
        """The names that lambdas and comprehensions in it bind for themselves."""
        found = {parameter.name for node in self.all(s.Lambda) for parameter in node.parameters}
        for generator in self.all(s.Generator):
            found.update(node.id for node in s.walk(generator.target) if isinstance(node, s.Name))
        return frozenset(found)

    @cached_property
    def item_changes(self) -> dict[str, list[s.Node]]:
        """By name, in source order: what sets, adds or removes items of the dictionary that the name holds."""
        found: dict[str, list[s.Node]] = {}
        for assign in self.all(s.Assign):
            for target in assign.targets:
                if isinstance(target, s.Subscript) and isinstance(target.value, s.Name):
                    found.setdefault(target.value.id, []).append(assign)
        for delete in self.all(s.Delete):
            for target in delete.targets:
                if isinstance(target, s.Subscript) and isinstance(target.value, s.Name):
                    found.setdefault(target.value.id, []).append(delete)
        for call in self.all(s.Call):
            match call.func:
                case s.Attribute(value=s.Name(id=name), attr=attr) if attr in CHANGING:
                    found.setdefault(name, []).append(call)
        return {name: sorted(nodes, key=lambda node: node.start) for name, nodes in found.items()}

    @property
    def sets_attributes(self) -> bool:
        """Whether an attribute may be assigned to."""
        return bool(self._kinds & s.SETS_ATTRIBUTE)

    @property
    def odd_texts(self) -> bool:
        """Whether it may hold a literal that is neither prose nor words."""
        return bool(self._kinds & s.ODD_TEXT)

    def spells(self, word: str) -> bool:
        """Whether an identifier or text in it may hold the word: a look at the encoded body while there is one."""
        return isinstance(self._owner, s.ClassDef) or not self._owner.blob or word.encode() in self._owner.blob

    def ancestors(self, node: s.Node) -> Iterator[s.Node]:
        """The nodes around `node`, innermost first."""
        current = self.parents.get(node)
        while current is not None:
            yield current
            current = self.parents.get(current)

    def enclosing(self, node: s.Node, kind: type[N] | tuple[type[N], ...]) -> N | None:
        for ancestor in self.ancestors(node):
            if isinstance(ancestor, kind):
                return ancestor
        return None

    def statement(self, node: s.Node) -> s.Stmt | None:
        if isinstance(node, s.Stmt):
            return node
        return next((a for a in self.ancestors(node) if isinstance(a, s.Stmt)), None)

    def in_lambda(self, node: s.Node) -> bool:
        return bool(self.all(s.Lambda)) and any(isinstance(ancestor, s.Lambda) for ancestor in self.ancestors(node))

    def _bind(self, name: str, kind: str, node: s.Node, **more: object) -> None:
        binding = Binding(name, kind, node, node.start, until=self._until, loop=self._loop, guarded=self._guarded)
        for key, value in more.items():
            setattr(binding, key, value)
        known = self.bindings.setdefault(name, [])
        known.append(binding)
        if len(known) > 1 and known[-2].start > binding.start:
            known.sort(key=_start)

    def _target(
        self, target: s.Expr, kind: str, node: s.Node, value: s.Expr | None, path: tuple[int, ...] = (), **more: object
    ) -> None:
        match target:
            case s.Name():
                start = target.start if value is None else (value.end_line, value.end_column)
                self._bind(target.id, kind, node, value=value, path=path, start=start, **more)
            case s.Tuple() | s.List():
                for index, element in enumerate(target.elements):
                    inner = element.value if isinstance(element, s.Starred) else element
                    step = -1 if isinstance(element, s.Starred) else index
                    self._target(inner, kind, node, value, (*path, step), **more)
            case _:
                pass

    def _suite(self, statements: tuple[s.Stmt, ...], parent: s.Node | None = None) -> None:
        for statement in statements:
            if parent is not None:
                self.parents[statement] = parent
            self._statement(statement)

    def _block(self, statements: tuple[s.Stmt, ...], parent: s.Node, loop: s.Node | None = None) -> None:
        """A suite that may not run: what it binds dominates only what stands in it."""
        if not statements:
            return
        kept = self._until, self._loop
        self._until = statements[-1].end_line, statements[-1].end_column
        self._loop = self._loop or loop
        self._suite(statements, parent)
        self._until, self._loop = kept

    def _statement(self, node: s.Stmt) -> None:
        self._nodes.setdefault(type(node), []).append(node)
        match node:
            case s.FunctionDef():
                self._bind(node.name, "def", node)
                self._expressions(node, (*node.decorators, *(p for p in node.parameters)))
                return
            case s.ClassDef():
                self._bind(node.name, "class", node)
                self._expressions(node, (*node.decorators, *node.bases, *node.keywords))
                return
            case s.If():
                self._expressions(node, (node.test,))
                kept, self._guarded = self._guarded, self._guarded or _type_checking(node.test)
                self._block(node.body, node)
                self._guarded = kept
                self._block(node.orelse, node)
                return
            case s.For():
                self._expressions(node, (node.iterable, node.target))
                self._target(node.target, "for", node, node.iterable, is_async=node.is_async)
                self._block(node.body, node, node)
                self._block(node.orelse, node)
                return
            case s.While():
                self._expressions(node, (node.test,))
                self._block(node.body, node, node)
                self._block(node.orelse, node)
                return
            case s.With():
                for item in node.items:
                    self.parents[item] = node
                    self._nodes.setdefault(s.WithItem, []).append(item)
                    self._expressions(item, (item.context, *([item.target] if item.target else [])))
                    if item.target is not None:
                        self._target(item.target, "with", item, item.context, is_async=node.is_async)
                self._suite(node.body, node)
                return
            case s.Try():
                self._block(node.body, node)
                for handler in node.handlers:
                    self.parents[handler] = node
                    self._nodes.setdefault(s.Handler, []).append(handler)
                    self._expressions(handler, (handler.type,) if handler.type else ())
                    if handler.name:
                        self._bind(handler.name, "except", handler, value=handler.type)
                    self._block(handler.body, handler)
                self._block(node.orelse, node)
                self._suite(node.finalbody, node)
                return
            case s.Match():
                self._expressions(node, (node.subject,))
                for case in node.cases:
                    self.parents[case] = node
                    self._expressions(case, (*case.values, *([case.guard] if case.guard else [])))
                    for name in case.names:
                        self._bind(name, "match", case)
                    self._block(case.body, case)
                return
            case s.Assign():
                for target in node.targets:
                    self._target(target, "assign", node, node.value)
            case s.AnnAssign():
                if isinstance(node.target, s.Name):
                    end = node.end_line, node.end_column
                    self._bind(
                        node.target.id, "annotated", node, start=end, value=node.value, annotation=node.annotation
                    )
            case s.AugAssign():
                if isinstance(node.target, s.Name):
                    self._bind(node.target.id, "augmented", node, value=node.value)
            case s.TypeAlias():
                self._bind(node.name, "type", node, value=node.value)
            case s.Import():
                for module, alias in node.names:
                    self._bind(alias or module.partition(".")[0], "import", node, path=(module, bool(alias)))
            case s.ImportFrom():
                for name, alias in node.names:
                    if name == "*":
                        self.stars.append(node)
                    else:
                        self._bind(alias or name, "from", node, path=(name,))
            case s.Scope():
                self.elsewhere.update(dict.fromkeys(node.names, node.kind))
            case s.Delete():
                for target in node.targets:
                    self._target(target, "delete", node, None)
            case _:
                pass
        self._expressions(node, node.children())

    def _expressions(self, parent: s.Node, children: tuple[s.Node, ...]) -> None:
        """Note the nodes of expressions with their parents; bindings inside them (`:=`) too."""
        parents, nodes, below = self.parents, self._nodes, s.CHILDREN
        for child in children:
            parents[child] = parent
        stack = list(reversed(children))
        pop, push = stack.pop, stack.extend
        while stack:
            node = pop()
            kind = type(node)
            if kind in nodes:
                nodes[kind].append(node)
            else:
                nodes[kind] = [node]
            if kind is s.Name or kind is s.Constant:
                continue
            if kind is s.NamedExpr:
                self._target(node.target, "assign", node, node.value)  # type: ignore[attr-defined]
            inner = below[kind](node)
            if inner:
                for child in inner:
                    parents[child] = node
                push(inner[::-1])


def _type_checking(test: s.Expr) -> bool:
    return (isinstance(test, s.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, s.Attribute) and test.attr == "TYPE_CHECKING"
    )
