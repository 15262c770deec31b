"""What expressions are: the cheap types that rules need.

Everything is asked on demand and remembered. What is not known is `UNKNOWN`, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation, Annotations
from fastlint.project.language.bodies import Binding
from fastlint.project.language.classes import Classes
from fastlint.project.language.declaring import Declaring
from fastlint.project.language.externals import called
from fastlint.project.language.filled_later import FilledLater
from fastlint.project.language.kept_state import KeptState
from fastlint.project.language.names import Definition, Found, Names, canonical
from fastlint.project.language.narrowing import narrowed
from fastlint.project.language.results import Results
from fastlint.project.language.scopes import Class, Function, Module, Scope
from fastlint.project.language.set_fields import SetFields
from fastlint.project.language.steps import Steps
from fastlint.project.language.values import NOTHING_KNOWN, UNKNOWN, External, Value, Values, union, without_none

DEPTH = 40
"""Questions within one question; deeper ones are unknown."""
WIDTH = 12
"""Values one expression may have before it is called unknown."""


class Inference:
    """Answers what an expression can be."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.annotations = Annotations(self)
        self.classes = Classes(self)
        self.results = Results(self)
        self.kept_state = KeptState(self)
        self.steps = Steps(self)
        self.set_fields = SetFields(self)
        self.filled_later = FilledLater(self)
        self.declaring = Declaring(self)
        self._known: dict[s.Expr, Values] = {}
        self._passing: dict[s.Expr, Values] = {}
        self._given: dict[Binding, Values] = {}
        self._folders: dict[tuple[Module, str], bool] = {}
        self._active: set[object] = set()
        self._depth = 0
        self.cuts = 0
        """How often a question came back to itself, or went too deep, and was answered with UNKNOWN for that."""

    # names

    def define(self, expr: s.Expr, scope: Scope) -> tuple[Found, ...]:
        """What a dotted name refers to, imports followed, without evaluating it."""
        if isinstance(expr, s.Name):
            return self.names.lookup(expr.id, scope, expr)
        if not isinstance(expr, s.Attribute):
            return ()
        found: list[Found] = []
        for base in self.define(expr.value, scope):
            match base:
                case External(name):
                    found.append(External(canonical(f"{name}.{expr.attr}")))
                case v.ModuleValue(module):
                    found += self.names.member(module, expr.attr)
                case str():
                    inner = self.names.modules.submodule(base, expr.attr)
                    if inner is not None:
                        found.append(v.ModuleValue(inner) if isinstance(inner, Module) else inner)
                case Definition(binding, inside) if binding.kind == "class":
                    cls = inside.members.get(binding.node)
                    if isinstance(cls, Class):
                        bindings = cls.body.bindings.get(expr.attr, ())
                        found += [Definition(b, cls) for b in bindings[-1:]]
        return tuple(found)

    def external_names(self, expr: s.Expr, scope: Scope) -> set[str]:
        """The canonical names of what the expression is outside the project; empty when it is something else."""
        return {value.name for value in self.infer(expr, scope) if isinstance(value, External)}

    # expressions

    def infer(self, expr: s.Expr, scope: Scope) -> Values:
        """The values of an expression that stands in `scope`."""
        known = self._known.get(expr)
        if known is not None:
            return known
        if self._passing and (known := self._passing.get(expr)) is not None:
            return known
        if isinstance(expr, s.Constant):
            self._known[expr] = known = (v.Const(expr.value),)
            return known
        if expr in self._active or self._depth > DEPTH:
            self.cuts += 1
            return NOTHING_KNOWN
        before = self.cuts
        self._active.add(expr)
        self._depth += 1
        try:
            known = self._infer(expr, scope)
            if isinstance(expr, s.Name | s.Attribute) and any(_open(value) for value in known):
                known = narrowed(expr, scope, self) or known
        finally:
            self._depth -= 1
            self._active.discard(expr)
        if len(known) > WIDTH:
            known = NOTHING_KNOWN
        if self._depth and self.cuts != before and UNKNOWN in known:
            self._passing[expr] = known  # asked again on its own, it may be known
        else:
            self._known[expr] = known
        if not self._depth and self._passing:
            self._passing.clear()
        return known

    def _infer(self, expr: s.Expr, scope: Scope) -> Values:
        match expr:
            case s.Name():
                return self._name(expr, scope)
            case s.Attribute():
                base = without_none(self.infer(expr.value, scope))
                if base == NOTHING_KNOWN and self._below_folder(expr, scope):
                    return union(*[self.found(item) for item in self.define(expr, scope)]) or NOTHING_KNOWN
                return self.each(base, lambda value: self.steps.attribute(value, expr.attr))
            case s.Call():
                return self.results.of_call(expr, scope)
            case s.Await():
                return self.each(self.infer(expr.value, scope), self.steps.awaited)
            case s.List() | s.Tuple() | s.Set() | s.Dict():
                return (v.Display(expr, scope),)
            case s.Boolean(op="Or"):
                first = [without_none(self.infer(value, scope)) for value in expr.values[:-1]]
                return union(*first, self.infer(expr.values[-1], scope))
            case s.Boolean():
                return self.infer(expr.values[-1], scope)
            case s.Conditional():
                return union(self.infer(expr.body, scope), self.infer(expr.orelse, scope))
            case s.NamedExpr():
                return self.infer(expr.value, scope)
            case s.FString():
                return (v.Instance("builtins.str"),)
            case s.Lambda():
                return (v.LambdaValue(expr, scope),)
            case s.Subscript():
                return self.each(self.infer(expr.value, scope), lambda value: self.steps.item(value, expr.index, scope))
            case s.Comprehension():
                return (
                    (v.Elements(self.infer(expr.element, scope)),)
                    if expr.value is None
                    else (v.Instance("builtins.dict"),)
                )
            case s.Binary():
                return self._binary(expr, scope)
            case s.Compare():
                return (v.Instance("builtins.bool"),)
            case _:
                return NOTHING_KNOWN

    def each(self, values: Values, ask: Callable[[Value], Values]) -> Values:
        if len(values) == 1:
            return union(ask(values[0]))
        return union(*[ask(value) for value in values]) if values else NOTHING_KNOWN

    def _binary(self, expr: s.Binary, scope: Scope) -> Values:
        left = v.without_none(self.infer(expr.left, scope))  # None knows no operator
        if expr.op == "Div":
            return self.each(left, lambda value: called(value, "__truediv__"))
        for value in left:
            if (isinstance(value, v.Const) and isinstance(value.value, str)) or value == v.Instance("builtins.str"):
                return (v.Instance("builtins.str"),)
        if expr.op == "Add":
            return left
        if expr.op == "BitOr":  # the one on the right may know what to do with a dictionary
            found = self.each(left, lambda value: called(value, "__or__"))
            if UNKNOWN not in found:
                return found
            return self.each(self.infer(expr.right, scope), lambda value: called(value, "__ror__"))
        return NOTHING_KNOWN

    def _name(self, expr: s.Name, scope: Scope) -> Values:
        inner = self._inner_scope(expr, scope)
        if inner is not None:
            return inner
        found = self.names.lookup(expr.id, scope, expr)
        return union(*[self.found(item) for item in found]) if found else NOTHING_KNOWN

    def _inner_scope(self, expr: s.Name, scope: Scope) -> Values | None:
        """What a lambda's parameter or a comprehension's variable is; None when the name is neither."""
        body = scope.body
        if expr.id not in body.inner_names:
            return None
        for node in body.ancestors(expr):
            if isinstance(node, s.Lambda) and any(p.name == expr.id for p in node.parameters):
                return NOTHING_KNOWN
            if isinstance(node, s.Comprehension):
                for generator in node.generators:
                    path = _target_path(generator.target, expr.id)
                    if path is not None and not _within(expr, node.generators[0].iterable, scope):
                        element = self.each(self.infer(generator.iterable, scope), self.steps.iterate)
                        return self.steps.unpacked(element, path)
        return None

    def _below_folder(self, expr: s.Attribute, scope: Scope) -> bool:
        """Whether a dotted name begins at a folder without `__init__.py` that the file imports: `import app.routes`."""
        root: s.Expr = expr
        while isinstance(root, s.Attribute):
            root = root.value
        return isinstance(root, s.Name) and self._is_folder(root.id, scope.module)

    def _is_folder(self, name: str, module: Module) -> bool:
        key = module, name
        if key not in self._folders:
            imports = [b for b in module.body.bindings.get(name, ()) if b.kind in ("import", "from")]
            meant = [found for binding in imports for found in self.names.follow(Definition(binding, module))]
            self._folders[key] = any(isinstance(found, str) for found in meant)
        return self._folders[key]

    def found(self, item: Found) -> Values:
        match item:
            case Definition(binding, scope):
                return self.bound(binding, scope)
            case str():
                return NOTHING_KNOWN
            case _:
                return (item,)

    def bound(self, binding: Binding, scope: Scope) -> Values:
        """What a binding gives its name."""
        known = self._given.get(binding)
        if known is not None:
            return known
        if binding in self._active:
            self.cuts += 1
            return NOTHING_KNOWN
        before = self.cuts
        self._active.add(binding)
        try:
            known = self._bound(binding, scope)
            if known == (v.NONE,) and isinstance(scope, Module):
                known = union(known, self.filled_later.name(binding.name, scope))
        finally:
            self._active.discard(binding)
        if self.cuts == before:
            self._given[binding] = known
        return known

    def _bound(self, binding: Binding, scope: Scope) -> Values:
        match binding.kind:
            case "def" | "class":
                member = scope.members.get(binding.node)
                if isinstance(member, Class):
                    return (v.ClassValue(member),)
                return (v.FunctionValue(member),) if isinstance(member, Function) else NOTHING_KNOWN
            case "parameter" if isinstance(scope, Function):
                return self.results.of_parameter(scope, binding.node)
            case "annotated":
                return self.declaring.of_name(binding.annotation, binding.value, scope)
            case "assign" if binding.value is not None:
                return self.steps.unpacked(self.infer(binding.value, scope), binding.path)
            case "for" if binding.value is not None:
                return self.steps.unpacked(
                    self.each(self.infer(binding.value, scope), self.steps.iterate), binding.path
                )
            case "with" if binding.value is not None:
                values = self.infer(binding.value, scope)
                return self.steps.unpacked(
                    self.each(values, lambda value: self.steps.enter(value, binding.is_async)), binding.path
                )
            case "except":
                return (v.Instance("builtins.Exception"),)
            case _:
                return NOTHING_KNOWN

    # annotations

    def of_annotation(self, annotation: Annotation) -> Values:
        """The values an annotation promises; None stays in, what it leaves open is UNKNOWN."""
        match annotation.kind:
            case "class":
                return (v.Instance(annotation.cls, arguments=self._arguments(annotation)),)  # type: ignore[arg-type]
            case "external" if annotation.name == "builtins.type" and annotation.arguments:
                inner = annotation.arguments[0]
                return (v.ClassValue(inner.cls),) if inner.cls is not None else NOTHING_KNOWN
            case "external" if annotation.name in SAYING_NOTHING:
                return NOTHING_KNOWN
            case "external":
                return (v.Instance(annotation.name, arguments=self._arguments(annotation)),)
            case "union":
                return union(*[self.of_annotation(member) for member in annotation.arguments])
            case "none":
                return (v.NONE,)
            case _:
                return NOTHING_KNOWN

    def _arguments(self, annotation: Annotation) -> tuple[Values, ...]:
        return tuple(self.of_annotation(argument) for argument in annotation.arguments)


SAYING_NOTHING = frozenset(
    {
        *("builtins.object", "collections.abc.Callable"),
        *(f"{module}.{name}" for module in ("typing", "typing_extensions") for name in ("Self", "Final", "ClassVar")),
    }
)


def _open(value: Value) -> bool:
    """Whether the value says little: unknown, or whatever some function returned."""
    return value is UNKNOWN or (isinstance(value, v.Instance) and isinstance(value.of, str) and value.of.endswith("()"))


def _target_path(target: s.Expr, name: str, path: tuple[int, ...] = ()) -> tuple[int, ...] | None:
    if isinstance(target, s.Name):
        return path if target.id == name else None
    if isinstance(target, s.Tuple | s.List):
        for index, element in enumerate(target.elements):
            found = _target_path(element, name, (*path, index))
            if found is not None:
                return found
    return None


def _within(expr: s.Expr, outer: s.Expr, scope: Scope) -> bool:
    return expr is outer or any(node is outer for node in scope.body.ancestors(expr))
