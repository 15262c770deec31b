"""What a route answers: its response model, status and what its returns give, as FastAPI infers them."""

from __future__ import annotations

from dataclasses import dataclass

from fastlint.facts import syntax as s
from fastlint.project import values as v
from fastlint.project.annotations import ANY, MISSING, NONE, Annotation
from fastlint.project.constants import Constants
from fastlint.project.externals import inherits
from fastlint.project.scopes import Class, Function, Scope

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


class Responses:
    def __init__(self, constants: Constants) -> None:
        self.constants = constants
        self.inference = constants.inference

    def of(self, call: s.Call, scope: Scope, handler: Function | None) -> Response:
        """The response of a route declared by `call`."""
        given = call.keyword("response_model")
        status_expr = call.keyword("status_code")
        status = self.constants.value(status_expr, scope)
        status = int(status) if isinstance(status, int) else None
        class_expr = call.keyword("response_class")
        if given is not None:
            if isinstance(given, s.Constant) and given.value is None:
                return Response(MISSING, True, True, given, status, status_expr, class_expr)
            model = self.inference.annotations.read(given, scope)
            return Response(model, True, False, given, status, status_expr, class_expr)
        annotation = MISSING if handler is None else self.inference.annotations.returns(handler)
        if handler is not None and handler.is_generator and annotation.name in STREAMS:
            annotation = annotation.arguments[0] if annotation.arguments else ANY
        if self.is_response(annotation) or annotation == NONE:
            annotation = MISSING
        return Response(annotation, False, False, None, status, status_expr, class_expr)

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
