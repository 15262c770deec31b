"""SourceFile -> ModuleFacts: one walk over Python's own tree."""

from __future__ import annotations

import ast
import gc
import io
import marshal
import re
import tokenize
import warnings
from typing import Any

from fastlint.facts import syntax
from fastlint.facts.lines import header_end, header_last
from fastlint.facts.model import ModuleFacts
from fastlint.source import SourceFile, Unreadable

SPEAKING = re.compile(r"#[^\n\r]*?(?:noqa|fastlint\s*:|flake8\s*[:=])", re.IGNORECASE)
LONGEST_STRING = 4096
"""Characters of a literal that facts keep; longer ones (embedded data) are cut."""

T = {cls.__name__: tag for cls, tag in syntax.TAGS.items()}


def extract(source: SourceFile) -> ModuleFacts:
    """The facts of a file. Raises Unreadable when it cannot be decoded or parsed."""
    text = source.text
    tree = parse(text, source.path)
    collecting = gc.isenabled()
    gc.disable()
    try:
        if not text.isascii():
            _count_characters(tree, source)
        encoder = Encoder(source)
        body = encoder.suite(tree.body, docstring=True)
        blob = marshal.dumps(body)
    except RecursionError:
        raise Unreadable("nested too deeply to be analysed") from None
    finally:
        if collecting:
            gc.enable()
    return ModuleFacts(
        source.path,
        blob,
        _comments(source),
        tuple(sorted(set(encoder.ranges))),
        tuple(encoder.decorated),
        frozenset(encoder.imports),
        frozenset(encoder.calls),
    )


