"""The applications and routers of a project as objects that take registrations."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastlint.facts import syntax as s
from fastlint.project.application.registering import receiver_kind
from fastlint.project.language import values as v
from fastlint.project.language.constants import Constants
from fastlint.project.language.frames import NO_NAMES, Arguments, Bound, Frame, Names
from fastlint.project.language.scopes import Class, Function, Module, Scope

Key = tuple[s.Call, ...]


@dataclass(slots=True, eq=False)
class Event:
    """One registration. `verb` is the method called; `handler` the decorated function, if it decorates.

    `endpoint` is what is decorated by a call of the decorator: `app.get("/")(function)`; where that is middleware, an
    exception handler or an event, `handler` is the function, too.
    """

    verb: str
    call: s.Call
    scope: Scope
    handler: Function | None = None
    names: Names = field(default_factory=dict)
    conditional: bool = False
    endpoint: Bound | None = None
    number: int = 0
    """Its place in the order of all."""

    @property
    def run(self) -> Names:
        """The run of the module or function that it happens in, with all that is called there: an order is known."""
        return list(self.names.chain())[-1] if isinstance(self.names, Frame) else self.names

    @property
    def timed(self) -> bool:
        """Whether it happens when modules are imported; else only its order in its own function is known."""
        names = self.names
        return isinstance(names, Frame) and isinstance(list(names.chain())[-1].scope, Module)


@dataclass(slots=True, eq=False)
class Receiver:
    """An object that takes registrations: made by `site`, of a FastAPI class or a project class derived from one.

    `made` is the call that reaches FastAPI's own class, `super().__init__(...)` of a derived class. `known` is False
    for what a function is given from nobody knows where.
    """

    key: Key
    site: v.Site
    is_app: bool
    cls: Class | None
    name: str = ""
    events: list[Event] = field(default_factory=list)
    names: Names = field(default_factory=dict)
    made: tuple[s.Call, Scope, Names] | None = None
    known: bool = True
    at_import: bool = False


class Receivers:
    """Keeps them; what is registered is handed to `place`."""

    def __init__(self, constants: Constants) -> None:
        self.constants = constants
        self.inference = constants.inference
        self.receivers: dict[Key, Receiver] = {}
        self.unknown: list[Event] = []
        self.by_class: dict[Class, list[Event]] = {}
        self._strangers: dict[tuple[Scope, str], Receiver] = {}
        self._number = 0

    @property
    def strangers(self) -> list[Receiver]:
        """Applications and routers that functions are given from nobody knows where."""
        return list(self._strangers.values())

    def place(self, owner: s.Expr, scope: Scope, names: Names, event: Event) -> None:
        """Hand the event to the objects that `owner` is."""
        self._number += 1
        event.number = self._number
        placed = False
        values = v.without_none(self.constants.values(owner, scope, names))
        for value in values:
            if not isinstance(value, v.Instance) or (kind := self.kind(value)) is None:
                continue
            placed = True
            found = self.receiver(value)
            if found is not None:
                found.events.append(event)
            elif isinstance(value.of, Class) and isinstance(owner, s.Name) and scope is not scope.module:
                self.by_class.setdefault(value.of, []).append(event)
            else:
                self._stranger(owner, scope, value, kind).events.append(event)
        if not placed and event.verb == "include_router" and (not values or v.UNKNOWN in values):
            self.unknown.append(event)

    def _stranger(self, owner: s.Expr, scope: Scope, value: v.Instance, kind: str) -> Receiver:
        root = owner
        while isinstance(root, s.Attribute):
            root = root.value
        key = scope, root.id if isinstance(root, s.Name) else str(owner.start)
        if key not in self._strangers:
            call = s.Call(owner.line, owner.column, owner.end_line, owner.end_column, owner, (), ())
            cls = value.of if isinstance(value.of, Class) else None
            self._strangers[key] = Receiver((call,), v.Site(call, scope), kind == "app", cls, key[1], known=False)
        return self._strangers[key]

    def receiver(self, value: v.Instance) -> Receiver | None:
        """The receiver that an instance is, made known on first sight."""
        if value.site is None:
            return None
        kind = self.kind(value)
        if kind is None:
            return None
        key = value.site.calls
        if key not in self.receivers:
            cls = value.of if isinstance(value.of, Class) else None
            self.receivers[key] = Receiver(key, value.site, kind == "app", cls, _bound_name(value.site))
        return self.receivers[key]

    def kind(self, value: v.Instance) -> str | None:
        """`app`, `router` or None, also for project classes derived from either."""
        return receiver_kind(value, self.inference)

    def made(self, receiver: Receiver) -> Arguments:
        """The arguments with which FastAPI's own class is called at last."""
        if not receiver.known:
            return Arguments(more=True)
        call, scope, names = receiver.made or (receiver.site.call, receiver.site.scope, NO_NAMES)
        return self.constants.arguments(call, scope, names)

    def share(self) -> None:
        """Give objects what code registers that does not say which of several alike it means."""
        alike: dict[s.Call, list[Receiver]] = {}
        for receiver in self.receivers.values():
            alike.setdefault(receiver.key[0], []).append(receiver)
        for group in alike.values():
            longest = [one for one in group if not any(_inner(one.key, other.key) for other in group)]
            for receiver in group:
                if receiver not in longest:
                    for other in longest:
                        if _inner(receiver.key, other.key):
                            other.events += receiver.events
                            other.made = other.made or receiver.made
                    del self.receivers[receiver.key]
            apps = [one for one in longest if one.is_app]
            if any(one.at_import for one in apps):
                for receiver in apps:
                    if not receiver.at_import:
                        del self.receivers[receiver.key]
            elif len(apps) > 1:
                for receiver in apps[1:]:
                    del self.receivers[receiver.key]
        for receiver in self.receivers.values():
            for cls in self.inference.classes.ancestry(receiver.cls) if receiver.cls is not None else ():
                if isinstance(cls, Class):
                    receiver.events += self.by_class.get(cls, [])


def _inner(shorter: Key, longer: Key) -> bool:
    return len(shorter) < len(longer) and longer[: len(shorter)] == shorter


def _bound_name(site: v.Site) -> str:
    """The name that the object is given where it is made."""
    statement = site.scope.body.statement(site.call)
    match statement:
        case s.Assign(targets=(s.Name(id=name), *_)) | s.AnnAssign(target=s.Name(id=name)):
            return name
        case s.Assign(targets=(s.Attribute(attr=name), *_)) | s.AnnAssign(target=s.Attribute(attr=name)):
            return name
    return ""
