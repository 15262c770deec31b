"""Coroutines that nobody awaits: which calls make one, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from fastlint.facts import syntax as s
from fastlint.project.catalogue.types import ASYNC_ONLY_CONTEXT, AWAITABLE
from fastlint.project.event_loop.blocking import spellings
from fastlint.project.event_loop.contexts import Contexts
from fastlint.project.event_loop.runs import Runs
from fastlint.project.language import values as v
from fastlint.project.language.callers import last_name
from fastlint.project.language.externals import lineage
from fastlint.project.language.scopes import Class, Function, Scope

KEEPING = frozenset(
    {
        *("builtins.staticmethod", "builtins.classmethod", "typing.override", "typing_extensions.override"),
        *("abc.abstractmethod", "functools.wraps", "tenacity.retry", "typing.final", "typing_extensions.final"),
    }
)
"""Decorators under which an `async def` stays one."""
BY_VALUE = frozenset(
    f"builtins.{name}"
    for name in (
        *("len", "int", "float", "bool", "str", "repr", "print", "sum", "max", "min", "any", "all", "sorted", "list"),
        *("tuple", "set", "frozenset", "dict", "enumerate", "iter", "next", "round", "abs", "range", "reversed"),
    )
)
"""Functions that want the value, never a coroutine."""
OF_COROUTINES = frozenset({"close", "send", "throw", "cr_await", "cr_code", "cr_frame", "cr_running", "__await__"})
PIPELINE = "redis.asyncio.client.Pipeline."


@dataclass(frozen=True, slots=True)
class Lost:
    """A call that makes a coroutine which is never awaited; `dropped` says that nothing is done with it at all."""

    function: Function
    call: s.Call
    name: str
    dropped: bool


class Awaiting:
    """Asked through Loop; one per project."""

    def __init__(self, runs: Runs, contexts: Contexts) -> None:
        self.inference = runs.inference
        self.runs = runs
        self.contexts = contexts

    def lost(self, function: Function) -> Iterator[Lost]:
        """The coroutines that a function makes and loses."""
        if not function.node.calls & self._candidates:
            return
        for call in function.body.all(s.Call):
            if last_name(call) not in self._candidates:
                continue
            fate = self._fate(call, function)
            if fate is not None and not function.body.in_lambda(call):
                name = self.coroutine(call, function)
                if name is not None:
                    yield Lost(function, call, name, fate == "dropped")

    @cached_property
    def _candidates(self) -> frozenset[str]:
        """The last names of everything that makes a coroutine: a cheap sieve."""
        own = {f.name for module in self.inference.names.modules for f in module.functions() if f.is_async}
        return frozenset(own | {name.rpartition(".")[2] for name in AWAITABLE})

    def coroutine(self, call: s.Call, scope: Scope) -> str | None:
        """The name of what the call surely makes a coroutine of."""
        name = None
        for value in v.without_none(self.inference.infer(call.func, scope)):
            match value:
                case v.FunctionValue(function) if self._makes_coroutine(function):
                    name = function.short
                case v.External(external) if _awaitable(external):
                    name = external
                case _:
                    return None
        return name

    def _makes_coroutine(self, function: Function) -> bool:
        if not function.is_async or function.is_generator:
            return False
        if not function.node.decorators:
            return True
        wrapper = self.runs.wrapper(function)
        if wrapper is not None:
            return wrapper.is_async and not wrapper.is_generator
        return all(self._keeps(decorator, function) for decorator in function.node.decorators)

    def _keeps(self, decorator: s.Expr, function: Function) -> bool:
        target = decorator.func if isinstance(decorator, s.Call) else decorator
        names = self.inference.external_names(target, function.parent)
        return bool(names) and all(name in KEEPING or name.startswith(("fastapi.", "starlette.")) for name in names)

    def async_only(self, expr: s.Expr, scope: Scope) -> str | None:
        """The name of what can only be entered by `async with`; None when it may be something else."""
        name = None
        for value in self.inference.infer(expr, scope):
            match value:
                case v.Manager(function=function) if function.is_async:
                    name = function.short
                case v.Instance(str() as external) if any(item in ASYNC_ONLY_CONTEXT for item in lineage(external)):
                    name = external
                case v.Instance(Class() as cls) if self._enters_only_async(cls):
                    name = cls.name
                case _:
                    return None
        return name

    def _enters_only_async(self, cls: Class) -> bool:
        known = all(isinstance(item, Class) or item in ("builtins.object", "abc.ABC") for item in self._bases(cls))
        methods = self.inference.classes.method
        return known and methods(cls, "__enter__") is None and methods(cls, "__aenter__") is not None

    def _bases(self, cls: Class) -> list[Class | str]:
        generic = ("typing.Generic", "typing.Protocol", "contextlib.AbstractAsyncContextManager")
        return [item for item in self.inference.classes.ancestry(cls) if item not in generic]

    def _fate(self, call: s.Call, function: Function) -> str | None:
        """`dropped`, `value` (used as if it were the result), or None: awaited or handed on."""
        parent = function.body.parents.get(call)
        match parent:
            case s.Await():
                return None
            case s.ExprStmt():
                return "dropped"
            case s.Assign(targets=(s.Name(id=name),)) | s.AnnAssign(target=s.Name(id=name)):
                return self._fate_of_name(name, function)
            case _:
                return "value" if self.by_value(call, function) else None

    def _fate_of_name(self, name: str, function: Function) -> str | None:
        """What becomes of a coroutine that a variable holds, if that is all the variable ever holds."""
        body = function.body
        if len(body.bindings.get(name, ())) != 1 or name in body.elsewhere or function.members:
            return None
        uses = [node for node in body.all(s.Name) if node.id == name and not _is_target(node, body.parents.get(node))]
        if not uses:
            return "dropped"
        return "value" if all(self.by_value(use, function) for use in uses) else None

    def by_value(self, expr: s.Expr, function: Function) -> bool:
        """Whether the expression stands where only its value makes sense, not a coroutine."""
        body = function.body
        parent = body.parents.get(expr)
        match parent:
            case s.Attribute(attr=attr):
                return attr not in OF_COROUTINES
            case s.Subscript(value=value):
                return value is expr
            case s.Compare(ops=ops):
                return not set(ops) & {"Is", "IsNot"}
            case s.Binary() | s.Formatted() | s.Unary():
                return True
            case s.If(test=test) | s.While(test=test) | s.Conditional(test=test) | s.Assert(test=test):
                return test is expr
            case s.Boolean(values=values):
                return values[-1] is not expr or self.by_value(parent, function)
            case s.For(iterable=iterable) | s.Generator(iterable=iterable):
                return iterable is expr
            case s.Call(func=func):
                return func is not expr and bool(self.inference.external_names(func, function) & BY_VALUE)
            case s.Return():
                return function in self.contexts.handlers
            case s.Dict() | s.List() | s.Tuple():
                return isinstance(_outermost(parent, function), s.Return) and function in self.contexts.handlers
        return False


def _outermost(node: s.Node, function: Function) -> s.Node | None:
    """The first node around a display that is no display."""
    return next((a for a in function.body.ancestors(node) if not isinstance(a, s.Dict | s.List | s.Tuple)), None)


def _is_target(node: s.Name, parent: s.Node | None) -> bool:
    match parent:
        case s.Assign(targets=targets):
            return node in targets
        case s.AnnAssign(target=target):
            return target is node
    return False


@lru_cache(maxsize=65_536)
def _awaitable(name: str) -> bool:
    if name.startswith(PIPELINE):  # its commands are collected, and only `execute` is awaited
        return name in AWAITABLE
    return any(spelling in AWAITABLE for spelling in spellings(name))
