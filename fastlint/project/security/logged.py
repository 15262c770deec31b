"""What goes to the log, piece by piece, and whether it is secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.flows.steps import key
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Binding
from fastlint.project.language.names import Definition, Found
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.words import words_of
from fastlint.project.security.hashed_fields import HIDING, HashedFields
from fastlint.project.security.secrets import is_placeholder, names_password
from fastlint.project.security.secrets import surely_names_secret as names_secret

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

METHODS = ("debug", "info", "warning", "error", "exception", "critical", "log", "warn", "success", "trace")
OWNERS = ("logging", "logging.Logger", "logging.LoggerAdapter", "loguru.logger", "structlog.get_logger()")
LOGGING = frozenset(f"{owner}.{method}" for owner in OWNERS for method in METHODS)
PRINT = "builtins.print"
WRAPPERS = frozenset(f"builtins.{name}" for name in ("str", "repr", "dict", "list", "tuple", "sorted", "format"))
DUMPS = frozenset({"json.dumps", "pprint.pformat"})
REQUESTS = frozenset({"fastapi.Request", "fastapi.WebSocket", "starlette.requests.HTTPConnection"})
SIGN_IN = frozenset({"login", "signin", "signup", "register", "password", "session", "token", "auth", "authenticate"})
VOCABULARY = frozenset({"vocab", "vocabulary", "vocab_size", "tokenizer", "token_id", "token_ids", "input_ids"})
COMMAND_LINES = frozenset({"argparse", "click", "typer"})
"""Where these are used, `print` answers who started the command."""
PAGING = frozenset({"limit", "offset", "page_size", "max_results", "per_page", "page_limit"})
HEADER = "fastapi.Header"
VALIDATION = "fastapi.exceptions.RequestValidationError"
HEADERS = frozenset({"authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"})
MODELS = ("pydantic.BaseModel", "sqlmodel.SQLModel")
ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environ.get"})
TEXT = frozenset({"builtins.str", "builtins.bytes", "os.getenv()", "os.environ.get()"})


@dataclass(frozen=True, slots=True)
class Leak:
    """A piece of what is logged: how it is called, and why it is secret."""

    node: s.Expr
    what: str


class Logged:
    def __init__(self, inference: Inference, started: Callable[[Function], bool]) -> None:
        self.inference = inference
        self.started = started
        """Whether only what starts the program calls a function."""
        self.hashed = HashedFields(inference)

    def is_log(self, call: s.Call, scope: Scope) -> bool:
        """Whether the call logs; `print` counts where requests are answered: elsewhere it tells who starts the program.

        Methods may be called by a library, of which it is not known when it does so.
        """
        names = self.inference.external_names(call.func, scope)
        if names and names <= LOGGING:
            return True
        roots = {name.partition(".")[0] for name in scope.module.facts.imports}
        if names != {PRINT} or roots & COMMAND_LINES:
            return False
        if not roots & {"fastapi", "starlette"} or not isinstance(scope, Function):
            return False
        return scope.cls is not None or not self.started(scope)

    def leaks(self, call: s.Call, scope: Scope) -> Iterator[Leak]:
        """The secrets among what a call logs."""
        for expr in (*call.args, *(k.value for k in call.keywords if k.arg not in ("exc_info", "stacklevel", "file"))):
            yield from self._leaks(expr, scope, 0)

    def _leaks(self, expr: s.Expr, scope: Scope, depth: int) -> Iterator[Leak]:
        if depth > 10:
            return
        match expr:
            case s.FString(parts=parts):
                for part in parts:
                    yield from self._leaks(part, scope, depth + 1)
            case s.Formatted(value=value) | s.Await(value=value) | s.Starred(value=value):
                if not self._body(expr, scope):
                    yield from self._leaks(value, scope, depth + 1)
                else:
                    yield Leak(expr, "the whole body of a request to sign in")
            case s.Binary(op=("Add" | "Mod"), left=left, right=right):
                yield from self._leaks(left, scope, depth + 1)
                yield from self._leaks(right, scope, depth + 1)
            case s.Tuple(elements=items) | s.List(elements=items):
                for item in items:
                    yield from self._leaks(item, scope, depth + 1)
            case s.Dict(values=values):
                for item in values:
                    yield from self._leaks(item, scope, depth + 1)
            case s.Call():
                yield from self._of_call(expr, scope, depth)
            case s.Name() if any(b.value is not None and self._body(b.value, scope) for b in self._all_of(expr, scope)):
                yield Leak(expr, "the whole body of a request to sign in")
            case s.Name() | s.Attribute() | s.Subscript():
                what = self._secret(expr, scope)
                if what is not None:
                    yield Leak(expr, what)

    def _of_call(self, call: s.Call, scope: Scope, depth: int) -> Iterator[Leak]:
        names = self.inference.external_names(call.func, scope)
        if names & (WRAPPERS | DUMPS):
            for item in call.args[:1]:
                yield from self._leaks(item, scope, depth + 1)
        elif isinstance(call.func, s.Attribute) and call.func.attr == "format":
            for item in (*call.args, *(keyword.value for keyword in call.keywords)):
                yield from self._leaks(item, scope, depth + 1)
        elif isinstance(call.func, s.Attribute) and call.func.attr in (
            "items",
            "model_dump",
            "dict",
            "model_dump_json",
        ):
            yield from self._leaks(call.func.value, scope, depth + 1)
        elif isinstance(call.func, s.Attribute) and call.func.attr == "get" and call.args:
            name = call.args[0].value if isinstance(call.args[0], s.Constant) else None
            if isinstance(name, str) and self._is_part(call.func.value, scope) and self._names(name):
                yield Leak(call, f"`{name}`")

    def _is_part(self, expr: s.Expr, scope: Scope) -> bool:
        """Headers, cookies or parameters of a request."""
        return isinstance(expr, s.Attribute) and self._typed(expr.value, scope) in REQUESTS

    @staticmethod
    def _names(name: str) -> bool:
        return name.lower() in HEADERS or names_secret(name)

    def _typed(self, expr: s.Expr, scope: Scope) -> str:
        for value in self.inference.infer(expr, scope):
            if isinstance(value, v.Instance):
                if isinstance(value.of, str):
                    return value.of
                outside = [item for item in self.inference.classes.ancestry(value.of) if isinstance(item, str)]
                return outside[0] if outside else value.of.qualname
        return ""

    def _body(self, expr: s.Expr, scope: Scope) -> bool:
        """`await request.json()`, whole, in the route of a sign-in."""
        if not (
            isinstance(expr, s.Await) and isinstance(expr.value, s.Call) and isinstance(expr.value.func, s.Attribute)
        ):
            return False
        func = expr.value.func
        if func.attr not in ("json", "body", "form") or self._typed(func.value, scope) not in REQUESTS:
            return False
        return isinstance(scope, Function) and bool(SIGN_IN.intersection(words_of(scope.name)))

    def _secret(self, expr: s.Name | s.Attribute | s.Subscript, scope: Scope) -> str | None:
        """Why a value is secret: by its name, as headers or cookies of the request, or as a model with such a field."""
        match expr:
            case s.Attribute(value=value, attr=("headers" | "cookies") as attr):
                return f"the {attr} of the request" if self._typed(value, scope) in REQUESTS else None
            case s.Attribute(value=value, attr="body"):
                return "the body of a refused request" if self._typed(value, scope) == VALIDATION else None
            case s.Attribute(attr=name) | s.Name(id=name):
                pass
            case s.Subscript(index=s.Constant(value=str() as name), value=value):
                return f"`{name}`" if self._names(name) and self._is_part(value, scope) else None
            case _:
                return None
        if name == "token" and isinstance(scope, Function) and (_pages(scope) or _splits_texts(scope)):
            return None
        if (names_secret(name) and "by" not in words_of(name)) or self._is_header(expr, name, scope):
            if isinstance(expr, s.Attribute) and any(
                self.hashed.hides(c, name) for c in self._classes(expr.value, scope)
            ):
                return None
            return f"`{key(expr) or name}`" if self._holds_text(expr, scope) else None
        return self._model(expr, scope) if isinstance(expr, s.Name) else None

    def _is_header(self, expr: s.Expr, name: str, scope: Scope) -> bool:
        """Whether it is the parameter of a route that takes the `Authorization` or `Cookie` header."""
        if name.lower() not in HEADERS or not isinstance(expr, s.Name) or not isinstance(scope, Function):
            return False
        return any(
            isinstance(found, Definition)
            and isinstance(found.binding.node, s.Parameter)
            and self._declares_header(found.binding.node, found.scope)
            for found in self._found(expr, scope)
        )

    def _declares_header(self, node: s.Parameter, scope: Scope) -> bool:
        parts = [part for part in (node.annotation, node.default) if part is not None]
        return any(
            HEADER in self.inference.external_names(call.func, scope)
            for part in parts
            for call in s.walk(part)
            if isinstance(call, s.Call)
        )

    def _holds_text(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether what goes by the name of a secret can be one: a text, not masked before."""
        values = v.without_none(self.inference.infer(expr, scope))
        if any(isinstance(value, v.Const) for value in values):
            return any(
                isinstance(x, v.Const) and isinstance(x.value, str) and not is_placeholder(x.value) for x in values
            ) and (not all(isinstance(x, v.Const) for x in values))
        typed = [str(value.of) for value in values if isinstance(value, v.Instance)]
        if typed and not any(name in TEXT or name.startswith("fastapi.Request.") for name in typed):
            return False
        if not isinstance(expr, s.Name):
            return bool(typed) or names_password(expr.attr if isinstance(expr, s.Attribute) else "")
        bindings = [
            found.binding
            for found in self.inference.names.lookup(expr.id, scope, expr)
            if isinstance(found, Definition)
        ]
        if not bindings or any(binding.kind in ("for", "def", "class", "import") for binding in bindings):
            return False
        kept = [f for f in self._found(expr, scope) if isinstance(f, Definition) and not isinstance(f.scope, Function)]
        if kept:
            return all(self._from_environment(found) for found in kept)
        if any(
            binding.value is not None and self._hides(binding.value, scope) for binding in self._all_of(expr, scope)
        ):
            return False
        return bool(typed)

    def _from_environment(self, found: Definition) -> bool:
        """Whether a constant of a file holds what the environment gives."""
        value = found.binding.value
        inner = value.value if isinstance(value, s.Subscript) else value.func if isinstance(value, s.Call) else None
        return inner is not None and bool(self.inference.external_names(inner, found.scope) & ENVIRONMENT)

    def _found(self, expr: s.Name, scope: Scope) -> tuple[Found, ...]:
        return self.inference.names.lookup(expr.id, scope, expr)

    @staticmethod
    def _all_of(expr: s.Name, scope: Scope) -> list[Binding]:
        return scope.body.bindings.get(expr.id, [])

    def _hides(self, value: s.Expr, scope: Scope) -> bool:
        """Whether a value shows only a part of what it was made of, or is no text."""
        match value:
            case s.Await(value=inner):
                return self._hides(inner, scope)
            case s.Subscript(index=s.Slice()) | s.Compare() | s.Unary() | s.FString():
                return True
            case s.Binary(left=left, right=right):
                return self._hides(left, scope) or self._hides(right, scope)
            case s.Subscript(index=s.Constant(value=int())):
                return True
            case s.Call(func=s.Name(id=name)) | s.Call(func=s.Attribute(attr=name)):
                return bool(HIDING.intersection(words_of(name)))
        return False

    def _model(self, expr: s.Name, scope: Scope) -> str | None:
        """The secret field of the model that is logged as a whole."""
        for value in self.inference.infer(expr, scope):
            if isinstance(value, v.Instance) and isinstance(value.of, Class):
                cls = value.of
                classes = self.inference.classes
                if self._asked(expr, scope) or self.hashed.transforms(cls):
                    continue
                if classes.is_a(cls, *MODELS) and not any(
                    classes.method(cls, m) for m in ("__repr__", "__str__", "__repr_args__")
                ):
                    field = self._secret_field(cls)
                    if field is not None:
                        return f"`{expr.id}`, whose `{field}` is shown"
        return None

    def _classes(self, expr: s.Expr, scope: Scope) -> list[Class]:
        values = self.inference.infer(expr, scope)
        return [value.of for value in values if isinstance(value, v.Instance) and isinstance(value.of, Class)]

    @staticmethod
    def _asked(expr: s.Name, scope: Scope) -> bool:
        """Whether the type is in question where the value is logged: inside `if isinstance(...)`, or its `else`."""
        return any(
            isinstance(outer, s.If)
            and any(
                isinstance(node, s.Call)
                and isinstance(node.func, s.Name)
                and node.func.id == "isinstance"
                and any(isinstance(item, s.Name) and item.id == expr.id for item in node.args)
                for node in s.walk(outer.test)
            )
            for outer in scope.body.ancestors(expr)
        )

    def _secret_field(self, cls: Class) -> str | None:
        for item in self.inference.classes.ancestry(cls):
            if not isinstance(item, Class):
                continue
            for name, bindings in item.body.bindings.items():
                binding = bindings[-1]
                if binding.kind != "annotated" or not names_secret(name) or "by" in words_of(name):
                    continue
                bare = self.inference.annotations.read(binding.annotation, item).bare()
                hidden = isinstance(binding.value, s.Call) and binding.value.keyword("repr") is not None
                if bare.name == "builtins.str" and not hidden and not _described_as_hash(binding.value):
                    return name
        return None


def _pages(function: Function) -> bool:
    """Whether a function takes what says which page is wanted: its `token` is where the page begins."""
    return not PAGING.isdisjoint(parameter.name for parameter in function.node.parameters)


def _splits_texts(function: Function) -> bool:
    """Whether a function deals with the tokens that texts are made of."""
    return any(node.id in VOCABULARY for node in function.body.all(s.Name)) or any(
        parameter.name in VOCABULARY for parameter in function.node.parameters
    )


def _described_as_hash(value: s.Expr | None) -> bool:
    """Whether `Field(description=...)` says that what is kept is a hash."""
    described = value.keyword("description") if isinstance(value, s.Call) else None
    return isinstance(described, s.Constant) and "hash" in str(described.value).lower()
