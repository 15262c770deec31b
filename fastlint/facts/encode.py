"""Python's own tree -> the compact tuples that `syntax.decode` reads."""

from __future__ import annotations

import ast
import marshal
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from fastlint.facts import syntax
from fastlint.facts.lines import header_end, header_last
from fastlint.source import SourceFile

LONGEST_STRING = 4096
"""Characters of a literal that facts keep; longer ones (embedded data) are cut."""

WORDS = re.compile(r"(?:[A-Z]*[a-z]*(?:[_\-.:/]|\Z))*")
"""A text of words and what separates them, as names of things are."""

SCHEMES = ("Bearer ", "Basic ", "Token ", "token ", "ApiKey ")

T = {cls.__name__: tag for cls, tag in syntax.TAGS.items()}
CLASSES = {cls.__name__: cls for cls in syntax.TAGS}
BIT = {cls.__name__: bit for cls, bit in syntax.KIND_BITS.items()}

PLAIN = {
    "Name": ("Name", "a:id", ""),
    "keyword": ("Keyword", "a:arg n:value", "keyword"),
    "Starred": ("Starred", "n:value", ""),
    "Subscript": ("Subscript", "n:value n:slice", ""),
    "Slice": ("Slice", "?:lower ?:upper ?:step", ""),
    "BinOp": ("Binary", "n:left o:op n:right", ""),
    "BoolOp": ("Boolean", "o:op N:values", ""),
    "UnaryOp": ("Unary", "o:op n:operand", ""),
    "IfExp": ("Conditional", "n:test n:body n:orelse", "kind"),
    "Attribute": ("Attribute", "n:value a:attr", ""),
    "Call": ("Call", "n:func N:args N:keywords", "kind calls"),
    "List": ("List", "N:elts", ""),
    "Tuple": ("Tuple", "N:elts", ""),
    "Set": ("Set", "N:elts", ""),
    "Dict": ("Dict", "M:keys N:values", ""),
    "NamedExpr": ("NamedExpr", "n:target n:value", ""),
    "Compare": ("Compare", "n:left O:ops N:comparators", "kind compares"),
    "Await": ("Await", "n:value", "kind awaits"),
    "Yield": ("Yield", "?:value", "kind yields"),
    "YieldFrom": ("YieldFrom", "n:value", "kind yields"),
    "ListComp": ("Comprehension", "'list' n:elt 'None' N:generators", "kind"),
    "SetComp": ("Comprehension", "'set' n:elt 'None' N:generators", "kind"),
    "GeneratorExp": ("Comprehension", "'generator' n:elt 'None' N:generators", "kind"),
    "DictComp": ("Comprehension", "'dict' n:key n:value N:generators", "kind"),
    "Return": ("Return", "?:value", "kind simple returns"),
    "Assign": ("Assign", "N:targets n:value", "kind simple sets"),
    "AugAssign": ("AugAssign", "n:target o:op n:value", "kind simple"),
    "AnnAssign": ("AnnAssign", "n:target n:annotation ?:value", "kind simple declares"),
    "Delete": ("Delete", "N:targets", "kind simple"),
    "Expr": ("ExprStmt", "n:value", "simple"),
    "Raise": ("Raise", "?:exc ?:cause", "kind simple"),
    "Assert": ("Assert", "n:test ?:msg", "kind simple"),
    "For": ("For", "n:target n:iter N:body N:orelse False", "kind header"),
    "AsyncFor": ("For", "n:target n:iter N:body N:orelse True", "kind header awaits"),
    "While": ("While", "n:test N:body N:orelse", "kind header"),
    "If": ("If", "n:test N:body N:orelse", "kind header"),
    "Try": ("Try", "N:body N:handlers N:orelse N:finalbody", "kind"),
    "TryStar": ("Try", "N:body N:handlers N:orelse N:finalbody", "kind"),
    "ExceptHandler": ("Handler", "?:type a:name N:body", "kind header"),
}
"""Nodes that are carried over field by field: ast class -> (class here, its fields with how they travel, what else
the encoder notes of them). A field without `:` is written as it stands."""

