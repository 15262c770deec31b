"""What lists and dictionaries hold that are written out somewhere, followed through names, calls and spreads."""

from __future__ import annotations

from collections.abc import Iterable

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.bodies import END
from fastlint.project.language.frames import NO_NAMES, Bound, Frame, Names
from fastlint.project.language.inference import Inference
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Scope
from fastlint.project.language.written import DEEPEST, Pair, Written, assigned_value, bounded

WIDEST = 5000
"""Elements that a written list may have to be gone through one by one."""


class Displays(Written):
    """What `Constants` builds on beside `Written`."""

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self.appended: dict[s.Node, list[Bound]] = {}
        """What files append to the lists that they write out."""

    @bounded(lambda: None)
    def elements(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES, depth: int = 0) -> list[Bound] | None:
        """The elements of a list, tuple or set that is written out somewhere; None when it is not."""
        if depth > 8:
            return None
        match expr:
            case s.List() | s.Tuple() | s.Set():
                found: list[Bound] = []
                for element in expr.elements[:WIDEST]:
                    if isinstance(element, s.Starred):
                        inner = self.elements(element.value, scope, names, depth + 1)
                        if inner is None:
                            return None
                        found += inner
                    else:
                        found.append(Bound(element, scope, names))
                return found + self.appended.get(expr, [])
            case s.Dict():
                pairs = self.pairs(expr, scope, names, depth + 1)
                return None if pairs is None else [key for key, _ in pairs if key is not None]
            case s.Name() if isinstance(names, Frame) and expr.id in names.rest:
                return names.rest[expr.id]
            case s.Name() if (bound := self.stands_for(expr, scope, names)) is not None:
                return None if bound.value is not None else self._elements_of(bound, depth)
            case s.Binary(op="Add"):
                left = self.elements(expr.left, scope, names, depth + 1)
                right = self.elements(expr.right, scope, names, depth + 1)
                return None if left is None or right is None else left + right
            case s.Boolean(op="Or"):
                return self.elements(expr.values[0], scope, names, depth + 1) or self.elements(
                    expr.values[-1], scope, names, depth + 1
                )
            case s.Call():
                return self._elements_of_call(expr, scope, names, depth)
            case s.Name() | s.Attribute():
                if (given := self._assigned(expr, scope, names)) is not None:
                    return self._elements_of(given, depth)
        for value in self.values(expr, scope, names):
            if isinstance(value, v.Display):
                return self.elements(value.node, value.scope, NO_NAMES, depth + 1)
        return None

    def _elements_of(self, bound: Bound, depth: int) -> list[Bound] | None:
        return self.elements(bound.expr, bound.scope, bound.names, depth + 1)

    def _elements_of_call(self, expr: s.Call, scope: Scope, names: Names, depth: int) -> list[Bound] | None:
        func = expr.func
        if isinstance(func, s.Attribute) and func.attr in ("values", "keys") and not expr.args:
            pairs = self.pairs(func.value, scope, names, depth + 1)
            if pairs is not None:
                return [x if func.attr == "values" else k for k, x in pairs if k is not None]
        for value in self.values(func, scope, names):
            match value:
                case v.External("builtins.list" | "builtins.tuple" | "builtins.sorted" | "builtins.reversed" as name):
                    inner = self.elements(expr.args[0], scope, names, depth + 1) if expr.args else []
                    return self._ordered(name, inner, expr) if inner else inner
                case v.FunctionValue() if (made := self._written_by(value, expr, scope, names)) is not None:
                    return self._elements_of(made, depth)
        return None

    def _written_by(self, callee: v.FunctionValue, call: s.Call, scope: Scope, names: Names) -> Bound | None:
        """What a function gives in its one `return`."""
        function = callee.function
        returns = function.body.all(s.Return)
        if function.is_async or function.is_generator or len(returns) != 1 or returns[0].value is None:
            return None
        frame = self.entered(function, call, scope, names, callee.receiver)
        return Bound(returns[0].value, function, frame) if frame.depth < DEEPEST else None

    def _ordered(self, name: str, elements: list[Bound], call: s.Call) -> list[Bound]:
        """The elements as the function gives them; what is sorted in a way not known stays as it is written."""
        if name == "builtins.reversed":
            return elements[::-1]
        texts = [self.of(element) for element in elements]
        if name == "builtins.sorted" and not call.keywords and all(isinstance(text, str) for text in texts):
            return [element for _, element in sorted(zip(texts, elements, strict=True), key=lambda pair: pair[0])]
        return elements

    @bounded(lambda: None)
    def pairs(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES, depth: int = 0) -> list[Pair] | None:
        """The keys and values of a dictionary that is written out somewhere; None when it is not."""
        if depth > 8:
            return None
        found = self._pairs(expr, scope, names, depth)
        if found is None or not isinstance(expr, s.Name) or (isinstance(names, Frame) and expr.id in names.options):
            return found
        return self._changed(found, expr, scope, names, depth)

    def _pairs(self, expr: s.Expr, scope: Scope, names: Names, depth: int) -> list[Pair] | None:
        match expr:
            case s.Dict():
                written = [None if key is None else Bound(key, scope, names) for key in expr.keys]
                return self._spread(zip(written, expr.values, strict=True), scope, names, depth)
            case s.Name() if isinstance(names, Frame) and expr.id in names.options:
                return [(_key(key, expr, scope), bound) for key, bound in names.options[expr.id].items()]
            case s.Name() if (bound := self.stands_for(expr, scope, names)) is not None:
                return None if bound.value is not None else self._pairs_of(bound, depth)
            case s.Call(func=s.Name(id="dict")) if len(expr.args) < 2:
                return self._pairs_of_dict(expr, scope, names, depth)
            case s.Call(func=s.Attribute(value=owner, attr=("model_dump" | "dict"))) if not expr.args:
                return self._fields(owner, scope, names)
            case s.Binary(op="BitOr"):
                left = self.pairs(expr.left, scope, names, depth + 1)
                right = self.pairs(expr.right, scope, names, depth + 1)
                return None if left is None or right is None else left + right
            case s.Subscript() if (held := self.item(expr, scope, names)) is not None:
                return None if held.value is not None else self._pairs_of(held, depth)
            case s.Name() | s.Attribute():
                if (given := self._assigned(expr, scope, names)) is not None:
                    return self._pairs_of(given, depth)
        if isinstance(expr, s.Call):
            for callee in self.values(expr.func, scope, names):
                made = self._written_by(callee, expr, scope, names) if isinstance(callee, v.FunctionValue) else None
                inner = None if made is None else self._pairs_of(made, depth)
                if inner is not None:
                    return inner
        for found_value in self.values(expr, scope, names):
            if isinstance(found_value, v.Display) and isinstance(found_value.node, s.Dict):
                return self.pairs(found_value.node, found_value.scope, NO_NAMES, depth + 1)
        return None

    def _changed(self, pairs: list[Pair], name: s.Name, scope: Scope, names: Names, depth: int) -> list[Pair] | None:
        """The pairs after what is done to the dictionary between where it is made and `name`.

        What is not known may have set any key again: it stands there as a pair without one.
        """
        made = self.inference.define(name, scope)
        if len(made) != 1 or not isinstance(made[0], Definition):
            return pairs
        inside, binding = made[0].scope, made[0].binding
        until = name.start if inside is scope else END
        changes = [c for c in inside.body.item_changes.get(binding.name, ()) if binding.start <= c.start < until]
        if not changes:
            return pairs
        block = inside.body.parents.get(binding.node)
        inner = names if inside is scope else NO_NAMES
        for change in changes:
            around = inside.body.parents.get(change)
            surely = block is (inside.body.parents.get(around) if isinstance(around, s.ExprStmt) else around)
            set_here = self._set_by(change, inside, inner, depth)
            if set_here is None:
                pairs = [*pairs, (None, Bound(_something(name), inside, NO_NAMES))]
                continue
            if isinstance(change, s.Call) and getattr(change.func, "attr", "") == "setdefault":
                there = {self.of(key) for key, _ in pairs if key is not None}
                set_here = [pair for pair in set_here if self.of(pair[0]) not in there]
            if not surely:
                set_here = [(key, Bound(_something(bound.expr), inside, NO_NAMES)) for key, bound in set_here]
            keys = {self.of(key) for key, _ in set_here}
            pairs = [pair for pair in pairs if pair[0] is None or self.of(pair[0]) not in keys] + set_here
        return pairs

    def _set_by(self, change: s.Node, scope: Scope, names: Names, depth: int) -> list[Pair] | None:
        """What `config["key"] = value` or `config.update(...)` sets; None when that is not known."""
        match change:
            case (
                s.Assign(targets=(s.Subscript(index=key),), value=value)
                | s.Call(func=s.Attribute(attr="setdefault"), args=(key, value))
            ):
                return [(Bound(key, scope, names), Bound(value, scope, names))] if self._is_key(key, scope) else None
            case s.Call(func=s.Attribute(attr="update"), args=args) if len(args) < 2:
                return self._pairs_of_dict(change, scope, names, depth)
            case s.Call(func=s.Attribute(attr="pop"), args=(key, *_)) | s.Delete(targets=(s.Subscript(index=key),)):
                gone = Bound(_something(key), scope, NO_NAMES)
                return [(Bound(key, scope, names), gone)] if self._is_key(key, scope) else None
        return None

    def _is_key(self, key: s.Expr, scope: Scope) -> bool:
        return isinstance(self.value(key, scope), str)

    def _pairs_of(self, bound: Bound, depth: int) -> list[Pair] | None:
        return self.pairs(bound.expr, bound.scope, bound.names, depth + 1)

    def _pairs_of_dict(self, call: s.Call, scope: Scope, names: Names, depth: int) -> list[Pair] | None:
        """`dict(other, key=value, **more)`."""
        given: list[tuple[Bound | None, s.Expr]] = [(None, argument) for argument in call.args]
        for keyword in call.keywords:
            key = None if keyword.arg is None else _key(keyword.arg, keyword.value, scope)
            given.append((key, keyword.value))
        return self._spread(given, scope, names, depth)

    def _spread(
        self, given: Iterable[tuple[Bound | None, s.Expr]], scope: Scope, names: Names, depth: int
    ) -> list[Pair] | None:
        """The pairs that are given, where what has no key is a dictionary whose pairs are meant: `**more`."""
        found: list[Pair] = []
        for key, value in given:
            if key is not None:
                found.append((key, Bound(value, scope, names)))
                continue
            inner = self.pairs(value, scope, names, depth + 1)
            if inner is None:
                return None
            found += inner
        return found

    def _assigned(self, expr: s.Expr, scope: Scope, names: Names) -> Bound | None:
        """What the one assignment gives that a name or attribute has."""
        found = self.inference.define(expr, scope)
        value = assigned_value(found[0]) if len(found) == 1 else None
        if value is None or not isinstance(found[0], Definition):
            return None
        return Bound(value, found[0].scope, names if found[0].scope is scope else NO_NAMES)

    def _fields(self, expr: s.Expr, scope: Scope, names: Names) -> list[Pair] | None:
        """What a model of settings gives as a dictionary when nothing else is set: its defaults."""
        values = self.values(expr, scope, names)
        instance = values[0] if len(values) == 1 else None
        if not isinstance(instance, v.Instance) or not isinstance(instance.of, Class):
            return None
        if instance.site is not None and (instance.site.call.args or instance.site.call.keywords):
            return None
        found: dict[str, Pair] = {}
        for cls in reversed(self.inference.classes.ancestry(instance.of)):
            for name, bindings in cls.body.bindings.items() if isinstance(cls, Class) else ():
                binding = bindings[-1]
                if binding.kind == "annotated" and binding.value is not None and isinstance(cls, Class):
                    found[name] = _key(name, binding.node, cls), Bound(binding.value, cls, NO_NAMES)
        return list(found.values())

    def item(self, expr: s.Subscript, scope: Scope, names: Names) -> Bound | None:
        """What a written-out list or dictionary holds at a constant index."""
        index = self.value(expr.index, scope, names)
        if isinstance(index, int) and not isinstance(index, bool):
            found = self.elements(expr.value, scope, names)
            if found is not None and -len(found) <= index < len(found):
                return found[index]
        if isinstance(index, str | int):
            for key, bound in self.pairs(expr.value, scope, names) or ():
                if key is not None and self.of(key) == index:
                    return bound
        return None


def _key(name: str, node: s.Node, scope: Scope) -> Bound:
    """A key that stands nowhere as a text of its own."""
    return Bound(s.Constant(node.line, 0, node.line, 0, name), scope, NO_NAMES)


def _something(like: s.Expr) -> s.Expr:
    """An expression of which nothing is known, in the place of another."""
    return s.Opaque(like.line, like.column, like.end_line, like.end_column)
