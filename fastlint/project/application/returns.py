"""What handlers return: responses, models, rows of a database, or only constants and what the client sent."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.application.handlers import Handlers
from fastlint.project.application.orm import Orm
from fastlint.project.application.plain import Plain
from fastlint.project.application.responses import RESPONSES, is_response_name
from fastlint.project.application.shapes import MODELS, declares_all
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.externals import inherits
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Module, Scope
from fastlint.project.language.steps import ITERABLES, MAPPINGS

DEPTH = 16
EXACT = frozenset(
    {"builtins.str", "builtins.int", "builtins.bool", "builtins.bytes", "uuid.UUID", "decimal.Decimal"}
) | {f"datetime.{name}" for name in ("date", "time", "datetime", "timedelta")}
"""Types that a model and the encoder without model send alike."""


def taken_over(expr: s.Expr) -> s.Expr | None:
    """What a comprehension takes its elements from that it gives on as they are: `[user for user in users if ...]`."""
    match expr:
        case s.Comprehension(
            element=element, value=value, generators=(s.Generator(target=s.Name(id=name), iterable=source),)
        ):
            given = element if value is None else value
            return source if isinstance(given, s.Name) and given.id == name else None
    return None


class Returns:
    """Asked through Project; one per project."""

    def __init__(self, handlers: Handlers) -> None:
        self.handlers = handlers
        self.inference = handlers.constants.inference
        self.responses = handlers.applications.responses
        self.orm = Orm(self.inference)
        self.plain = Plain(handlers, self.of).plain

    def of(self, function: Function) -> list[s.Return]:
        """The return statements that give a value (`return None` gives none)."""
        found = []
        for statement in function.body.all(s.Return):
            if statement.value is not None and not (
                isinstance(statement.value, s.Constant) and statement.value.value is None
            ):
                found.append(statement)
        return found

    def values(self, expr: s.Expr, scope: Scope) -> v.Values:
        """What a returned expression gives, without None; coroutines awaited by nobody stay what they are."""
        return v.without_none(self.inference.infer(expr, scope))

    def only_responses(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether the expression surely is a Response (None aside)."""
        values = self.values(expr, scope)
        return all(self.responses.is_response_value(value) for value in values)

    def may_be_response(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether it is a Response as far as anything is known of it (None is one too)."""
        values = self.values(expr, scope)
        answers = [self.responses.is_response_value(value) for value in values if value != v.UNKNOWN]
        return all(answers) and (not values or bool(answers))

    def responses_made(self, expr: s.Expr, scope: Scope, depth: int = 0) -> list[tuple[s.Call, Scope]]:
        """The calls that make the Responses which a returned expression surely is; empty when anything is unknown."""
        if depth > DEPTH or not self.only_responses(expr, scope):
            return []
        match expr:
            case s.Conditional():
                parts = [self.responses_made(part, scope, depth + 1) for part in (expr.body, expr.orelse)]
                return [made for part in parts for made in part] if all(parts) else []
            case s.Await():
                return self._made_by_call(expr.value, scope, depth)
            case s.Call():
                return self._made_by_call(expr, scope, depth)
            case s.Name():
                found = self.inference.define(expr, scope)
                values = [
                    d.binding.value
                    for d in found
                    if isinstance(d, Definition) and d.scope is scope and d.binding.kind == "assign"
                ]
                parts = [self.responses_made(value, scope, depth + 1) for value in values if value is not None]
                return [made for part in parts for made in part] if len(parts) == len(found) and all(parts) else []
        return []

    def _made_by_call(self, expr: s.Expr, scope: Scope, depth: int) -> list[tuple[s.Call, Scope]]:
        if not isinstance(expr, s.Call):
            return []
        made: list[tuple[s.Call, Scope]] = []
        for value in self.inference.infer(expr.func, scope):
            match value:
                case v.External(name) if inherits(name, *RESPONSES) or is_response_name(name):
                    made.append((expr, scope))
                case v.FunctionValue(function) if self.of(function):
                    for statement in self.of(function):
                        inner = self.responses_made(statement.value, function, depth + 1)  # type: ignore[arg-type]
                        if not inner:
                            return []
                        made += inner
                case _:
                    return []
        return made

    # what is in a value

    def parts(self, values: v.Values, depth: int = 0) -> Iterator[v.Value]:
        """The objects in a value: the elements of lists and dictionaries, however deep, else the value itself."""
        for value in values:
            match value:
                case v.Display(s.Dict() as node, scope) if depth < DEPTH:
                    for item in node.values:
                        yield from self.parts(self.inference.infer(item, scope), depth + 1)
                case v.Display(node, scope) if depth < DEPTH:
                    for item in node.elements:  # type: ignore[union-attr]
                        inner = item.value if isinstance(item, s.Starred) else item
                        yield from self.parts(self.inference.infer(inner, scope), depth + 1)
                case v.Elements(items) if depth < DEPTH:
                    yield from self.parts(items, depth + 1)
                case v.Instance(str() as name, arguments=arguments) if arguments and name in ITERABLES | MAPPINGS:
                    yield from self.parts(arguments[-1], depth + 1) if depth < DEPTH else (value,)
                case _:
                    yield value

    def row(self, expr: s.Expr, scope: Scope) -> Class | None:
        """The ORM class of an object that the returned expression holds."""
        for value in self.parts(self.values(expr, scope)):
            cls = self.orm.row(value)
            if cls is not None:
                return None if self._no_rows(expr, scope) else cls
        rows = taken_over(expr)
        return None if rows is None or rows is expr else self.row(rows, scope)

    def _no_rows(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether functions of the project that say they give rows are called, and return something else."""
        called = expr.value if isinstance(expr, s.Await) else expr
        if isinstance(called, s.Name):
            found = self.inference.define(called, scope)
            kept = [d.binding for d in found if isinstance(d, Definition) and d.scope is scope]
            if len(kept) != 1 or len(found) != 1 or kept[0].path or kept[0].value is None:
                return False
            value = kept[0].value
            called = value.value if isinstance(value, s.Await) else value
        if not isinstance(called, s.Call):
            return False
        functions = self.inference.infer(called.func, scope)
        return bool(functions) and all(
            isinstance(value, v.FunctionValue) and self._returns_no_rows(value.function) for value in functions
        )

    def _returns_no_rows(self, function: Function) -> bool:
        given = [self.values(item.value, function) for item in self.of(function) if item.value is not None]
        parts = [part for values in given for part in self.parts(values)]
        return bool(parts) and all(part != v.UNKNOWN and self.orm.row(part) is None for part in parts)

    def model(self, expr: s.Expr, scope: Scope) -> Class | None:
        """The Pydantic model of an object that the returned expression holds."""
        for value in self.parts(self.values(expr, scope)):
            if (
                isinstance(value, v.Instance)
                and isinstance(value.of, Class)
                and self.inference.classes.is_a(value.of, *MODELS)
            ):
                return value.of
        return None

    # what can be said about a model

    def always(self, function: Function) -> bool:
        """Whether the body cannot end without `return` or `raise`."""
        return ends(function.node.body)

    def name_of(self, cls: Class, function: Function) -> str | None:
        """The name under which a class can be written in the signature of a function; None when there is none."""
        for found in self.inference.names.lookup(cls.name, function.module):
            if isinstance(found, Definition) and found.scope.members.get(found.binding.node) is cls:
                return cls.name if self._bound_before(cls.name, function) else None
        return None

    @staticmethod
    def _bound_before(name: str, function: Function) -> bool:
        """Whether the module binds the name, not only for type checkers, before the outermost `def` or `class`."""
        top: Function | Class = function
        while not isinstance(top.parent, Module):
            top = top.parent
        bindings = function.module.body.bindings.get(name, [])
        return bool(bindings) and all(not b.guarded and b.start < top.node.start for b in bindings)

    def without_floats(self, cls: Class, seen: frozenset[Class] = frozenset()) -> bool:
        """Whether no field of a model can hold a floating-point number, nor anything of which that is not known."""
        ancestry = self.inference.classes.ancestry(cls)
        if not declares_all(ancestry):
            return False
        for item in ancestry:
            if isinstance(item, str):
                continue
            for binding in (b for group in item.body.bindings.values() for b in group if b.kind == "annotated"):
                annotation = self.inference.annotations.read(binding.annotation, item)
                if not self.exact(annotation, seen | {cls}):
                    return False
        return True

    def exact(self, annotation: Annotation, seen: frozenset[Class] = frozenset()) -> bool:
        """Whether all that an annotation allows is known, and none of it is a floating-point number."""
        if annotation.kind == "class" and annotation.cls is not None:
            if annotation.cls in seen or self.inference.classes.is_a(
                annotation.cls, "enum.Enum", "enum.StrEnum", "enum.IntEnum"
            ):
                return True
            return self.inference.classes.is_a(annotation.cls, *MODELS) and self.without_floats(annotation.cls, seen)
        if annotation.kind == "external" and not annotation.arguments:
            return annotation.name in EXACT
        if annotation.kind in ("external", "union"):
            return all(self.exact(inner, seen) for inner in annotation.arguments)
        return annotation.kind in ("none", "literal")


def ends(statements: tuple[s.Stmt, ...]) -> bool:
    """Whether control cannot leave a block at its end."""
    if not statements:
        return False
    match statements[-1]:
        case s.Return() | s.Raise():
            return True
        case s.If(body=body, orelse=orelse):
            return ends(body) and ends(orelse)
        case s.With(body=body):
            return ends(body)
        case s.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
            return ends(finalbody) or (ends(orelse or body) and all(ends(h.body) for h in handlers))
    return False
