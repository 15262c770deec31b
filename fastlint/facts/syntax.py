"""The compact syntax tree that facts are made of.

It is Python's own tree without what no rule may ask for (docstrings, contexts, type comments), small enough to keep
and quick to bring back from disk. Columns count characters from 0, as `ast` does in ASCII files; `span` gives them as
people count. Each class lists how its fields travel in `_kinds`: `a` plain data, `n` a node, `?` a node or None,
`N` a tuple of nodes, `M` a tuple of nodes or None.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from fastlint.source import Span

Encoded = tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Node:
    line: int
    column: int
    end_line: int
    end_column: int
    _kinds: ClassVar[str] = ""

    @property
    def span(self) -> Span:
        return Span(self.line, self.column + 1, self.end_line, self.end_column + 1)

    @property
    def start(self) -> tuple[int, int]:
        return self.line, self.column

    def children(self) -> tuple[Node, ...]:
        """The nodes directly below, in source order as far as fields go. Function bodies count as below."""
        return CHILDREN[type(self)](self)


class Expr(Node):
    __slots__ = ()


class Stmt(Node):
    __slots__ = ()


@dataclass(slots=True, eq=False)
class Name(Expr):
    id: str
    _kinds = "a"


@dataclass(slots=True, eq=False)
class Attribute(Expr):
    value: Expr
    attr: str
    _kinds = "na"

    @property
    def attr_span(self) -> Span:
        return Span(self.end_line, self.end_column + 1 - len(self.attr), self.end_line, self.end_column + 1)


@dataclass(slots=True, eq=False)
class Constant(Expr):
    value: Any
    _kinds = "a"


@dataclass(slots=True, eq=False)
class FString(Expr):
    parts: tuple[Expr, ...]
    _kinds = "N"


@dataclass(slots=True, eq=False)
class Formatted(Expr):
    """The braces of an f-string."""

    value: Expr
    conversion: int
    spec: Expr | None
    _kinds = "na?"


@dataclass(slots=True, eq=False)
class Keyword(Node):
    arg: str | None
    value: Expr
    _kinds = "an"


@dataclass(slots=True, eq=False)
class Call(Expr):
    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    _kinds = "nNN"

    def keyword(self, name: str) -> Expr | None:
        for keyword in self.keywords:
            if keyword.arg == name:
                return keyword.value
        return None

    def argument(self, index: int | None, name: str | None) -> Expr | None:
        """The argument at a position or by keyword; None also when a starred argument hides it."""
        if name is not None and (value := self.keyword(name)) is not None:
            return value
        if index is None or index >= len(self.args) or any(isinstance(a, Starred) for a in self.args[: index + 1]):
            return None
        return self.args[index]

    @property
    def spread(self) -> bool:
        """Whether `*` or `**` may add arguments that are not written."""
        return any(isinstance(a, Starred) for a in self.args) or any(k.arg is None for k in self.keywords)


@dataclass(slots=True, eq=False)
class Starred(Expr):
    value: Expr
    _kinds = "n"


@dataclass(slots=True, eq=False)
class Subscript(Expr):
    value: Expr
    index: Expr
    _kinds = "nn"


@dataclass(slots=True, eq=False)
class Slice(Expr):
    lower: Expr | None
    upper: Expr | None
    step: Expr | None
    _kinds = "???"


@dataclass(slots=True, eq=False)
class Binary(Expr):
    left: Expr
    op: str
    right: Expr
    _kinds = "nan"


@dataclass(slots=True, eq=False)
class Boolean(Expr):
    op: str
    values: tuple[Expr, ...]
    _kinds = "aN"


@dataclass(slots=True, eq=False)
class Unary(Expr):
    op: str
    operand: Expr
    _kinds = "an"


@dataclass(slots=True, eq=False)
class Compare(Expr):
    left: Expr
    ops: tuple[str, ...]
    comparators: tuple[Expr, ...]
    _kinds = "naN"


@dataclass(slots=True, eq=False)
class Conditional(Expr):
    test: Expr
    body: Expr
    orelse: Expr
    _kinds = "nnn"


@dataclass(slots=True, eq=False)
class Parameter(Node):
    """`kind`: positional-only `/`, normal ` `, `*`, keyword-only `k`, `**`."""

    name: str
    kind: str
    annotation: Expr | None
    default: Expr | None
    _kinds = "aa??"


@dataclass(slots=True, eq=False)
class Lambda(Expr):
    parameters: tuple[Parameter, ...]
    body: Expr
    _kinds = "Nn"


@dataclass(slots=True, eq=False)
class List(Expr):
    elements: tuple[Expr, ...]
    _kinds = "N"


@dataclass(slots=True, eq=False)
class Tuple(Expr):
    elements: tuple[Expr, ...]
    _kinds = "N"


@dataclass(slots=True, eq=False)
class Set(Expr):
    elements: tuple[Expr, ...]
    _kinds = "N"


@dataclass(slots=True, eq=False)
class Dict(Expr):
    """A key is None where `**` spreads the value."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]
    _kinds = "MN"


