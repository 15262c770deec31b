"""What calls give and what parameters receive."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.catalogue.conditions import OFFLOADERS, OFFLOADING_WRAPPERS
from fastlint.project.catalogue.types import AWAITABLE
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.classes import is_classmethod, is_static
from fastlint.project.language.externals import called, known, result_of
from fastlint.project.language.holding import GIVING, Holding
from fastlint.project.language.kinds import told_apart
from fastlint.project.language.scopes import Class, Function, Module, Scope
from fastlint.project.language.values import (
    NOTHING_KNOWN,
    UNKNOWN,
    External,
    FunctionValue,
    Instance,
    Site,
    Value,
    Values,
    union,
)

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

CLOSING = frozenset({"contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext"})
FIRST = frozenset({"builtins.next", "builtins.anext"})
EXTREME = frozenset({"builtins.max", "builtins.min"})
ENTERING = frozenset({"contextlib.ExitStack.enter_context", "contextlib.AsyncExitStack.enter_context"})
MARKERS = frozenset({"fastapi.Depends", "fastapi.Security"})
GENERATORS = frozenset(
    f"collections.abc.{name}"
    for name in ("Generator", "Iterator", "Iterable", "AsyncGenerator", "AsyncIterator", "AsyncIterable")
)
TRACKED = frozenset({"fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette"})


class Results:
    """Asked through Inference; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._returned: dict[Function, Values] = {}
        self._decorators: dict[Function, frozenset[str]] = {}
        self._active: set[Function] = set()
        self.holding = Holding(inference)

    def of_call(self, call: s.Call, scope: Scope) -> Values:
        """What a call expression gives."""
        values = self.inference.infer(call.func, scope)
        return self.inference.each(values, lambda value: self._called(value, call, scope))

    def gives(self, value: Value, call: s.Call, scope: Scope) -> Values:
        """What a call gives whose callee is `value`."""
        return self._called(value, call, scope)

    def _called(self, value: Value, call: s.Call, scope: Scope) -> Values:
        match value:
            case v.ClassValue(cls):
                return (Instance(cls, Site(call, scope)),)
            case FunctionValue(function, receiver):
                return tuple(_made_by(made, function, call, scope) for made in self.of_function(function, receiver))
            case External(name):
                return self._external(name, call, scope)
            case Instance(Class() as cls):
                method = self.inference.classes.method(cls, "__call__")
                return self.of_function(method, value) if method is not None else NOTHING_KNOWN
            case Instance(str() as name, Site() as made) if name in PROVIDERS and made.call.args:
                provided = self.inference.infer(made.call.args[0], made.scope)
                return self.inference.each(provided, lambda inner: self._called(inner, made.call, made.scope))
            case Instance():
                return called(value, "__call__", Site(call, scope))
            case v.LambdaValue(node, inside):
                return self.inference.infer(node.body, inside)
            case v.Partial(function):
                return self._called(function, call, scope)
            case _:
                return NOTHING_KNOWN

    def _external(self, name: str, call: s.Call, scope: Scope) -> Values:
        infer = self.inference.infer
        if name in MODEL_MAKERS and isinstance(call.func, s.Attribute):
            made = [value for value in infer(call.func.value, scope) if isinstance(value, v.ClassValue)]
            if made:
                return tuple(Instance(value.cls) for value in made)
        if name in MODEL_COPIERS and isinstance(call.func, s.Attribute):
            return infer(call.func.value, scope)
        if name in GIVING and isinstance(call.func, s.Attribute):
            held = self.holding.given(name, call, call.func.value, scope)
            if held:
                return held
        if name == "functools.partial" and call.args:
            return tuple(v.Partial(function, call, scope) for function in infer(call.args[0], scope))
        if name in ("typing.cast", "typing_extensions.cast") and len(call.args) == 2:
            return self.inference.of_annotation(self.inference.annotations.read(call.args[0], scope))
        if name == "builtins.super":
            return self._super(scope)
        if name == "builtins.getattr" and len(call.args) >= 2 and isinstance(call.args[1], s.Constant):
            attribute = str(call.args[1].value)
            return self.inference.each(
                infer(call.args[0], scope), lambda value: self.inference.steps.attribute(value, attribute)
            )
        if (
            name
            in ("copy.copy", "copy.deepcopy", "builtins.iter", "builtins.reversed", "builtins.sorted", "builtins.list")
            and call.args
        ):
            return infer(call.args[0], scope)
        if (name in FIRST and call.args) or (name in EXTREME and len(call.args) == 1):
            return self.inference.each(infer(call.args[0], scope), self.inference.steps.iterate)
        if name == "builtins.enumerate" and call.args:
            return self._pairs(call, scope, NOTHING_KNOWN)
        if name in ("asyncio.create_task", "asyncio.ensure_future", "asyncio.wait_for", "asyncio.shield") and call.args:
            return infer(call.args[0], scope)
        if (index := OFFLOADERS.get(name)) is not None and index < len(call.args) and name in AWAITABLE:
            return self.inference.each(infer(call.args[index], scope), lambda f: self._called(f, call, scope))
        if name in OFFLOADING_WRAPPERS:
            return (Instance(f"{name}()", Site(call, scope)),)
        if name in DECORATORS and len(call.args) == 1 and not call.keywords:
            return infer(call.args[0], scope)
        if (kind := told_apart(name, call)) is not None:
            return (Instance(kind, Site(call, scope)),)
        if name in CLOSING and call.args:
            return (Instance(name, Site(call, scope), arguments=(infer(call.args[0], scope),)),)
        if name in ENTERING and call.args:
            return self.inference.each(
                infer(call.args[0], scope), lambda value: self.inference.steps.enter(value, False)
            )
        if name == "contextlib.AsyncExitStack.enter_async_context" and call.args:
            entered = self.inference.each(
                infer(call.args[0], scope), lambda value: self.inference.steps.enter(value, True)
            )
            return (v.Coroutine(entered),)
        return result_of(name, Site(call, scope))

    def _pairs(self, call: s.Call, scope: Scope, first: Values) -> Values:
        element = self.inference.each(self.inference.infer(call.args[0], scope), self.inference.steps.iterate)
        return (v.Elements((Instance("builtins.tuple", arguments=(first, element)),)),)

    def _super(self, scope: Scope) -> Values:
        current: Scope | None = scope
        while current is not None and not (isinstance(current, Function) and current.cls is not None):
            current = current.parent
        if not isinstance(current, Function) or current.cls is None:
            return NOTHING_KNOWN
        above = self.inference.classes.ancestry(current.cls)[1:]
        if not above or above[0] == "?":
            return NOTHING_KNOWN
        return (Instance(above[0]),)

    def of_function(self, function: Function, receiver: Value | None = None) -> Values:
        """What calling a project function gives: by annotation, else by what it returns."""
        node = function.node
        decorators = self.decorators(function)
        managed = decorators & {"contextlib.contextmanager", "contextlib.asynccontextmanager"}
        if managed or node.has_yield:
            items = self.yielded(function)
            if managed:
                return (v.Manager(items, function),)
            return (v.Elements(items),)
        values = self.returned(function)
        if receiver is not None and isinstance(receiver, Instance | v.ClassValue):
            values = self._of_self(function, receiver, values)
        return (v.Coroutine(values, function),) if node.is_async else values

    def _of_self(self, function: Function, receiver: Value, values: Values) -> Values:
        """`-> Self` and `return self` give the receiver."""
        annotation = self.inference.annotations.returns(function)
        if annotation.name.endswith(".Self"):
            return (
                (receiver,)
                if isinstance(receiver, Instance)
                else (Instance(receiver.cls),)
                if isinstance(receiver, v.ClassValue)
                else values
            )
        return values

    def decorators(self, function: Function) -> frozenset[str]:
        """The canonical names of the external decorators of a function, called ones too."""
        if not function.node.decorators:
            return frozenset()
        known = self._decorators.get(function)
        if known is None:
            names: set[str] = set()
            before = self.inference.cuts
            for decorator in function.node.decorators:
                target = decorator.func if isinstance(decorator, s.Call) else decorator
                names |= self.inference.external_names(target, function.parent)
            known = frozenset(names)
            if self.inference.cuts == before:
                self._decorators[function] = known
        return known

    def returned(self, function: Function) -> Values:
        """What its return statements give (for async functions: after awaiting)."""
        known = self._returned.get(function)
        if known is not None:
            return known
        if function in self._active:
            self.inference.cuts += 1
            return NOTHING_KNOWN
        self._active.add(function)
        try:
            known = self._returns(function)
        finally:
            self._active.discard(function)
        self._returned[function] = known
        return known

    def _returns(self, function: Function) -> Values:
        annotation = self.inference.annotations.returns(function)
        declared = self.inference.of_annotation(annotation)
        tracked = any(self._is_tracked(value) for value in declared)
        if annotation.kind != "missing" and UNKNOWN not in declared and not tracked:
            return declared
        statements = function.body.all(s.Return)
        inferred = [self.inference.infer(item.value, function) for item in statements if item.value is not None]
        if not inferred:
            return (v.NONE,) if annotation.kind == "missing" and not function.node.has_return_value else declared
        found = union(*inferred)
        return declared if tracked and UNKNOWN in found else found

    def _is_tracked(self, value: Value) -> bool:
        """Whether it matters which object of its class a value is: routes are registered on one."""
        if not isinstance(value, Instance):
            return False
        return value.of in TRACKED if isinstance(value.of, str) else self.inference.classes.is_a(value.of, *TRACKED)

    def yielded(self, function: Function) -> Values:
        """What its yields give to `with`, to `for` or to FastAPI."""
        annotation = self.inference.annotations.returns(function)
        if annotation.kind == "external" and annotation.name in GENERATORS and annotation.arguments:
            declared = self.inference.of_annotation(annotation.arguments[0])
            if UNKNOWN not in declared:
                return declared
        values = [
            self.inference.infer(item.value, function) for item in function.body.all(s.Yield) if item.value is not None
        ]
        return union(*values) if values else (v.NONE,)

    def of_parameter(self, function: Function, node: s.Node) -> Values:
        """What a parameter receives: self, its annotation, what it depends on; else it is unknown."""
        assert isinstance(node, s.Parameter)
        own = self._own_object(function, node)
        if own is not None:
            return own
        annotation = self.inference.annotations.parameter(function, node)
        values = self.inference.of_annotation(annotation) if annotation.kind != "missing" else NOTHING_KNOWN
        if UNKNOWN in values or values == (v.NONE,):
            injected = self._injected(annotation, node, function)
            if injected is not None:
                values = injected
        if node.kind == "*":
            return (v.Elements(values),)
        return (Instance("builtins.dict"),) if node.kind == "**" else values

    def _own_object(self, function: Function, node: s.Parameter) -> Values | None:
        cls = function.cls
        if (
            cls is None
            or not function.node.parameters
            or function.node.parameters[0] is not node
            or is_static(function)
        ):
            return None
        return (v.ClassValue(cls),) if is_classmethod(function) else (Instance(cls),)

    def _injected(self, annotation: Annotation, node: s.Parameter, function: Function) -> Values | None:
        """What FastAPI passes for a `Depends` in the default or in `Annotated`."""
        wanted = self._dependency(annotation, node, function)
        return None if wanted is None else self.inference.each(wanted, self.given)

    def dependency(self, function: Function, node: s.Parameter) -> Values | None:
        """What a parameter depends on; None where it has no `Depends`, or one that names nothing."""
        return self._dependency(self.inference.annotations.parameter(function, node), node, function)

    def _dependency(self, annotation: Annotation, node: s.Parameter, function: Function) -> Values | None:
        candidates: list[tuple[s.Expr, Scope]] = [(item.expr, item.scope) for item in reversed(annotation.metadata)]
        if node.default is not None:
            candidates.append(self.written(node.default, function.parent))
        for expr, scope in candidates:
            if isinstance(expr, s.Call) and self.inference.external_names(expr.func, scope) & MARKERS:
                wanted = expr.argument(0, "dependency")
                if wanted is not None:
                    return self.inference.infer(wanted, scope)
        return None

    def written(self, default: s.Expr, scope: Scope) -> tuple[s.Expr, Scope]:
        """A default as it is written, and where: several parameters may share `CurrentUser: User = Depends(...)`.

        What is declared with such a name is what FastAPI passes, not what stands in the module.
        """
        for found in self.inference.define(default, scope) if isinstance(default, s.Name | s.Attribute) else ():
            binding = getattr(found, "binding", None)
            if binding is not None and binding.kind in ("assign", "annotated") and isinstance(binding.value, s.Call):
                return binding.value, found.scope  # type: ignore[union-attr]
        return default, scope

    def given(self, value: Value) -> Values:
        """What FastAPI passes on when `value` is the dependency."""
        match value:
            case v.ClassValue(cls):
                return (Instance(cls),)
            case FunctionValue(function, receiver):
                if function.node.has_yield:
                    return self.yielded(function)
                return self.inference.each(self.of_function(function, receiver), self.inference.steps.awaited)
            case Instance(Class() as cls):
                method = self.inference.classes.method(cls, "__call__")
                return self.given(FunctionValue(method, value)) if method is not None else NOTHING_KNOWN
            case Instance():
                return called(value, "__call__")
            case External(name):
                return result_of(name, None) if known(name) or name.rpartition(".")[2][:1].isupper() else NOTHING_KNOWN
            case v.Partial(function):
                return self.given(function)
            case v.LambdaValue(node, scope):
                return self.inference.infer(node.body, scope)
            case _:
                return NOTHING_KNOWN