FORMS = {
    "a": "n.{0}",
    "o": "type(n.{0}).__name__",
    "O": "tuple([type(i).__name__ for i in n.{0}])",
    "n": "{leaf} if type(x := n.{0}) is Name else E[type(x)](x)",
    "?": "None if (x := n.{0}) is None else E[type(x)](x)",
    "N": "() if not (x := n.{0}) else (E[type(x := x[0])](x),) if len(x) == 1 else many(x)",
    "M": "tuple([None if i is None else E[type(i)](i) for i in n.{0}])",
}
NOTES = {
    "kind": "e.kinds |= {bit}",
    "simple": "if n.end_lineno != n.lineno: ranges.append((n.lineno, n.end_lineno))",
    "header": "if n.body[0].lineno - n.lineno > 1: e.header(n, n.lineno, n.body)",
    "awaits": "e.awaits = True",
    "yields": "e.yields = True",
    "returns": "if (x := n.value) is not None and not (type(x) is Constant and x.value is None): e.returns = True",
    "calls": "e.calls.add(x.attr if type(x := n.func) is Attribute else x.id if type(x) is Name else '')",
    "keyword": "e.calls.add(f'{{n.arg}}=')",
    "sets": "for x in n.targets:\n   if type(x) is Attribute: e.sets(x)",
    "declares": "if type(n.target) is Attribute: e.sets(n.target)",
    "compares": "if len(n.ops) == 1 and type(n.left) is not Constant: e.compares(n.left, n.comparators[0])",
}
LEAF = f"({T['Name']}, L[x.lineno], x.col_offset, L[x.end_lineno], x.end_col_offset, x.id)"


def _plain() -> Callable[[Encoder, dict[type, Any], list[tuple[int, int]], Numbers], dict[type, Any]]:
    """Compile the function that makes the encoders of all plain kinds of nodes for one file's encoder.

    One function a kind, with nothing looked up but what the kind has: this is where reading a file spends its time.
    """
    lines = [
        "def make(e, E, ranges, L):",
        " def many(nodes): return tuple([E[type(x)](x) for x in nodes])",
        " made = {}",
    ]
    for name, (cls, fields, notes) in PLAIN.items():
        if not hasattr(ast, name):
            continue
        parts = []
        for field in fields.split():
            form, _, attribute = field.partition(":")
            parts.append(FORMS[form].format(attribute, leaf=LEAF) if attribute else form.replace("'None'", "None"))
        lines.append(" def encode(n):")
        bit = syntax.KIND_BITS.get(CLASSES[cls])
        lines += [f"  {NOTES[note].format(bit=bit)}" for note in notes.split()]
        position = "L[n.lineno], n.col_offset, L[n.end_lineno], n.end_col_offset"
        lines.append(f"  return ({T[cls]}, {position}, {', '.join(parts)})")
        lines.append(f" made[ast.{name}] = encode")
    lines.append(" return made")
    names: dict[str, Any] = {"ast": ast, "Name": ast.Name, "Attribute": ast.Attribute, "Constant": ast.Constant}
    exec("\n".join(lines), names)
    return names["make"]  # type: ignore[no-any-return]


class _Table(dict[type, Any]):
    """Encoders by class of node; a class that nobody knows is opaque."""

    def __missing__(self, key: type) -> Callable[[Any], tuple[Any, ...]]:
        return lambda node: (T["Opaque"], *_position(node))


