"""Where a value can come from: backwards through assignments, texts, containers, attributes, awaits and functions.

What a function makes of its parameters is worked out once and filled in at each call. One tracer serves one kind of
sink, because what makes a value harmless depends on where it goes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project import values as v
from fastlint.project.classes import is_abstract, is_static
from fastlint.project.flow_arguments import arguments
from fastlint.project.flow_checks import Checks
from fastlint.project.flow_cleaning import (
    ESCAPED,
    GROWERS,
    HARMLESS,
    KEEPERS,
    KEPT_FOR,
    METHODS,
    ONLY_FIRST,
    OWNERS,
    PARTS,
    WITH_ARGUMENTS,
)
from fastlint.project.flow_sources import Sources, parameter_origin
from fastlint.project.flow_steps import OPEN, PARAMETER, REQUEST, Origin, Step, distinct, key
from fastlint.project.names import Definition
from fastlint.project.scopes import Binding, Class, Function, Scope

if TYPE_CHECKING:
    from fastlint.project.constants import Constants

DEPTH = 60
Origins = tuple[Origin, ...]
HOST_FIXED = {
    "redirect": re.compile(r"[a-zA-Z][\w+.-]*://[^/?#]+[/?#]|/[^/\\]|[?#]|[\w-][\w.-]*[/?#]"),
    "request": re.compile(r"[a-zA-Z][\w+.-]*://[^/?#]+[/?#]|[/?#]"),
}
"""The beginning of a URL after which nothing can lead to another host."""
NUMBER = re.compile(r"[^{}]*[dfeEgGxXob%n]$")
HINT = re.compile(r"get\('?([\w-]+)")


class Tracer:
    """Traces for one kind of sink; one per project and kind."""

    def __init__(self, sources: Sources, constants: Constants, kind: str) -> None:
        self.sources = sources
        self.constants = constants
        self.inference = constants.inference
        self.kind = kind
        self.checks = Checks(self.inference, kind)
        self._known: dict[s.Expr, Origins] = {}
        self._returned: dict[tuple[Function, int | None], Origins] = {}
        self._active: set[object] = set()
        self._puts: dict[Scope, dict[str, list[s.Expr]]] = {}
        self._depth = 0

    def trace(self, expr: s.Expr, scope: Scope) -> Origins:
        """The origins of a value that are not constant and not made harmless."""
        known = self._known.get(expr)
        if known is not None:
            return known
        if expr in self._active or self._depth > DEPTH:
            return ()
        self._active.add(expr)
        self._depth += 1
        try:
            known = distinct(list(self._trace(expr, scope)))
        finally:
            self._depth -= 1
            self._active.discard(expr)
        self._known[expr] = known
        return known

    def _all(self, exprs: tuple[s.Expr | None, ...] | list[s.Expr], scope: Scope) -> Origins:
        return tuple(origin for expr in exprs if expr is not None for origin in self.trace(expr, scope))

    def _trace(self, expr: s.Expr, scope: Scope) -> Origins:
        match expr:
            case s.Constant() | s.Compare() | s.Unary() | s.Lambda():
                return ()
            case s.Name():
                return () if self.checks.ends(expr, scope) else self._name(expr, scope)
            case s.Attribute():
                return () if self.checks.ends(expr, scope) else self._attribute(expr, scope)
            case s.Call():
                return self._call(expr, scope)
            case s.Subscript():
                return () if self.checks.ends(expr, scope) else self._subscript(expr, scope)
            case s.FString(parts=parts):
                return self._text(list(parts), scope)
            case s.Formatted(value=value, spec=spec):
                return () if spec is not None and _number(spec) else self.trace(value, scope)
            case s.Binary(op="Add"):
                return self._text(_added(expr), scope)
            case s.Binary(op="Mod", left=left, right=right):
                if v.Instance("markupsafe.Markup") in self._unplaced(left, scope):
                    return self.trace(left, scope)
                values = list(right.elements) if isinstance(right, s.Tuple) else [right]
                return self._formatted(left, values, scope)
            case s.Binary(op="Div", left=left, right=right):
                return self._all((left, right), scope)
            case s.Binary(op=op, left=left, right=right):
                return self._all((left, right) if op in ("BitOr", "BitAnd", "Sub") else (left,), scope)
            case s.Boolean(values=values):
                return self._all(values, scope)
            case s.Conditional(body=body, orelse=orelse):
                return self._all((body, orelse), scope)
            case s.List(elements=items) | s.Tuple(elements=items) | s.Set(elements=items):
                return self._all(items, scope)
            case s.Dict(keys=keys, values=values):
                return self._all((*keys, *values), scope)
            case s.Comprehension(element=element, value=value):
                return self._all((element, value), scope)
            case s.Await(value=value) | s.NamedExpr(value=value) | s.Starred(value=value):
                return self.trace(value, scope)
            case _:
                return self._open(expr, scope)

    def _open(self, expr: s.Expr, scope: Scope) -> Origins:
        """Something unknown: of interest only where a text must be constant."""
        return (Origin(OPEN, key(expr) or "", expr, scope),) if self.kind == "sql" else ()

    def _unplaced(self, expr: s.Expr, scope: Scope) -> v.Values:
        values = self.inference.infer(expr, scope)
        return tuple(replace(value, site=None) if isinstance(value, v.Instance) else value for value in values)

    # texts

    def _text(self, parts: list[s.Expr], scope: Scope) -> Origins:
        """A text made of parts; of a URL only what can lead to another host counts."""
        fixed = HOST_FIXED.get(self.kind)
        if fixed is None:
            return self._all(parts, scope)
        prefix = ""
        found: list[Origin] = []
        for part in parts:
            inner = part.value if isinstance(part, s.Formatted) else part
            constant = self.constants.text(inner, scope)
            if constant is not None:
                prefix += constant
                continue
            if fixed.match(prefix):
                break
            origins = self.trace(part, scope)
            found += origins
            if not origins and not (prefix == "" and _continues(parts, part)):
                break
            prefix = "" if prefix == "" and not origins else prefix + "x"
        return tuple(found)

    def _formatted(self, template: s.Expr, values: list[s.Expr], scope: Scope) -> Origins:
        fixed = HOST_FIXED.get(self.kind)
        text = self.constants.text(template, scope)
        if fixed is not None and text is not None and fixed.match(re.split(r"%[sr]|\{[^}]*\}", text)[0]):
            return ()
        if text is not None and not re.search(r"%(\(\w+\))?[sr]|\{", text):
            return ()
        return self._all([template, *values], scope)

    # names

    def _name(self, expr: s.Name, scope: Scope) -> Origins:
        inner = self._of_comprehension(expr, scope)
        if inner is not None:
            return inner
        found: list[Origin] = []
        for item in self.inference.names.lookup(expr.id, scope, expr):
            if isinstance(item, Definition):
                found += self._bound(item.binding, item.scope)
                if item.scope is scope:
                    found += self._grown(expr, scope)
        return tuple(found)

    def _of_comprehension(self, expr: s.Name, scope: Scope) -> Origins | None:
        for node in scope.body.ancestors(expr):
            if isinstance(node, s.Lambda) and any(p.name == expr.id for p in node.parameters):
                return ()
            if isinstance(node, s.Comprehension):
                for generator in node.generators:
                    path = _path_to(expr.id, generator.target)
                    if path is not None and not _in(expr, generator.iterable, scope):
                        return self._element(generator.iterable, path, scope)
        return None

    def _element(self, iterable: s.Expr, path: tuple[int, ...], scope: Scope) -> Origins:
        """What one round of a loop binds; the number that `enumerate` gives is harmless."""
        if isinstance(iterable, s.Call) and isinstance(iterable.func, s.Attribute) and not iterable.args:
            if iterable.func.attr == "keys" or iterable.func.attr == "items" and path == (0,):
                return self.keys(iterable.func.value, scope)
        if not path and self._is_dict(iterable, scope):
            return self.keys(iterable, scope)
        if isinstance(iterable, s.Call) and path:
            names = self.inference.external_names(iterable.func, scope)
            if "builtins.enumerate" in names and iterable.args:
                return () if path[0] == 0 else self._element(iterable.args[0], path[1:], scope)
            if "builtins.zip" in names and path[0] < len(iterable.args):
                return self._element(iterable.args[path[0]], path[1:], scope)
        return self.trace(iterable, scope)

    def _is_dict(self, expr: s.Expr, scope: Scope) -> bool:
        values = v.without_none(self.inference.infer(expr, scope))
        return bool(values) and all(
            (isinstance(value, v.Display) and isinstance(value.node, s.Dict))
            or (isinstance(value, v.Instance) and value.of in ("builtins.dict", "collections.abc.Mapping"))
            for value in values
        )

    def keys(self, expr: s.Expr, scope: Scope, depth: int = 0) -> Origins:
        """The origins of the keys of a dictionary."""
        match expr:
            case s.Dict(keys=keys, values=values):
                spread = [value for name, value in zip(keys, values, strict=True) if name is None]
                inner = [origin for value in spread for origin in self.keys(value, scope, depth + 1)]
                return (*self._all(keys, scope), *inner)
            case s.Conditional(body=body, orelse=orelse):
                return (*self.keys(body, scope, depth + 1), *self.keys(orelse, scope, depth + 1))
            case s.Boolean(values=values):
                return tuple(origin for value in values for origin in self.keys(value, scope, depth + 1))
            case s.Call(func=s.Attribute(value=value, attr=("copy" | "items" | "keys"))):
                return self.keys(value, scope, depth + 1)
            case s.Call(func=s.Attribute(attr=("model_dump" | "dict"))):
                return ()
            case s.Comprehension(kind="dict", element=element):
                return self.trace(element, scope)
            case s.Name() if depth < 8 and not self.checks.ends(expr, scope):
                return self._keys_of_name(expr, scope, depth)
        return self.trace(expr, scope)

    def _keys_of_name(self, expr: s.Name, scope: Scope, depth: int) -> Origins:
        found: list[Origin] = []
        for item in self.inference.names.lookup(expr.id, scope, expr):
            if not isinstance(item, Definition) or not isinstance(item.scope, Function):
                continue
            binding = item.binding
            if binding.kind in ("assign", "annotated") and binding.value is not None and not binding.path:
                found += self.keys(binding.value, item.scope, depth + 1)
                for assign in item.scope.body.all(s.Assign):
                    for target in assign.targets:
                        if isinstance(target, s.Subscript) and key(target.value) == expr.id:
                            found += self.trace(target.index, item.scope)
            elif binding.kind == "parameter":
                found += [
                    replace(origin, keys=True) if origin.kind == PARAMETER else origin
                    for origin in self._bound(binding, item.scope)
                ]
            else:
                found += self._bound(binding, item.scope)
        return tuple(found)

    def _bound(self, binding: Binding, scope: Scope) -> Origins:
        if not isinstance(scope, Function):
            return ()
        match binding.kind:
            case "parameter":
                assert isinstance(binding.node, s.Parameter)
                return self.parameter(binding.node, scope)
            case "for" if binding.value is not None:
                return self._element(binding.value, binding.path, scope)
            case "assign" | "annotated" | "with" if binding.value is not None:
                return self._unpacked(binding.value, binding.path, scope)
            case "match":
                outer = scope.body.parents.get(binding.node)
                return self.trace(outer.subject, scope) if isinstance(outer, s.Match) else ()
        return ()

    def _unpacked(self, value: s.Expr, path: tuple[int, ...], scope: Scope) -> Origins:
        for step in path:
            if isinstance(value, s.Tuple | s.List) and 0 <= step < len(value.elements):
                value = value.elements[step]
            elif (elements := self._of_tuple(value, step, scope)) is not None:
                return elements
        return self.trace(value, scope)

    def _of_tuple(self, value: s.Expr, index: int, scope: Scope) -> Origins | None:
        """One element of the tuple that a project function gives; None where it gives something else."""
        call = value.value if isinstance(value, s.Await) else value
        if not isinstance(call, s.Call) or index < 0:
            return None
        functions = self.inference.infer(call.func, scope)
        found: list[Origin] = []
        for item in functions:
            if not isinstance(item, v.FunctionValue):
                return None
            found += self._result(item.function, call, scope, index)
        return tuple(found) if functions else None

    def _grown(self, expr: s.Name, scope: Scope) -> Origins:
        """What was added to a text or put into a container before it is used."""
        found: list[Origin] = []
        for binding in scope.body.bindings.get(expr.id, ()):
            if binding.kind == "augmented" and binding.value is not None and binding.start < expr.start:
                found += self.trace(binding.value, scope)
        for value in self._put(scope).get(expr.id, ()):
            if value.start < expr.start:
                found += self.trace(value, scope)
        return tuple(found)

    def _put(self, scope: Scope) -> dict[str, list[s.Expr]]:
        """What a scope puts into its containers, by the name of the container."""
        cached = self._puts.get(scope)
        if cached is None:
            cached = {}
            for call in scope.body.all(s.Call):
                if (
                    isinstance(call.func, s.Attribute)
                    and call.func.attr in GROWERS
                    and isinstance(call.func.value, s.Name)
                ):
                    given = [*call.args, *(keyword.value for keyword in call.keywords)]
                    cached.setdefault(call.func.value.id, []).extend(given[1:] if call.func.attr == "insert" else given)
            for assign in scope.body.all(s.Assign):
                for target in assign.targets:
                    if isinstance(target, s.Subscript) and isinstance(target.value, s.Name):
                        cached.setdefault(target.value.id, []).append(assign.value)
            self._puts[scope] = cached
        return cached

    def parameter(self, node: s.Parameter, function: Function) -> Origins:
        if self.sources.safe_parameter(node, function):
            return ()
        if function.cls is not None and node is function.node.parameters[0] and not is_static(function):
            return ()
        if self.sources.bearer(node):
            return (Origin(REQUEST, f"bearer token `{node.name}`", node, function),)
        found: list[Origin] = []
        for dependency in self.sources.dependencies(node):
            step = Step(function.path, node.span, f"FastAPI passes what `{dependency.short}` gives as `{node.name}`")
            found += [origin.through(step) for origin in self.returned(dependency)]
        return (*found, parameter_origin(node, function))

    # attributes and items

    def _attribute(self, expr: s.Attribute, scope: Scope) -> Origins:
        source = self.sources.of(expr, scope, self.kind)
        if source is not None:
            return (source,)
        if expr.attr in PARTS.get(self.kind, ()) or expr.attr.startswith("__"):
            return ()
        base = v.without_none(self.inference.infer(expr.value, scope))
        if any(isinstance(value, v.ModuleValue | v.ClassValue | v.External) for value in base):
            return ()
        if self.sources.safe_values(self.inference.infer(expr, scope)) or self.sources.safe_field(base, expr.attr):
            return ()
        found: list[Origin] = []
        stored = self.sources.stored(expr, base, scope) if self.kind == "html" else None
        if stored is not None:
            return (stored,)
        objects = [value.of for value in base if isinstance(value, v.Instance) and isinstance(value.of, Class)]
        for cls in objects:
            own = self._of_object(cls, expr.attr)
            if own is not None:
                found += own
            else:
                found += self._extended(expr, scope)
        if objects:
            return tuple(found)
        if any(isinstance(value, v.Instance) and not str(value.of).startswith(OWNERS) for value in base):
            return self._open(expr, scope)
        return self._extended(expr, scope) or self._open_unless_constant(expr, scope)

    def _open_unless_constant(self, expr: s.Expr, scope: Scope) -> Origins:
        return () if not self._rooted(expr, scope) else self._open(expr, scope)

    def _rooted(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether the object is made where the function runs: a global's attribute is configuration."""
        while isinstance(expr, s.Attribute | s.Subscript):
            expr = expr.value
        if isinstance(expr, s.Name):
            found = self.inference.names.lookup(expr.id, scope, expr)
            return any(isinstance(item, Definition) and isinstance(item.scope, Function) for item in found)
        return True

    def _extended(self, expr: s.Attribute, scope: Scope) -> Origins:
        """The origins of the object, named with the attribute."""
        inner = key(expr.value)
        return tuple(
            replace(origin, text=f"{origin.text}.{expr.attr}")
            if origin.kind == PARAMETER and origin.text == inner
            else origin
            for origin in self.trace(expr.value, scope)
        )

    def _of_object(self, cls: Class, name: str) -> Origins | None:
        """What methods assign to the attribute, or a property gives; None where the class says neither."""
        for item in self.inference.classes.ancestry(cls):
            if not isinstance(item, Class):
                continue
            method = item.methods.get(name)
            if method is not None:
                return self.returned(method) if self.inference.classes.is_property(method) else ()
            assigned = self.inference.classes.assigned(item).get(name)
            if assigned:
                return tuple(
                    origin
                    for value, _, function in assigned
                    if value is not None
                    for origin in self.trace(value, function)
                )
            bindings = item.body.bindings.get(name)
            if bindings and any(b.kind == "assign" for b in bindings):
                return ()
        return None

    def _subscript(self, expr: s.Subscript, scope: Scope) -> Origins:
        if self.sources.safe_values(self.inference.infer(expr, scope)):
            return ()
        value, index = expr.value, expr.index
        if isinstance(value, s.Dict) and isinstance(index, s.Constant):
            for name, item in zip(value.keys, value.values, strict=True):
                if isinstance(name, s.Constant) and name.value == index.value:
                    return self.trace(item, scope)
        return self._named(self._item_of(value, index, scope), index, value)

    def _item_of(self, value: s.Expr, index: s.Expr, scope: Scope) -> Origins:
        """One item of what is held in a variable: of a dictionary written out, that under the key."""
        if isinstance(value, s.Name) and isinstance(index, s.Constant) and value.id not in self._put(scope):
            bindings = scope.body.bindings.get(value.id, ())
            if len(bindings) == 1 and isinstance(bindings[0].value, s.Dict) and bindings[0].kind == "assign":
                node = bindings[0].value
                pairs = zip(node.keys, node.values, strict=True)
                chosen = [item for name, item in pairs if isinstance(name, s.Constant) and name.value == index.value]
                if chosen and None not in node.keys:
                    return self.trace(chosen[0], scope)
        return self.trace(value, scope)

    @staticmethod
    def _named(origins: Origins, index: s.Expr, container: s.Expr) -> Origins:
        """The origins with the key that was asked for."""
        if not (isinstance(index, s.Constant) and isinstance(index.value, str)):
            return origins
        name = index.value
        return tuple(
            replace(origin, text=f"{origin.text.removesuffix('s of the request')} `{name}`")
            if origin.kind == REQUEST and origin.text.endswith("s of the request")
            else replace(origin, text=f"{origin.text}, `{name}`")
            if origin.kind == REQUEST and origin.text in ("request body", "form field", "websocket message")
            else replace(origin, text=f"{origin.text}.{name}")
            if origin.kind == PARAMETER and origin.text == key(container)
            else origin
            for origin in origins
        )

    # calls

    def _call(self, call: s.Call, scope: Scope) -> Origins:
        source = self.sources.of(call, scope, self.kind)
        if source is not None:
            return (source,)
        found: list[Origin] = []
        answered = False
        for value in v.without_none(self.inference.infer(call.func, scope)):
            answer = self._called(value, call, scope)
            if answer is not None:
                answered = True
                found += answer
        if answered:
            return tuple(found)
        if isinstance(call.func, s.Attribute):
            if call.func.attr in METHODS:
                return self._method(call, call.func, scope)
        return self._open(call, scope)

    def _called(self, value: v.Value, call: s.Call, scope: Scope) -> Origins | None:
        """What calling one value gives; None when it is not known."""
        match value:
            case v.FunctionValue(function):
                return self._result(function, call, scope)
            case v.ClassValue(cls):
                if self.inference.classes.is_a(cls, *("enum.Enum", "enum.StrEnum", "enum.IntEnum")):
                    return ()
                return self._all([*call.args, *(keyword.value for keyword in call.keywords)], scope)
            case v.Instance(Class() as cls):
                method = self.inference.classes.method(cls, "__call__")
                return None if method is None else self._result(method, call, scope)
            case v.External(name):
                return self._external(name, call, scope)
        return None

    def _external(self, name: str, call: s.Call, scope: Scope) -> Origins | None:
        if name in KEEPERS or name in KEPT_FOR.get(self.kind, ()):
            given = call.args[-1:] if name == "typing.cast" else call.args[:1] if name in ONLY_FIRST else call.args
            keywords = (
                [] if name in ONLY_FIRST else [keyword.value for keyword in call.keywords if keyword.arg != "key"]
            )
            return self._all([*given, *keywords], scope)
        owner, _, method = name.rpartition(".")
        if isinstance(call.func, s.Attribute) and owner.startswith(OWNERS) and owner != "builtins":
            return self._method(call, call.func, scope) if method in METHODS else ()
        if isinstance(call.func, s.Attribute) and owner == "markupsafe.Markup":
            return self.trace(call.func.value, scope) if method in METHODS else ()
        if name.startswith(HARMLESS):
            return ()
        return self._open(call, scope)

    def _method(self, call: s.Call, func: s.Attribute, scope: Scope) -> Origins:
        """A method that keeps its object, with or without its arguments."""
        if func.attr == "replace" and call.args:
            taken = call.args[0]
            if isinstance(taken, s.Constant) and taken.value in ESCAPED[self.kind]:
                return ()
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if func.attr == "format":
            if v.Instance("markupsafe.Markup") in self._unplaced(func.value, scope):
                return self.trace(func.value, scope)
            return self._formatted(func.value, given, scope)
        if func.attr in ("get", "pop", "setdefault", "getlist") and call.args:
            return (
                *self._named(self._item_of(func.value, call.args[0], scope), call.args[0], func.value),
                *self._all(given[1:], scope),
            )
        return self._all([func.value, *(given if func.attr in WITH_ARGUMENTS else ())], scope)

    def filled(self, expr: s.Expr, origin: Origin, scope: Scope) -> Origins:
        """The origins of an argument, as far as the parameter's origin asks for them."""
        return self.keys(expr, scope) if origin.keys else self.trace(expr, scope)

    def _result(self, function: Function, call: s.Call, scope: Scope, index: int | None = None) -> Origins:
        """What a call of a project function gives: what it returns, with the arguments in place of its parameters."""
        found: list[Origin] = []
        for target in self._implementations(function):
            for origin in self.returned(target, index):
                if origin.kind != PARAMETER or origin.scope is not target:
                    found.append(origin.through(Step(scope.module.path, call.span, f"`{target.short}` returns it")))
                    continue
                assert isinstance(origin.node, s.Parameter)
                step = Step(scope.module.path, call.span, f"through `{target.short}`")
                for expr in arguments(call, target, origin):
                    found += [item.through(step) for item in self.filled(expr, origin, scope)]
        return tuple(found)

    def _implementations(self, function: Function) -> list[Function]:
        if function.cls is None or not is_abstract(function):
            return [function]
        heirs = self.inference.classes.subclasses(function.cls)
        return [method for cls in heirs if (method := cls.methods.get(function.name)) is not None]

    def returned(self, function: Function, index: int | None = None) -> Origins:
        """The origins of what a function returns or yields; of one element, where it gives a tuple."""
        known = self._returned.get((function, index))
        if known is not None:
            return known
        if (function, index) in self._active or self._depth > DEPTH:
            return ()
        self._active.add((function, index))
        try:
            if self.sources.safe(self.inference.annotations.returns(function)):
                known = ()
            else:
                items = [*function.body.all(s.Return), *function.body.all(s.Yield)]
                values = [_item(item.value, index) for item in items if item.value is not None]
                known = distinct([origin for value in values for origin in self.trace(value, function)])
        finally:
            self._active.discard((function, index))
        self._returned[function, index] = known
        return known


