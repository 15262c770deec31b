"""The tracer on calls: texts that are filled in, what functions outside and inside the project give."""

from __future__ import annotations

import re

from fastlint.facts import syntax as s
from fastlint.project.flows.arguments import arguments
from fastlint.project.flows.cleaning import (
    ESCAPED,
    HARMLESS,
    JOINS,
    KEEPERS,
    KEPT_FOR,
    METHODS,
    ONLY_FIRST,
    OWNERS,
    WITH_ARGUMENTS,
)
from fastlint.project.flows.containers import Containers
from fastlint.project.flows.sources import ENUMS
from fastlint.project.flows.steps import PARAMETER, Origin, Step, distinct
from fastlint.project.flows.tracing import DEPTH, Origins
from fastlint.project.language import values as v
from fastlint.project.language.classes import is_abstract
from fastlint.project.language.scopes import Class, Function, Scope

HOST_FIXED = {
    "redirect": re.compile(r"[a-zA-Z][\w+.-]*://[^/?#]+[/?#]|/[^/\\]|[?#]|[\w-][\w.-]*[/?#]"),
    "request": re.compile(r"[a-zA-Z][\w+.-]*://[^/?#]+[/?#]|[/?#]"),
}
"""The beginning of a URL after which nothing can lead to another host."""
ENDS_HOST = ("/", "?", "#")


class Calls(Containers):
    """Texts and calls."""

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
                if found and constant.startswith(ENDS_HOST) and not constant.startswith("://"):
                    break
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

    def _behind_host(self, name: str, added: s.Expr, scope: Scope) -> bool:
        """Whether a text that is added to a URL goes on behind its host: `url += f"?state={state}"`.

        Or whether the URL had a query before: of `https://app.example.com` and `&a=@evil.example` the host is another.
        """
        fixed = HOST_FIXED.get(self.kind)
        if fixed is None:
            return False
        lead = self.constants.text(parts_of(added)[0], scope)
        if lead is not None and fixed.match(lead):
            return True
        made = [b.value for b in scope.body.bindings.get(name, ()) if b.kind != "augmented"]
        return bool(made) and all(value is not None and self._has_query(value, scope) for value in made)

    def _has_query(self, url: s.Expr, scope: Scope) -> bool:
        texts = (self.constants.text(part, scope) for part in parts_of(url) if isinstance(part, s.Constant))
        return any(text is not None and not {"?", "#"}.isdisjoint(text) for text in texts)

    def _formatted(self, template: s.Expr, values: list[s.Expr], scope: Scope) -> Origins:
        fixed = HOST_FIXED.get(self.kind)
        text = self.constants.text(template, scope)
        if fixed is not None and text is not None and fixed.match(re.split(r"%[sr]|\{[^}]*\}", text)[0]):
            return ()
        if text is not None and not re.search(r"%(\(\w+\))?[sr]|\{", text):
            return ()
        if fixed is not None and text is None:
            return self.trace(template, scope)  # An address out of the settings names its host itself.
        return self._all([template, *values], scope)

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
                if self.inference.classes.is_a(cls, *ENUMS):
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
            first = name in ONLY_FIRST or (name in JOINS and self.kind == "request")
            given = call.args[-1:] if name == "typing.cast" else call.args[:1] if first else call.args
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
        if func.attr == "join" and len(call.args) == 1 and self._dumped(call.args[0], scope):
            return self.keys(call.args[0], scope)
        if func.attr == "join" and self.kind == "path" and len(call.args) == 1 and self._is_piece(call.args[0], scope):
            joint = self.constants.text(func.value, scope)
            if joint is not None and "/" not in joint and "\\" not in joint:
                return ()
        if func.attr == "keys" and not given:
            return self.keys(func.value, scope)
        if func.attr in ("get", "pop", "setdefault", "getlist") and call.args:
            return (
                *self._named(self._item_of(func.value, call.args[0], scope), call.args[0], func.value),
                *self._all(given[1:], scope),
            )
        return self._all([func.value, *(given if func.attr in WITH_ARGUMENTS else ())], scope)

    def _result(self, function: Function, call: s.Call, scope: Scope, index: int | str | None = None) -> Origins:
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

    def returned(self, function: Function, index: int | str | None = None) -> Origins:
        """The origins of what a function returns or yields; of one element of a tuple, of one attribute or item."""
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
                given = [item.value for item in function.body.all(s.Return)]
                given += [item.value for item in function.body.all(s.Yield)]
                values = [_item(value, index) for value in given if value is not None]
                name = index if isinstance(index, str) else None
                known = distinct(
                    [
                        origin
                        for value in values
                        for origin in (
                            self.trace(value, function) if name is None else self.part(value, name, function)
                        )
                    ]
                )
        finally:
            self._active.discard((function, index))
        self._returned[function, index] = known
        return known


def _continues(parts: list[s.Expr], part: s.Expr) -> bool:
    """Whether the next part goes on with `://`: what came before was the scheme."""
    index = next(i for i, item in enumerate(parts) if item is part)
    following = parts[index + 1] if index + 1 < len(parts) else None
    return isinstance(following, s.Constant) and str(following.value).startswith("://")


def _item(value: s.Expr, index: int | str | None) -> s.Expr:
    """An element of a tuple that is written out."""
    if isinstance(index, int) and isinstance(value, s.Tuple) and index < len(value.elements):
        return value.elements[index]
    return value


def parts_of(expr: s.Expr) -> list[s.Expr]:
    """The parts of `a + b + f"..."`, left to right."""
    parts: list[s.Expr] = []
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, s.Binary) and node.op == "Add":
            stack += [node.right, node.left]
        elif isinstance(node, s.FString) and node.parts:
            parts += node.parts
        else:
            parts.append(node)
    return parts
