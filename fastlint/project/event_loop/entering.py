"""What requests bring to a function on their way: the constants and objects on which all calls of it agree.

A branch that none of the known callers ever takes blocks nobody: `load(path=None)` behind `if path is None: raise`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.event_loop.contexts import Contexts
from fastlint.project.event_loop.handed import Handed, Handing
from fastlint.project.event_loop.run_targets import Given
from fastlint.project.language import values as v
from fastlint.project.language.classes import is_static
from fastlint.project.language.scopes import Function, Scope

FARTHEST = 4
"""Callers that are followed to what they are given themselves."""
NOTHING = Handed()
BARE = frozenset({"builtins.staticmethod", "builtins.classmethod"})
"""Decorators that leave the arguments as they are; beside them wrappers that hand on `*args, **kwargs`."""

READING = frozenset({"get", "items", "keys", "values"})


class Entering:
    """Asked through Loop; one per project."""

    def __init__(self, contexts: Contexts, handing: Handing) -> None:
        self.contexts = contexts
        self.runs = contexts.runs
        self.handing = handing
        self._brought: dict[tuple[Function, int], Handed | None] = {}

    def brought(self, function: Function) -> Handed:
        """What each call by which the serving application gets to the function gives it.

        Nothing where FastAPI calls it itself, where it is called by way of something else, or where calls differ.
        """
        return self._of(function, 0) or NOTHING

    def _of(self, function: Function, depth: int) -> Handed | None:
        """None: no request gets there, because each of the calls fails or stands where its function never comes to."""
        key = function, depth
        if key not in self._brought:
            self._brought[key] = self._agreed(function, depth) if depth < FARTHEST else NOTHING
        return self._brought[key]

    def _agreed(self, function: Function, depth: int) -> Handed | None:
        contexts, callers = self.contexts, self._before.get(function, ())
        if len(function.node.parameters) == (function.cls is not None and not is_static(function)):
            return NOTHING  # it is given nothing
        if contexts.of(function) or function in contexts.loop_bound or not self._as_called(function):
            return NOTHING
        found: list[Handed] = []
        for caller in callers:
            if function in self.runs.decorating.wrapped.get(caller, ()):
                continue  # a wrapper, which hands on what it is given
            calls = contexts.sites.of(caller)[function]
            written = [call for call in calls if call is not None]
            if not written or len(written) < len(calls):
                return NOTHING
            around = self._of(caller, depth + 1)
            if around is not None:
                found += self._given(function, caller, written, around)
        agreed = _common(found) if callers else NOTHING
        if agreed is None or agreed.constants or agreed.objects:
            agreed = _common([*found, *self._possible(function)])
        return agreed

    def _possible(self, function: Function) -> Iterator[Handed]:
        """What calls give that may get there too: nobody knows what they call, or how they are reached themselves."""
        callers = self.contexts.callers
        for name in (function.name, *callers.aliases.get(function.name, ())):
            for call, scope in callers.named(name):
                if isinstance(call.func, s.Attribute) is (function.cls is None) or scope.module.is_test:
                    continue
                if self._may_call(call, scope, function) and not _fails(call, function):
                    yield self.handing.into(function, call, scope, NOTHING)

    def _may_call(self, call: s.Call, scope: Scope, function: Function) -> bool:
        values = self.contexts.inference.infer(call.func, scope)
        if not values or v.UNKNOWN in values:
            return True
        apart = not isinstance(scope, Function) or scope in self.contexts.nearest or scope in self.contexts.scripts
        return not apart and any(function in self.contexts.sites.called(value) for value in values)

    @cached_property
    def _before(self) -> dict[Function, list[Function]]:
        """For each function, those that get to it while the application serves."""
        found: dict[Function, list[Function]] = {}
        for function in self.contexts.nearest:
            if self.contexts.serves(function):
                for other in self.contexts.sites.of(function):
                    found.setdefault(other, []).append(function)
        return found

    def _given(self, function: Function, caller: Function, calls: list[s.Call], around: Handed) -> Iterator[Handed]:
        left_out = self.handing.constants.left_out(Given(caller, tuple(around.constants.items())))
        for call in calls:
            if left_out.isdisjoint((call, *caller.body.ancestors(call))) and not _fails(call, function):
                yield self.handing.into(function, call, caller, around)

    def _as_called(self, function: Function) -> bool:
        """Whether the function is given what its callers write: no decorator adds to it."""
        if not function.node.decorators:
            return True
        wrapper = self.runs.wrapper(function)
        if wrapper is None:
            return self.contexts.inference.results.decorators(function) <= BARE
        if len(function.node.decorators) != 1 or not isinstance(maker := wrapper.parent, Function):
            return False
        alike = {
            inner.name: inner for inner in maker.members.values() if isinstance(inner, Function) and _takes_all(inner)
        }
        calls = [(call, inner) for inner in alike.values() for call in inner.body.all(s.Call)]
        subject = [item for item in calls if self.runs.decorating.calls_subject(item[0], maker)]
        passed = [item for item in calls if isinstance(item[0].func, s.Name) and item[0].func.id in alike]
        return wrapper in alike.values() and bool(subject) and all(_hands_on(*item) for item in (*subject, *passed))


def _takes_all(wrapper: Function) -> bool:
    """Whether a wrapper takes `*args, **kwargs` and never changes the dictionary: it only reads it or hands it on."""
    kinds = {parameter.kind: parameter.name for parameter in wrapper.node.parameters}
    name, body = kinds.get("**", ""), wrapper.body
    if len(wrapper.node.parameters) != 2 or "*" not in kinds or len(body.bindings.get(name, ())) != 1:
        return False
    targets = [target for node in body.all(s.Assign) for target in node.targets]
    targets += [node.target for node in body.all(s.AugAssign)]
    changed = [target.value for target in targets if isinstance(target, s.Subscript)]
    changed += [
        call.func.value
        for call in body.all(s.Call)
        if isinstance(call.func, s.Attribute) and call.func.attr not in READING
    ]
    return not any(isinstance(expr, s.Name) and expr.id == name for expr in changed)


def _hands_on(call: s.Call, wrapper: Function) -> bool:
    """Whether a call is `function(*args, **kwargs)`."""
    rest, keywords = (parameter.name for parameter in wrapper.node.parameters)
    match call:
        case s.Call(args=(s.Starred(value=s.Name(id=one)),), keywords=(s.Keyword(arg=None, value=s.Name(id=other)),)):
            return one == rest and other == keywords
    return False


def _fails(call: s.Call, function: Function) -> bool:
    """Whether the call leaves out what the function cannot do without."""
    if call.spread:
        return False
    needed = [p for p in function.node.parameters if p.kind not in ("*", "**") and p.default is None]
    needed = needed[1:] if function.cls is not None and not is_static(function) else needed
    written = {keyword.arg for keyword in call.keywords}
    by_name = [p for p in needed if p.name not in written]
    return len(by_name) > len(call.args)


def _common(found: list[Handed]) -> Handed | None:
    if not found:
        return None
    first, *others = found
    return Handed(
        {k: x for k, x in first.constants.items() if all(_same(o.constants.get(k, NOTHING), x) for o in others)},
        {k: x for k, x in first.objects.items() if all(o.objects.get(k) == x for o in others)},
    )


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other