class Numbers(dict[Any, Any]):
    """Line numbers, each kept as one object: marshal writes what it has seen before as a reference, and reads it so."""

    def __missing__(self, key: Any) -> Any:
        self[key] = key
        return key


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
        self.kinds = 0
        self.awaits = self.yields = self.returns = False
        self.numbers = Numbers()
        self.table = _Table()
        self.table.update(MAKE_PLAIN(self, self.table, self.ranges, self.numbers))
        for kind, name in METHODS.items():
            self.table[kind] = getattr(self, name)

    def forget(self) -> None:
        """Let go of the encoders, which hold each other and the source: while a check runs nothing collects cycles."""
        self.table.clear()

    def node(self, node: ast.AST) -> tuple[Any, ...]:
        return self.table[type(node)](node)  # type: ignore[no-any-return]

    def maybe(self, node: ast.AST | None) -> tuple[Any, ...] | None:
        return None if node is None else self.table[type(node)](node)

    def many(self, nodes: list[Any]) -> tuple[Any, ...]:
        table = self.table
        return tuple([table[type(item)](item) for item in nodes])

    def suite(self, body: list[ast.stmt]) -> tuple[Any, ...]:
        """The statements of a module, class or function, without the docstring."""
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            if isinstance(body[0].value.value, str):
                self.simple(body[0])
                self.string(body[0])
                body = body[1:]
        return self.many(body)

    def sets(self, target: ast.Attribute) -> None:
        self.calls.add(f".{target.attr}")
        self.kinds |= syntax.SETS_ATTRIBUTE

    def compares(self, left: ast.expr, right: ast.expr) -> None:
        if not isinstance(right, ast.Constant):
            for side in (left, right):
                name = side.id if isinstance(side, ast.Name) else getattr(side, "attr", "")
                self.calls.add(f".{name}")

    def simple(self, node: ast.stmt) -> None:
        if node.end_lineno != node.lineno:
            self.ranges.append((node.lineno, node.end_lineno or node.lineno))

    def header(self, node: ast.stmt | ast.ExceptHandler | ast.match_case, line: int, body: list[ast.stmt]) -> None:
        if body[0].lineno - line < 2:
            return
        last = header_end(self.source, header_last(node, line), body[0].lineno)
        if last != line:
            self.ranges.append((line, last))

    def string(self, n: Any) -> None:
        """Remember where a string stands if a `#` in it could be taken for a comment."""
        if self.speaking and any(line in self.speaking for line in range(n.lineno, n.end_lineno + 1)):
            self.strings.append((n.lineno, n.col_offset, n.end_lineno, n.end_col_offset))

    # expressions

    def _Constant(self, n: ast.Constant) -> tuple[Any, ...]:
        value = n.value
        if isinstance(value, str | bytes):
            if self.speaking:
                self.string(n)
            if len(value) > LONGEST_STRING:
                value = value[:LONGEST_STRING]
            if len(value) >= 8 and _odd(value):
                self.kinds |= syntax.ODD_TEXT
        numbers = self.numbers
        return T_CONSTANT, numbers[n.lineno], n.col_offset, numbers[n.end_lineno], n.end_col_offset, value

    def _JoinedStr(self, n: ast.JoinedStr, place: tuple[int, int, int, int] | None = None) -> tuple[Any, ...]:
        """An f-string; its literal parts, braces and format specifications stand where the whole string stands.

        Python 3.11 knows no better place, and a report must not depend on which Python runs. Expressions in it have
        places of their own.
        """
        self.string(n)
        self.kinds |= BIT["FString"]
        place = place or _position(n)
        parts: list[tuple[Any, ...]] = []
        for part in n.values:
            if isinstance(part, ast.FormattedValue):
                spec = part.format_spec
                inner = self._JoinedStr(spec, place) if isinstance(spec, ast.JoinedStr) else None
                value = self.node(part.value)
                if isinstance(part.value, ast.Tuple):  # without parentheses 3.11 lets it begin at the brace
                    value = (value[0], *place, *value[5:])
                parts.append((T["Formatted"], *place, value, part.conversion, inner))
            elif (literal := self.node(part))[-1] != "":  # 3.12.1 ends a specification with an empty one
                parts.append((T_CONSTANT, *place, literal[-1]))
        return (T["FString"], *place, tuple(parts))

    def _Lambda(self, n: ast.Lambda) -> tuple[Any, ...]:
        kept = self.awaits, self.yields
        body = self.node(n.body)
        self.awaits, self.yields = kept
        self.kinds |= BIT["Lambda"]
        return (T["Lambda"], *_position(n), self._parameters(n.args), body)

    def _comprehension(self, n: ast.comprehension) -> tuple[Any, ...]:
        if n.is_async:
            self.awaits = True
        self.kinds |= BIT["Generator"]
        position = n.target.lineno, n.target.col_offset, n.iter.end_lineno, n.iter.end_col_offset
        return (T["Generator"], *position, self.node(n.target), self.node(n.iter), self.many(n.ifs), bool(n.is_async))

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
        position = self.numbers[n.lineno], n.col_offset, self.numbers[end.end_lineno], end.end_col_offset
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
        outer = self.calls, self.kinds, self.awaits, self.yields, self.returns
        self.calls, self.kinds, self.awaits, self.yields, self.returns = set(), 0, False, False, False
        body = self.suite(n.body)
        calls, kinds, awaits, yields, gives = self.calls, self.kinds, self.awaits, self.yields, self.returns
        self.calls, self.kinds, self.awaits, self.yields, self.returns = outer
        self.calls |= calls
        self.kinds |= BIT["FunctionDef"]
        column = self._name_column(n, 3 if not is_async else 5)
        return (
            *(T["FunctionDef"], *_position(n), n.name, parameters, decorators, returns),
            *(is_async, awaits, yields, gives, frozenset(calls), kinds, column, marshal.dumps(body)),
        )

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, n: ast.ClassDef) -> tuple[Any, ...]:
        decorators = self._decorators(n)
        self.header(n, n.lineno, n.body)
        bases, keywords = self.many(n.bases), self.many(n.keywords)
        body = self.suite(n.body)
        self.kinds |= BIT["ClassDef"]
        return (T["ClassDef"], *_position(n), n.name, bases, keywords, decorators, body, self._name_column(n, 5))

    def _name_column(self, n: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, word: int) -> int:
        """Where the name stands; `\\` between the words can push it to another line, then the statement's start."""
        column = self.source.line(n.lineno).find(n.name, n.col_offset + word)
        return column if column >= 0 else n.col_offset

    # statements

    def _TypeAlias(self, n: Any) -> tuple[Any, ...]:
        self.simple(n)
        return (T["TypeAlias"], *_position(n), n.name.id, self.node(n.value))

    def _With(self, n: ast.With | ast.AsyncWith) -> tuple[Any, ...]:
        self.header(n, n.lineno, n.body)
        is_async = isinstance(n, ast.AsyncWith)
        if is_async:
            self.awaits = True
        self.kinds |= BIT["With"] | BIT["WithItem"]
        for item in n.items:
            if isinstance(item.optional_vars, ast.Attribute):
                self.sets(item.optional_vars)
        items = tuple(
            (T["WithItem"], *_position(i.context_expr), self.node(i.context_expr), self.maybe(i.optional_vars))
            for i in n.items
        )
        return (T["With"], *_position(n), items, self.many(n.body), is_async)

    _AsyncWith = _With

    def _Import(self, n: ast.Import) -> tuple[Any, ...]:
        self.simple(n)
        self.imports.update(alias.name for alias in n.names)
        self.kinds |= BIT["Import"]
        return (T["Import"], *_position(n), tuple((alias.name, alias.asname) for alias in n.names))

    def _ImportFrom(self, n: ast.ImportFrom) -> tuple[Any, ...]:
        self.simple(n)
        module = n.module or ""
        self.imports.add("." * n.level + module)
        names = tuple((alias.name, alias.asname) for alias in n.names)
        self.kinds |= BIT["ImportFrom"]
        return (T["ImportFrom"], *_position(n), module, names, n.level)

    def _Global(self, n: ast.Global | ast.Nonlocal) -> tuple[Any, ...]:
        kind = "global" if isinstance(n, ast.Global) else "nonlocal"
        self.kinds |= BIT["Scope"]
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
            head = (T["Case"], *_position(case.pattern), _case_kind(case.pattern), names)
            cases.append((*head, self.many(values), self.maybe(case.guard), self.many(case.body)))
        self.kinds |= BIT["Match"]
        return (T["Match"], *_position(n), self.node(n.subject), tuple(cases))