@dataclass(slots=True, eq=False)
class Generator(Node):
    """One `for ... in ... if ...` of a comprehension."""

    target: Expr
    iterable: Expr
    conditions: tuple[Expr, ...]
    is_async: bool
    _kinds = "nnNa"


@dataclass(slots=True, eq=False)
class Comprehension(Expr):
    """`kind` is list, set, dict or generator; `value` belongs to dict."""

    kind: str
    element: Expr
    value: Expr | None
    generators: tuple[Generator, ...]
    _kinds = "an?N"


@dataclass(slots=True, eq=False)
class Await(Expr):
    value: Expr
    _kinds = "n"


@dataclass(slots=True, eq=False)
class Yield(Expr):
    value: Expr | None
    _kinds = "?"


@dataclass(slots=True, eq=False)
class YieldFrom(Expr):
    value: Expr
    _kinds = "n"


@dataclass(slots=True, eq=False)
class NamedExpr(Expr):
    target: Expr
    value: Expr
    _kinds = "nn"


@dataclass(slots=True, eq=False)
class Opaque(Expr):
    """An expression of newer syntax that the facts do not describe."""

    _kinds = ""


@dataclass(slots=True, eq=False)
class FunctionDef(Stmt):
    """The body stays encoded, as `blob`, until it is asked for; two cheap sieves say what it holds.

    `calls` are the last names of everything called in it, nested functions included (empty where a callee has none),
    `name=` for each keyword that is given, and `.name` for each attribute that is set and for each name and attribute
    that is compared with no constant (`.` for anything else that is). `kinds` are the kinds of the nodes directly in
    it, as the bits of a number: see `KIND_BITS`.
    """

    name: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expr, ...]
    returns: Expr | None
    is_async: bool
    has_await: bool
    has_yield: bool
    has_return_value: bool
    calls: frozenset[str]
    kinds: int
    name_column: int
    blob: bytes
    _decoded: Any = None
    _kinds = "aNN?aaaaaaaa"

    @property
    def body(self) -> tuple[Stmt, ...]:
        if self._decoded is None:
            self._decoded = tuple(decode(item) for item in marshal.loads(self.blob))
            self.blob = b""
        return self._decoded  # type: ignore[no-any-return]

    @property
    def name_span(self) -> Span:
        return Span(self.line, self.name_column + 1, self.line, self.name_column + 1 + len(self.name))


@dataclass(slots=True, eq=False)
class ClassDef(Stmt):
    name: str
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    name_column: int
    _kinds = "aNNNNa"

    @property
    def name_span(self) -> Span:
        return Span(self.line, self.name_column + 1, self.line, self.name_column + 1 + len(self.name))


@dataclass(slots=True, eq=False)
class Return(Stmt):
    value: Expr | None
    _kinds = "?"


@dataclass(slots=True, eq=False)
class Assign(Stmt):
    targets: tuple[Expr, ...]
    value: Expr
    _kinds = "Nn"


@dataclass(slots=True, eq=False)
class AugAssign(Stmt):
    target: Expr
    op: str
    value: Expr
    _kinds = "nan"


@dataclass(slots=True, eq=False)
class AnnAssign(Stmt):
    target: Expr
    annotation: Expr
    value: Expr | None
    _kinds = "nn?"


@dataclass(slots=True, eq=False)
class TypeAlias(Stmt):
    name: str
    value: Expr
    _kinds = "an"


@dataclass(slots=True, eq=False)
class Delete(Stmt):
    targets: tuple[Expr, ...]
    _kinds = "N"


@dataclass(slots=True, eq=False)
class ExprStmt(Stmt):
    value: Expr
    _kinds = "n"


@dataclass(slots=True, eq=False)
class For(Stmt):
    target: Expr
    iterable: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    is_async: bool
    _kinds = "nnNNa"


@dataclass(slots=True, eq=False)
class While(Stmt):
    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    _kinds = "nNN"


@dataclass(slots=True, eq=False)
class If(Stmt):
    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    _kinds = "nNN"


@dataclass(slots=True, eq=False)
class WithItem(Node):
    context: Expr
    target: Expr | None
    _kinds = "n?"


@dataclass(slots=True, eq=False)
class With(Stmt):
    items: tuple[WithItem, ...]
    body: tuple[Stmt, ...]
    is_async: bool
    _kinds = "NNa"


@dataclass(slots=True, eq=False)
class Raise(Stmt):
    exception: Expr | None
    cause: Expr | None
    _kinds = "??"


@dataclass(slots=True, eq=False)
class Handler(Node):
    type: Expr | None
    name: str | None
    body: tuple[Stmt, ...]
    _kinds = "?aN"


@dataclass(slots=True, eq=False)
class Try(Stmt):
    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Stmt, ...]
    finalbody: tuple[Stmt, ...]
    _kinds = "NNNN"


@dataclass(slots=True, eq=False)
class Assert(Stmt):
    test: Expr
    message: Expr | None
    _kinds = "n?"


@dataclass(slots=True, eq=False)
class Import(Stmt):
    """`names` are (module, alias or None)."""

    names: tuple[tuple[str, str | None], ...]
    _kinds = "a"


