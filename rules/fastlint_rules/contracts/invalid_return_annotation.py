"""A return annotation that no response model can be made of."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Annotation, Project, Route, Scope, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class InvalidReturnAnnotation(Rule[Route]):
    """A return annotation with which the path operation cannot be registered.

    ## What it does

    Reports path operations without `response_model=` whose return annotation FastAPI cannot make a model of: a
    `Response` in a union or a collection, `Iterator` or `AsyncIterator` where nothing is yielded, `Awaitable`,
    `NoReturn`, or a class that is neither a model nor a dataclass, typed dictionary, named tuple or enumeration.

    ## Why it matters

    The application does not start: registering the route raises `FastAPIError`.

    ## Instead

    Say what the answer looks like with `response_model=`, or switch the model off with `response_model=None`. One
    `Response` class alone is a fine annotation.

    ## Fix safety

    `response_model=` is added with the part of the union that is no `Response`. Which model is meant is a decision, so
    the fix is unsafe.
    """

    code = "FST210"
    name = "invalid-return-annotation"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if (
            handler is None
            or not self._broken(route, project)
            or any(self._broken(r, project) for r in project.handlers.earlier(route))
        ):
            return
        annotation = project.inference.annotations.returns(handler)
        part = project.shapes.without_schema(annotation)
        message = f"`{handler.short}` cannot be registered: no model can be made of `{part}` in its return type"
        yield Finding(handler.path, handler.node.name_span, message, subject=(route, project), symbol=handler.qualname)

    @staticmethod
    def _broken(route: Route, project: Project) -> bool:
        handler = route.handler
        if handler is None or route.kind != "http" or handler.node.returns is None:
            return False
        if route.response.explicit or route.call.spread or handler.is_generator:
            return False
        return project.shapes.without_schema(project.inference.annotations.returns(handler)) is not None

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        route, project = finding.subject
        annotation = project.inference.annotations.returns(route.handler)
        responses = [member for member in annotation.members if project.applications.responses.is_response(member)]
        if not responses or route.path != finding.path:
            return None
        model = "None"
        if any(member.kind != "none" for member in annotation.members if member not in responses):
            text = self._rest(route.handler.node.returns, route.handler.parent, project, edit, finding.path)
            if text is None:
                return None
            model = text
        edits = (edit.set_keyword(finding.path, route.call.span, "response_model", model),)
        return Fix(f"Give the route `response_model={model}`", Applicability.UNSAFE, edits)

    def _rest(self, expr: syntax.Expr, scope: Scope, project: Project, edit: Edits, path: str) -> str | None:
        """The text of a union written with `|`, without its Response classes."""
        kept: list[str] = []
        for leaf in _leaves(expr):
            annotation: Annotation = project.inference.annotations.read(leaf, scope)
            if annotation.kind in ("union", "unknown"):
                return None
            if not project.applications.responses.is_response(annotation):
                kept.append(edit.text(path, leaf.span))
        return " | ".join(kept) if kept and isinstance(expr, syntax.Binary) else None


def _leaves(expr: syntax.Expr) -> Iterator[syntax.Expr]:
    if isinstance(expr, syntax.Binary) and expr.op == "BitOr":
        yield from _leaves(expr.left)
        yield from _leaves(expr.right)
    else:
        yield expr
