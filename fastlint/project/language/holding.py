"""What the methods of containers give back: `table.get(key)`, `table.values()`, `variable.get()`, `items.pop()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Scope
from fastlint.project.language.steps import MAPPINGS
from fastlint.project.language.values import NOTHING_KNOWN, UNKNOWN, Value, Values, union

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

TABLES = (*MAPPINGS, "collections.OrderedDict")
TAKING = frozenset(f"{table}.{method}" for table in TABLES for method in ("get", "pop", "setdefault"))
"""What gives the value of a key, or else the second argument."""
LISTING = frozenset(f"{table}.{method}" for table in TABLES for method in ("values", "items"))
FIRST = frozenset(
    {
        *("contextvars.ContextVar.get", "builtins.list.pop", "collections.deque.pop", "collections.deque.popleft"),
        *(f"queue.{kind}.{way}" for kind in ("Queue", "LifoQueue", "SimpleQueue") for way in ("get", "get_nowait")),
        "asyncio.Queue.get_nowait",
    }
)
"""What gives an object of the first type argument."""
GIVING = TAKING | LISTING | FIRST


class Holding:
    """Asked through Results; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def given(self, name: str, call: s.Call, owner: s.Expr, scope: Scope) -> Values:
        """What a call gives of a method in GIVING, whose object is `owner`; nothing where the object does not tell."""
        held = v.without_none(self.inference.infer(owner, scope))
        if name in TAKING and call.args:
            values = self.inference.each(held, lambda value: self._of_key(value, call.args[0], scope))
            if UNKNOWN in values:
                return ()
            default = self.inference.infer(call.args[1], scope) if len(call.args) > 1 else (v.NONE,)
            return union(values, default)
        if name in LISTING:
            pairs = [self._pair(value) for value in held]
            keys, items = union(*(pair[0] for pair in pairs)), union(*(pair[1] for pair in pairs))
            if not items or UNKNOWN in items:
                return ()
            one = (v.Instance("builtins.tuple", arguments=(keys, items)),) if name.endswith(".items") else items
            return (v.Elements(one),)
        if name in FIRST:
            values = union(*(self._first(value) for value in held))
            return () if UNKNOWN in values else values
        return ()

    def _of_key(self, value: Value, key: s.Expr, scope: Scope) -> Values:
        match value:
            case v.Display(s.Dict()) | v.Instance(str(), arguments=(_, _)) | v.Instance("builtins.dict", v.Site()):
                return self.inference.steps.item(value, key, scope)
        return NOTHING_KNOWN

    def _pair(self, value: Value) -> tuple[Values, Values]:
        match value:
            case v.Display(s.Dict()):
                return self.inference.steps.iterate(value), self.inference.steps.held(value)
            case v.Instance(str() as name, arguments=(keys, items)) if name in TABLES:
                return keys, items
        return NOTHING_KNOWN, NOTHING_KNOWN

    def _first(self, value: Value) -> Values:
        match value:
            case v.Elements() | v.Display(s.List()):
                return self.inference.steps.iterate(value)
            case v.Instance(str(), arguments=(first, *_)):
                return first  # type: ignore[no-any-return]
        return NOTHING_KNOWN
