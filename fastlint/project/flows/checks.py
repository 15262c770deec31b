"""Checks that end a flow: allow-lists, patterns, tests of a path or a host, before or around the use of a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.flows.importing import imported
from fastlint.project.flows.steps import key
from fastlint.project.language import values as v
from fastlint.project.language.arguments import arguments_of
from fastlint.project.language.bodies import Body
from fastlint.project.language.classes import is_static
from fastlint.project.language.control_flow import END, RAISE, RETURN, ways_out
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.words import words_of

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

LOOKS = frozenset(
    {
        *("len", "bool", "str", "hasattr", "getattr", "exists", "is_file", "is_dir", "isfile", "isdir", "get", "strip"),
        *(
            "lower",
            "upper",
            "endswith",
            "print",
            "list",
            "dict",
            "any_of",
            "type",
            "repr",
            "split",
            "json",
            "read",
            "keys",
        ),
        *("isinstance", "issubclass", "callable", "format", "values", "items", "startswith", "next", "set", "tuple"),
        *("isascii", "islower", "isprintable", "isspace", "istitle", "isupper"),
    }
)
"""Questions about a value that say nothing about what stands in it."""
RESOLVING = frozenset({"resolve", "realpath", "abspath", "normpath", "absolute"})
HOSTS = frozenset(
    {"netloc", "hostname", "host", "is_private", "is_global", "is_loopback", "is_link_local", "is_reserved"}
)
CONVERTERS = frozenset({"int", "float", "UUID", "ip_address", "ip_network", "relative_to", "fromisoformat", "strptime"})
VALIDATING = frozenset({"validate", "validated", "check", "ensure", "assert", "verify", "guard"})
"""Words of functions that look at what they are given before they give something back."""
KEYS = frozenset({"id", "uuid", "pk"})
OFFLOADERS = frozenset({"to_thread", "run_in_threadpool", "run_sync"})
SCALARS = frozenset(f"builtins.{name}" for name in ("int", "float", "bool"))

OF_ALL = ("parents", "parent", "parts", "suffix", "suffixes", "stem", "hostname", "netloc")
"""What paths and addresses say about themselves: who looks at it looks at the whole."""


class Checks:
    """Asked by the tracer of one kind of sink."""

    def __init__(self, inference: Inference, kind: str) -> None:
        self.inference = inference
        self.kind = kind
        self._derived: dict[tuple[Scope, str, str | None], frozenset[str]] = {}
        self._functions: dict[tuple[Function, str], bool] = {}
        self._remembering: set[tuple[Scope, str]] = set()
        self._keys: dict[tuple[s.Node, str | None], frozenset[str]] = {}
        self._part: str | None = None
        """The attribute or item that is asked about: a check of another one says nothing."""

    def ends(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether what stands at `expr` has been checked when the program gets there."""
        name = key(expr)
        if name is None:
            return False
        names = self.derived(name, scope)
        return any(self._accepts(test, names, wanted, scope) for test, wanted in self._around(expr, scope)) or any(
            self._before(expr, names, scope)
        )

    def ends_part(self, expr: s.Expr, part: str, scope: Scope) -> bool:
        """Whether what stands at `expr`, or this attribute or item of it, has been checked there."""
        outer, self._part = self._part, part
        try:
            return self.ends(expr, scope)
        finally:
            self._part = outer

    def derived(self, name: str, scope: Scope) -> frozenset[str]:
        """The name and the variables that are made from it."""
        known = self._derived.get((scope, name, self._part))
        if known is None:
            names = {name}
            grown = True
            while grown and len(names) < 20:
                grown = False
                for other, bindings in scope.body.bindings.items():
                    if other not in names and any(
                        b.value is not None
                        and b.kind in ("assign", "for", "annotated")
                        and not _constant(b.value)
                        and self._mentions(b.value, names)
                        and self._kept(b.value)
                        for b in bindings
                    ):
                        names.add(other)
                        grown = True
            known = frozenset(names)
            self._derived[scope, name, self._part] = known
        return known

    @staticmethod
    def _kept(value: s.Expr) -> bool:
        """Whether a variable made so still speaks of the value: no look-up and no query by it."""
        inner = value.value if isinstance(value, s.Await) else value
        return not isinstance(inner, s.Subscript) and not (
            isinstance(inner, s.Call) and isinstance(inner.func, s.Attribute) and inner.func.attr in ("get", "execute")
        )

    def _mentions(self, expr: s.Node, names: set[str] | frozenset[str]) -> bool:
        known = self._keys.get((expr, self._part))
        if known is None:
            parts = [node for node in s.walk(expr) if isinstance(node, s.Name | s.Attribute | s.Subscript)]
            if self._part is not None:
                others = _bases_of_others(expr, parts, self._part)
                parts = [node for node in parts if node not in others]
            known = frozenset(name for part in parts if (name := key(part)) is not None)
            self._keys[expr, self._part] = known
        return not known.isdisjoint(names)

    def _around(self, expr: s.Expr, scope: Scope) -> Iterator[tuple[s.Expr, bool]]:
        """The tests that hold or do not hold wherever `expr` is reached."""
        inner: s.Node = expr
        for outer in scope.body.ancestors(expr):
            match outer:
                case s.If() | s.While():
                    if any(item is inner for item in outer.body):
                        yield outer.test, True
                    elif any(item is inner for item in outer.orelse):
                        yield outer.test, False
                case s.Conditional():
                    if inner is not outer.test:
                        yield outer.test, inner is outer.body
                case s.Boolean(op=op) if any(item is inner for item in outer.values):
                    for value in outer.values[: next(i for i, item in enumerate(outer.values) if item is inner)]:
                        yield value, op == "And"
                case s.Comprehension():
                    if inner is outer.element or inner is outer.value:
                        for generator in outer.generators:
                            for condition in generator.conditions:
                                yield condition, True
                case s.Case():
                    match = scope.body.parents.get(outer)
                    if isinstance(match, s.Match) and outer.values and outer.kind == "values":
                        yield s.Compare(*_place(outer), match.subject, ("Eq",), (outer.values[0],)), True
            inner = outer

    def _before(self, expr: s.Expr, names: frozenset[str], scope: Scope) -> Iterator[bool]:
        """The checks that stand before `expr`: those that leave, those that replace the value, those that raise."""
        body = scope.body
        for node in body.all(s.If):
            if _ends_before(node, expr):
                if self._leaves(node.body, names, body):
                    yield self._accepts(node.test, names, False, scope)
                elif node.orelse and self._leaves(node.orelse, names, body):
                    yield self._accepts(node.test, names, True, scope)
        for check in body.all(s.Assert):
            if _ends_before(check, expr):
                yield self._accepts(check.test, names, True, scope)
        for statement in body.all(s.ExprStmt):
            call = statement.value.value if isinstance(statement.value, s.Await) else statement.value
            if isinstance(call, s.Call) and _ends_before(statement, expr):
                yield self._raises(call, names, scope)
        for assign in body.all(s.Assign):
            if isinstance(assign.value, s.Call) and _ends_before(assign, expr):
                if _last(assign.value.func) in CONVERTERS and self._given(assign.value, names):
                    yield True
        for assign in body.all(s.Assign):
            call = assign.value.value if isinstance(assign.value, s.Await) else assign.value
            if isinstance(call, s.Call) and _ends_before(assign, expr):
                if not VALIDATING.isdisjoint(words_of(_last(call.func))):
                    yield self._raises(call, names, scope)
                elif self._given(call, names):
                    yield any(self._refuses(f, call, names) for f in self._functions_of(call, scope))

    @staticmethod
    def _leaves(suite: tuple[s.Stmt, ...], names: frozenset[str], body: Body) -> bool:
        if END not in ways_out(suite):
            return True
        return any(
            isinstance(item, s.Assign) and any(key(target) in names for target in item.targets) for item in suite
        )

    def _accepts(self, test: s.Expr, names: frozenset[str], wanted: bool, scope: Scope) -> bool:
        """Whether the test, having come out as `wanted`, says that the value is one of few."""
        match test:
            case s.Unary(op="Not", operand=operand):
                return self._accepts(operand, names, not wanted, scope)
            case s.Boolean(values=values):
                return any(self._accepts(value, names, wanted, scope) for value in values)
            case s.NamedExpr(value=value) | s.Await(value=value):
                return self._accepts(value, names, wanted, scope)
            case s.Compare(left=s.Name(id=name), ops=(("Is" | "IsNot") as op,), comparators=(s.Constant(value=None),)):
                return wanted == (op == "IsNot") and self._found_by(name, names, scope)
            case s.Compare(left=left, ops=(op,), comparators=(right,)):
                return self._compares(left, op, right, names, wanted)
            case s.Call(func=s.Name(id="bool"), args=(inner,)):
                return self._accepts(inner, names, wanted, scope)
            case s.Call():
                return self._given(test, names) and self._asks(test, names, scope)
            case s.Attribute(value=value, attr=attr):
                return attr in HOSTS and self._url() and self._mentions(value, names)
            case s.Binary():
                return self._mentions(test, names)
            case s.Name(id=name) if name not in names:
                return self._remembered(name, names, wanted, scope)
            case s.Name(id=name):
                return (wanted and self._found_by(name, names, scope)) or self._answered(name, names, wanted, scope)
        return False

    def _found_by(self, name: str, names: frozenset[str], scope: Scope) -> bool:
        """Whether a variable holds what was found by comparing with the value: `next(x for x in known if x.id == id)`.

        Where there is one, the value is one of those that are known. So it is with a module imported by it.
        """
        others = names - {name}
        if self.kind == "path" and any(
            binding.value is not None
            and (text := imported(binding.value, scope, self.inference)) is not None
            and self._mentions(text, others)
            for binding in scope.body.bindings.get(name, ())
        ):
            return True
        if any(
            isinstance(node, s.Compare) and node.ops == ("Eq",) and self._is_key(node, others)
            for binding in scope.body.bindings.get(name, ())
            if binding.value is not None
            for node in s.walk(binding.value)
        ):
            return True
        return any(
            isinstance(condition, s.Compare)
            and condition.ops == ("Eq",)
            and (self._mentions(condition.left, others) or self._mentions(condition.comparators[0], others))
            for binding in scope.body.bindings.get(name, ())
            if binding.value is not None
            for node in s.walk(binding.value)
            if isinstance(node, s.Comprehension)
            for generator in node.generators
            for condition in generator.conditions
        )

    def _is_key(self, compare: s.Compare, names: frozenset[str]) -> bool:
        """`Model.id == value`: a row that is found has this key, which the application gave it."""
        sides = compare.left, compare.comparators[0]
        return any(
            isinstance(column, s.Attribute) and column.attr in KEYS and self._mentions(value, names)
            for column, value in (sides, sides[::-1])
        )

    def _answered(self, name: str, names: frozenset[str], wanted: bool, scope: Scope) -> bool:
        """Whether a variable made from the value is a check's answer, yes or no, and that answer is `wanted`."""
        return any(
            self._accepts(binding.value, names, wanted, scope)
            for binding in scope.body.bindings.get(name, ())
            if isinstance(binding.value, s.Compare)
            or (isinstance(binding.value, s.Call) and self._tells_yes_or_no(binding.value, scope))
        )

    def _tells_yes_or_no(self, call: s.Call, scope: Scope) -> bool:
        functions = self._functions_of(call, scope)
        return bool(functions) and all(
            self.inference.annotations.returns(function).name == "builtins.bool" for function in functions
        )

    def _remembered(self, name: str, names: frozenset[str], wanted: bool, scope: Scope) -> bool:
        """A check whose answer was put into a variable: `ok = x in ALLOWED`, or `ok = True` behind such a test."""
        if (scope, name) in self._remembering:
            return False
        bindings = [b for b in scope.body.bindings.get(name, ()) if b.kind == "assign" and b.value is not None]
        flags = [b.value for b in bindings if isinstance(b.value, s.Constant) and b.value.value is True]
        self._remembering.add((scope, name))  # It may be asked for where it is set.
        try:
            if any(
                isinstance(b.value, s.Compare | s.Call) and self._accepts(b.value, names, wanted, scope)
                for b in bindings
            ):
                return True
            return (
                wanted
                and bool(flags)
                and all(
                    any(self._accepts(test, names, holds, scope) for test, holds in self._around(flag, scope))
                    for flag in flags
                )
            )
        finally:
            self._remembering.discard((scope, name))

    def _compares(self, left: s.Expr, op: str, right: s.Expr, names: frozenset[str], wanted: bool) -> bool:
        if _constant(left) and op in ("In", "NotIn"):
            return self.kind in ("path", "redirect") and self._mentions(right, names) and _dots(left)
        if any(isinstance(node, s.Attribute) and node.attr in HOSTS for node in (left, right)) and self._url():
            return self._mentions(left, names) or self._mentions(right, names)
        if isinstance(left, s.Attribute) and left.attr == "scheme" and self._url():
            return False  # says nothing about the host
        if isinstance(right, s.Attribute) and right.attr == "parents" and op in ("In", "NotIn"):
            return self.kind == "path" and wanted == (op == "In") and self._mentions(right, names)
        if not self._mentions(left, names) and not (op in ("Eq", "NotEq") and self._mentions(right, names)):
            return False
        if isinstance(left, s.Call) and _last(left.func) in ("len", "type", "str.count", "find", "index", "count"):
            return False
        if op in ("In", "NotIn"):
            return wanted == (op == "In")
        if op in ("Eq", "NotEq"):
            empty = any(isinstance(node, s.Constant) and not node.value for node in (left, right))
            return not empty and wanted == (op == "Eq")
        return op in ("LtE", "GtE", "Lt", "Gt") and isinstance(left, s.Call) and _last(left.func) == "set"

    def _asks(self, call: s.Call, names: frozenset[str], scope: Scope) -> bool:
        name = _last(call.func)
        if name == "startswith":
            return self._begins(call, scope)
        if name == "endswith" and self._url() and isinstance(call.func, s.Attribute):
            return self._is_host(call.func.value, scope)
        if name == "isinstance" and len(call.args) == 2:
            return bool(self.inference.external_names(call.args[1], scope) & SCALARS)
        if name in LOOKS:
            return False
        functions = self._functions_of(call, scope)
        return all(self._checks(function, call, names) for function in functions)

    def _begins(self, call: s.Call, scope: Scope) -> bool:
        """`startswith` is a check of a path that was resolved, and of a host when it goes to its end."""
        given = call.args[0] if call.args else None
        if self.kind == "path":
            return isinstance(scope, Function) and bool(scope.node.calls & RESOLVING)
        if self.kind == "request":
            return not (isinstance(given, s.Constant) and given.value in ("http://", "https://", "http", "https"))
        if self.kind == "redirect":
            return not (isinstance(given, s.Constant) and given.value in ("/", "http://", "https://", "http", "https"))
        return False

    def _is_host(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether it is the host of an address, which ends where nobody else can put something."""
        made = [b.value for b in scope.body.bindings.get(expr.id, ()) if b.value] if isinstance(expr, s.Name) else []
        return any(
            isinstance(node, s.Attribute) and node.attr in ("hostname", "netloc", "host")
            for value in (expr, *made)
            for node in s.walk(value)
        )

    def _raises(self, call: s.Call, names: frozenset[str], scope: Scope) -> bool:
        """A call for its own sake that raises when the value is not allowed."""
        if not self._given(call, names):
            return False
        if _last(call.func) in OFFLOADERS and len(call.args) > 1:
            inner = s.Call(*_place(call), call.args[0], call.args[1:], call.keywords)
            return self._raises(inner, names, scope)
        if _last(call.func) in CONVERTERS:
            return self.kind == "path" or _last(call.func) != "relative_to"
        return any(self._checks(function, call, names) for function in self._functions_of(call, scope))

    def _functions_of(self, call: s.Call, scope: Scope) -> list[Function]:
        found = []
        for value in self.inference.infer(call.func, scope):
            if isinstance(value, v.FunctionValue):
                found.append(value.function)
            elif isinstance(value, v.Instance) and isinstance(value.of, Class):
                method = self.inference.classes.method(value.of, "__call__")
                found += [method] if method is not None else []
        return found

    def _checks(self, function: Function, call: s.Call, names: frozenset[str]) -> bool:
        """Whether a function of the project looks at what it is given closely enough."""
        for parameter in function.node.parameters:
            if parameter.name not in ("self", "cls") and self._looks(function, parameter.name):
                return True
        return False

    def _refuses(self, function: Function, call: s.Call, names: frozenset[str]) -> bool:
        """Whether a function that gives something else raises at once where what it is given is not allowed."""
        bound = function.cls is not None and not is_static(function)
        tests = _first_refusals(function)
        given = {
            name
            for name, value in (arguments_of(call, function, bound) if tests else {}).items()
            if isinstance(value, s.Name) and value.id in names
        }
        return any(
            _speaks_of(test, name) and self._accepts(test, frozenset({name}), False, function)
            for test in tests
            for name in given
        )

    def _looks(self, function: Function, name: str) -> bool:
        known = self._functions.get((function, name))
        if known is None:
            self._functions[function, name] = False
            outer, self._part = self._part, None
            names = self.derived(name, function)
            tests = [(node.test, w) for node in function.body.all(s.If) for w in (True, False)]
            tests += [(node.test, True) for node in function.body.all(s.Assert)]
            tests += [(node.value, w) for node in function.body.all(s.Return) if node.value for w in (True, False)]
            known = any(self._accepts(test, names, wanted, function) for test, wanted in tests) or any(
                self._raises(node.value, names, function)
                for node in function.body.all(s.ExprStmt)
                if isinstance(node.value, s.Call)
            )
            self._functions[function, name] = known
            self._part = outer
        return known

    def _given(self, call: s.Call, names: frozenset[str]) -> bool:
        parts = [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(call.func, s.Attribute):
            parts.append(call.func.value)
        return any(self._mentions(part, names) for part in parts)

    def _url(self) -> bool:
        return self.kind in ("request", "redirect")


def _bases_of_others(expr: s.Node, parts: Sequence[s.Expr], part: str) -> set[s.Node]:
    """The objects of which an expression only looks at another attribute or item than `part`; methods are no such."""
    methods = {node.func for node in s.walk(expr) if isinstance(node, s.Call)}
    return {
        node.value
        for node in parts
        if (isinstance(node, s.Attribute) and node not in methods and node.attr not in (part, *OF_ALL))
        or (isinstance(node, s.Subscript) and isinstance(node.index, s.Constant) and node.index.value != part)
        if isinstance(node, s.Attribute | s.Subscript)
    }


def _first_refusals(function: Function) -> list[s.Expr]:
    """The tests on which a function raises before it can return."""
    found = []
    for node in function.node.body:
        if isinstance(node, s.If) and not node.orelse and ways_out(node.body) == {RAISE}:
            found.append(node.test)
        elif RETURN in ways_out((node,)):
            break
    return found


def _speaks_of(test: s.Expr, name: str) -> bool:
    """Whether a test looks at the value itself, not only at another attribute of it."""
    parts = list(s.walk(test))
    methods = {node.func for node in parts if isinstance(node, s.Call)}
    owners = {node.value for node in parts if isinstance(node, s.Attribute) and node not in methods}
    return any(isinstance(node, s.Name) and node.id == name and node not in owners for node in parts)


def _place(node: s.Node) -> tuple[int, int, int, int]:
    return node.line, node.column, node.end_line, node.end_column


def _ends_before(node: s.Node, expr: s.Node) -> bool:
    return (node.end_line, node.end_column) <= expr.start


def _constant(expr: s.Expr) -> bool:
    return isinstance(expr, s.Constant)


def _dots(expr: s.Expr) -> bool:
    return isinstance(expr, s.Constant) and expr.value in ("..", "../", "/", "\\", "/..", "://", "//")


def _last(func: s.Expr) -> str:
    return func.attr if isinstance(func, s.Attribute) else func.id if isinstance(func, s.Name) else ""