def _added(expr: s.Expr) -> list[s.Expr]:
    """The parts of `a + b + f"..."`, left to right."""
    parts: list[s.Expr] = []
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, s.Binary) and node.op == "Add":
            stack += [node.right, node.left]
        elif isinstance(node, s.FString):
            parts += node.parts
        else:
            parts.append(node)
    return parts


def _continues(parts: list[s.Expr], part: s.Expr) -> bool:
    """Whether the next part goes on with `://`: what came before was the scheme."""
    index = next(i for i, item in enumerate(parts) if item is part)
    following = parts[index + 1] if index + 1 < len(parts) else None
    return isinstance(following, s.Constant) and str(following.value).startswith("://")


def _number(spec: s.Expr) -> bool:
    parts = spec.parts if isinstance(spec, s.FString) else (spec,)
    last = parts[-1] if parts else None
    return isinstance(last, s.Constant) and isinstance(last.value, str) and NUMBER.fullmatch(last.value) is not None


def _in(expr: s.Expr, outer: s.Expr, scope: Scope) -> bool:
    return expr is outer or any(node is outer for node in scope.body.ancestors(expr))


def _item(value: s.Expr, index: int | None) -> s.Expr:
    """An element of a tuple that is written out."""
    if index is not None and isinstance(value, s.Tuple) and index < len(value.elements):
        return value.elements[index]
    return value


def _path_to(name: str, target: s.Expr) -> tuple[int, ...] | None:
    """The way to a name in the target of a loop."""
    if isinstance(target, s.Name):
        return () if target.id == name else None
    if isinstance(target, s.Tuple | s.List):
        for index, element in enumerate(target.elements):
            path = _path_to(name, element)
            if path is not None:
                return (index, *path)
    return None
