"""What is written out: values and arguments, followed through names and calls.

What lists and dictionaries hold is told in displays.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.choices import stands_in
from fastlint.project.language.frames import NO_NAMES, Arguments, Bound, Frame, Names, bound_parameters, placed
from fastlint.project.language.inference import Inference
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Module, Scope

DEEPEST = 20

NESTED = 60
"""Questions that may be open within one another."""
STEPS = 20_000
"""Questions that one question may lead to: `x = x + x` asks twice as many with each step."""
GIVEN_AGAIN = frozenset({"assign", "annotated", "augmented"})
"""Bindings that give a parameter, or what a loop goes through, another value."""
Pair = tuple[Bound | None, Bound]
"""A key and its value; no key where it is not known which it is."""
Method = TypeVar("Method", bound=Callable[..., Any])


def bounded(beyond: Callable[[], Any]) -> Callable[[Method], Method]:
    """Where definitions refer to each other without end, the method's answer is that of `beyond`."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def asked(self: Written, *args: Any, **keywords: Any) -> Any:
            if self.open == 0:
                self.steps = 0
            self.steps += 1
            if self.open >= NESTED or self.steps > STEPS:
                return beyond()
            self.open += 1
            try:
                return method(self, *args, **keywords)
            finally:
                self.open -= 1

        return cast("Method", asked)

    return decorate


