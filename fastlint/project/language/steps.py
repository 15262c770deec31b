"""Steps from one value to another: attributes, what is awaited, entered, iterated, unpacked and taken by an index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.externals import attribute_of, entered, iterated, subscripted
from fastlint.project.language.kept_state import STATES
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.values import NOTHING_KNOWN, UNKNOWN, External, Value, Values, union

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

TASK = frozenset({"add_done_callback", "remove_done_callback", "cancel", "cancelled", "done", "exception", "result"})
CELERY = frozenset({"celery.Celery.task", "celery.shared_task"})
AWAITABLES = frozenset({"collections.abc.Awaitable", "collections.abc.Coroutine", "asyncio.Task", "asyncio.Future"})
ITERABLES = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "set", "frozenset", "tuple")),
        *(f"collections.abc.{name}" for name in ("Iterable", "Iterator", "Generator", "Sequence", "Collection")),
        *(
            f"collections.abc.{name}"
            for name in ("AsyncIterable", "AsyncIterator", "AsyncGenerator", "MutableSequence")
        ),
        "collections.deque",
    }
)
TYPED = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})
MAPPINGS = frozenset(
    {"builtins.dict", "collections.abc.Mapping", "collections.abc.MutableMapping", "collections.defaultdict"}
)

Sequence = s.List | s.Tuple | s.Set
Part = tuple[s.Expr | None, s.Expr, Scope]
"""The key, in a dict, and the expression of what is written in a display, with the scope in which it stands."""


class Steps:
    """Asked through Inference; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._active: set[s.Node] = set()

    def unpacked(self, values: Values, path: tuple[int, ...]) -> Values:
        """What stands at a path of positions: that of `b` in `a, (b, c) = ...` is 1, 0."""
        for step in path:
            values = self.inference.each(values, lambda value, step=step: self._position(value, step))  # type: ignore[misc]
        return values

    def _position(self, value: Value, index: int) -> Values:
        match value:
            case v.Display(s.Tuple() | s.List() as node, scope) if 0 <= index < len(node.elements):
                if not any(isinstance(e, s.Starred) for e in node.elements[: index + 1]):
                    return self.inference.infer(node.elements[index], scope)
            case v.Instance("builtins.tuple", arguments=arguments) if 0 <= index < len(arguments):
                return arguments[index]  # type: ignore[no-any-return]
            case v.Elements(items) if index >= 0:
                return items
        return NOTHING_KNOWN

    def attribute(self, value: Value, name: str) -> Values:
        """What `value.name` is."""
        match value:
            case v.ModuleValue(module):
                found = self.inference.names.member(module, name)
                return union(*[self.inference.found(item) for item in found]) if found else NOTHING_KNOWN
            case v.ClassValue(cls):
                return self.inference.classes.class_attribute(cls, name)
            case v.Instance(Class()):
                return tuple(
                    _made_with(found, value) for found in self.inference.classes.instance_attribute(value, name)
                )
            case v.Instance("fastapi.FastAPI" | "starlette.applications.Starlette") if name == "router":
                return (value,)  # what is registered on either is registered on both
            case v.Instance(str() as owner) if owner in STATES:
                return self.inference.kept_state.attribute(owner, name)
            case v.Coroutine() if name in TASK:  # `create_task` gives what it runs
                return (External(f"asyncio.Task.{name}"),)
            case v.Display(s.Dict()):
                return (External(f"builtins.dict.{name}"),)
            case v.Display(node):
                return (External(f"builtins.{type(node).__name__.lower()}.{name}"),)
            case v.Elements():
                return (External(f"builtins.list.{name}"),)
            case v.Const(str()):
                return (External(f"builtins.str.{name}"),)
            case v.FunctionValue(function):
                task = any(d in CELERY for d in self.inference.results.decorators(function))
                return attribute_of(v.Instance("celery.Task"), name) if task else NOTHING_KNOWN
            case External() | v.Instance():
                return attribute_of(value, name)
            case _:
                return NOTHING_KNOWN

    def awaited(self, value: Value) -> Values:
        match value:
            case v.Coroutine(result):
                return result
            case v.Instance(str() as name) if name in AWAITABLES and value.arguments:
                return value.arguments[-1]  # type: ignore[no-any-return]
            case v.Instance(Class() as cls) if self._may_be_awaited(cls):
                return NOTHING_KNOWN
            case _:
                return (value,)

    def _may_be_awaited(self, cls: Class) -> bool:
        """Whether awaiting an object of the class may give something else; what else is awaited was given as it is."""
        return self.inference.classes.uncertain(cls) or self.inference.classes.method(cls, "__await__") is not None

    def enter(self, value: Value, is_async: bool) -> Values:
        """What `with value as x` binds."""
        match value:
            case v.Manager(given):
                return given
            case v.Instance("contextlib.closing" | "contextlib.aclosing" | "contextlib.nullcontext", _, (given,)):
                return given  # type: ignore[no-any-return]
            case v.Instance(Class() as cls):
                method = self.inference.classes.method(cls, "__aenter__" if is_async else "__enter__")
                if method is None:
                    return (value,)
                result = self.inference.results.of_function(method, value)
                if is_async:
                    result = self.inference.each(result, self.awaited)
                return (value,) if UNKNOWN in result else result
            case v.Instance() | External():
                return entered(value, is_async)
            case v.Coroutine(result):
                return result
            case _:
                return NOTHING_KNOWN

    def iterate(self, value: Value) -> Values:
        """What one round of `for x in value` binds."""
        match value:
            case v.Elements(items):
                return items
            case v.Display(s.Dict() as node, scope):
                pairs, others = self._written(node, scope)
                keys = [self.inference.infer(key, within) for key, _, within in pairs if key is not None]
                return union(*keys, *map(self.iterate, others)) or NOTHING_KNOWN
            case v.Display(s.List() | s.Tuple() | s.Set() as node, scope):
                return self._elements(node, scope)
            case v.Instance(str() as name, arguments=arguments) if arguments and name in ITERABLES:
                return arguments[0]  # type: ignore[no-any-return]
            case v.Instance(str()):
                return iterated(value)
            case _:
                return NOTHING_KNOWN

    def held(self, value: v.Display) -> Values:
        """What stands behind the keys of a dictionary that is written out."""
        if value.node in self._active:
            self.inference.cuts += 1
            return NOTHING_KNOWN
        self._active.add(value.node)
        try:
            pairs, others = self._written(value.node, value.scope)
            values = [self.inference.infer(item, within) for _, item, within in pairs]
            return union(*values) if values and not others else NOTHING_KNOWN
        finally:
            self._active.discard(value.node)

    def _elements(self, node: Sequence, scope: Scope) -> Values:
        if node in self._active:  # `items = [*items, item]`
            self.inference.cuts += 1
            return NOTHING_KNOWN
        self._active.add(node)
        try:
            written, others = self._written(node, scope)
            elements = [self.inference.infer(element, within) for _, element, within in written]
            return union(*elements, *map(self.iterate, others)) or NOTHING_KNOWN
        finally:
            self._active.discard(node)

    def _written(self, node: s.Dict | Sequence, scope: Scope) -> tuple[list[Part], list[Value]]:
        """What is written in a display and in those that it spreads, each once, and what else it spreads."""
        kinds = s.Dict if isinstance(node, s.Dict) else Sequence
        written: list[Part] = []
        others: list[Value] = []
        waiting, seen = [(node, scope)], {node}
        while waiting:
            current, within = waiting.pop()
            for key, item, spreads in _parts(current):
                if not spreads:
                    written.append((key, item, within))
                    continue
                for value in self._spread(item, within, current):
                    if not (isinstance(value, v.Display) and isinstance(value.node, kinds)):
                        others.append(value)
                    elif value.node not in seen:
                        seen.add(value.node)
                        waiting.append((value.node, value.scope))
        return written, list(dict.fromkeys(others))

    def _spread(self, expr: s.Expr, scope: Scope, node: s.Node) -> Values:
        """What is spread into a display; unknown where that is nothing but the display itself."""
        values = self.inference.infer(expr, scope)
        alone = len(values) == 1 and isinstance(values[0], v.Display) and values[0].node is node
        return NOTHING_KNOWN if alone or not values else values

    def _has_key(self, cls: Class, key: object) -> bool:
        """Whether a dictionary of declared keys has this one."""
        ancestry = self.inference.classes.ancestry(cls)
        return not TYPED.isdisjoint(item for item in ancestry if isinstance(item, str)) and any(
            isinstance(item, Class) and key in item.body.bindings for item in ancestry
        )

    def item(self, value: Value, index: s.Expr, scope: Scope) -> Values:
        """What `value[index]` is."""
        match value:
            case v.Display(s.Dict() as node, inside):
                wanted = self.inference.infer(index, scope)
                for key, item in zip(node.keys, node.values, strict=True):
                    if isinstance(key, s.Constant) and wanted == (v.Const(key.value),):
                        return self.inference.infer(item, inside)
                if not node.values:
                    return self.inference.filled_later.item(node, inside, index, scope)
                pairs, others = self._written(node, inside)
                named = [one for one in pairs if isinstance(one[0], s.Constant) and wanted == (v.Const(one[0].value),)]
                values = [self.inference.infer(item, within) for _, item, within in named or pairs]
                return union(*values, *(self.item(one, index, scope) for one in others)) or NOTHING_KNOWN
            case v.Display(s.Tuple() | s.List() as node) if isinstance(index, s.Constant) and isinstance(
                index.value, int
            ):
                return self._position(value, index.value if index.value >= 0 else len(node.elements) + index.value)
            case v.Display() | v.Elements():
                elements = self.iterate(value)
                return (v.Elements(elements),) if isinstance(index, s.Slice) else elements
            case v.Instance(Class() as cls) if isinstance(index, s.Constant) and self._has_key(cls, index.value):
                return self.attribute(value, str(index.value))
            case v.Instance("builtins.dict", v.Site(call, inside, None), ()):
                return self.inference.filled_later.item(call, inside, index, scope)
            case v.Instance(str() as name) if isinstance(index, s.Slice) and name in ITERABLES:
                return (value,)
            case v.Instance(str() as name, arguments=arguments) if arguments and name in ITERABLES:
                return arguments[0]  # type: ignore[no-any-return]
            case v.Instance(str() as name, arguments=arguments) if len(arguments) == 2 and name in MAPPINGS:
                return arguments[1]  # type: ignore[no-any-return]
            case v.Instance(str()) | External():
                return subscripted(value)
            case _:
                return NOTHING_KNOWN


def _parts(node: s.Dict | Sequence) -> Iterator[tuple[s.Expr | None, s.Expr, bool]]:
    """The key, where there is one, and the expression of each part of a display, and whether it is spread."""
    if isinstance(node, s.Dict):
        yield from ((key, item, key is None) for key, item in zip(node.keys, node.values, strict=True))
        return
    for element in node.elements:
        if isinstance(element, s.Starred):
            yield None, element.value, True
        else:
            yield None, element, False


def _made_with(value: Value, owner: v.Instance) -> Value:
    """An object that the methods of a class make for themselves is another one for each object of the class."""
    if not isinstance(value, v.Instance) or value.site is None or owner.site is None:
        return value
    scope = value.site.outermost.scope
    if not isinstance(scope, Function) or scope.cls is None:
        return value
    return replace(value, site=value.site.within(owner.site))
