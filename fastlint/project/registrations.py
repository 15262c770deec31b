"""Where routes, routers, mounts and middleware are registered, and on which object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project import values as v
from fastlint.project.constants import NO_NAMES, Bound, Constants, Names
from fastlint.project.scopes import Class, Function, Module, Scope

if TYPE_CHECKING:
    from fastlint.project.callers import Callers

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
APPLICATIONS = ("fastapi.FastAPI", "starlette.applications.Starlette")
ROUTERS = ("fastapi.APIRouter", "starlette.routing.Router")
DEEPEST = 4
"""Calls followed back from a parameter to the object passed."""


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """Which application or router: the call that made it, and the call of the factory around that."""

    call: s.Call
    outer: s.Call | None


@dataclass(slots=True, eq=False)
class Event:
    """One registration. `verb` is the method called; `handler` the decorated function, if it decorates."""

    verb: str
    call: s.Call
    scope: Scope
    handler: Function | None = None
    names: Names = field(default_factory=dict)
    order: tuple[tuple[int, int], ...] = ()
    conditional: bool = False


@dataclass(slots=True, eq=False)
class Receiver:
    """An object that takes registrations: made by `site`, of a FastAPI class or a project class derived from one."""

    key: ObjectKey
    site: v.Site
    is_app: bool
    cls: Class | None
    name: str = ""
    events: list[Event] = field(default_factory=list)
    names: Names = field(default_factory=dict)


class Registrations:
    """Collects the events of all receivers of a project."""

    def __init__(self, modules: Iterator[Module], constants: Constants, callers: Callers) -> None:
        self.constants = constants
        self.inference = constants.inference
        self.callers = callers
        self.receivers: dict[ObjectKey, Receiver] = {}
        self.unknown: list[Event] = []
        self.by_class: dict[Class, list[Event]] = {}
        for module in modules:
            if not module.is_test and module.facts.calls & (DECORATORS | CALLS | {"FastAPI", "APIRouter"}):
                self._module(module)
        self._share()

    def _module(self, module: Module) -> None:
        scopes: list[Scope] = [module, *module.classes(), *module.functions()]
        for scope in scopes:
            for call in scope.body.all(s.Call):
                self._creation(call, scope)
            for member in scope.members.values():
                if isinstance(member, Function):
                    self._decorated(member, scope)
            for call in scope.body.all(s.Call):
                if isinstance(call.func, s.Attribute) and call.func.attr in CALLS:
                    self._event(call.func.value, Event(call.func.attr, call, scope))
                elif isinstance(call.func, s.Call) and isinstance(call.func.func, s.Attribute):
                    if call.func.func.attr in DECORATORS and call.args:
                        self._event(call.func.func.value, Event(call.func.func.attr, call, scope))

    def _creation(self, call: s.Call, scope: Scope) -> None:
        last = (
            call.func.attr
            if isinstance(call.func, s.Attribute)
            else call.func.id
            if isinstance(call.func, s.Name)
            else ""
        )
        if not last[:1].isupper() or unreachable(call, scope):
            return
        for value in self.inference.infer(call, scope):
            if isinstance(value, v.Instance) and value.site is not None and value.site.call is call:
                self.receiver(value)

    def _decorated(self, function: Function, scope: Scope) -> None:
        for decorator in reversed(function.node.decorators):
            if (
                isinstance(decorator, s.Call)
                and isinstance(decorator.func, s.Attribute)
                and decorator.func.attr in DECORATORS
            ):
                self._event(decorator.func.value, Event(decorator.func.attr, decorator, scope, function))

    def _event(self, receiver: s.Expr, event: Event) -> None:
        if unreachable(event.call, event.scope):
            return
        for names in self._rounds(event.call, event.scope):
            placed = Event(event.verb, event.call, event.scope, event.handler, names, (event.call.start,))
            placed.conditional = conditional(event.call, event.scope)
            self._place(receiver, event.scope, placed, 0)

    def _place(self, receiver: s.Expr, scope: Scope, event: Event, depth: int) -> None:
        """Hand the event to the objects that `receiver` is, through the callers when it is a parameter."""
        values = v.without_none(self.constants.values(receiver, scope, event.names))
        placed = False
        for value in values:
            if not isinstance(value, v.Instance):
                continue
            if value.site is None and isinstance(value.of, Class) and self.kind(value) is not None:
                self.by_class.setdefault(value.of, []).append(event)
                placed = True
            elif (found := self.receiver(value)) is not None:
                found.events.append(event)
                placed = True
        if not placed and isinstance(scope, Function) and depth < DEEPEST:
            placed = self._through_callers(receiver, scope, event, depth)
        if not placed and event.handler is None and event.verb == "include_router":
            self.unknown.append(event)

    def _through_callers(self, receiver: s.Expr, function: Function, event: Event, depth: int) -> bool:
        root = receiver
        while isinstance(root, s.Attribute):
            root = root.value
        if not isinstance(root, s.Name) or function.parameter(root.id) is None:
            return False
        found = False
        for call, scope in self.callers.of(function):
            if unreachable(call, scope):
                continue
            outer = call_names(function, call, scope, NO_NAMES)
            if root.id not in outer:
                continue
            for names in self._rounds(call, scope):
                bound = {name: Bound(b.expr, b.scope, names) for name, b in outer.items()}
                inner = Event(
                    event.verb,
                    event.call,
                    event.scope,
                    event.handler,
                    {**bound, **event.names},
                    (call.start, *event.order),
                )
                inner.conditional = event.conditional or conditional(call, scope)
                target = bound[root.id]
                chain = _replace_root(receiver, root, target.expr)
                self._place(chain, target.scope, inner, depth + 1)
                found = True
        return found

    def receiver(self, value: v.Instance) -> Receiver | None:
        """The receiver that an instance is, made known on first sight."""
        if value.site is None:
            return None
        kind = self.kind(value)
        if kind is None:
            return None
        key = ObjectKey(value.site.call, value.site.outer.call if value.site.outer else None)
        if key not in self.receivers:
            cls = value.of if isinstance(value.of, Class) else None
            receiver = Receiver(key, value.site, kind == "app", cls, _bound_name(value.site))
            if value.site.outer is not None and isinstance(value.site.scope, Function):
                receiver.names = call_names(value.site.scope, value.site.outer.call, value.site.outer.scope, NO_NAMES)
            self.receivers[key] = receiver
        return self.receivers[key]

    def kind(self, value: v.Instance) -> str | None:
        """`app`, `router` or None, also for project classes derived from either."""
        names = (value.of,) if isinstance(value.of, str) else self.inference.classes.ancestry(value.of)
        if any(name in APPLICATIONS for name in names):
            return "app"
        return "router" if any(name in ROUTERS for name in names) else None

    def _share(self) -> None:
        """Give each object made through a factory the events of the factory's body, and each object those of its class."""
        templates = {receiver.key.call: receiver for receiver in self.receivers.values() if receiver.key.outer is None}
        for receiver in self.receivers.values():
            template = templates.get(receiver.key.call)
            if receiver.key.outer is not None and template is not None:
                for event in template.events:
                    names = {**event.names, **receiver.names}
                    copy = Event(
                        event.verb, event.call, event.scope, event.handler, names, event.order, event.conditional
                    )
                    receiver.events.append(copy)
            if receiver.cls is not None:
                for cls in self.inference.classes.ancestry(receiver.cls):
                    if isinstance(cls, Class):
                        receiver.events += self.by_class.get(cls, [])

    def _rounds(self, node: s.Node, scope: Scope) -> list[Names]:
        """The names of each round of the `for` loops around a node, where what they run over is written out."""
        rounds: list[Names] = [NO_NAMES]
        for loop in reversed([a for a in scope.body.ancestors(node) if isinstance(a, s.For)]):
            elements = self._loop_elements(loop, scope)
            if elements is None or not elements or len(elements) * len(rounds) > 500:
                continue
            rounds = [
                {**names, **bound} for names in rounds for bound in (self._bind(loop.target, e) for e in elements)
            ]
        return rounds

    def _loop_elements(self, loop: s.For, scope: Scope) -> list[Bound | tuple[Bound, Bound]] | None:
        iterable, pairs = loop.iterable, False
        if isinstance(iterable, s.Call) and isinstance(iterable.func, s.Attribute) and not iterable.args:
            if iterable.func.attr in ("items", "values", "keys"):
                pairs, iterable = iterable.func.attr == "items", iterable.func.value
                mode = loop.iterable.func.attr  # type: ignore[attr-defined]
            else:
                return None
        else:
            mode = ""
        for value in self.inference.infer(iterable, scope):
            match value:
                case v.Display(s.Dict() as node, inside) if mode:
                    both = [(k, x) for k, x in zip(node.keys, node.values, strict=True) if k is not None]
                    if pairs:
                        return [(Bound(k, inside, NO_NAMES), Bound(x, inside, NO_NAMES)) for k, x in both]
                    return [Bound(x if mode == "values" else k, inside, NO_NAMES) for k, x in both]
                case v.Display(s.Dict() as node, inside):
                    return [Bound(k, inside, NO_NAMES) for k in node.keys if k is not None]
                case v.Display(s.List() | s.Tuple() | s.Set() as node, inside):
                    return [Bound(e, inside, NO_NAMES) for e in node.elements if not isinstance(e, s.Starred)]
        return None

    def _bind(self, target: s.Expr, element: Bound | tuple[Bound, Bound]) -> dict[str, Bound]:
        if isinstance(target, s.Name):
            return {target.id: element} if isinstance(element, Bound) else {}
        if not isinstance(target, s.Tuple | s.List):
            return {}
        if isinstance(element, tuple):
            parts: list[Bound] = list(element)
        else:
            parts = []
            for value in self.constants.values(element.expr, element.scope, element.names):
                if isinstance(value, v.Display) and isinstance(value.node, s.Tuple | s.List):
                    parts = [Bound(e, value.scope, NO_NAMES) for e in value.node.elements]
        bound: dict[str, Bound] = {}
        for inner, part in zip(target.elements, parts, strict=False):
            bound.update(self._bind(inner, part))
        return bound


