"""A Response returned past the model."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.documented import documented_here
from fastlint.project.application.shapes import declares_all
from fastlint.project.model import Function, Project, Route, Scope, syntax, v
from fastlint.rule import Finding, Level, Rule

WRITERS = frozenset({"model_dump", "model_dump_json", "dict", "json", "dump_python", "dump_json"})
JSON = frozenset({"JSONResponse", "ORJSONResponse", "UJSONResponse", "Response"})
ENCODER = "fastapi.encoders.jsonable_encoder"
DEFAULTS = {"RedirectResponse": 307}


class BypassedResponseModel(Rule[Route]):
    """A Response returned by a route that declares a response model or a status.

    ## What it does

    Reports returns of a successful Response on path operations that declare a response model, and of a Response whose
    status is another than the declared `status_code=`.

    ## Why it matters

    A Response is sent as it is: the response model filters and validates nothing of it, and the declared status is not
    used. The documentation promises one thing and the client gets another.

    ## Instead

    Return the data and let FastAPI apply model and status. For other statuses, pass `status_code=` to the Response;
    errors and redirects beside a model are fine.

    ## Known gaps

    Files, streams, pages and redirects beside a model are taken for another representation of it. Where the handler is
    annotated to return a Response, or `responses=` describes the status, the model is taken for documentation.
    """

    code = "FST209"
    name = "bypassed-response-model"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or project.handlers.earlier(route):
            return
        annotation = project.inference.annotations.returns(handler)
        documented = documented_here(route, project.constants)
        modelled = route.response.model.kind not in (
            "missing",
            "unknown",
        ) and not project.applications.responses.is_response(annotation)
        declared = route.response.status
        if not modelled and declared is None:
            return
        for statement in project.returns.of(handler):
            assert statement.value is not None
            made = project.returns.responses_made(statement.value, handler)
            statuses = [_status(call, scope, project) for call, scope in made]
            if not made or None in statuses or documented is None or documented & {str(status) for status in statuses}:
                continue
            if declared is not None and all(self._differs(status, declared) for status in statuses):
                message = f"`{handler.short}` returns a Response with status {statuses[0]}, not the declared {declared}"
                yield Finding(handler.path, statement.span, message, symbol=handler.qualname)
            elif modelled and all(status in range(200, 300) and status != 204 for status in statuses):
                if project.shapes.shapeless(route.response.model):
                    continue  # a model of any dictionary filters nothing either
                if all(_plain_json(c, scope, project) and not _fits(c, scope, route, project) for c, scope in made):
                    message = f"`{handler.short}` returns a Response: its response model filters nothing of it"
                    yield Finding(handler.path, statement.span, message, symbol=handler.qualname)

    @staticmethod
    def _differs(status: int | None, declared: int) -> bool:
        """Whether a success or redirect was declared, and another one of its kind is sent."""
        return (
            status is not None and status != declared and status // 100 == declared // 100 and declared // 100 in (2, 3)
        )


def _status(call: syntax.Call, scope: Scope, project: Project) -> int | None:
    """The status of the Response that a call makes; None when it is not known."""
    if call.spread or _assigned_later(call, scope):
        return None
    given = call.argument(1, "status_code")
    if given is not None:
        found = project.constant(given, scope)
        return int(found) if isinstance(found, int) else None
    name = next(iter(project.names(call.func, scope)), "").rpartition(".")[2]
    return DEFAULTS.get(name, 200) if name else None


def _assigned_later(call: syntax.Call, scope: Scope) -> bool:
    """Whether the status of the object may be set afterwards."""
    return any(
        isinstance(target, syntax.Attribute) and target.attr == "status_code"
        for assign in scope.body.all(syntax.Assign)
        for target in assign.targets
    )


def _plain_json(call: syntax.Call, scope: Scope, project: Project) -> bool:
    """Whether the Response is sent as JSON, in place of what the model describes."""
    kind = project.constant(call.keyword("media_type"), scope)
    if call.keyword("media_type") is not None and not (isinstance(kind, str) and "json" in kind):
        return False
    if any("json" not in written.lower() for written in _content_types(call.argument(2, "headers"), scope, project)):
        return False
    return any(name.rpartition(".")[2] in JSON for name in project.names(call.func, scope))


def _content_types(headers: syntax.Expr | None, scope: Scope, project: Project) -> list[str]:
    """The content type that headers written out say."""
    if not isinstance(headers, syntax.Dict):
        return []
    pairs = zip(headers.keys, headers.values, strict=True)
    named = [value for key, value in pairs if str(project.constant(key, scope)).lower() == "content-type"]
    return [str(project.constant(value, scope)) for value in named]


def _fits(call: syntax.Call, scope: Scope, route: Route, project: Project) -> bool:
    """Whether the content is what the model would send, as far as anybody can tell."""
    content = call.argument(0, "content")
    if content is not None and _of_wider_model(content, scope, route, project):
        return False
    if content is None or not any(isinstance(node, syntax.Name) for node in _data(content)):
        return not _contradicts(content, route, project)
    return _written_by_model(content, scope, project)


def _of_wider_model(content: syntax.Expr, scope: Scope, route: Route, project: Project) -> bool:
    """Whether all of a model is written that has fields which the response model leaves out."""
    match content:
        case syntax.Name():
            bound = scope.body.bindings.get(content.id, ())
            value = bound[0].value if len(bound) == 1 and bound[0].kind == "assign" and not bound[0].path else None
            return isinstance(value, syntax.Call) and _of_wider_model(value, scope, route, project)
        case syntax.Call(func=syntax.Attribute(value=written, attr=attr)) if attr in WRITERS and not content.args:
            if any(keyword.arg != "mode" for keyword in content.keywords):
                return False
        case syntax.Call(args=(written,), keywords=()) if ENCODER in project.names(content.func, scope):
            pass
        case _:
            return False
    found, expected = project.returns.model(written, scope), route.response.model.cls
    values = v.without_none(project.infer(written, scope))
    if found is None or expected is None or any(not isinstance(x, v.Instance) or x.of is not found for x in values):
        return False
    if not all(project.fields.described(cls) for cls in (found, expected)):
        return False
    if not declares_all(project.inference.classes.ancestry(expected)):
        return False
    fields = {field.name for field in project.fields.of(expected)}
    return any(field.sent and field.name not in fields for field in project.fields.of(found))


def _contradicts(content: syntax.Expr | None, route: Route, project: Project) -> bool:
    """Whether a dictionary written out has a key that the response model has no field for."""
    cls = route.response.model.cls
    fields = None if cls is None else project.fields.keys(cls)
    if fields is None or not isinstance(content, syntax.Dict):
        return False
    return any(isinstance(key, syntax.Constant) and key.value not in fields for key in content.keys)


def _written_by_model(content: syntax.Expr, scope: Scope, project: Project) -> bool:
    """Whether the content comes out of a model, `user.model_dump_json()`."""
    for node in syntax.walk(content):
        if isinstance(node, syntax.Call) and isinstance(node.func, syntax.Attribute) and node.func.attr in WRITERS:
            return True
        if isinstance(node, syntax.Name) and isinstance(scope, Function) and _from_writer(node, scope, project):
            return True
    return isinstance(scope, Function) and any(
        project.returns.model(node, scope) is not None for node in _names(content)
    )


def _names(content: syntax.Expr) -> Iterator[syntax.Expr]:
    return (node for node in syntax.walk(content) if isinstance(node, syntax.Name))


def _data(content: syntax.Expr) -> Iterator[syntax.Node]:
    """The expression and what is in it, without the functions that it calls."""
    yield content
    for child in content.children():
        if isinstance(content, syntax.Call) and child is content.func:
            continue
        inner = child.value if isinstance(child, syntax.Keyword) else child
        if isinstance(inner, syntax.Expr):
            yield from _data(inner)


def _from_writer(name: syntax.Name, scope: Function, project: Project) -> bool:
    """Whether the name holds what a model wrote, or a list to which only models are added."""
    for binding in scope.body.bindings.get(name.id, ()):
        value = binding.value
        if isinstance(value, syntax.Call) and isinstance(value.func, syntax.Attribute) and value.func.attr in WRITERS:
            return True
    added = [
        call.args[0]
        for call in scope.body.all(syntax.Call)
        if isinstance(call.func, syntax.Attribute) and call.func.attr == "append" and call.args
        if isinstance(call.func.value, syntax.Name) and call.func.value.id == name.id
    ]
    return bool(added) and all(project.returns.model(item, scope) is not None for item in added)
