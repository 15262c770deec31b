"""What a route answers: its response model, status and what its returns give, as FastAPI infers them."""

from __future__ import annotations

from dataclasses import dataclass

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.annotations import ANY, MISSING, NONE, Annotation, union_of
from fastlint.project.language.constants import Constants
from fastlint.project.language.externals import inherits
from fastlint.project.language.frames import Arguments, Bound
from fastlint.project.language.scopes import Class, Function, Scope

RESPONSES = ("fastapi.Response", "starlette.responses.Response")
STREAMS = frozenset(
    f"collections.abc.{name}"
    for name in ("Iterable", "Iterator", "Generator", "AsyncIterable", "AsyncIterator", "AsyncGenerator")
)


@dataclass(frozen=True, slots=True)
class Response:
    """`model` is the annotation that filters (kind `missing` when there is none); `explicit` says it was given as
    `response_model=`, `expr` where. `disabled` is `response_model=None`. `cls_given` tells `response_class=`.
    """

    model: Annotation
    explicit: bool
    disabled: bool
    expr: s.Expr | None
    status: int | None
    status_expr: s.Expr | None
    class_expr: s.Expr | None
    streams: bool = False
    """Whether the handler yields: then `model` is that of the items, and the route has none."""


class Responses:
    def __init__(self, constants: Constants) -> None:
        self.constants = constants
        self.inference = constants.inference

    def of(self, call: s.Call, scope: Scope, handler: Function | None, arguments: Arguments | None = None) -> Response:
        """The response of a route declared by `call`; `arguments` are its with what `**` brings."""
        arguments = arguments or self.constants.arguments(call, scope)
        given = arguments.get(None, "response_model")
        status_code = arguments.get(None, "status_code")
        status = self.constants.of(status_code)
        more = (
            int(status) if isinstance(status, int) else None,
            None if status_code is None else status_code.expr,
            call.keyword("response_class"),
        )
        if given is not None:
            if self.constants.of(given, default="?") is None:
                return Response(MISSING, True, True, given.expr, *more)
            return Response(self.annotation(given), True, False, given.expr, *more)
        annotation = MISSING if handler is None else self.inference.annotations.returns(handler)
        streams = handler is not None and handler.is_generator
        if streams and annotation.name in STREAMS:
            annotation = annotation.arguments[0] if annotation.arguments else ANY
        if self.is_response(annotation) or annotation == NONE:
            annotation = MISSING
        return Response(annotation, False, False, None, *more, streams)

    def annotation(self, given: Bound, depth: int = 0) -> Annotation:
        """The annotation that an expression is in its run: a factory's `model` is what the factory was given."""
        expr, scope, names = given.expr, given.scope, given.names
        if not names or depth > 10:
            return self.inference.annotations.read(expr, scope)
        match expr:
            case s.Name() if (bound := names.get(expr.id)) is not None and bound.value is None:
                return self.annotation(bound, depth + 1)
            case s.Subscript():
                items = expr.index.elements if isinstance(expr.index, s.Tuple) else (expr.index,)
                inner = [self.annotation(Bound(item, scope, names), depth + 1) for item in items]
                return self.inference.annotations.applied(expr, scope, tuple(inner))
            case s.Binary(op="BitOr"):
                sides = [self.annotation(Bound(side, scope, names), depth + 1) for side in (expr.left, expr.right)]
                return union_of(*sides)
        return self.inference.annotations.read(expr, scope)

    def is_response(self, annotation: Annotation) -> bool:
        """Whether the annotation is a Response class."""
        if annotation.kind == "external":
            return inherits(annotation.name, *RESPONSES) or is_response_name(annotation.name)
        return annotation.cls is not None and self.inference.classes.is_a(annotation.cls, *RESPONSES)

    def is_response_value(self, value: v.Value) -> bool:
        """Whether the value surely is a Response."""
        match value:
            case v.Instance(Class() as cls):
                return any(
                    isinstance(b, str) and (b in RESPONSES or is_response_name(b))
                    for b in self.inference.classes.ancestry(cls)
                )
            case v.Instance(str() as name):
                return inherits(name, *RESPONSES) or is_response_name(name)
        return False


def is_response_name(name: str) -> bool:
    """Response classes of FastAPI, Starlette and what builds on them, by their public names."""
    return name.startswith(("fastapi.", "starlette.", "sse_starlette.")) and name.endswith("Response")