@dataclass(slots=True, eq=False)
class ImportFrom(Stmt):
    module: str
    names: tuple[tuple[str, str | None], ...]
    level: int
    _kinds = "aaa"


@dataclass(slots=True, eq=False)
class Scope(Stmt):
    """`global` and `nonlocal`."""

    kind: str
    names: tuple[str, ...]
    _kinds = "aa"


@dataclass(slots=True, eq=False)
class Jump(Stmt):
    """pass, break or continue."""

    kind: str
    _kinds = "a"


@dataclass(slots=True, eq=False)
class Case(Node):
    """One case of a match; `values` are the expressions its pattern compares with, `names` what it binds.

    `kind` is "values" where nothing but constants matches, "keys" where a key is taken out of a mapping as it is, else
    empty.
    """

    kind: str
    names: tuple[str, ...]
    values: tuple[Expr, ...]
    guard: Expr | None
    body: tuple[Stmt, ...]
    _kinds = "aaN?N"


@dataclass(slots=True, eq=False)
class Match(Stmt):
    subject: Expr
    cases: tuple[Case, ...]
    _kinds = "nN"


CLASSES: tuple[type[Node], ...] = (
    *(Name, Attribute, Constant, FString, Formatted, Keyword, Call, Starred, Subscript, Slice, Binary, Boolean, Unary),
    *(Compare, Conditional, Parameter, Lambda, List, Tuple, Set, Dict, Generator, Comprehension, Await, Yield),
    *(YieldFrom, NamedExpr, Opaque, FunctionDef, ClassDef, Return, Assign, AugAssign, AnnAssign, TypeAlias, Delete),
    *(ExprStmt, For, While, If, WithItem, With, Raise, Handler, Try, Assert, Import, ImportFrom, Scope, Jump, Case),
    Match,
)
TAGS: dict[type[Node], int] = {cls: tag for tag, cls in enumerate(CLASSES)}
NAMES: dict[type[Node], tuple[str, ...]] = {
    cls: tuple(name for name in cls.__dataclass_fields__ if not name.startswith("_"))[4:] for cls in CLASSES
}


KIND_BITS: dict[type[Node], int] = {
    cls: 1 << bit
    for bit, cls in enumerate(
        (
            *(FunctionDef, ClassDef, Return, Assign, AugAssign, AnnAssign, Delete, For, While, If, With, Raise, Try),
            *(Handler, Assert, Import, ImportFrom, Await, Yield, YieldFrom, Lambda, Compare, Comprehension, Generator),
            *(FString, Scope, Match, WithItem, Call, Conditional),
        )
    )
}
"""The kinds of nodes whose presence in a function is told by its `kinds`."""
SETS_ATTRIBUTE = 1 << len(KIND_BITS)
"""Among `kinds`: an attribute is assigned to."""
ODD_TEXT = SETS_ATTRIBUTE << 1
"""Among `kinds`: a literal that is no prose and not put together from words, as keys and addresses are."""


def _decoder(cls: type[Node]) -> Callable[[Encoded], Node]:
    """Compile the function that builds a `cls` from its tuple: (tag, line, column, end line, end column, fields...)."""
    forms = {
        "a": "t[{0}]",
        "n": "D[t[{0}][0]](t[{0}])",
        "?": "None if t[{0}] is None else D[t[{0}][0]](t[{0}])",
        "N": "tuple([D[i[0]](i) for i in t[{0}]])",
        "M": "tuple([None if i is None else D[i[0]](i) for i in t[{0}]])",
    }
    fields = [forms[kind].format(index) for index, kind in enumerate(cls._kinds, 5)]
    code = f"lambda t: C(t[1], t[2], t[3], t[4], {', '.join(fields)})"
    return eval(code, {"C": cls, "D": DECODERS})  # type: ignore[no-any-return]


def _children(cls: type[Node]) -> Callable[[Any], tuple[Node, ...]]:
    """Compile the function that lists the nodes directly below a `cls`."""
    if cls is FunctionDef:
        return lambda n: (*n.decorators, *n.parameters, *((n.returns,) if n.returns is not None else ()), *n.body)
    forms = {
        "n": "n.{0},",
        "?": "*((n.{0},) if n.{0} is not None else ()),",
        "N": "*n.{0},",
        "M": "*[i for i in n.{0} if i is not None],",
    }
    kinds = [(kind, name) for kind, name in zip(cls._kinds, NAMES[cls], strict=True) if kind != "a"]
    if len(kinds) == 1 and kinds[0][0] == "N":
        return eval(f"lambda n: n.{kinds[0][1]}")  # type: ignore[no-any-return]
    return eval(f"lambda n: ({' '.join(forms[kind].format(name) for kind, name in kinds)})")  # type: ignore[no-any-return]


CHILDREN: dict[type[Node], Callable[[Any], tuple[Node, ...]]] = {cls: _children(cls) for cls in CLASSES}
DECODERS: list[Callable[[Encoded], Any]] = []
DECODERS.extend(_decoder(cls) for cls in CLASSES)


def decode(encoded: Encoded) -> Any:
    return DECODERS[encoded[0]](encoded)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, function bodies included, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children()))
