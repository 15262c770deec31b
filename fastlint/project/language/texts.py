"""Texts and collections of texts in configuration: constants, and what settings and environment default to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Binding
from fastlint.project.language.choices import alternatives, guarded, stands_in
from fastlint.project.language.constants import Constants, _default
from fastlint.project.language.frames import NO_NAMES, Bound, Names, call_names
from fastlint.project.language.given import SOME_TEXT, Given, added, called, joined, parsed
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope

DEPTH = 16
ENVIRONMENT = frozenset(
    {
        *("os.getenv", "os.environ.get", "starlette.config.Config.__call__", "decouple.config"),
        *("environs.Env.__call__", "environs.Env.str", "environs.Env.list"),
        *(f"{reader}().get" for reader in ("yaml.safe_load", "yaml.load", "json.load", "json.loads", "tomllib.load")),
    }
)
COPIES = frozenset(f"builtins.{name}" for name in ("list", "set", "tuple", "frozenset", "sorted"))
LISTING = frozenset({"starlette.datastructures.CommaSeparatedStrings", "decouple.Csv"})
"""Casts that make a list of what stands between commas."""
JOINS = frozenset({"itertools.chain"})
ASSIGNED = ("assign", "annotated")
GROWING = frozenset({"append", "add", "insert", "extend", "update"})
SHRINKING = frozenset({"remove", "discard", "pop", "clear"})
STRIPS = frozenset({"strip", "lstrip", "rstrip", "lower"})


class Texts:
    """Evaluates; one per project."""

    def __init__(self, constants: Constants) -> None:
        self.constants = constants
        self.inference = constants.inference

    def given(self, expr: s.Expr, scope: Scope, names: Names = NO_NAMES) -> list[Given | None]:
        """The texts or collections that an expression can be, one for each way; None for a way that is not known."""
        return list(self._ways(expr, scope, names, 0))

    def text(self, expr: s.Expr | None, scope: Scope, names: Names = NO_NAMES) -> str | None:
        """The one text that an expression is, or is by default."""
        found = None if expr is None else self._one(expr, scope, names, 0)
        return None if found is None else found.text

    def _one(self, expr: s.Expr, scope: Scope, names: Names, depth: int) -> Given | None:
        ways = list(self._ways(expr, scope, names, depth))
        return ways[0] if len(ways) == 1 else None

    def _ways(self, expr: s.Expr, scope: Scope, names: Names, depth: int) -> Iterator[Given | None]:
        if depth > DEPTH:
            yield None
            return
        match expr:
            case s.Constant(value=str() as text):
                yield Given((text,), is_text=True)
            case s.List() | s.Tuple() | s.Set():
                yield self._collection(expr.elements, scope, names, depth)
            case s.FString():
                whole = self.constants.text(expr, scope, names)
                yield Given(is_text=True, complete=False) if whole is None else Given((whole,), is_text=True)
            case s.Binary(op="Add" | "BitOr"):
                left, right = (self._one(side, scope, names, depth + 1) for side in (expr.left, expr.right))
                yield added(left, right)
            case s.Conditional():
                yield from self._either(expr.test, expr.body, expr.orelse, scope, names, depth)
            case s.Boolean(op="Or"):
                yield from self._first(expr.values, scope, names, depth)
            case s.Comprehension() if expr.value is None and len(expr.generators) == 1:
                yield self._comprehension(expr, scope, names, depth)
            case s.Name() if (bound := self.constants.stands_for(expr, scope, names)) is not None:
                yield from self._ways(bound.expr, bound.scope, bound.names, depth + 1)
            case s.Name() if expr.id in names:
                yield from self._given_again(expr, scope, names, depth)
            case s.Name():
                yield from self._named(expr, scope, depth)
            case s.Attribute():
                yield from self._attribute(expr, scope, names, depth)
            case s.Subscript(index=s.Slice(lower=None, upper=None, step=None)):
                yield self._one(expr.value, scope, names, depth + 1)
            case s.Subscript():
                yield SOME_TEXT if self._is_environment(expr.value, scope) else self._item(expr, scope, names, depth)
            case s.Call():
                yield from self._called(expr, scope, names, depth)
            case _:
                yield None

    def _collection(self, elements: tuple[s.Expr, ...], scope: Scope, names: Names, depth: int) -> Given:
        items: list[str] = []
        complete, default = True, False
        for element in elements:
            starred = isinstance(element, s.Starred)
            inner = element.value if isinstance(element, s.Starred) else element
            found = self._one(inner, scope, names, depth + 1)
            if found is None or found.is_text is starred:
                complete = False
                continue
            items += found.items
            complete, default = complete and found.complete, default or found.default
        return Given(tuple(items), complete=complete, default=default)

    def _either(
        self, test: s.Expr, body: s.Expr, orelse: s.Expr, scope: Scope, names: Names, depth: int
    ) -> Iterator[Given | None]:
        """`a if test else b`; where the test asks whether there is an `a` it is `a or b`."""
        chosen = alternatives(test, body, orelse)
        if chosen is not None:
            yield from self._first(chosen, scope, names, depth)
            return
        yield from self._ways(body, scope, names, depth + 1)
        yield from self._ways(orelse, scope, names, depth + 1)

    def _first(self, values: tuple[s.Expr, ...], scope: Scope, names: Names, depth: int) -> Iterator[Given | None]:
        """`a or b`: what is falsy by default gives way to the next."""
        for operand in values[:-1]:
            found = self._one(operand, scope, names, depth + 1)
            empty = found is not None and (found.text == "" or (found.complete and not found.items))
            if found is None and self._missing(operand, scope, names):
                continue
            if found is None or (found.complete and not empty):
                yield found
                return
        for way in self._ways(values[-1], scope, names, depth + 1):
            yield None if way is None else replace(way, default=True)

    def _missing(self, expr: s.Expr, scope: Scope, names: Names) -> bool:
        """Whether the expression surely is None or empty, or is so by default."""
        return not self.constants.value(expr, scope, names, default=True)

    def _given_again(self, name: s.Name, scope: Scope, names: Names, depth: int) -> Iterator[Given | None]:
        """A parameter that the function gives another value: `if origins is None: origins = [...]`."""
        bound, *more = names[name.id], *self.inference.define(name, scope)
        for item in more:
            binding = item.binding if isinstance(item, Definition) else None
            if binding is None or binding.kind not in ("parameter", *ASSIGNED) or binding.path:
                yield None
            elif binding.kind == "parameter":
                filled = any(stands_in(x.binding, scope.body) for x in more if isinstance(x, Definition))
                if not (filled and self._missing(bound.expr, bound.scope, bound.names)):
                    yield from self._ways(bound.expr, bound.scope, bound.names, depth + 1)
            elif binding.value is not None and not (
                stands_in(binding, scope.body) and self.constants.value(bound.expr, bound.scope, bound.names)
            ):
                yield from self._ways(binding.value, scope, names, depth + 1)

    def _comprehension(self, expr: s.Comprehension, scope: Scope, names: Names, depth: int) -> Given | None:
        generator = expr.generators[0]
        source = self._one(generator.iterable, scope, names, depth + 1)
        if source is None or source.is_text or not isinstance(generator.target, s.Name):
            return None
        items: list[str] = []
        for item in source.items:
            literal = s.Constant(expr.line, expr.column, expr.end_line, expr.end_column, item)
            inner = {**names, generator.target.id: Bound(literal, scope, NO_NAMES)}
            found = self._one(expr.element, scope, inner, depth + 1)
            if found is None or found.text is None:
                return None
            items.append(found.text)
        if not all(_asks_truth(condition, generator.target.id) for condition in generator.conditions):
            items.clear()  # which of them the condition lets through is not known
        return Given(tuple(items), False, source.complete and not generator.conditions, source.default)

    def _named(self, expr: s.Expr, scope: Scope, depth: int) -> Iterator[Given | None]:
        found = self.inference.define(expr, scope)
        for item in found:
            binding = item.binding if isinstance(item, Definition) else None
            inside = item.scope if isinstance(item, Definition) else scope
            if binding is None or binding.value is None or binding.path or binding.kind not in ASSIGNED:
                yield None
            else:
                until = expr if isinstance(expr, s.Name) and inside is scope else None
                for way in self._ways(binding.value, inside, NO_NAMES, depth + 1):
                    grown = way if way is None or way.is_text else self._grown(way, binding, inside, until, depth)
                    yield None if grown is None else self._augmented(grown, binding, inside, until, depth)
        if not found:
            yield None

    def _augmented(self, way: Given, binding: Binding, scope: Scope, until: s.Node | None, depth: int) -> Given | None:
        """What a name stands for after `name += ...`."""
        block = scope.body.parents.get(binding.node)
        for node in scope.body.all(s.AugAssign):
            named = isinstance(node.target, s.Name) and node.target.id == binding.name and node.start > binding.start
            if not named or (until is not None and node.start > until.start):
                continue
            surely = scope.body.parents.get(node) is block
            more = self._one(node.value, scope, NO_NAMES, depth + 1) if surely else None
            found = added(way, more) if node.op == "Add" else None
            if found is None:
                return None
            way = found
        return way

    def _grown(self, way: Given, binding: Binding, scope: Scope, until: s.Node | None, depth: int) -> Given | None:
        """A list with what is put into it where it is made; what may be put in leaves it incomplete."""
        block = scope.body.parents.get(binding.node)
        for call in scope.body.all(s.Call):
            match call:
                case s.Call(func=s.Attribute(value=s.Name(id=name), attr=method), args=(argument, *_)) if (
                    name == binding.name and method in GROWING | SHRINKING and call.start > binding.start
                ):
                    pass
                case _:
                    continue
            if until is not None and call.start > until.start:
                continue
            if method in SHRINKING:
                return None
            more = self._one(call.args[-1] if method == "insert" else argument, scope, NO_NAMES, depth + 1)
            statement = scope.body.parents.get(call)
            surely = isinstance(statement, s.ExprStmt) and scope.body.parents.get(statement) is block
            if not surely or more is None or more.is_text is (method in ("extend", "update")):
                way = replace(way, complete=False)
            else:
                way = Given((*way.items, *more.items), False, way.complete and more.complete, way.default)
        return way

    def _attribute(self, expr: s.Attribute, scope: Scope, names: Names, depth: int) -> Iterator[Given | None]:
        for value in v.without_none(self.constants.values(expr.value, scope, names)):
            cls = value.cls if isinstance(value, v.ClassValue) else value.of if isinstance(value, v.Instance) else None
            if isinstance(cls, Class):
                yield self._field(cls, expr.attr, depth)
            elif isinstance(value, v.ModuleValue):
                yield from self._named(expr, scope, depth)
            else:
                yield None

    def _field(self, cls: Class, name: str, depth: int) -> Given | None:
        """What an attribute of a class is by default, or that it is a text."""
        method = self.inference.classes.method(cls, name)
        if method is not None:
            found = self._returned(method, NO_NAMES, depth)
            return found[0] if len(found) == 1 else None
        assigned = self.inference.classes.assigned(cls).get(name, [])
        if len(assigned) == 1 and assigned[0][0] is not None and name not in cls.body.bindings:
            return self._one(assigned[0][0], assigned[0][2], NO_NAMES, depth + 1)
        for item in self.inference.classes.ancestry(cls):
            bindings = item.body.bindings.get(name, []) if isinstance(item, Class) else []
            if len(bindings) != 1 or not isinstance(item, Class):
                if bindings:
                    return None
                continue
            binding = bindings[0]
            value = None if binding.value is None else field_default(binding.value)
            found_value = None if value is None or assigned else self._one(value, item, NO_NAMES, depth + 1)
            if found_value is not None:
                return replace(found_value, default=True)
            declared = self.inference.annotations.read(binding.annotation, item)
            return SOME_TEXT if declared.kind == "external" and declared.name == "builtins.str" else None
        return None

    def _item(self, expr: s.Subscript, scope: Scope, names: Names, depth: int) -> Given | None:
        found = self.constants.item(expr, scope, names)
        return None if found is None or found.value is not None else self._one(*_placed(found), depth + 1)

    def _called(self, call: s.Call, scope: Scope, names: Names, depth: int) -> Iterator[Given | None]:
        if isinstance(call.func, s.Attribute):
            method = self._method(call.func, call, scope, names, depth)
            if method is not None:
                yield method
                return
        for value in self.constants.values(call.func, scope, names):
            match value:
                case v.External(name) | v.Instance(str() as name) if name in ENVIRONMENT or (
                    isinstance(value, v.Instance) and f"{name}.__call__" in ENVIRONMENT
                ):
                    default = call.argument(1, "default")
                    found = None if default is None else self._one(default, scope, names, depth + 1)
                    found = SOME_TEXT if found is None else replace(found, default=True)
                    yield self._cast(found, call.argument(2, "cast"), scope)
                case v.External(name) if name in COPIES and len(call.args) == 1:
                    found = self._one(call.args[0], scope, names, depth + 1)
                    yield None if found is None or found.is_text else found
                case v.External(name) if name in JOINS:
                    yield joined([self._one(argument, scope, names, depth + 1) for argument in call.args])
                case v.External("builtins.map" | "builtins.filter") if len(call.args) == 2:
                    found = self._one(call.args[1], scope, names, depth + 1)
                    yield None if found is None or found.is_text or not self._keeps(call.args[0], scope) else found
                case v.External("builtins.str") if len(call.args) == 1:
                    found = self._one(call.args[0], scope, names, depth + 1)
                    yield found if found is not None and found.is_text else SOME_TEXT
                case v.External("json.loads") if call.args:
                    yield parsed(self._one(call.args[0], scope, names, depth + 1))
                case v.FunctionValue(function):
                    yield from self._returned(function, call_names(function, call, scope, names), depth)
                case _:
                    yield None

    def _keeps(self, function: s.Expr, scope: Scope) -> bool:
        """Whether what `map` or `filter` does leaves texts as they are: `str`, `None`."""
        alike = isinstance(function, s.Constant) and function.value is None
        return alike or self.inference.external_names(function, scope) == {"builtins.str"}

    def _cast(self, found: Given, cast: s.Expr | None, scope: Scope) -> Given:
        """What `cast=` of a settings reader makes of a text: a list, where it says so."""
        made = cast.func if isinstance(cast, s.Call) else cast
        if made is None or not found.is_text or not self.inference.external_names(made, scope) & LISTING:
            return found
        parts = called(found, "split", ",", known=True)
        return replace(parts, items=tuple(part.strip() for part in parts.items))

    def _method(self, func: s.Attribute, call: s.Call, scope: Scope, names: Names, depth: int) -> Given | None:
        """A method of a text, `split` and those that strip; and those that copy or unite collections."""
        if func.attr not in STRIPS | {"split", "copy", "union"}:
            return None
        base = self._one(func.value, scope, names, depth + 1)
        if func.attr == "union":
            return joined([base, *(self._one(argument, scope, names, depth + 1) for argument in call.args)])
        if base is not None and func.attr == "copy":
            return None if base.is_text else base
        if base is None or not base.is_text:
            return None
        argument = self.constants.value(call.args[0], scope, names) if call.args else None
        return called(base, func.attr, argument, known=not call.args or isinstance(argument, str))

    def _returned(self, function: Function, names: Names, depth: int) -> list[Given | None]:
        statements = function.body.all(s.Return)
        if len(statements) == 1 and statements[0].value is not None and not function.is_generator:
            found = list(self._ways(statements[0].value, function, names, depth + 1))
            if None not in found:
                return found
        if (guard := guarded(function)) is not None and not function.is_generator:
            found = list(self._either(*guard, function, names, depth + 1))
            if None not in found:
                return found
        declared = self.inference.annotations.returns(function)
        return [SOME_TEXT if declared.kind == "external" and declared.name == "builtins.str" else None]

    def _is_environment(self, expr: s.Expr, scope: Scope) -> bool:
        return "os.environ" in self.inference.external_names(expr, scope)


def _placed(bound: Bound) -> tuple[s.Expr, Scope, Names]:
    return bound.expr, bound.scope, bound.names


def _asks_truth(condition: s.Expr, name: str) -> bool:
    """`if origin`, `if origin.strip()`: takes out nothing that says something."""
    match condition:
        case s.Call(func=s.Attribute(value=inner, attr=method), args=()) if method in STRIPS:
            return _asks_truth(inner, name)
        case s.Name():
            return condition.id == name
    return False


def field_default(value: s.Expr) -> s.Expr | None:
    """The default of a field: inside `Field(...)`, also of a factory; None when there is none."""
    if isinstance(value, s.Call) and isinstance(value.func, s.Name | s.Attribute):
        called = value.func.id if isinstance(value.func, s.Name) else value.func.attr
        if called in ("Field", "field"):
            factory = value.keyword("default_factory")
            if factory is not None:
                return factory.body if isinstance(factory, s.Lambda) else None
            inner = _default(value) if called == "Field" else value.keyword("default")
            return None if inner is value or (isinstance(inner, s.Constant) and inner.value is ...) else inner
    return value
