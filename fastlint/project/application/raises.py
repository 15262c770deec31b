"""Which HTTPExceptions leave a function, raised in it or in what it calls, and what the routes reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.application.answered import answered
from fastlint.project.application.handlers import Handlers
from fastlint.project.application.shapes import MODELS
from fastlint.project.language import values as v
from fastlint.project.language.constants import Constants
from fastlint.project.language.scopes import Class, Function, Scope

FASTAPI = "fastapi.HTTPException"
STARLETTE = "starlette.exceptions.HTTPException"
HTTP_EXCEPTIONS = frozenset({FASTAPI, STARLETTE, "fastapi.exceptions.HTTPException"})
BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
CATCHING = HTTP_EXCEPTIONS | BROAD
CHECKING = (
    "builtins.",
    "re.",
    "pydantic.",
    "uuid.",
    "datetime.",
    "fastapi.HTTPException",
    "json.loads",
    "decimal.",
    "httpx.URL",
    "urllib.parse.",
    "yarl.URL",
    "ipaddress.",
)
"""What fails only over the value it is given."""
PASSED_BY = (s.Name, s.Constant, s.FunctionDef, s.ClassDef, s.Lambda)
"""What raises nothing where it stands."""
DEEPEST = 8
"""Calls followed down to a `raise`."""


@dataclass(frozen=True, slots=True)
class Raised:
    """One `raise` of an HTTPException; `status` is None when it is not constant."""

    node: s.Raise
    function: Function
    status: int | None
    starlette: bool

    @property
    def path(self) -> str:
        return self.function.path


class Raises:
    """Asked through Project; one per project."""

    def __init__(self, handlers: Handlers, constants: Constants) -> None:
        self.handlers = handlers
        self.constants = constants
        self.inference = constants.inference
        self._of: dict[Function, tuple[Raised, ...]] = {}
        self._active: set[Function] = set()
        self._cuts = 0

    def is_http_exception(self, value: v.Value) -> bool:
        """Whether the value is an object of FastAPI's or Starlette's HTTPException, or of a class derived from them."""
        return isinstance(value, v.Instance) and self._is_http_class(value.of)

    def _is_http_class(self, of: str | Class) -> bool:
        if isinstance(of, str):
            return of in HTTP_EXCEPTIONS
        return any(isinstance(item, str) and item in HTTP_EXCEPTIONS for item in self.inference.classes.ancestry(of))

    @cached_property
    def reached(self) -> dict[Function, None]:
        """The functions that run for some route: handlers, dependencies and what they call."""
        return dict.fromkeys(self._callers)

    @cached_property
    def answered(self) -> frozenset[Function]:
        """The functions whose result, as it is, becomes a route's answer or a part of it."""
        return answered(self.handlers, self.inference)

    @cached_property
    def _callers(self) -> dict[Function, list[Function]]:
        """Those of them that call each function that runs for some route."""
        waiting = list(self.handlers.runs)
        found: dict[Function, list[Function]] = {function: [] for function in waiting}
        while waiting:
            function = waiting.pop()
            for call in function.body.all(s.Call):
                for inner in self.called(call, function):
                    if inner not in found:
                        found[inner] = []
                        waiting.append(inner)
                    found[inner].append(function)
        return found

    @cached_property
    def _silent(self) -> set[Function]:
        """Those of them that raise no HTTPException, nor call what does, whatever catches it there."""
        waiting = [function for function in self.reached if self._raises(function)]
        found = set(self.reached).difference(waiting)
        while waiting:
            for caller in self._callers[waiting.pop()]:
                if caller in found:
                    found.remove(caller)
                    waiting.append(caller)
        return found

    def _raises(self, function: Function) -> bool:
        return any(
            node.exception is not None and self._raised(node, node.exception, function) is not None
            for node in function.body.all(s.Raise)
        )

    def called(self, call: s.Call, scope: Scope) -> Iterator[Function]:
        for value in self.inference.infer(call.func, scope):
            if isinstance(value, v.FunctionValue):
                yield value.function

    def of(self, function: Function, depth: int = 0) -> tuple[Raised, ...]:
        """The HTTPExceptions that can leave a function."""
        known = self._of.get(function)
        if known is not None:
            return known
        if depth > DEEPEST or function in self._active:
            self._cuts += 1
            return ()
        before = self._cuts
        self._active.add(function)
        found: tuple[Raised, ...] = ()
        if function.node.calls or function.body.all(s.Raise):
            found = tuple(self.within(function, function.node.body, depth))
        self._active.discard(function)
        if depth == 0 or found or self._cuts == before:
            self._of[function] = found
        return found

    def within(self, function: Function, statements: Iterable[s.Node], depth: int = 0) -> list[Raised]:
        """The HTTPExceptions that can leave a suite of the function."""
        if function in self._silent:
            return []
        found: dict[Raised, None] = {}
        stack = [*statements][::-1]
        while stack:
            node = stack.pop()
            if isinstance(node, PASSED_BY):
                continue
            if isinstance(node, s.Try):
                found.update(dict.fromkeys(self._leaving_try(function, node, depth)))
                continue
            if isinstance(node, s.Raise) and node.exception is not None:
                raised = self._raised(node, node.exception, function)
                if raised is not None:
                    found[raised] = None
            elif isinstance(node, s.Call):
                for inner in self.called(node, function):
                    if inner in self._silent or inner.is_generator:
                        continue
                    if not inner.is_async or self._awaited(node, function):
                        found.update(dict.fromkeys(self.of(inner, depth + 1)))
            stack.extend(node.children()[::-1])
        return list(found)

    def _leaving_try(self, function: Function, node: s.Try, depth: int) -> Iterator[Raised]:
        if not any(self.catches(handler, function) for handler in node.handlers):
            yield from self.within(function, node.body, depth)
        for handler in node.handlers:
            if self.catches(handler, function) and passes_on(handler):
                yield from self.within(function, node.body, depth)
            yield from self.within(function, handler.body, depth)
        yield from self.within(function, (*node.orelse, *node.finalbody), depth)

    @staticmethod
    def _awaited(call: s.Call, function: Function) -> bool:
        return isinstance(function.body.parents.get(call), s.Await)

    def _raised(self, node: s.Raise, exception: s.Expr, function: Function) -> Raised | None:
        for value in self.inference.infer(exception, function):
            if isinstance(value, v.ClassValue) and self._is_http_class(value.cls):
                return Raised(node, function, self._own_status(value.cls), self._starlette(value.cls))
            if isinstance(value, v.External) and value.name in HTTP_EXCEPTIONS:
                return Raised(node, function, None, value.name == STARLETTE)
            if self.is_http_exception(value):
                assert isinstance(value, v.Instance)
                return Raised(node, function, self.status(value), self._starlette(value.of))
        return None

    def _starlette(self, of: str | Class) -> bool:
        """Whether it is Starlette's own, which a clause for FastAPI's class does not catch."""
        names = {of} if isinstance(of, str) else set(self.inference.classes.ancestry(of))
        return STARLETTE in names and FASTAPI not in names

    def status(self, value: v.Instance) -> int | None:
        """The constant status that an HTTPException is made with."""
        if value.site is None:
            return self._own_status(value.of) if isinstance(value.of, Class) else None
        if isinstance(value.of, Class):
            return self._own_status(value.of)
        found = self.constants.value(value.site.call.argument(0, "status_code"), value.site.scope)
        return int(found) if isinstance(found, int) else None

    def _own_status(self, cls: Class) -> int | None:
        """The status that a class derived from HTTPException gives to its base."""
        init = self.inference.classes.method(cls, "__init__")
        if init is None:
            return None
        for call in init.body.all(s.Call):
            if isinstance(call.func, s.Attribute) and call.func.attr == "__init__":
                found = self.constants.value(call.argument(0, "status_code"), init)
                return int(found) if isinstance(found, int) else None
        return None

    def foreseen(self, statements: Iterable[s.Stmt], function: Function, depth: int = 0) -> bool:
        """Whether the statements do nothing that can fail but check values: models made, texts matched, own checks."""
        calls = [n for statement in statements for n in _outside_raises(statement) if isinstance(n, s.Call)]
        return bool(calls) and depth < 4 and all(self._checks(call, function, depth) for call in calls)

    def _checks(self, call: s.Call, function: Function, depth: int) -> bool:
        if _spreads_into_class(call):
            return True
        values = self.inference.infer(call.func, function)
        for value in values:
            match value:
                case v.External(name) if name.startswith(CHECKING):
                    continue
                case v.ClassValue(cls) if self._is_plain_class(cls):
                    continue
                case v.FunctionValue(inner) if not inner.is_async and not inner.is_generator:
                    if all(map(_fixed_text, inner.body.all(s.Raise))) and self.foreseen(
                        inner.node.body, inner, depth + 1
                    ):
                        continue
            return False
        return bool(values)

    def _is_plain_class(self, cls: Class) -> bool:
        """A model or an exception: making one runs no code that tells anything."""
        return any(
            isinstance(item, str) and (item in MODELS or item.startswith("builtins."))
            for item in self.inference.classes.ancestry(cls)
        )

    def catches(self, handler: s.Handler, function: Function, names: frozenset[str] = CATCHING) -> bool:
        """Whether an `except` clause catches HTTPExceptions."""
        return handler.type is None or any(name in names for name in self.caught(handler, function))

    def caught(self, handler: s.Handler, function: Function) -> set[str]:
        """The external exceptions that a clause names, and those that the project's classes in it derive from."""
        types = handler.type.elements if isinstance(handler.type, s.Tuple) else (handler.type,)
        found: set[str] = set()
        for expr in types:
            for value in self.inference.infer(expr, function) if expr is not None else ():
                match value:
                    case v.External(name):
                        found.add(name)
                    case v.ClassValue(cls):
                        if self._is_http_class(cls):
                            found.add(FASTAPI)
                    case v.Display(node, scope):
                        found |= {
                            n
                            for e in node.children()
                            if isinstance(e, s.Expr)
                            for n in self.inference.external_names(e, scope)
                        }
        return found


def _spreads_into_class(call: s.Call) -> bool:
    """`Payload(**body)`: a model made of what the client sent, wherever its class comes from."""
    name = (
        call.func.attr if isinstance(call.func, s.Attribute) else call.func.id if isinstance(call.func, s.Name) else ""
    )
    return name[:1].isupper() and not call.args and bool(call.keywords) and all(k.arg is None for k in call.keywords)


def _outside_raises(node: s.Node) -> Iterator[s.Node]:
    if not isinstance(node, s.Raise):
        yield node
        for child in node.children():
            yield from _outside_raises(child)


def _fixed_text(node: s.Raise) -> bool:
    """Whether the text of a raised exception is not put together from anything."""
    return node.exception is None or not any(
        isinstance(part, s.FString | s.Binary) or (isinstance(part, s.Attribute) and part.attr == "format")
        for part in s.walk(node.exception)
    )


def passes_on(handler: s.Handler) -> bool:
    """Whether the clause raises again what it caught."""
    for node in (n for statement in handler.body for n in s.walk(statement)):
        if isinstance(node, s.Raise) and (
            node.exception is None or (isinstance(node.exception, s.Name) and node.exception.id == handler.name)
        ):
            return True
    return False
