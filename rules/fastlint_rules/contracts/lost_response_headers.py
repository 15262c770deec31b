"""Headers set on a Response that is not the one returned."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.returns import ends
from fastlint.project.model import Function, Parameter, Project, Route, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule, related

SETTING = frozenset({"set_cookie", "delete_cookie"})
HEADER_SETTING = frozenset({"update", "append", "setdefault", "add_vary_header"})


class LostResponseHeaders(Rule[Parameter]):
    """Headers, cookies or a status set on the injected `Response` of a route that returns another one.

    ## What it does

    Reports statements that set something on a `response: Response` parameter when the handler returns a Response of its
    own afterwards, or when an exception is raised right after. In a dependency, it reports them when a route that uses
    it returns nothing but Responses.

    ## Why it matters

    FastAPI merges the injected Response into the answer that *it* makes. A Response that the handler returns is sent as
    it is, and so is the one that answers an exception: the cookie is never set.

    ## Instead

    Set it on the Response that is returned, or return the data and let FastAPI make the Response. An exception takes
    its headers along: `HTTPException(401, headers=...)`.

    ## Fix safety

    What was set is handed to the Response or exception that is made afterwards, where that takes no headers yet. The
    client gets what it did not get before: unsafe.
    """

    code = "FST220"
    name = "lost-response-headers"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        if parameter.kind != "injected" or parameter.annotation.name != "fastapi.Response":
            return
        owner = parameter.owner
        settings = _settings(parameter.node.name, owner)
        if not settings or _handed_over(parameter.node.name, owner):
            return
        for statement in settings:
            if (end := _raised_after(statement, owner)) is not None:
                message = f"what is set on `{parameter.node.name}` is lost: `{owner.short}` raises right after"
                places = related([(owner.path, end.span, "the answer to an exception is another Response")])
                subject = (parameter, statement, end.exception, project)
                yield Finding(owner.path, statement.span, message, places, subject=subject, symbol=owner.qualname)
        settings = [statement for statement in settings if _raised_after(statement, owner) is None]
        routes = project.handlers.routes_of.get(owner)
        if routes is None:
            yield from self._in_dependency(parameter, settings, project)
            return
        for statement in settings:
            lost = next(
                (r for r in _after(statement, owner) if _other_response(r, parameter.node.name, owner, project)), None
            )
            if lost is not None:
                message = f"what is set on `{parameter.node.name}` is lost: `{owner.short}` returns another Response"
                places = related([(owner.path, lost.span, "this Response is sent as it is")])
                subject = (parameter, statement, lost.value, project)
                yield Finding(owner.path, statement.span, message, places, subject=subject, symbol=owner.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        parameter, statement, made, project = finding.subject
        owner: Function = parameter.owner
        if not isinstance(made, syntax.Call) or made.spread:
            return None
        names = project.names(made.func, owner)
        if not names or not all(name.startswith(("fastapi.", "starlette.")) for name in names):
            return None
        exception = isinstance(owner.body.parents.get(made), syntax.Raise)
        status = _sets_status(statement)
        word, index = ("status_code", 0 if exception else 1) if status else ("headers", 2)
        if made.argument(index, word) is not None or (exception and status):
            return None
        name = parameter.node.name
        edits = (edit.set_keyword(finding.path, made.span, word, f"{name}.{word}"),)
        return Fix(f"Hand `{name}.{word}` over", Applicability.UNSAFE, edits)

    def _in_dependency(self, parameter: Parameter, settings: list[syntax.Stmt], project: Project) -> Iterator[Finding]:
        owner = parameter.owner
        for use in project.handlers.uses[parameter.node]:
            handler = use.route.handler
            if handler is not None and use.route.kind == "http" and self._only_responses(use.route, handler, project):
                message = f"what `{owner.short}` sets is lost on {use.route.title}: it returns another Response"
                places = related(
                    [(handler.path, handler.node.name_span, f"`{handler.short}` returns a Response of its own")]
                )
                for statement in settings:
                    yield Finding(owner.path, statement.span, message, places, symbol=owner.qualname)
                return

    @staticmethod
    def _only_responses(route: Route, handler: Function, project: Project) -> bool:
        injected = [
            p.node.name for p in route.parameters if p.kind == "injected" and p.annotation.name == "fastapi.Response"
        ]
        if any(_handed_over(name, handler) for name in injected):
            return False
        returned = project.returns.of(handler)
        return bool(returned) and all(_other_response(r, "", handler, project) for r in returned)


def _sets_status(statement: syntax.Stmt) -> bool:
    return isinstance(statement, syntax.Assign) and any(
        isinstance(target, syntax.Attribute) and target.attr == "status_code" for target in statement.targets
    )


def _settings(name: str, owner: Function) -> list[syntax.Stmt]:
    """The statements that set something on the object of this name."""
    found: list[syntax.Stmt] = []
    for assign in owner.body.all(syntax.Assign):
        if any(_sets(target, name) for target in assign.targets):
            found.append(assign)
    for statement in owner.body.all(syntax.ExprStmt):
        if isinstance(statement.value, syntax.Call) and _sets_by_call(statement.value.func, name):
            found.append(statement)
    return sorted(found, key=lambda statement: statement.start)


def _sets(target: syntax.Expr, name: str) -> bool:
    match target:
        case syntax.Subscript(value=syntax.Attribute(value=syntax.Name(id=found), attr="headers")):
            return found == name
        case syntax.Attribute(value=syntax.Name(id=found), attr="status_code"):
            return found == name
    return False


def _sets_by_call(func: syntax.Expr, name: str) -> bool:
    match func:
        case syntax.Attribute(value=syntax.Name(id=found), attr=method):
            return found == name and method in SETTING
        case syntax.Attribute(value=syntax.Attribute(value=syntax.Name(id=found), attr="headers"), attr=method):
            return found == name and method in HEADER_SETTING
    return False


def _handed_over(name: str, owner: Function) -> bool:
    """Whether the name is bound again, or used for anything but to set something on it."""
    if len(owner.body.bindings.get(name, ())) > 1 or owner.members:
        return True
    return any(node.id == name and not _only_sets(node, owner) for node in owner.body.all(syntax.Name))


def _only_sets(node: syntax.Name, owner: Function) -> bool:
    outer: syntax.Node | None = node
    expr: syntax.Node = node
    while isinstance(outer, syntax.Name | syntax.Attribute):
        expr, outer = outer, owner.body.parents.get(outer)
    if isinstance(outer, syntax.Call) and isinstance(expr, syntax.Attribute):
        return outer.func is expr and _sets_by_call(expr, node.id)
    if isinstance(outer, syntax.Subscript):
        return (
            outer.value is expr
            and _sets(outer, node.id)
            and isinstance(owner.body.parents.get(outer), syntax.Assign | syntax.Delete)
        )
    return isinstance(outer, syntax.Assign) and isinstance(expr, syntax.Expr) and _sets(expr, node.id)


def _after(statement: syntax.Stmt, owner: Function) -> Iterator[syntax.Return]:
    """The returns that can follow a statement; those of `except` clauses around it are not counted."""
    inner: syntax.Node = statement
    while True:
        outer = owner.body.parents.get(inner)
        suites = (
            [owner.node.body]
            if outer is None
            else [getattr(outer, name, ()) for name in ("body", "orelse", "finalbody")]
        )
        suite = next((suite for suite in suites if inner in suite), ())
        later = suite[suite.index(inner) + 1 :] if inner in suite else ()
        for node in (n for item in later for n in _own(item)):
            if isinstance(node, syntax.Return):
                yield node
        if outer is None or ends(later):
            return
        if isinstance(outer, syntax.Try) and inner in outer.body:
            yield from (n for item in outer.orelse for n in _own(item) if isinstance(n, syntax.Return))
            if outer.orelse and ends(outer.orelse):
                return
        inner = outer


def _raised_after(statement: syntax.Stmt, owner: Function) -> syntax.Raise | None:
    """The `raise` that surely follows a statement in its suite or around it."""
    inner: syntax.Node = statement
    while inner is not None:
        outer = owner.body.parents.get(inner)
        suites = (
            [owner.node.body]
            if outer is None
            else [getattr(outer, name, ()) for name in ("body", "orelse", "finalbody")]
        )
        suite = next((suite for suite in suites if inner in suite), ())
        later = suite[suite.index(inner) + 1 :] if inner in suite else ()
        if any(isinstance(node, syntax.Return) for item in later for node in _own(item)):
            return None
        last = later[-1] if later else None
        if isinstance(last, syntax.Raise):
            return last
        if outer is None or isinstance(outer, syntax.For | syntax.While | syntax.Try | syntax.FunctionDef):
            return None
        inner = outer
    return None


def _own(node: syntax.Node) -> Iterator[syntax.Node]:
    """The node and what is below it, without the bodies of inner functions and classes."""
    yield node
    if not isinstance(node, syntax.FunctionDef | syntax.ClassDef | syntax.Lambda):
        for child in node.children():
            yield from _own(child)


def _other_response(statement: syntax.Return, name: str, handler: Function, project: Project) -> bool:
    value = statement.value
    if value is None or (isinstance(value, syntax.Name) and value.id == name):
        return False
    values = project.returns.values(value, handler)
    return bool(values) and all(project.applications.responses.is_response_value(item) for item in values)
