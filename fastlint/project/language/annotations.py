"""Annotations in normal form: aliases, strings, `Annotated` and unions resolved across files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.values import External, ModuleValue

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

DEPTH = 24


@dataclass(frozen=True, slots=True)
class Metadata:
    """One item of an `Annotated[...]` and the scope it is written in."""

    expr: s.Expr
    scope: Scope


@dataclass(frozen=True, slots=True)
class Annotation:
    """`kind`: class (in `cls`), external (dotted in `name`), union, none, any, literal, missing or unknown.


    `arguments` are type arguments or members of a union; `metadata` what `Annotated` adds, outermost last.
    """

    kind: str
    name: str = ""
    cls: Class | None = None
    arguments: tuple[Annotation, ...] = ()
    metadata: tuple[Metadata, ...] = ()
    subscripted: bool = False

    @property
    def members(self) -> tuple[Annotation, ...]:
        """The members of a union, or the annotation alone."""
        return self.arguments if self.kind == "union" else (self,)

    @property
    def optional(self) -> bool:
        return any(member.kind == "none" for member in self.members)

    def bare(self) -> Annotation:
        """Without None: the one member left, else a smaller union."""
        if self.kind not in ("union", "none"):
            return self
        rest = tuple(member for member in self.members if member.kind != "none")
        return (
            replace(rest[0], metadata=self.metadata or rest[0].metadata)
            if len(rest) == 1
            else replace(self, arguments=rest)
        )


MISSING = Annotation("missing")
UNKNOWN = Annotation("unknown")
ANY = Annotation("any")
NONE = Annotation("none")

TRANSPARENT = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions")
    for name in ("ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "Unpack")
)
ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})
ALIASES = frozenset({"typing.TypeAliasType", "typing_extensions.TypeAliasType"})
"""What `type X = ...` becomes, as a call."""
SPELLINGS = {
    **{f"typing.{name}": f"builtins.{name.lower()}" for name in ("List", "Dict", "Set", "FrozenSet", "Tuple", "Type")},
    **{
        f"typing.{name}": f"collections.abc.{name}"
        for name in (
            *("Iterable", "Iterator", "Generator", "AsyncIterable", "AsyncIterator", "AsyncGenerator", "Sequence"),
            *("MutableSequence", "Mapping", "MutableMapping", "Callable", "Awaitable", "Coroutine", "Collection"),
        )
    },
    "typing.AsyncContextManager": "contextlib.AbstractAsyncContextManager",
    "typing.ContextManager": "contextlib.AbstractContextManager",
    "typing.DefaultDict": "collections.defaultdict",
    "typing.Deque": "collections.deque",
    "typing.OrderedDict": "collections.OrderedDict",
    "typing.Counter": "collections.Counter",
}


class Annotations:
    """Reads annotations; one per project, asked through Inference."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._read: dict[s.Expr, Annotation] = {}
        self._active: set[s.Expr] = set()

    def read(self, expr: s.Expr | None, scope: Scope, depth: int = 0) -> Annotation:
        """The normal form of an annotation as written in `scope`."""
        if expr is None:
            return MISSING
        known = self._read.get(expr)
        if known is not None:
            return known
        if depth > DEPTH or expr in self._active:
            return UNKNOWN
        self._active.add(expr)
        try:
            known = self._of(expr, scope, depth + 1)
        finally:
            self._active.discard(expr)
        self._read[expr] = known
        return known

    def _of(self, expr: s.Expr, scope: Scope, depth: int) -> Annotation:
        match expr:
            case s.Constant(value=None):
                return NONE
            case s.Constant(value=str() as text):
                from fastlint.facts.expressions import expression

                parsed = expression(text, expr.line, expr.column)
                return UNKNOWN if parsed is None else self.read(parsed, scope, depth)
            case s.Binary(op="BitOr"):
                return _union((self.read(expr.left, scope, depth), self.read(expr.right, scope, depth)))
            case s.Subscript():
                return self._subscript(expr, scope, depth)
            case s.Name() | s.Attribute():
                return _union(
                    tuple(self._found(found, depth) for found in self.inference.define(expr, scope)) or (UNKNOWN,)
                )
            case s.List():
                return Annotation("unknown", arguments=tuple(self.read(e, scope, depth) for e in expr.elements))
            case _:
                return UNKNOWN

    def _found(self, found: object, depth: int) -> Annotation:
        match found:
            case External(name):
                return _external(name)
            case Definition(binding, scope):
                if binding.kind == "class":
                    cls = scope.members.get(binding.node)
                    return Annotation("class", cls=cls) if isinstance(cls, Class) else UNKNOWN
                if binding.kind in ("assign", "annotated", "type") and binding.value is not None and not binding.path:
                    return self._alias(binding.value, scope, depth)
                return UNKNOWN
            case ModuleValue():
                return UNKNOWN
            case _:
                return UNKNOWN

    def _alias(self, value: s.Expr, scope: Scope, depth: int) -> Annotation:
        if isinstance(value, s.Name | s.Attribute | s.Subscript | s.Binary | s.Constant):
            return self.read(value, scope, depth)
        if isinstance(value, s.Call):
            names = self.inference.external_names(value.func, scope)
            if "typing.NewType" in names and len(value.args) == 2:
                return self.read(value.args[1], scope, depth)
            if "typing.TypeVar" in names:
                bound = value.keyword("bound")
                return self.read(bound, scope, depth) if bound is not None else Annotation("typevar")
            if names & ALIASES and (aliased := value.argument(1, "value")) is not None:
                return self.read(aliased, scope, depth)
            if names & {"pydantic.create_model"}:
                return Annotation("external", name="pydantic.BaseModel")
        return UNKNOWN

    def applied(self, expr: s.Subscript, scope: Scope, arguments: tuple[Annotation, ...]) -> Annotation:
        """`expr` with other type arguments than it names."""
        base = self.read(expr.value, scope)
        name = base.name if base.kind in ("external", "any") else ""
        if name in ANNOTATED or name in TRANSPARENT:
            return arguments[0]
        if name in ("typing.Optional", "typing_extensions.Optional"):
            return _union((arguments[0], NONE))
        if name in ("typing.Union", "typing_extensions.Union"):
            return _union(arguments)
        if base.kind in ("class", "external"):
            return replace(base, arguments=arguments, subscripted=True)
        return base

    def _subscript(self, expr: s.Subscript, scope: Scope, depth: int) -> Annotation:
        items = expr.index.elements if isinstance(expr.index, s.Tuple) else (expr.index,)
        base = self.read(expr.value, scope, depth)
        name = base.name if base.kind in ("external", "any") else ""
        if name in ANNOTATED and items:
            inner = self.read(items[0], scope, depth)
            more = tuple(Metadata(item, scope) for item in items[1:])
            return replace(inner, metadata=inner.metadata + more)
        if name in ("typing.Optional", "typing_extensions.Optional"):
            return _union((self.read(items[0], scope, depth), NONE))
        if name in ("typing.Union", "typing_extensions.Union"):
            return _union(tuple(self.read(item, scope, depth) for item in items))
        if name in ("typing.Literal", "typing_extensions.Literal"):
            return Annotation("literal")
        if name in TRANSPARENT:
            return self.read(items[0], scope, depth)
        arguments = tuple(self.read(item, scope, depth) for item in items)
        if base.kind == "unknown":
            return UNKNOWN
        if base.kind in ("class", "external"):
            return replace(base, arguments=arguments, subscripted=True)
        return base

    def parameter(self, function: Function, parameter: s.Parameter) -> Annotation:
        return self.read(parameter.annotation, function.parent if function.parent is not None else function.module)

    def returns(self, function: Function) -> Annotation:
        return self.read(function.node.returns, function.parent)


def _external(name: str) -> Annotation:
    if name in ("typing.Any", "typing_extensions.Any"):
        return Annotation("any", name=name)
    if name in ("typing.NoReturn", "typing.Never", "typing_extensions.Never"):
        return Annotation("external", name="typing.NoReturn")
    return Annotation("external", name=SPELLINGS.get(name.replace("typing_extensions.", "typing."), name))


def union_of(*members: Annotation) -> Annotation:
    """`A | B`."""
    return _union(members)


def _union(members: tuple[Annotation, ...]) -> Annotation:
    flat: list[Annotation] = []
    for member in members:
        flat += [m for m in member.members if m not in flat]
    if len(flat) == 1:
        return flat[0]
    metadata = next((m.metadata for m in members if m.metadata), ())
    return Annotation("union", arguments=tuple(flat), metadata=metadata)
