"""Python's own tree -> the compact tuples that `syntax.decode` reads."""

from __future__ import annotations

import ast
import marshal
from collections.abc import Callable
from typing import Any

from fastlint.facts import syntax
from fastlint.facts.lines import header_end, header_last
from fastlint.source import SourceFile

LONGEST_STRING = 4096
"""Characters of a literal that facts keep; longer ones (embedded data) are cut."""

T = {cls.__name__: tag for cls, tag in syntax.TAGS.items()}

PLAIN = {
    "Name": ("Name", "a:id"),
    "keyword": ("Keyword", "a:arg n:value"),
    "FormattedValue": ("Formatted", "n:value a:conversion ?:format_spec"),
    "Starred": ("Starred", "n:value"),
    "Subscript": ("Subscript", "n:value n:slice"),
    "Slice": ("Slice", "?:lower ?:upper ?:step"),
    "BinOp": ("Binary", "n:left o:op n:right"),
    "BoolOp": ("Boolean", "o:op N:values"),
    "UnaryOp": ("Unary", "o:op n:operand"),
    "IfExp": ("Conditional", "n:test n:body n:orelse"),
    "Attribute": ("Attribute", "n:value a:attr"),
    "List": ("List", "N:elts"),
    "Tuple": ("Tuple", "N:elts"),
    "Set": ("Set", "N:elts"),
    "Dict": ("Dict", "M:keys N:values"),
    "NamedExpr": ("NamedExpr", "n:target n:value"),
}
"""Expressions that are only carried over: ast class -> (class here, its fields with how they travel)."""


def _plain(cls: str, fields: str) -> Callable[[dict[type, Any]], Callable[[Any], tuple[Any, ...]]]:
    """Compile the function that encodes one plain kind of node, given the table of all encoders."""
    forms = {
        "a": "n.{0}",
        "o": "type(n.{0}).__name__",
        "n": "E[type(n.{0})](n.{0})",
        "?": "None if n.{0} is None else E[type(n.{0})](n.{0})",
        "N": "tuple([E[type(i)](i) for i in n.{0}])",
        "M": "tuple([None if i is None else E[type(i)](i) for i in n.{0}])",
    }
    parts = [forms[field[0]].format(field[2:]) for field in fields.split()]
    code = f"lambda E: lambda n: ({T[cls]}, n.lineno, n.col_offset, n.end_lineno, n.end_col_offset, {', '.join(parts)})"
    return eval(code)  # type: ignore[no-any-return]


PLAIN_ENCODERS = {getattr(ast, name): _plain(cls, fields) for name, (cls, fields) in PLAIN.items()}


class _Table(dict[type, Any]):
    """Encoders by class of node; a class that nobody knows is opaque."""

    def __missing__(self, key: type) -> Callable[[Any], tuple[Any, ...]]:
        return lambda node: (T["Opaque"], *_position(node))


