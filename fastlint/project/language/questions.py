"""The last resort of inference: astroid is asked about a single expression that the cheap engine leaves open.

It sees the project's files and what the catalogue says of packages (`full`: the files of the environment named in
settings too), never imports anything, and is asked a limited number of times: limits count questions and bytes, not
seconds, so that the answers are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.astroid_modules import Texts, closed
from fastlint.project.language.externals import MEMBERS
from fastlint.project.language.names import canonical
from fastlint.project.language.scopes import Class, Function, Module, Scope, every_scope
from fastlint.project.language.values import NOTHING_KNOWN, Values

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

MOST_QUESTIONS = 200
MOST_BYTES = 2_000_000
CATALOGUED = frozenset(name.partition(".")[0] for name in MEMBERS)
PLAIN = {"Const": None, "List": "list", "Tuple": "tuple", "Set": "set", "Dict": "dict"}


class Questions:
    """One per project. `asked` and `answered` count the questions, `texts.read` the bytes that were parsed for them."""

    def __init__(self, inference: Inference, root: str, environment: str | None) -> None:
        self.inference = inference
        self.texts = Texts(inference.names.modules, root, environment)
        self.asked = 0
        self.answered = 0
        self._answers: dict[s.Expr, Values] = {}
        self._places: dict[Module, dict[tuple[int, str], Class | Function]] = {}

    def answers(self, names: frozenset[str]) -> dict[s.Call, Values]:
        """The callees of calls in `async def` bodies that nothing awaits, end in one of `names` and are open."""
        found: dict[s.Call, Values] = {}
        for module in self.inference.names.modules:
            if module.is_test or not module.facts.calls & names:
                continue
            for function in module.functions():
                if function.is_async and function.node.calls & names:
                    for call in _candidates(function, names):
                        if self._open(self.inference.infer(call.func, function)):
                            values = self.callee(call, function)
                            if v.UNKNOWN not in values:
                                found[call] = values
        return found

    def callee(self, call: s.Call, scope: Scope) -> Values:
        """What a call calls: the innermost part that is open is asked about, the rest follows from the answer."""
        steps: list[str] = []
        expr: s.Expr = call.func
        while isinstance(expr, s.Attribute) and self._open(self.inference.infer(expr.value, scope)):
            steps.append(expr.attr)
            expr = expr.value
        values = self.ask(expr, scope)
        for name in reversed(steps):
            values = self.inference.each(values, lambda value, name=name: self.inference.steps.attribute(value, name))  # type: ignore[misc]
        return values

    def _open(self, values: Values) -> bool:
        """Whether the cheap engine does not know: with an environment to read, what it gives of other packages too."""
        if v.UNKNOWN in values:
            return True
        return self.texts.environment is not None and any(
            isinstance(value, v.External) and value.name.partition(".")[0] not in CATALOGUED for value in values
        )

    def ask(self, expr: s.Expr, scope: Scope) -> Values:
        """What astroid says an expression is; unknown where it does not say, or was asked too often already."""
        if expr in self._answers:
            return self._answers[expr]
        if self.asked >= MOST_QUESTIONS or self.texts.read >= MOST_BYTES:
            return NOTHING_KNOWN
        self.asked += 1
        with closed(self.texts):
            try:
                values = self._ask(expr, scope)
            except Exception:  # astroid raises many things, RecursionError among them
                values = NOTHING_KNOWN
        self.answered += v.UNKNOWN not in values
        self._answers[expr] = values
        return values

    def _ask(self, expr: s.Expr, scope: Scope) -> Values:
        from astroid.manager import AstroidManager

        module = AstroidManager().ast_from_module_name(scope.module.name)
        node = _at(module, expr)
        if node is None:
            return NOTHING_KNOWN
        return v.union(*[self._value(item) for item in node.infer()])

    def _value(self, item: Any) -> Values:
        kind = type(item).__name__
        if kind == "Const":
            return (v.Const(item.value),)
        if kind in PLAIN:
            return (v.Instance(f"builtins.{PLAIN[kind]}"),)
        if kind == "Instance":
            made = self._value(item._proxied)
            return tuple(self._instance(value) for value in made)
        if kind in ("BoundMethod", "UnboundMethod"):
            return self._value(item._proxied)
        if kind not in ("ClassDef", "FunctionDef", "AsyncFunctionDef"):
            return NOTHING_KNOWN
        module = self.inference.names.modules.by_name.get(item.root().name)
        if module is None:
            return NOTHING_KNOWN if item.root().name == "builtins" else (v.External(canonical(item.qname())),)
        match self._own(module).get((item.lineno, item.name)):
            case Class() as cls:
                return (v.ClassValue(cls),)
            case Function() as function:
                return (v.FunctionValue(function),)
        return NOTHING_KNOWN

    @staticmethod
    def _instance(value: v.Value) -> v.Value:
        match value:
            case v.ClassValue(cls):
                return v.Instance(cls)
            case v.External(name):
                return v.Instance(name)
        return v.UNKNOWN

    def _own(self, module: Module) -> dict[tuple[int, str], Class | Function]:
        """The classes and functions of a file by the line of their `def` and their name."""
        if module not in self._places:
            self._places[module] = {
                (scope.node.line, scope.node.name): scope
                for scope in every_scope(module)
                if isinstance(scope, Class | Function)
            }
        return self._places[module]


def _candidates(function: Function, names: frozenset[str]) -> Iterator[s.Call]:
    body = function.body
    for call in body.all(s.Call):
        if isinstance(call.func, s.Attribute) and call.func.attr in names and not body.in_lambda(call):
            if not isinstance(body.parents.get(call), s.Await):
                yield call


def _at(module: Any, expr: s.Expr) -> Any:
    """The node of astroid's tree that stands exactly where the expression does."""
    wanted = expr.line, expr.column, expr.end_line, expr.end_column
    stack = [module]
    while stack:
        node = stack.pop()
        if node.lineno is not None and (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset) == wanted:
            if type(node).__name__ not in ("Expr", "Assign", "AssignName", "Arguments"):
                return node
        stack.extend(
            child
            for child in node.get_children()
            if child.lineno is None or (child.lineno <= expr.line and (child.end_lineno or expr.line) >= expr.end_line)
        )
    return None