def parse(text: str, path: str) -> ast.Module:
    """Python's tree of the text. Raises Unreadable, with the line, when there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, path)
    except SyntaxError as error:
        raise Unreadable(_explain(error, text), error.lineno or 1) from None
    except RecursionError:
        raise Unreadable("nested too deeply to be parsed") from None
    except (ValueError, MemoryError) as error:
        raise Unreadable(str(error) or "too large to be parsed") from None


def _explain(error: SyntaxError, text: str) -> str:
    """The reason, and which Python reads the file when only newer syntax is at fault."""
    reason = f"syntax error: {error.msg}"
    newer = _newer_syntax(text, error)
    return f"{reason} ({newer})" if newer else reason


def _newer_syntax(text: str, error: SyntaxError) -> str:
    import sys

    line = text.splitlines()[error.lineno - 1] if error.lineno and error.lineno <= len(text.splitlines()) else ""
    running = f"fastlint runs on Python {sys.version_info.major}.{sys.version_info.minor}"
    checks = (
        ((3, 12), re.match(r"\s*type\s+\w+.*=", line) or re.match(r"\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[", line)),
        ((3, 12), "f-string" in str(error.msg)),
        ((3, 14), re.search(r"\bt[\"']", line) or re.match(r"\s*except\s+\w+\s*,", line)),
    )
    for version, found in checks:
        if found and sys.version_info < version and _parses_elsewhere(text):
            return f"needs Python {version[0]}.{version[1]}, {running}"
    return ""


def _parses_elsewhere(text: str) -> bool:
    """Whether libcst, whose grammar knows newer versions, accepts the text."""
    import libcst

    try:
        libcst.parse_module(text)
    except Exception:
        return False
    return True


def _count_characters(tree: ast.Module, source: SourceFile) -> None:
    """Turn the byte columns of all nodes on non-ASCII lines into character columns."""
    wide = {
        number: line.encode(errors="surrogatepass") for number, line in enumerate(source.lines, 1) if not line.isascii()
    }
    for node in ast.walk(tree):
        line = getattr(node, "lineno", None)
        if line is None:
            continue
        if line in wide:
            node.col_offset = len(wide[line][: node.col_offset].decode(errors="ignore"))  # type: ignore[attr-defined]
        if node.end_lineno in wide:  # type: ignore[attr-defined]
            end = wide[node.end_lineno][: node.end_col_offset]  # type: ignore[attr-defined]
            node.end_col_offset = len(end.decode(errors="ignore"))  # type: ignore[attr-defined]


def _comments(source: SourceFile) -> tuple[tuple[int, int, str], ...]:
    if not SPEAKING.search(source.text):
        return ()
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text, newline=None).readline):
            if token.type == tokenize.COMMENT and SPEAKING.match(token.string):
                found.append((token.start[0], token.start[1] + 1, token.string))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return tuple(found)
    return tuple(found)


class Encoder:
    """Turns `ast` nodes into the tuples that `syntax.decode` reads, noting on the way what the header of facts holds."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.ranges: list[tuple[int, int]] = []
        self.decorated: list[tuple[int, int, int]] = []
        self.imports: set[str] = set()
        self.calls: set[str] = set()
        self.awaits = self.yields = self.returns = False
        self.table: dict[type, Any] = {
            getattr(ast, name[1:]): getattr(self, name)
            for name in dir(self)
            if name.startswith("_") and isinstance(getattr(ast, name[1:], None), type)
        }

    def node(self, node: ast.AST) -> tuple[Any, ...]:
        method = self.table.get(type(node))
        if method is None:
            return (T["Opaque"], *_position(node))
        return method(node)  # type: ignore[no-any-return]

    def maybe(self, node: ast.AST | None) -> tuple[Any, ...] | None:
        return None if node is None else self.node(node)

    def many(self, nodes: list[Any]) -> tuple[Any, ...]:
        node = self.node
        return tuple([node(item) for item in nodes])

    def suite(self, body: list[ast.stmt], docstring: bool = False) -> tuple[Any, ...]:
        if docstring and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            if body[0].end_lineno != body[0].lineno:
                self.ranges.append((body[0].lineno, body[0].end_lineno or body[0].lineno))
            body = body[1:]
        return self.many(body)

    def simple(self, node: ast.stmt) -> None:
        if node.end_lineno != node.lineno:
            self.ranges.append((node.lineno, node.end_lineno or node.lineno))

    def header(self, node: ast.stmt | ast.ExceptHandler | ast.match_case, line: int, body: list[ast.stmt]) -> None:
        last = header_end(self.source, header_last(node, line), body[0].lineno)
        if last != line:
            self.ranges.append((line, last))

    # expressions

    def _Name(self, n: ast.Name) -> tuple[Any, ...]:
        return T_NAME, n.lineno, n.col_offset, n.end_lineno, n.end_col_offset, n.id

    def _Attribute(self, n: ast.Attribute) -> tuple[Any, ...]:
        return T_ATTRIBUTE, n.lineno, n.col_offset, n.end_lineno, n.end_col_offset, self.node(n.value), n.attr

    def _Constant(self, n: ast.Constant) -> tuple[Any, ...]:
        value = n.value
        if isinstance(value, str | bytes) and len(value) > LONGEST_STRING:
            value = value[:LONGEST_STRING]
        return T_CONSTANT, n.lineno, n.col_offset, n.end_lineno, n.end_col_offset, value

    def _Call(self, n: ast.Call) -> tuple[Any, ...]:
        func = n.func
        if isinstance(func, ast.Attribute):
            self.calls.add(func.attr)
        elif isinstance(func, ast.Name):
            self.calls.add(func.id)
        return (
            *(T_CALL, n.lineno, n.col_offset, n.end_lineno, n.end_col_offset),
            *(self.node(func), self.many(n.args), self.many(n.keywords)),
        )

    def _keyword(self, n: ast.keyword) -> tuple[Any, ...]:
        return (T["Keyword"], *_position(n), n.arg, self.node(n.value))

    def _JoinedStr(self, n: ast.JoinedStr) -> tuple[Any, ...]:
        return (T["FString"], *_position(n), self.many(n.values))

    def _FormattedValue(self, n: ast.FormattedValue) -> tuple[Any, ...]:
        return (T["Formatted"], *_position(n), self.node(n.value), n.conversion, self.maybe(n.format_spec))

    def _Starred(self, n: ast.Starred) -> tuple[Any, ...]:
        return (T["Starred"], *_position(n), self.node(n.value))

    def _Subscript(self, n: ast.Subscript) -> tuple[Any, ...]:
        return (T["Subscript"], *_position(n), self.node(n.value), self.node(n.slice))

    def _Slice(self, n: ast.Slice) -> tuple[Any, ...]:
        return (T["Slice"], *_position(n), self.maybe(n.lower), self.maybe(n.upper), self.maybe(n.step))

    def _BinOp(self, n: ast.BinOp) -> tuple[Any, ...]:
        return (T["Binary"], *_position(n), self.node(n.left), type(n.op).__name__, self.node(n.right))

    def _BoolOp(self, n: ast.BoolOp) -> tuple[Any, ...]:
        return (T["Boolean"], *_position(n), type(n.op).__name__, self.many(n.values))

    def _UnaryOp(self, n: ast.UnaryOp) -> tuple[Any, ...]:
        return (T["Unary"], *_position(n), type(n.op).__name__, self.node(n.operand))

    def _Compare(self, n: ast.Compare) -> tuple[Any, ...]:
        ops = tuple(type(op).__name__ for op in n.ops)
        return (T["Compare"], *_position(n), self.node(n.left), ops, self.many(n.comparators))

    def _IfExp(self, n: ast.IfExp) -> tuple[Any, ...]:
        return (T["Conditional"], *_position(n), self.node(n.test), self.node(n.body), self.node(n.orelse))

    def _Lambda(self, n: ast.Lambda) -> tuple[Any, ...]:
        kept = self.awaits, self.yields
        body = self.node(n.body)
        self.awaits, self.yields = kept
        return (T["Lambda"], *_position(n), self._parameters(n.args), body)

    def _List(self, n: ast.List) -> tuple[Any, ...]:
        return (T["List"], *_position(n), self.many(n.elts))

    def _Tuple(self, n: ast.Tuple) -> tuple[Any, ...]:
        return (T["Tuple"], *_position(n), self.many(n.elts))

    def _Set(self, n: ast.Set) -> tuple[Any, ...]:
        return (T["Set"], *_position(n), self.many(n.elts))

    def _Dict(self, n: ast.Dict) -> tuple[Any, ...]:
        keys = tuple([self.maybe(key) for key in n.keys])
        return (T["Dict"], *_position(n), keys, self.many(n.values))

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

    def _NamedExpr(self, n: ast.NamedExpr) -> tuple[Any, ...]:
        return (T["NamedExpr"], *_position(n), self.node(n.target), self.node(n.value))

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


T_NAME, T_ATTRIBUTE, T_CONSTANT, T_CALL = T["Name"], T["Attribute"], T["Constant"], T["Call"]