def _case_kind(pattern: ast.pattern) -> str:
    """See `Case.kind`."""
    alternatives = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
    if all(isinstance(item, ast.MatchValue | ast.MatchSingleton) for item in alternatives):
        return "values"
    for part in ast.walk(pattern):
        if isinstance(part, ast.MatchMapping):
            if any(isinstance(item, ast.MatchAs) and item.pattern is None and item.name for item in part.patterns):
                return "keys"
    return ""


@lru_cache(maxsize=4096)
def _odd(text: str | bytes) -> bool:
    """Whether a literal is more than words or prose: addresses with a user, settings and keys may hold spaces."""
    if isinstance(text, bytes):
        return True
    inner = text.strip("-_:. ")
    if inner.startswith(SCHEMES):
        inner = inner.partition(" ")[2].strip()
    if " " in inner:
        return ("://" in text and "@" in text) or "PRIVATE KEY-----" in text or ("=" in text and _sets_key(text))
    return WORDS.fullmatch(inner) is None


def _sets_key(text: str) -> bool:
    """`host=db password=...` and the like."""
    small = text.lower()
    return "pass" in small or "pwd" in small or "key=" in small


def _position(n: Any) -> tuple[int, int, int, int]:
    return n.lineno, n.col_offset, n.end_lineno, n.end_col_offset


T_CONSTANT = T["Constant"]
MAKE_PLAIN = _plain()
METHODS = {
    getattr(ast, name[1:]): name
    for name in dir(Encoder)
    if name.startswith("_") and isinstance(getattr(ast, name[1:], None), type)
}
