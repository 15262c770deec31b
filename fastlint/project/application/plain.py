"""Values that need no model: constants, measures such as a length, and what the client sent."""

from __future__ import annotations

from collections.abc import Callable

from fastlint.facts import syntax as s
from fastlint.project.application.handlers import Handlers
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Binding
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Module, Scope

DEPTH = 16
SCALARS = frozenset(
    {
        *(f"builtins.{name}" for name in ("str", "int", "float", "bool", "bytes", "complex")),
        *("datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "uuid.UUID", "decimal.Decimal"),
    }
)
MEASURING = frozenset(
    {
        *(
            f"builtins.{name}()"
            for name in ("len", "str", "int", "float", "bool", "round", "abs", "repr", "format", "hash", "id")
        ),
        *(
            "builtins.isinstance()",
            "builtins.any()",
            "builtins.all()",
            "builtins.ord()",
            "builtins.chr()",
            "builtins.hasattr()",
        ),
        *("time.time()", "time.perf_counter()", "time.monotonic()", "uuid.uuid4()", "uuid.uuid1()", "os.getpid()"),
        *(f"datetime.datetime.{name}()" for name in ("now", "utcnow", "today", "isoformat", "timestamp", "strftime")),
        *("datetime.date.today()", "datetime.date.isoformat()", "secrets.token_hex()", "secrets.token_urlsafe()"),
    }
)
"""Calls that give a plain value whatever they are given."""
PASSING = frozenset(
    {
        *(f"builtins.{name}" for name in ("dict", "list", "tuple", "set", "sorted", "reversed", "max", "min", "sum")),
        *("fastapi.encoders.jsonable_encoder", "copy.copy", "copy.deepcopy"),
    }
)
"""Calls that give what they are given."""
REQUEST_PARTS = frozenset(
    {"headers", "cookies", "query_params", "path_params", "url", "base_url", "method", "client", "json", "body", "form"}
)
CHANGING = frozenset({"update", "append", "extend", "insert", "add", "setdefault"})


class Plain:
    """Asked through Returns; `returns` gives the return statements of a function."""

    def __init__(self, handlers: Handlers, returns: Callable[[Function], list[s.Return]]) -> None:
        self.handlers = handlers
        self.inference = handlers.constants.inference
        self.returns = returns
        self._plain: dict[s.Expr, bool] = {}

    def plain(self, expr: s.Expr, scope: Scope, depth: int = 0) -> bool:
        """Whether it holds only constants, measures such as a length, and what the client sent."""
        if depth > DEPTH:
            return False
        if expr not in self._plain:
            self._plain[expr] = True  # a value that is made from itself adds nothing
            self._plain[expr] = self._is_plain(expr, scope, depth)
        return self._plain[expr]

    def _is_plain(self, expr: s.Expr, scope: Scope, depth: int) -> bool:
        def inner(*exprs: s.Expr | None) -> bool:
            return all(item is None or self.plain(item, scope, depth + 1) for item in exprs)

        match expr:
            case s.Constant() | s.FString() | s.Compare():
                return True
            case s.Dict():
                return inner(*expr.keys, *expr.values)
            case s.List() | s.Tuple() | s.Set():
                return inner(*expr.elements)
            case s.Starred() | s.Await() | s.NamedExpr():
                return inner(expr.value)
            case s.Binary():
                return inner(expr.left, expr.right)
            case s.Boolean():
                return inner(*expr.values)
            case s.Unary():
                return expr.op == "Not" or inner(expr.operand)
            case s.Conditional():
                return inner(expr.body, expr.orelse)
            case s.Comprehension():
                return inner(expr.element, expr.value)
            case s.Subscript():
                return inner(expr.value)
            case s.Name():
                return self._plain_name(expr, scope, depth)
            case s.Attribute():
                return self._plain_attribute(expr, scope, depth)
            case s.Call():
                return self._plain_call(expr, scope, depth)
        return False

    def _plain_name(self, expr: s.Name, scope: Scope, depth: int) -> bool:
        for node in scope.body.ancestors(expr):
            if isinstance(node, s.Comprehension):
                for generator in node.generators:
                    if any(isinstance(t, s.Name) and t.id == expr.id for t in s.walk(generator.target)):
                        return self.plain(generator.iterable, scope, depth + 1)
        found = self.inference.define(expr, scope)
        definitions = [item for item in found if isinstance(item, Definition)]
        if not found or len(definitions) < len(found):
            return self._scalar(expr, scope)
        return all(self._plain_binding(d.binding, d.scope, depth) for d in definitions) or self._scalar(expr, scope)

    def _plain_binding(self, binding: Binding, scope: Scope, depth: int) -> bool:
        if binding.kind == "parameter":
            return self.handlers.client(binding.node) or self._plain_dependency(binding.node, depth)
        if binding.kind not in ("assign", "annotated", "for", "augmented") or binding.value is None:
            return False
        return self.plain(binding.value, scope, depth + 1) and self._plain_changes(binding.name, scope, depth)

    def _plain_dependency(self, node: s.Node, depth: int) -> bool:
        """Whether the parameter is given by a dependency that adds nothing to what the client sent."""
        uses = self.handlers.uses.get(node, ()) if isinstance(node, s.Parameter) else ()
        for use in uses:
            dependency = use.parameter.dependency
            if dependency is None:
                return False
            function = dependency.function
            if function is None or dependency.cls is not None:
                if not (isinstance(dependency.value, v.Instance) and _is_scheme(dependency.value.of)):
                    return False
            elif function.is_generator or not all(
                self.plain(r.value, function, depth + 1) for r in self.returns(function) if r.value is not None
            ):
                return False
        return bool(uses)

    def _plain_changes(self, name: str, scope: Scope, depth: int) -> bool:
        """Whether only plain values are put into the object of this name; one of a module must not change at all."""
        if isinstance(scope, Module):
            return not self._changed_anywhere(name, scope)
        for call in scope.body.all(s.Call):
            if _is_change(call, name) and not all(
                self.plain(item, scope, depth + 1) for item in (*call.args, *(k.value for k in call.keywords))
            ):
                return False
        for assign in scope.body.all(s.Assign):
            if any(_into(target, name) for target in assign.targets) and not self.plain(assign.value, scope, depth + 1):
                return False
        return True

    @staticmethod
    def _changed_anywhere(name: str, module: Module) -> bool:
        scopes: list[Scope] = [module, *module.functions()]
        for scope in scopes:
            if any(
                _is_change(call, name, CHANGING | {"pop", "clear", "remove", "popitem"})
                for call in scope.body.all(s.Call)
            ):
                return True
            if any(_into(target, name) for assign in scope.body.all(s.Assign) for target in assign.targets):
                return True
            if scope.body.elsewhere.get(name) == "global":
                return True
        return False

    def _plain_attribute(self, expr: s.Attribute, scope: Scope, depth: int) -> bool:
        if self._request_part(expr, scope):
            return True
        return self.plain(expr.value, scope, depth + 1) or self._scalar(expr, scope)

    def _request_part(self, expr: s.Attribute, scope: Scope) -> bool:
        """`request.headers` and kin: the client sent it."""
        if expr.attr not in REQUEST_PARTS:
            return False
        values = self.inference.infer(expr.value, scope)
        return any(
            isinstance(value, v.Instance) and value.of in ("fastapi.Request", "fastapi.WebSocket") for value in values
        )

    def _plain_call(self, call: s.Call, scope: Scope, depth: int) -> bool:
        arguments = (*call.args, *(keyword.value for keyword in call.keywords))
        if self._scalar(call, scope):
            return True
        names = self.inference.external_names(call.func, scope)
        if names and names <= PASSING:
            return all(self.plain(item, scope, depth + 1) for item in arguments)
        if isinstance(call.func, s.Attribute) and self.plain(call.func.value, scope, depth + 1):
            return all(self.plain(item, scope, depth + 1) for item in arguments)
        return False

    def _scalar(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether its value surely is a text, number, date or the like."""
        values = self.inference.infer(expr, scope)
        return bool(values) and all(self._scalar_value(value) for value in values)

    def _scalar_value(self, value: v.Value) -> bool:
        match value:
            case v.Const():
                return True
            case v.Instance(str() as name):
                return name in SCALARS or name in MEASURING
            case v.Instance(Class() as cls):
                return self.inference.classes.is_a(cls, "enum.Enum", "enum.StrEnum", "enum.IntEnum")
        return False


def _is_scheme(of: object) -> bool:
    """Whether the class is one of FastAPI's security schemes, which pass on what a header says."""
    return isinstance(of, str) and of.startswith("fastapi.security.")


def _is_change(call: s.Call, name: str, methods: frozenset[str] = CHANGING) -> bool:
    func = call.func
    return (
        isinstance(func, s.Attribute)
        and func.attr in methods
        and isinstance(func.value, s.Name)
        and func.value.id == name
    )


def _into(target: s.Expr, name: str) -> bool:
    """Whether an assignment to `name[...]` or `name.x`."""
    return (
        isinstance(target, s.Subscript | s.Attribute) and isinstance(target.value, s.Name) and target.value.id == name
    )