class Written:
    """What `Displays` and `Constants` build on: everything but what lists and dictionaries hold, and the constants."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.open = self.steps = 0

    def value(self, expr: s.Expr | None, scope: Scope, names: Names = NO_NAMES, default: Any = None) -> Any:
        """The constant an expression surely is, else `default`."""
        raise NotImplementedError

    def elements(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES, depth: int = 0) -> list[Bound] | None:
        """The elements of a list, tuple or set that is written out somewhere; None when it is not."""
        raise NotImplementedError

    def pairs(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES, depth: int = 0) -> list[Pair] | None:
        """The keys and values of a dictionary that is written out somewhere; None when it is not."""
        raise NotImplementedError

    def item(self, expr: s.Subscript, scope: Scope, names: Names) -> Bound | None:
        """What a written-out list or dictionary holds at a constant index."""
        raise NotImplementedError

    def of(self, bound: Bound | None, default: Any = None) -> Any:
        """The constant that a bound name or argument surely is."""
        return default if bound is None else self.value(bound.expr, bound.scope, bound.names, default)

    def stands_for(self, name: s.Name, scope: Scope, names: Names) -> Bound | None:
        """What a name stands for in this run; None where the function may have given it another value before."""
        bound = names.get(name.id)
        if bound is None or not isinstance(scope, Function) or len(scope.body.bindings.get(name.id, ())) < 2:
            return bound
        found = self.inference.define(name, scope)
        again = [x for x in found if isinstance(x, Definition) and x.scope is scope and x.binding.kind in GIVEN_AGAIN]
        if not again:
            return bound
        filling = again[0].binding
        if len(again) > 1 or filling.value is None or not stands_in(filling, scope.body):
            return None
        given = self._handed_in(bound)
        return bound if given else Bound(filling.value, scope, names) if given is False else None

    def _handed_in(self, bound: Bound) -> bool | None:
        """Whether an argument surely is something (True), or None (False); what is empty or not known is neither."""
        if bound.value is None and isinstance(bound.expr, s.Name) and bound.expr.id in bound.names:
            inner = self.stands_for(bound.expr, bound.scope, bound.names)
            return None if inner is None else self._handed_in(inner)
        values = self.inference.infer(bound.expr, bound.scope) if bound.value is None else (bound.value,)
        if all(value == v.NONE for value in values):
            return False if values else None
        return True if all(not isinstance(value, v.Const) or value.value for value in values) else None

    # values

    def values(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES, depth: int = 0) -> v.Values:
        """What the expression can be in this run, with names standing for what they are bound to."""
        if not names and not isinstance(names, Frame):
            return self.inference.infer(expr, scope)
        if depth > DEEPEST:
            return v.NOTHING_KNOWN
        return tuple(dict.fromkeys(placed(value, names) for value in self._values(expr, scope, names, depth)))

    @bounded(lambda: v.NOTHING_KNOWN)
    def _values(self, expr: s.Expr, scope: Scope, names: Names, depth: int) -> v.Values:
        match expr:
            case s.Name() if (bound := self.stands_for(expr, scope, names)) is not None:
                return (bound.value,) if bound.value is not None else self._bound(bound, depth)
            case s.Name() if names and isinstance(scope, Function):
                return self._local(expr, scope, names, depth)
            case s.Attribute():
                base = v.without_none(self.values(expr.value, scope, names, depth + 1))
                return self.inference.each(base, lambda value: self._kept(value, expr.attr, depth))
            case s.Subscript():
                found = self.item(expr, scope, names)
                if found is not None:
                    return self._bound(found, depth)
                base = self.values(expr.value, scope, names, depth + 1)
                return self.inference.each(base, lambda value: self.inference.steps.item(value, expr.index, scope))
            case s.Call():
                callees = self.values(expr.func, scope, names, depth + 1)
                return self.inference.each(callees, lambda value: self._made(value, expr, scope, names, depth))
            case s.Boolean(op="Or"):
                parts = [self.values(part, scope, names, depth + 1) for part in expr.values]
                return v.union(*[v.without_none(part) for part in parts[:-1]], parts[-1])
            case s.Conditional():
                return v.union(*[self.values(part, scope, names, depth + 1) for part in (expr.body, expr.orelse)])
        return self.inference.infer(expr, scope)

    def _bound(self, bound: Bound, depth: int) -> v.Values:
        return self.values(bound.expr, bound.scope, bound.names, depth + 1)

    def _kept(self, value: v.Value, name: str, depth: int) -> v.Values:
        """An attribute, also one that keeps what the constructor of this object was given: `self.app = app`."""
        found = self.inference.steps.attribute(value, name)
        if not isinstance(value, v.Instance) or not isinstance(value.of, Class) or value.site is None:
            return found
        if not any(item == v.UNKNOWN or (isinstance(item, v.Instance) and item.site is None) for item in found):
            return found
        kept = self.kept(value, name)
        if kept is None or not isinstance(kept.expr, s.Name):
            return found
        better = self._bound(kept, depth + 2)
        return better if better and v.UNKNOWN not in better else found

    def kept(self, value: v.Instance, name: str) -> Bound | None:
        """What the constructor of an object, and nothing else in its class, assigns to an attribute."""
        if not isinstance(value.of, Class) or value.site is None:
            return None
        init = self.inference.classes.method(value.of, "__init__")
        if init is None or init.cls is None or not isinstance(value.site.scope, Function | Module):
            return None
        assigned = self.inference.classes.assigned(init.cls).get(name, [])
        if len(assigned) != 1 or assigned[0][2] is not init or assigned[0][0] is None:
            return None
        if any(binding.value is not None for binding in init.cls.body.bindings.get(name, ())):
            return None
        return Bound(assigned[0][0], init, self.entered(init, value.site.call, value.site.scope, NO_NAMES, value))

    def _local(self, expr: s.Name, scope: Scope, names: Names, depth: int) -> v.Values:
        """A variable of the function that runs: what was assigned to it in this run."""
        found = self.inference.define(expr, scope)
        groups: list[v.Values] = []
        for item in found:
            value = assigned_value(item)
            if value is None or not isinstance(item, Definition) or item.scope is not scope:
                return self.inference.infer(expr, scope)
            groups.append(self.values(value, scope, names, depth + 3))
        return v.union(*groups) if groups else self.inference.infer(expr, scope)

    def _made(self, callee: v.Value, call: s.Call, scope: Scope, names: Names, depth: int) -> v.Values:
        found = self.inference.results.gives(callee, call, scope)
        if not isinstance(callee, v.FunctionValue) or callee.function.is_async or callee.function.is_generator:
            return found
        if not any(value == v.UNKNOWN or (isinstance(value, v.Instance) and value.site is None) for value in found):
            return found
        function = callee.function
        if isinstance(names, Frame) and (names.runs(function) or names.depth > 6):
            return found
        frame = self.entered(function, call, scope, names, callee.receiver)
        returned = [
            self.values(item.value, function, frame, depth + 4)
            for item in function.body.all(s.Return)
            if item.value is not None
        ]
        better = v.union(*returned)
        return better if better and v.UNKNOWN not in better else found

    # calls, lists and dictionaries

    def entered(
        self, function: Function, call: s.Call, scope: Scope, names: Names, receiver: v.Value | None = None
    ) -> Frame:
        """The frame in which a call runs a function."""
        caller = names if isinstance(names, Frame) else None
        site = v.Site(call, scope)
        if caller is not None and caller.site is not None and isinstance(scope, Function):
            site = site.within(caller.site)
        frame = Frame(function, site, caller)
        enclosing: Names = NO_NAMES
        for outer in caller.chain() if caller is not None else ():
            if outer.scope is function.parent:
                enclosing = outer
                frame.update(outer)
                frame.rest, frame.options = dict(outer.rest), dict(outer.options)
                break
        me = receiver if isinstance(receiver, v.Instance | v.ClassValue) else None
        bound_parameters(function, self.arguments(call, scope, names), frame, me, enclosing)
        return frame

    def arguments(self, call: s.Call, scope: Scope, names: Names = NO_NAMES) -> Arguments:
        """The arguments of a call, with what `*` and `**` bring."""
        found = Arguments()
        for argument in call.args:
            if isinstance(argument, s.Starred):
                spread = self.elements(argument.value, scope, names)
                if spread is None:
                    found.more = True
                    break
                found.positional += spread
            else:
                found.positional.append(Bound(argument, scope, names))
        for keyword in call.keywords:
            if keyword.arg is not None:
                found.keywords[keyword.arg] = Bound(keyword.value, scope, names)
                continue
            if isinstance(keyword.value, s.Name) and isinstance(names, Frame) and keyword.value.id in names.open:
                found.more = True
            pairs = self.pairs(keyword.value, scope, names)
            if pairs is None:
                found.more = True
                continue
            for key, bound in pairs:
                name = self.of(key) if key is not None else None
                if isinstance(name, str):
                    found.keywords[name] = bound
                else:
                    found.more = True
        return found


def assigned_value(found: object) -> s.Expr | None:
    """The value of a plain assignment."""
    if isinstance(found, Definition) and found.binding.kind in ("assign", "annotated") and not found.binding.path:
        return found.binding.value
    return None
