"""A route that says nothing about its answer."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Class, Function, Project, Route, syntax, v
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

NO_CONTENT = frozenset({204, 205, 304})


class MissingResponseModel(Rule[Route]):
    """A path operation with neither `response_model` nor a return annotation.

    ## What it does

    Reports path operations that return something, have no `response_model=` and no return annotation. It is a warning
    when a model, an object of an ORM, the result of a query or a value that fastlint cannot follow is returned, and
    info when there are only constants and what the client sent itself.

    ## Why it matters

    Without a model nothing is filtered: every attribute of the returned object is sent, private ones and password
    hashes too, and what the class gains tomorrow is sent tomorrow. The documentation shows an empty schema.

    ## Instead

    Annotate the return type, or give `response_model=` when the handler returns something that must be converted.
    `response_model=None` says that no model is wanted.

    ## Fix safety

    The annotation is added only where every return provably constructs the same Pydantic model, or a list of it. That
    is safe when the model has no floating-point numbers; with them, NaN and infinity become `null` where they were an
    error, and the fix is unsafe.
    """

    code = "FST204"
    name = "missing-response-model"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or not self._open(route, handler, project):
            return
        returns = project.returns
        statements = [r for r in returns.of(handler) if not returns.may_be_response(r.value, handler)]  # type: ignore[arg-type]
        if not statements or (
            project.handlers.routes_of[handler][0] is not route and self._also(handler, route, project)
        ):
            return
        level, why = self._weigh([r.value for r in statements if r.value is not None], handler, project)
        message = f"`{handler.short}` has no response model or return annotation: {why}"
        span = handler.node.name_span
        yield Finding(handler.path, span, message, level=level, subject=(handler, project), symbol=handler.qualname)

    def _open(self, route: Route, handler: Function, project: Project) -> bool:
        """Whether the route sends JSON that no model filters, and people read about it."""
        response = route.response
        if (
            response.explicit
            or handler.node.returns is not None
            or handler.is_generator
            or response.status in NO_CONTENT
        ):
            return False
        if route.call.spread or (route.methods is not None and set(route.methods) == {"HEAD"}):
            return False
        return project.handlers.sends_json(route) is True and not project.handlers.hidden(route)

    def _also(self, handler: Function, route: Route, project: Project) -> bool:
        """Whether an earlier route of the same handler is reported already."""
        earlier = project.handlers.routes_of[handler]
        return any(self._open(other, handler, project) for other in earlier[: earlier.index(route)])

    @staticmethod
    def _weigh(exprs: list[syntax.Expr], handler: Function, project: Project) -> tuple[Level, str]:
        returns = project.returns
        for expr in exprs:
            if (cls := returns.row(expr, handler)) is not None:
                return Level.WARNING, f"all columns of `{cls.name}` are sent"
        for expr in exprs:
            if (cls := returns.model(expr, handler)) is not None and not returns.plain(expr, handler):
                return Level.WARNING, f"all fields of `{cls.name}` are sent"
        if not all(returns.plain(expr, handler) for expr in exprs):
            return Level.WARNING, "whatever the returned value holds is sent"
        return Level.INFO, "the answer is not documented"

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        handler, project = finding.subject
        proven = _proven(handler, project)
        if proven is None or not _bare(handler, project):
            return None
        cls, listed = proven
        name = project.returns.name_of(cls, handler)
        if name is None:
            return None
        annotation = f"list[{name}]" if listed else name
        safe = project.returns.without_floats(cls)
        edits = (edit.returns(finding.path, handler.node.span, annotation),)
        return Fix(
            f"Annotate the return type `{annotation}`", Applicability.SAFE if safe else Applicability.UNSAFE, edits
        )


def _bare(handler: Function, project: Project) -> bool:
    """Whether nothing stands between the handler and FastAPI: no other decorator, no `response_model_*` argument."""
    routes = project.handlers.routes_of[handler]
    calls = [route.call for route in routes]
    if any(decorator not in calls for decorator in handler.node.decorators):
        return False
    return not any(k.arg is None or k.arg.startswith("response_model_") for call in calls for k in call.keywords)


def _proven(handler: Function, project: Project) -> tuple[Class, bool] | None:
    """The model that every way out constructs, and whether in a list; None when anything else is possible."""
    found: set[tuple[Class, bool]] = set()
    for statement in handler.body.all(syntax.Return):
        if statement.value is None:
            return None
        made = _made(statement.value, handler, project)
        if made is None:
            return None
        found.add(made)
    return found.pop() if len(found) == 1 and project.returns.always(handler) else None


def _made(expr: syntax.Expr, handler: Function, project: Project) -> tuple[Class, bool] | None:
    values = project.infer(expr, handler)
    if isinstance(expr, syntax.Comprehension) and expr.kind == "list" and expr.value is None:
        inner = _made(expr.element, handler, project)
        return (inner[0], True) if inner is not None and not inner[1] else None
    if len(values) != 1 or not isinstance(values[0], v.Instance) or values[0].site is None:
        return None
    cls = values[0].of
    if not isinstance(cls, Class) or not project.shapes.is_model(cls) or project.returns.orm.maps_table(cls):
        return None
    return cls, False