class Encoder:
    """Turns `ast` nodes into the tuples that `syntax.decode` reads; notes on the way what the head of facts holds."""

    def __init__(self, source: SourceFile, speaking: frozenset[int] = frozenset()) -> None:
        self.source = source
        self.speaking = speaking
        self.strings: list[tuple[int, int, int, int]] = []
        self.ranges: list[tuple[int, int]] = []
        self.decorated: list[tuple[int, int, int]] = []
        self.imports: set[str] = set()
        self.calls: set[str] = set()
        self.awaits = self.yields = self.returns = False
        self.table = _Table()
        for kind, make in PLAIN_ENCODERS.items():
            self.table[kind] = make(self.table)
        for kind, name in METHODS.items():
            self.table[kind] = getattr(self, name)

    def node(self, node: ast.AST) -> tuple[Any, ...]:
        return self.table[type(node)](node)  # type: ignore[no-any-return]

    def maybe(self, node: ast.AST | None) -> tuple[Any, ...] | None:
        return None if node is None else self.table[type(node)](node)

    def many(self, nodes: list[Any]) -> tuple[Any, ...]:
        table = self.table
        return tuple([table[type(item)](item) for item in nodes])

    def suite(self, body: list[ast.stmt], docstring: bool = False) -> tuple[Any, ...]:
        if docstring and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            if isinstance(body[0].value.value, str):
                self.simple(body[0])
                self._string(body[0])
                body = body[1:]
        return self.many(body)

    def simple(self, node: ast.stmt) -> None:
        if node.end_lineno != node.lineno:
            self.ranges.append((node.lineno, node.end_lineno or node.lineno))

    def header(self, node: ast.stmt | ast.ExceptHandler | ast.match_case, line: int, body: list[ast.stmt]) -> None:
        if body[0].lineno - line < 2:
            return
        last = header_end(self.source, header_last(node, line), body[0].lineno)
        if last != line:
            self.ranges.append((line, last))

    def _string(self, n: Any) -> None:
        """Remember where a string stands if a `#` in it could be taken for a comment."""
        if self.speaking and any(line in self.speaking for line in range(n.lineno, n.end_lineno + 1)):
            self.strings.append((n.lineno, n.col_offset, n.end_lineno, n.end_col_offset))

    # expressions

    def _Constant(self, n: ast.Constant) -> tuple[Any, ...]:
        value = n.value
        if isinstance(value, str | bytes):
            if self.speaking:
                self._string(n)
            if len(value) > LONGEST_STRING:
                value = value[:LONGEST_STRING]
        return T_CONSTANT, n.lineno, n.col_offset, n.end_lineno, n.end_col_offset, value

    def _Call(self, n: ast.Call) -> tuple[Any, ...]:
        func, table = n.func, self.table
        if isinstance(func, ast.Attribute):
            self.calls.add(func.attr)
        elif isinstance(func, ast.Name):
            self.calls.add(func.id)
        args = tuple([table[type(item)](item) for item in n.args])
        keywords = tuple([table[ast.keyword](item) for item in n.keywords])
        return (
            *(T_CALL, n.lineno, n.col_offset, n.end_lineno, n.end_col_offset),
            *(table[type(func)](func), args, keywords),
        )

    def _JoinedStr(self, n: ast.JoinedStr) -> tuple[Any, ...]:
        self._string(n)
        return (T["FString"], *_position(n), self.many(n.values))

    def _Compare(self, n: ast.Compare) -> tuple[Any, ...]:
        ops = tuple(type(op).__name__ for op in n.ops)
        return (T["Compare"], *_position(n), self.node(n.left), ops, self.many(n.comparators))

    def _Lambda(self, n: ast.Lambda) -> tuple[Any, ...]:
        kept = self.awaits, self.yields
        body = self.node(n.body)
        self.awaits, self.yields = kept
        return (T["Lambda"], *_position(n), self._parameters(n.args), body)

    def _comprehension(self, n: ast.comprehension) -> tuple[Any, ...]:
        if n.is_async:
            self.awaits = True
        position = n.target.lineno, n.target.col_offset, n.iter.end_lineno, n.iter.end_col_offset
        return (T["Generator"], *position, self.node(n.target), self.node(n.iter), self.many(n.ifs), bool(n.is_async))

    def _ListComp(self, n: ast.ListComp) -> tuple[Any, ...]:
        return (T["Comprehension"], *_position(n), "list", self.node(n.elt), None, self.many(n.generators))

    def _SetComp(self, n: ast.SetComp) -> tuple[Any, ...]:
        return (T["Comprehension"], *_position(n), "set", self.node(n.elt), None, self.many(n.generators))

    def _GeneratorExp(self, n: ast.GeneratorExp) -> tuple[Any, ...]:
        return (T["Comprehension"], *_position(n), "generator", self.node(n.elt), None, self.many(n.generators))

    def _DictComp(self, n: ast.DictComp) -> tuple[Any, ...]:
        key, value = self.node(n.key), self.node(n.value)
        return (T["Comprehension"], *_position(n), "dict", key, value, self.many(n.generators))

    def _Await(self, n: ast.Await) -> tuple[Any, ...]:
        self.awaits = True
        return (T["Await"], *_position(n), self.node(n.value))

    def _Yield(self, n: ast.Yield) -> tuple[Any, ...]:
        self.yields = True
        return (T["Yield"], *_position(n), self.maybe(n.value))

    def _YieldFrom(self, n: ast.YieldFrom) -> tuple[Any, ...]:
        self.yields = True
        return (T["YieldFrom"], *_position(n), self.node(n.value))

    # definitions

    def _parameters(self, n: ast.arguments) -> tuple[Any, ...]:
        positional = [*((a, "/") for a in n.posonlyargs), *((a, " ") for a in n.args)]
        defaults: list[ast.expr | None] = [*[None] * (len(positional) - len(n.defaults)), *n.defaults]
        found = [self._parameter(a, kind, d) for (a, kind), d in zip(positional, defaults, strict=True)]
        if n.vararg:
            found.append(self._parameter(n.vararg, "*", None))
        found += [self._parameter(a, "k", d) for a, d in zip(n.kwonlyargs, n.kw_defaults, strict=True)]
        if n.kwarg:
            found.append(self._parameter(n.kwarg, "**", None))
        return tuple(found)

    def _parameter(self, n: ast.arg, kind: str, default: ast.expr | None) -> tuple[Any, ...]:
        end = default if default is not None else n
        position = n.lineno, n.col_offset, end.end_lineno, end.end_col_offset
        return (T["Parameter"], *position, n.arg, kind, self.maybe(n.annotation), self.maybe(default))

    def _decorators(self, n: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[Any, ...]:
        for decorator in n.decorator_list:
            first, last = decorator.lineno, decorator.end_lineno or decorator.lineno
            self.decorated.append((first, last, n.lineno))
            if first != last:
                self.ranges.append((first, last))
        return self.many(n.decorator_list)

    def _FunctionDef(self, n: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[Any, ...]:
        is_async = isinstance(n, ast.AsyncFunctionDef)
        decorators, parameters, returns = self._decorators(n), self._parameters(n.args), self.maybe(n.returns)
        self.header(n, n.lineno, n.body)
        outer = self.calls, self.awaits, self.yields, self.returns
        self.calls, self.awaits, self.yields, self.returns = set(), False, False, False
        body = self.suite(n.body, docstring=True)
        calls, awaits, yields, gives = self.calls, self.awaits, self.yields, self.returns
        self.calls, self.awaits, self.yields, self.returns = outer
        self.calls |= calls
        column = self._name_column(n, 3 if not is_async else 5)
        return (
            *(T["FunctionDef"], *_position(n), n.name, parameters, decorators, returns),
            *(is_async, awaits, yields, gives, frozenset(calls), column, marshal.dumps(body)),
        )

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, n: ast.ClassDef) -> tuple[Any, ...]:
        decorators = self._decorators(n)
        self.header(n, n.lineno, n.body)
        bases, keywords = self.many(n.bases), self.many(n.keywords)
        body = self.suite(n.body, docstring=True)
        return (T["ClassDef"], *_position(n), n.name, bases, keywords, decorators, body, self._name_column(n, 5))

    def _name_column(self, n: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, word: int) -> int:
        """Where the name stands; `\\` between the words can push it to another line, then the statement's start."""
        column = self.source.line(n.lineno).find(n.name, n.col_offset + word)
        return column if column >= 0 else n.col_offset

    # statements

    def _Return(self, n: ast.Return) -> tuple[Any, ...]:
        self.simple(n)
        if n.value is not None and not (isinstance(n.value, ast.Constant) and n.value.value is None):
            self.returns = True
        return (T["Return"], *_position(n), self.maybe(n.value))

    def _Assign(self, n: ast.Assign) -> tuple[Any, ...]:
        self.simple(n)
        return (T["Assign"], *_position(n), self.many(n.targets), self.node(n.value))

    def _AugAssign(self, n: ast.AugAssign) -> tuple[Any, ...]:
        self.simple(n)
        return (T["AugAssign"], *_position(n), self.node(n.target), type(n.op).__name__, self.node(n.value))

    def _AnnAssign(self, n: ast.AnnAssign) -> tuple[Any, ...]:
        self.simple(n)
        return (T["AnnAssign"], *_position(n), self.node(n.target), self.node(n.annotation), self.maybe(n.value))

    def _TypeAlias(self, n: Any) -> tuple[Any, ...]:
        self.simple(n)
        return (T["TypeAlias"], *_position(n), n.name.id, self.node(n.value))

    def _Delete(self, n: ast.Delete) -> tuple[Any, ...]:
        self.simple(n)
        return (T["Delete"], *_position(n), self.many(n.targets))

    def _Expr(self, n: ast.Expr) -> tuple[Any, ...]:
        self.simple(n)
        return (T["ExprStmt"], *_position(n), self.node(n.value))

    def _For(self, n: ast.For | ast.AsyncFor) -> tuple[Any, ...]:
        self.header(n, n.lineno, n.body)
        is_async = isinstance(n, ast.AsyncFor)
        if is_async:
            self.awaits = True
        parts = self.node(n.target), self.node(n.iter), self.suite(n.body), self.suite(n.orelse)
        return (T["For"], *_position(n), *parts, is_async)

    _AsyncFor = _For

    def _While(self, n: ast.While) -> tuple[Any, ...]:
        self.header(n, n.lineno, n.body)
        return (T["While"], *_position(n), self.node(n.test), self.suite(n.body), self.suite(n.orelse))

    def _If(self, n: ast.If) -> tuple[Any, ...]:
        self.header(n, n.lineno, n.body)
        return (T["If"], *_position(n), self.node(n.test), self.suite(n.body), self.suite(n.orelse))

    def _With(self, n: ast.With | ast.AsyncWith) -> tuple[Any, ...]:
        self.header(n, n.lineno, n.body)
        is_async = isinstance(n, ast.AsyncWith)
        if is_async:
            self.awaits = True
        items = tuple(
            (T["WithItem"], *_position(i.context_expr), self.node(i.context_expr), self.maybe(i.optional_vars))
            for i in n.items
        )
        return (T["With"], *_position(n), items, self.suite(n.body), is_async)

    _AsyncWith = _With

    def _Raise(self, n: ast.Raise) -> tuple[Any, ...]:
        self.simple(n)
        return (T["Raise"], *_position(n), self.maybe(n.exc), self.maybe(n.cause))

    def _Try(self, n: ast.Try) -> tuple[Any, ...]:
        parts = self.suite(n.body), self.many(n.handlers), self.suite(n.orelse), self.suite(n.finalbody)
        return (T["Try"], *_position(n), *parts)

    _TryStar = _Try

    def _ExceptHandler(self, n: ast.ExceptHandler) -> tuple[Any, ...]:
        self.header(n, n.lineno, n.body)
        return (T["Handler"], *_position(n), self.maybe(n.type), n.name, self.suite(n.body))

    def _Assert(self, n: ast.Assert) -> tuple[Any, ...]:
        self.simple(n)
        return (T["Assert"], *_position(n), self.node(n.test), self.maybe(n.msg))

    def _Import(self, n: ast.Import) -> tuple[Any, ...]:
        self.simple(n)
        self.imports.update(alias.name for alias in n.names)
        return (T["Import"], *_position(n), tuple((alias.name, alias.asname) for alias in n.names))

    def _ImportFrom(self, n: ast.ImportFrom) -> tuple[Any, ...]:
        self.simple(n)
        module = n.module or ""
        self.imports.add("." * n.level + module)
        names = tuple((alias.name, alias.asname) for alias in n.names)
        return (T["ImportFrom"], *_position(n), module, names, n.level)

    def _Global(self, n: ast.Global | ast.Nonlocal) -> tuple[Any, ...]:
        kind = "global" if isinstance(n, ast.Global) else "nonlocal"
        return (T["Scope"], *_position(n), kind, tuple(n.names))

    _Nonlocal = _Global

    def _Pass(self, n: ast.stmt) -> tuple[Any, ...]:
        return (T["Jump"], *_position(n), type(n).__name__.lower())

    _Break = _Pass
    _Continue = _Pass

    def _Match(self, n: ast.Match) -> tuple[Any, ...]:
        cases = []
        for case in n.cases:
            names = tuple(
                name
                for part in ast.walk(case.pattern)
                if isinstance(name := getattr(part, "name", None) or getattr(part, "rest", None), str)
            )
            values = [part.value for part in ast.walk(case.pattern) if isinstance(part, ast.MatchValue)]
            position = _position(case.pattern)
            cases.append(
                (T["Case"], *position, names, self.many(values), self.maybe(case.guard), self.suite(case.body))
            )
        return (T["Match"], *_position(n), self.node(n.subject), tuple(cases))


def _position(n: Any) -> tuple[int, int, int, int]:
    return n.lineno, n.col_offset, n.end_lineno, n.end_col_offset


T_CONSTANT, T_CALL = T["Constant"], T["Call"]
METHODS = {
    getattr(ast, name[1:]): name
    for name in dir(Encoder)
    if name.startswith("_") and isinstance(getattr(ast, name[1:], None), type)
}