def call_names(function: Function, call: s.Call, scope: Scope, names: Names) -> dict[str, Bound]:
    """The parameters of a function bound to the arguments of a call of it."""
    parameters = [p for p in function.node.parameters if p.kind in ("/", " ")]
    if function.cls is not None and parameters and not isinstance(scope, Class):
        parameters = parameters[1:]
    bound: dict[str, Bound] = {}
    for parameter, argument in zip(parameters, call.args, strict=False):
        if isinstance(argument, s.Starred):
            break
        bound[parameter.name] = Bound(argument, scope, names)
    for keyword in call.keywords:
        if keyword.arg is not None:
            bound[keyword.arg] = Bound(keyword.value, scope, names)
    for parameter in function.node.parameters:
        if parameter.name not in bound and parameter.default is not None:
            bound[parameter.name] = Bound(parameter.default, function.parent, NO_NAMES)
    return bound


def unreachable(node: s.Node, scope: Scope) -> bool:
    """Whether it only runs as a script or only for type checkers."""
    for ancestor in scope.body.ancestors(node):
        if isinstance(ancestor, s.If) and isinstance(scope, Module):
            test = ancestor.test
            if isinstance(test, s.Compare) and isinstance(test.left, s.Name) and test.left.id == "__name__":
                return True
    return False


