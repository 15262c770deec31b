"""Which functions and files register something on an application or router, or make one: all others need no look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.callers import Callers, last_name
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Class, Function, Module, Scope

HTTP_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
DECORATORS = HTTP_METHODS | {
    *("api_route", "websocket", "websocket_route", "route", "middleware", "exception_handler", "on_event"),
}
CALLS = frozenset(
    {
        *("include_router", "add_api_route", "add_api_websocket_route", "add_route", "add_websocket_route", "mount"),
        *("add_middleware", "add_exception_handler", "add_event_handler", "frontend"),
    }
)
CLASSES = frozenset({"FastAPI", "APIRouter", "Starlette", "Router", "Cadwyn", "VersionedAPIRouter", "InferringRouter"})
APPLICATIONS = ("fastapi.FastAPI", "starlette.applications.Starlette", "cadwyn.Cadwyn")
ROUTERS = (
    *("fastapi.APIRouter", "starlette.routing.Router", "cadwyn.VersionedAPIRouter"),
    *("fastapi_utils.inferring_router.InferringRouter", "fastapi_restful.inferring_router.InferringRouter"),
)
"""FastAPI's own, Starlette's, and those that other packages derive from them."""


class Registering:
    """Asked once, by Registrations."""

    def __init__(self, modules: list[Module], inference: Inference, callers: Callers) -> None:
        self.inference = inference
        self.callers = callers
        self.all = [module for module in modules if not module.is_test]
        creations = CLASSES | {cls.name for cls in self.derived}
        self.creations = creations | {alias for name in creations for alias in callers.aliases.get(name, ())}
        wanted = CALLS | DECORATORS | self.creations
        self._registering = self.creations | CALLS | {""}
        self._direct_modules = [module for module in self.all if module.facts.calls & wanted]
        self.functions = self._closure()
        own = {name for function in self.functions for name in (function.name, *self._constructors(function))}
        self.names = frozenset(own | {alias for name in own for alias in callers.aliases.get(name, ())})
        self.modules = {*self._direct_modules, *(m for m in self.all if m.facts.calls & self.names)}

    @cached_property
    def derived(self) -> list[Class]:
        """The project's own classes of applications and routers."""
        found: dict[Class, None] = {}
        names = set(CLASSES)
        candidates = [cls for module in self.all for cls in self._top_classes(module)]
        grown = True
        while grown:
            grown = False
            for cls in candidates:
                if cls in found or not any(_last(base) in names for base in cls.node.bases):
                    continue
                if any(item in (*APPLICATIONS, *ROUTERS) for item in self.inference.classes.ancestry(cls)):
                    found[cls] = None
                    names.add(cls.name)
                    grown = True
        return list(found)

    def _top_classes(self, module: Module) -> Iterator[Class]:
        if any(isinstance(statement, s.ClassDef) and statement.bases for statement in module.facts.body):
            yield from (member for member in module.members.values() if isinstance(member, Class))

    def _closure(self) -> set[Function]:
        """The functions that register something, and those that call them."""
        found: dict[Function, None] = {}
        queue = [f for module in self._direct_modules for f in self._candidates(module) if self._direct(f)]
        for cls in self.derived:
            queue += [method for name, method in cls.methods.items() if name == "__init__"]
        while queue:
            function = queue.pop()
            if function in found:
                continue
            found[function] = None
            queue += [scope for _, scope in self.callers.of(function) if isinstance(scope, Function)]
            queue += self._heirs_of(function)
            if isinstance(function.parent, Function) and function.parent.name in self.decorating:
                queue.append(function.parent)
        return {function for function in found if not function.module.is_test}

    def _candidates(self, module: Module) -> Iterator[Function]:
        wanted = CALLS | DECORATORS | self.creations
        return _functions(module, wanted)

    def _direct(self, function: Function) -> bool:
        if not function.node.calls & self._registering and not function.members:
            if function.name not in self.decorating or not function.node.calls & DECORATORS:
                return False
        for call in function.body.all(s.Call):
            name = last_name(call)
            if name in self.creations:
                return True
            if name in CALLS and isinstance(call.func, s.Attribute) and self._may_register(call.func.value, function):
                return True
            if isinstance(call.func, s.Call) and last_name(call.func) in DECORATORS:
                return True
        if function.name in self.decorating and self._gives_decorator(function):
            return True
        return any(
            isinstance(decorator, s.Call)
            and isinstance(decorator.func, s.Attribute)
            and decorator.func.attr in DECORATORS
            and self._may_register(decorator.func.value, function)
            for node in function.body.all(s.FunctionDef)
            for decorator in node.decorators
        )

    @cached_property
    def decorating(self) -> frozenset[str]:
        """The names of what decorates functions of the project, called or not."""
        found: set[str] = set()
        for module in self.all:
            for function in module.functions():
                for decorator in function.node.decorators:
                    target = decorator.func if isinstance(decorator, s.Call) else decorator
                    found.add(_last(target))
        return frozenset(found)

    def _gives_decorator(self, function: Function) -> bool:
        """Whether it returns a decorator that registers: `return router.post(path)`."""
        return any(
            isinstance(item.value, s.Call)
            and isinstance(item.value.func, s.Attribute)
            and item.value.func.attr in DECORATORS
            and any(
                receiver_kind(value, self.inference) is not None
                for value in self.inference.infer(item.value.func.value, function)
            )
            for item in function.body.all(s.Return)
        )

    def _may_register(self, owner: s.Expr, function: Function) -> bool:
        """Whether it may be an application or router: it is one, or nothing is known of it."""
        return any(
            value == v.UNKNOWN or receiver_kind(value, self.inference) is not None
            for value in self.inference.infer(owner, function)
        )

    def _heirs_of(self, function: Function) -> Iterator[Function]:
        """What constructs derived classes, whose constructor the function is or which call it themselves."""
        if function.name != "__init__" or function.cls is None:
            return
        for cls in self.inference.classes.subclasses(function.cls):
            own = cls.methods.get("__init__")
            if own is None:
                yield from (scope for _, scope in self.callers.named(cls.name) if isinstance(scope, Function))
            elif "__init__" in own.node.calls:
                yield own

    def _constructors(self, function: Function) -> Iterable[str]:
        """The names under which classes are called whose constructor the function is."""
        if function.name != "__init__" or function.cls is None:
            return ()
        heirs = self.inference.classes.subclasses(function.cls)
        return [function.cls.name, *(cls.name for cls in heirs)]

    @cached_property
    def in_order(self) -> list[Module]:
        """The files to run: those that make applications first, for they import the others as a server would."""
        makers = [module for module in self.modules if module.facts.calls & {"FastAPI", "Starlette"}]
        first = sorted(makers, key=lambda module: (module.path.count("/"), module.path))
        return [*first, *sorted(self.modules - set(makers), key=lambda module: module.path)]

    @cached_property
    def roots(self) -> list[Function]:
        """All functions that matter, those first that nobody calls, constructors before other methods."""

        def place(function: Function) -> tuple[bool, bool, str, tuple[int, int]]:
            called = any(scope is not function for _, scope in self.callers.of(function))
            return called, function.name != "__init__", function.path, function.node.start

        return sorted(self.functions, key=place)


def receiver_kind(value: v.Value, inference: Inference) -> str | None:
    """`app`, `router` or None, also for project classes derived from either."""
    if not isinstance(value, v.Instance):
        return None
    names = (value.of,) if isinstance(value.of, str) else inference.classes.ancestry(value.of)
    if any(name in APPLICATIONS for name in names):
        return "app"
    return "router" if any(name in ROUTERS for name in names) else None


def _functions(scope: Scope, wanted: frozenset[str]) -> Iterator[Function]:
    for member in scope.members.values():
        if isinstance(member, Class):
            yield from _functions(member, wanted)
        elif member.node.calls & wanted:
            yield member
            yield from _functions(member, wanted)


def _last(base: s.Expr) -> str:
    match base:
        case s.Name(id=name) | s.Attribute(attr=name):
            return name
        case s.Subscript():
            return _last(base.value)
    return ""