def _made_by(value: Value, function: Function, call: s.Call, scope: Scope) -> Value:
    """An object that a factory makes is another one for each call of the factory."""
    if isinstance(value, Instance) and value.site is not None and value.site.outermost.scope is function:
        return replace(value, site=value.site.within(Site(call, scope)))
    return value


MODEL_MAKERS = frozenset(
    f"{base}.{method}"
    for base in ("pydantic.BaseModel", "sqlmodel.SQLModel")
    for method in (
        "model_validate",
        "model_validate_json",
        "model_validate_strings",
        "model_construct",
        "parse_obj",
        "from_orm",
    )
)
"""Class methods of Pydantic models that give an object of the class."""

MODEL_COPIERS = frozenset(
    f"{base}.{method}" for base in ("pydantic.BaseModel", "sqlmodel.SQLModel") for method in ("copy", "model_copy")
)

PROVIDERS = frozenset(
    f"dependency_injector.providers.{name}"
    for name in ("Callable", "Factory", "Resource", "Singleton", "ThreadLocalSingleton", "ThreadSafeSingleton")
)
"""What is called for what its own first argument gives."""

DECORATORS = frozenset(
    {
        *("functools.lru_cache", "functools.cache", "functools.wraps", "contextlib.contextmanager"),
        *("contextlib.asynccontextmanager", "builtins.staticmethod", "builtins.classmethod"),
    }
)
__all__ = ["Module", "Results"]