def conditional(node: s.Node, scope: Scope) -> bool:
    """Whether an `if`, `try`, `while` or `match` decides if it runs."""
    inner: s.Node = node
    for ancestor in scope.body.ancestors(node):
        if isinstance(ancestor, s.If | s.While | s.Case | s.Handler):
            return True
        if isinstance(ancestor, s.Try) and inner in ancestor.orelse:
            return True
        inner = ancestor
    return False


def _bound_name(site: v.Site) -> str:
    """The name that the object is given where it is made."""
    statement = site.scope.body.statement(site.call)
    match statement:
        case s.Assign(targets=(s.Name(id=name), *_)) | s.AnnAssign(target=s.Name(id=name)):
            return name
        case s.Assign(targets=(s.Attribute(attr=name), *_)) | s.AnnAssign(target=s.Attribute(attr=name)):
            return name
    return ""


def _replace_root(receiver: s.Expr, root: s.Name, by: s.Expr) -> s.Expr:
    if receiver is root:
        return by
    assert isinstance(receiver, s.Attribute)
    inner = _replace_root(receiver.value, root, by)
    return s.Attribute(receiver.line, receiver.column, receiver.end_line, receiver.end_column, inner, receiver.attr)


__all__ = ["Event", "ObjectKey", "Receiver", "Registrations", "call_names", "conditional", "unreachable"]
