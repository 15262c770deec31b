"""What the client sends, and which types can hold none of it that does harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.handlers import CLIENT_KINDS, Handlers, Use
from fastlint.project.flows.steps import PARAMETER, REQUEST, STORED, Origin, key
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.words import words_of

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

REQUESTS = frozenset(
    {
        *(
            "fastapi.Request",
            "fastapi.WebSocket",
            "fastapi.requests.HTTPConnection",
            "starlette.requests.HTTPConnection",
        ),
        *("starlette.requests.Request", "starlette.websockets.WebSocket"),
    }
)
PARTS = {
    "query_params": "query parameter",
    "path_params": "path parameter",
    "headers": "header",
    "cookies": "cookie",
}
BODIES = {
    "json": "request body",
    "body": "request body",
    "stream": "request body",
    "form": "form field",
    "receive_text": "websocket message",
    "receive_json": "websocket message",
    "receive_bytes": "websocket message",
    "iter_text": "websocket message",
    "iter_json": "websocket message",
    "iter_bytes": "websocket message",
}
LOGIN = ("fastapi.security.OAuth2PasswordRequestForm", "fastapi.security.OAuth2PasswordRequestFormStrict")
UPLOAD = "fastapi.UploadFile"
KINDS = {
    "query": "query parameter",
    "path": "path parameter",
    "header": "header",
    "cookie": "cookie",
    "body": "body field",
    "form": "form field",
    "file": "uploaded file",
}
SAFE = frozenset(
    {
        *(f"builtins.{name}" for name in ("int", "float", "bool", "complex", "NoneType", "range", "slice")),
        *("uuid.UUID", "decimal.Decimal", "datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta"),
        *("datetime.timezone", "ipaddress.IPv4Address", "ipaddress.IPv6Address", "fractions.Fraction"),
        *("pydantic.PositiveInt", "pydantic.NonNegativeInt", "pydantic.StrictInt", "pydantic.StrictBool"),
        *("pydantic.NonNegativeFloat", "pydantic.PositiveFloat", "pydantic.conint", "pydantic.UUID4", "pydantic.UUID1"),
        *("pydantic.StrictFloat", "pydantic.NaiveDatetime", "pydantic.AwareDatetime", "pydantic.PastDatetime"),
        *(
            "bson.ObjectId",
            "bson.objectid.ObjectId",
            "enum.Enum",
            "enum.StrEnum",
            "enum.IntEnum",
            "pydantic.NegativeInt",
        ),
    }
)
ENUMS = ("enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag")
COLLECTIONS = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "set", "tuple", "frozenset")),
        *(f"collections.abc.{name}" for name in ("Sequence", "Iterable", "Collection", "Set", "Iterator")),
    }
)
ROWS = ("sqlmodel.SQLModel", "sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBase")
ADMINISTRATORS = frozenset({"admin", "admins", "superuser", "administrator", "root"})
CHECKED = frozenset({"pattern", "regex"})
DIGESTS = frozenset({"hmac.compare_digest", "secrets.compare_digest"})
VALIDATORS = frozenset({"pydantic.field_validator", "pydantic.validator"})


class Sources:
    """Asked by all tracers; one per project."""

    def __init__(self, handlers: Handlers, inference: Inference) -> None:
        self.handlers = handlers
        self.inference = inference

    # types

    def safe(self, annotation: Annotation) -> bool:
        """Whether values of the type are numbers, dates, UUIDs, members of an enumeration or listed words."""
        if self._patterned(annotation):
            return True
        members = [member for member in annotation.members if member.kind != "none"]
        return bool(members) and all(self._safe(member) for member in members)

    def _safe(self, annotation: Annotation) -> bool:
        match annotation.kind:
            case "literal":
                return True
            case "class" if annotation.cls is not None:
                return self.inference.classes.is_a(annotation.cls, *ENUMS)
            case "external" if annotation.name in COLLECTIONS and annotation.arguments:
                return all(self.safe(argument) or argument.kind == "unknown" for argument in annotation.arguments[:1])
            case "external":
                return annotation.name in SAFE
        return self._patterned(annotation)

    def _patterned(self, annotation: Annotation) -> bool:
        """Whether a pattern or a validator of the type's own says what texts are let in."""
        for item in annotation.metadata:
            if isinstance(item.expr, s.Call):
                if any(keyword.arg in CHECKED for keyword in item.expr.keywords):
                    return True
                names = self.inference.external_names(item.expr.func, item.scope)
                if any(name.endswith(("Validator", "StringConstraints")) for name in names):
                    return name_of(item.expr.func) != "StringConstraints"
        return False

    def safe_values(self, values: v.Values) -> bool:
        return bool(values) and all(self._safe_value(value) for value in values)

    def _safe_value(self, value: v.Value) -> bool:
        match value:
            case v.Const():
                return True
            case v.Instance(Class() as cls):
                return self.inference.classes.is_a(cls, *ENUMS)
            case v.Instance(str() as name, arguments=arguments) if name in COLLECTIONS and arguments:
                return self.safe_values(arguments[0])
            case v.Instance(str() as name):
                return name in SAFE
        return False

    def safe_parameter(self, node: s.Parameter, function: Function) -> bool:
        if node.default is not None and isinstance(node.default, s.Call):
            if any(keyword.arg in CHECKED for keyword in node.default.keywords):
                return True
        return node.annotation is not None and self.safe(self.inference.annotations.parameter(function, node))

    def safe_field(self, base: v.Values, name: str) -> bool:
        """Whether a model declares the field with a type, a pattern or a validator that lets no harm in."""
        classes = [value.of for value in base if isinstance(value, v.Instance) and isinstance(value.of, Class)]
        return bool(classes) and all(self._safe_field(cls, name) for cls in classes)

    def _safe_field(self, cls: Class, name: str) -> bool:
        for item in self.inference.classes.ancestry(cls):
            if not isinstance(item, Class):
                continue
            for method in item.methods.values():
                for decorator in method.node.decorators:
                    if (
                        isinstance(decorator, s.Call)
                        and self.inference.external_names(decorator.func, item) & VALIDATORS
                    ):
                        if any(isinstance(a, s.Constant) and a.value in (name, "*") for a in decorator.args):
                            return True
            for binding in item.body.bindings.get(name, ()):
                if binding.kind == "annotated":
                    value = binding.value
                    if isinstance(value, s.Call) and any(k.arg in CHECKED for k in value.keywords):
                        return True
                    return self.safe(self.inference.annotations.read(binding.annotation, item))
        return False

    # what the client sends

    def of(self, expr: s.Expr, scope: Scope, kind: str) -> Origin | None:
        """The origin of an expression that reads the request itself."""
        match expr:
            case s.Attribute(value=value, attr=attr) if attr in PARTS and self._is_request(value, scope):
                if (attr == "path_params" and kind in ("path", "redirect")) or (
                    attr == "headers" and kind == "redirect"
                ):
                    return None
                return Origin(REQUEST, f"{PARTS[attr]}s of the request", expr, scope)
            case s.Attribute(value=s.Attribute(value=value, attr="url"), attr=("path" | "query") as attr):
                fixed = attr == "path" and kind in ("html", "path") and self._fixed_path(scope)
                if kind not in ("request", "redirect") and not fixed and self._is_request(value, scope):
                    return Origin(REQUEST, f"{attr} of the URL", expr, scope)
            case s.Attribute(value=value, attr="filename") if self._is(value, scope, UPLOAD):
                return Origin(REQUEST, f"file name of upload `{key(value) or 'file'}`", expr, scope)
            case s.Attribute(value=value, attr="file") | s.Call(func=s.Attribute(value=value, attr="read")) if (
                kind == "code" and isinstance(value, s.Name) and self._is(value, scope, UPLOAD)
            ):
                return Origin(REQUEST, f"content of upload `{value.id}`", expr, scope)
            case s.Attribute(value=value, attr=attr) if attr in ("username", "password", "scopes"):
                if self._is(value, scope, *LOGIN):
                    return Origin(REQUEST, f"form field `{attr}`", expr, scope)
            case s.Call(func=s.Attribute(value=value, attr=attr)) if attr in BODIES and self._is_request(value, scope):
                if kind == "request" and isinstance(scope, Function) and self._signed(scope):
                    return None
                return Origin(REQUEST, BODIES[attr], expr, scope)
        return None

    def _fixed_path(self, scope: Scope) -> bool:
        """Whether the function only answers paths that are written out, but for numbers and the like."""
        routes = self.handlers.routes_of.get(scope, ()) if isinstance(scope, Function) else ()
        return bool(routes) and all(
            route.template is not None
            and {name for name, _ in route.placeholders}
            <= {p.name for p in route.parameters if p.kind == "path" and self.safe(p.annotation)}
            for route in routes
        )

    def _signed(self, function: Function) -> bool:
        """Whether the body is compared with a signature before: a partner sent it, and says where to call back."""
        for test in function.body.all(s.If):
            for call in s.walk(test.test):
                if isinstance(call, s.Call):
                    for value in self.inference.infer(call.func, function):
                        if isinstance(value, v.FunctionValue) and "compare_digest" in value.function.node.calls:
                            return True
                        if isinstance(value, v.External) and value.name in DIGESTS:
                            return True
        return False

    def _is_request(self, expr: s.Expr, scope: Scope) -> bool:
        return isinstance(expr, s.Name | s.Attribute) and self._is(expr, scope, *REQUESTS)

    def _is(self, expr: s.Expr, scope: Scope, *names: str) -> bool:
        for value in self.inference.infer(expr, scope):
            if isinstance(value, v.Instance):
                if isinstance(value.of, str):
                    if value.of in names:
                        return True
                elif self.inference.classes.is_a(value.of, *names):
                    return True
        return False

    def sent(self, origin: Origin, kind: str) -> Origin | None:
        """The request origin of a parameter that the client fills in."""
        node = origin.node
        uses = self.handlers.uses.get(node) if isinstance(node, s.Parameter) else None
        for use in uses or ():
            if origin.keys and use.parameter.annotation.bare().kind == "class":
                continue
            if use.parameter.kind in CLIENT_KINDS and self._reaches(use, kind):
                what = KINDS[use.parameter.kind]
                if use.parameter.kind == "body" and origin.text == origin.node.name:  # type: ignore[attr-defined]
                    what = "body"
                name = origin.text if use.parameter.kind in ("body", "form", "query") else use.parameter.name
                guard = self._guard([item for item in uses or () if self._reaches(item, kind)])
                return Origin(REQUEST, f"{what} `{name}`", node, origin.scope, origin.steps, guard=guard)
        return None

    def _guard(self, uses: list[Use]) -> str | None:
        """The dependency that keeps all but administrators out, when each route of these has one."""
        found: str | None = None
        for use in uses:
            names = [dependency.name.rpartition(".")[2] for dependency in self.handlers.dependencies(use.route)]
            found = next((name for name in names if ADMINISTRATORS.intersection(words_of(name))), None)
            if found is None:
                return None
        return found

    @staticmethod
    def _reaches(use: Use, kind: str) -> bool:
        """Whether harm can come this way: a placeholder without `:path` holds no slash, a link sets no headers."""
        if use.parameter.kind == "header" and kind == "redirect":
            return False
        if use.parameter.kind == "path" and kind in ("path", "redirect"):
            return ("path" in {c for name, c in use.route.placeholders if name == use.parameter.name}) or any(
                f"{{{use.parameter.name}:path}}" in (effective.path or "") for effective in use.route.effective
            )
        if use.parameter.kind == "query" and kind in ("path", "redirect") and use.parameter.required:
            if use.route.template is None and use.parameter.marker is None:
                return False  # The path is not known: it may well be a placeholder in it.
        return use.parameter.kind != "file" or kind in ("html", "code")

    def bearer(self, node: s.Parameter) -> list[Use]:
        """The uses of a parameter whose dependency is one of FastAPI's security schemes."""
        return [
            use
            for use in self.handlers.uses.get(node, ())
            if use.parameter.dependency is not None and use.parameter.dependency.name.startswith("fastapi.security.")
        ]

    def dependencies(self, node: s.Parameter) -> list[Function]:
        """The functions whose result FastAPI passes as the parameter."""
        found: dict[Function, None] = {}
        for use in self.handlers.uses.get(node, ()):
            dependency = use.parameter.dependency
            if dependency is not None and dependency.function is not None and dependency.cls is None:
                found[dependency.function] = None
        return list(found)

    def stored(self, expr: s.Attribute, base: v.Values, scope: Scope) -> Origin | None:
        """The origin of a text column of a row."""
        for cls in self.rows(expr.value, base, scope):
            if self._is_text(cls, expr.attr):
                return Origin(STORED, f"stored value `{key(expr) or expr.attr}`", expr, scope)
        return None

    def rows(self, expr: s.Expr, values: v.Values, scope: Scope) -> list[Class]:
        """The table classes whose row an expression is: by its type, or by what a query for it names."""
        typed = [value.of for value in values if isinstance(value, v.Instance) and isinstance(value.of, Class)]
        if typed or not isinstance(expr, s.Name):
            return [cls for cls in typed if self.inference.classes.is_a(cls, *ROWS)]
        found: list[Class] = []
        for item in self.inference.names.lookup(expr.id, scope, expr):
            if isinstance(item, Definition) and item.scope is scope and item.binding.value is not None:
                for node in s.walk(item.binding.value):
                    if isinstance(node, s.Name):
                        found += [
                            value.cls
                            for value in self.inference.infer(node, scope)
                            if isinstance(value, v.ClassValue) and self.inference.classes.is_a(value.cls, *ROWS)
                        ]
        return found

    def _is_text(self, cls: Class, name: str) -> bool:
        for item in self.inference.classes.ancestry(cls):
            if isinstance(item, Class):
                for binding in item.body.bindings.get(name, ()):
                    if isinstance(binding.value, s.Call) and binding.value.keyword("primary_key") is not None:
                        return False  # The application makes it.
                    annotation = self.inference.annotations.read(binding.annotation, item)
                    names = [annotation.name, *(argument.name for argument in annotation.bare().arguments)]
                    return any(n == "builtins.str" for n in [*names, annotation.bare().name])
        return False


def parameter_origin(node: s.Parameter, function: Function) -> Origin:
    return Origin(PARAMETER, node.name, node, function)


def name_of(func: s.Expr) -> str:
    return func.attr if isinstance(func, s.Attribute) else func.id if isinstance(func, s.Name) else ""


__all__ = ["Definition", "Sources", "name_of", "parameter_origin"]
