"""The same operation id twice in one OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.application import App, Effective
from fastlint.project.model import Project, syntax, v
from fastlint.project.route_table.rows import shown_in_schema
from fastlint.rule import Finding, Level, Related, Rule


class DuplicateOperationId(Rule[App]):
    """Two operations of one application have the same operation id.

    ## What it does

    Reports `operation_id` given twice, also by including its router twice; one function for several methods, whose
    generated id is the same for all; and functions of one name under a `generate_unique_id_function` that returns the
    route's name.

    ## Why it matters

    Operation ids must be unique in an OpenAPI document. FastAPI only warns when the document is made; generators of
    clients drop one of the operations, or fail.

    ## Instead

    Give each its own id, or put the tag or path into the generated ones.

    ## Known gaps

    Silent in projects that make the document themselves (`app.openapi = ...`).
    """

    code = "FST311"
    name = "duplicate-operation-id"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, app: App, project: Project, /) -> Iterator[Finding]:
        if _rewritten(app, project):
            return
        first: dict[str, Effective] = {}
        told: set[tuple[int, int]] = set()
        by_name = _uses_name(app, project)
        for effective in project.applications.served.get(app, ()):
            if not isinstance(effective, Effective) or any(i.mounted for i in effective.inclusions):
                continue
            route = effective.route
            if route.plain or route.kind != "http" or effective.conditional or not shown_in_schema(effective):
                continue
            given = route.given("operation_id")
            word = project.constants.of(given)
            key = id(route.call), id(route.handler)
            symbol = route.handler.qualname if route.handler is not None else ""
            if len(route.methods or ()) > 1 and key not in told and (given is None or isinstance(word, str)):
                told.add(key)
                methods = ", ".join(route.methods or ())
                what = "one operation id is generated" if given is None else f"the operation id `{word}` is the same"
                message = f"{what} for all of {methods}"
                yield Finding(route.path, route.span, message, symbol=symbol)
                if given is None:
                    continue
            if given is None and by_name and route.handler is not None and route.given("name") is None:
                word = route.handler.name
            if not isinstance(word, str):
                continue
            other = first.setdefault(word, effective)
            if other is effective or key in told or (other.path == effective.path and _same_methods(other, effective)):
                continue
            told.add(key)
            hop = Related(other.route.path, other.route.span, f"`{other.path}` has it already")
            yield Finding(route.path, route.span, f"the operation id `{word}` is used twice", (hop,), symbol=symbol)


def _rewritten(app: App, project: Project) -> bool:
    """Whether the project makes the document itself: `app.openapi = make_document`."""
    scopes = [*project.modules, *([app.scope] if app.scope is not app.scope.module else [])]
    return any(
        isinstance(target, syntax.Attribute) and target.attr == "openapi"
        for scope in scopes
        for node in scope.body.all(syntax.Assign)
        for target in node.targets
    )


def _same_methods(one: Effective, other: Effective) -> bool:
    """A duplicate route: that is said by another rule."""
    return set(one.route.methods or ()) == set(other.route.methods or ())


def _uses_name(app: App, project: Project) -> bool:
    """Whether ids are made by a function that returns the route's name."""
    given = app.arguments.get(None, "generate_unique_id_function")
    if given is None:
        return False
    for value in project.constants.values(given.expr, given.scope, given.names):
        body: syntax.Expr | None = None
        if isinstance(value, v.LambdaValue):
            body = value.node.body
        elif isinstance(value, v.FunctionValue):
            returns = value.function.body.all(syntax.Return)
            body = returns[0].value if len(returns) == 1 else None
        if isinstance(body, syntax.Attribute) and body.attr == "name":
            return True
    return False
