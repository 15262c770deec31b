"""A response model that repeats the return annotation."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Annotation, Project, Route, Scope, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule, related


class RedundantResponseModel(Rule[Route]):
    """`response_model=` with the very type of the return annotation.

    ## What it does

    Reports path operations whose `response_model=` is the type of their return annotation, also under another name.

    ## Why it matters

    FastAPI takes the return annotation as response model by itself. Two places that say the same will one day differ,
    and then `response_model=` wins silently.

    ## Instead

    Keep the annotation, which type checkers see too.

    ## Fix safety

    The argument is removed where both are written alike and no `response_model_*` argument goes with it: schema and
    answers stay the same.
    """

    code = "FST206"
    name = "redundant-response-model"
    since = "0.1"
    status = "stable"
    level = Level.INFO

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or handler.node.returns is None or handler.is_generator or route.kind != "http":
            return
        response = route.response
        if not response.explicit or response.disabled or response.expr is None:
            return
        annotation = project.inference.annotations.returns(handler)
        if not _certain(annotation) or annotation != response.model:
            return
        message = f"`response_model` of `{handler.short}` repeats its return annotation"
        places = related([(route.path, response.expr.span, "the response model")])
        yield Finding(handler.path, handler.node.name_span, message, places, subject=route, symbol=handler.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        route: Route = finding.subject
        handler = route.handler
        keyword = next(k for k in route.call.keywords if k.arg == "response_model")
        if handler is None or handler.node.returns is None or route.path != finding.path:
            return None
        if any(k.arg and k.arg.startswith("response_model_") for k in route.call.keywords) or _guarded(
            handler.node.returns, handler.module
        ):
            return None
        alike = edit.text(route.path, keyword.value.span) == edit.text(route.path, handler.node.returns.span)
        edits = (edit.remove_argument(route.path, route.call.span, keyword.span),)
        return Fix("Remove `response_model`", Applicability.SAFE if alike else Applicability.UNSAFE, edits)


def _certain(annotation: Annotation) -> bool:
    """Whether all of it is known, and no metadata of `Annotated` could make a difference."""
    if annotation.kind in ("unknown", "typevar", "missing", "literal") or annotation.metadata:
        return False
    return all(_certain(inner) for inner in annotation.arguments)


def _guarded(expr: syntax.Expr, scope: Scope) -> bool:
    """Whether a name of the annotation is only there for type checkers."""
    names = [node.id for node in syntax.walk(expr) if isinstance(node, syntax.Name)]
    return any(binding.guarded for name in names for binding in scope.module.body.bindings.get(name, ()))
