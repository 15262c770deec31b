"""`Depends(...)` where nobody resolves it."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.arguments import argument_for
from fastlint.project.model import Call, Function, Project, syntax, v
from fastlint.rule import Finding, Level, Rule

READING = frozenset(
    f"builtins.{name}"
    for name in ("len", "str", "int", "float", "sum", "sorted", "max", "min", "next", "iter", "enumerate", "any", "all")
)
"""What reads a value as it is; `isinstance`, `print` or a list may have a use for the marker itself."""


class DependsInBody(Rule[Call]):
    """`Depends(...)` used as a value in the body of a function.

    ## What it does

    Reports `Depends(...)` and `Security(...)` in a function's body when the result is used like the value itself:
    asked for an attribute or item, tested, compared, handed to a built-in function, put into text. In path operations
    and dependencies also when it is only given a name or returned, in handlers when it is handed to a function or class
    of the project.

    ## Why it matters

    FastAPI reads `Depends` from the parameters of routes and dependencies, and from `dependencies=[...]`. Anywhere else
    it is an object with the function in it: nothing is called, and the session is no session.

    ## Instead

    Take it as a parameter. In a function that FastAPI does not call, let the caller pass the value.
    """

    code = "FST425"
    name = "depends-in-body"
    since = "0.1"
    level = Level.ERROR
    status = "stable"
    callees = ("fastapi.Depends", "fastapi.Security")

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        function = call.scope
        if not isinstance(function, Function) or not self._used_as_value(call.node, function, project):
            return
        marker = call.name.rpartition(".")[2]
        message = f"`{marker}` in the body of `{function.short}` is never resolved: it stays a `{marker}` object"
        yield Finding(call.path, call.span, message, symbol=function.qualname)

    def _used_as_value(self, call: syntax.Call, function: Function, project: Project) -> bool:
        if function in project.handlers.runs and not _may_be_read(call, function):
            return True
        parent = function.body.parents.get(call)
        while isinstance(parent, syntax.Boolean):
            parent = function.body.parents.get(parent)  # `session = session or Depends(get_session)`
        match parent:
            case syntax.Assign(targets=(syntax.Name(id=name),)) | syntax.AnnAssign(target=syntax.Name(id=name)):
                uses = [node for node in function.body.all(syntax.Name) if node.id == name and node.start > call.start]
                return bool(uses) and all(_is_value_use(node, function, project) for node in uses)
            case syntax.AnnAssign(target=syntax.Attribute(), annotation=annotation):
                return bool(project.inference.annotations.read(annotation, function).kind in ("class", "external"))
            case syntax.Assign(targets=(syntax.Attribute(value=syntax.Name(), attr=name),)):
                return function.cls is not None and self._asked(name, function)
        return _is_value_use(call, function, project)

    @staticmethod
    def _asked(name: str, function: Function) -> bool:
        """Whether a method of the class asks the attribute for one of its own."""
        assert function.cls is not None
        return any(
            isinstance(outer.value, syntax.Attribute)
            and outer.value.attr == name
            and isinstance(outer.value.value, syntax.Name)
            and outer.attr not in ("dependency", "use_cache", "scope", "scopes")
            for method in function.cls.methods.values()
            for outer in method.body.all(syntax.Attribute)
        )


def _may_be_read(call: syntax.Call, function: Function) -> bool:
    """Whether a marker in a route or dependency may be meant as one: in `Annotated`, or for code that resolves it."""
    for ancestor in function.body.ancestors(call):
        match ancestor:
            case syntax.Subscript() | syntax.FunctionDef() | syntax.Lambda() | syntax.List() | syntax.Call():
                return True
            case syntax.Assign(targets=targets) if not all(isinstance(item, syntax.Name) for item in targets):
                return True
    return False


def _is_value_use(node: syntax.Expr, function: Function, project: Project) -> bool:
    """Whether an expression is used like any value: nothing that FastAPI could read later."""
    parent = function.body.parents.get(node)
    match parent:
        case syntax.Attribute(attr=attr):
            return attr not in ("dependency", "use_cache", "scope", "scopes")
        case syntax.Formatted() | syntax.Await() | syntax.Binary():
            return True
        case syntax.Call() if parent.func is not node:
            return _reads(parent, function, project)
        case syntax.Keyword() if isinstance(call := function.body.parents.get(parent), syntax.Call):
            return _reads(call, function, project)
        case syntax.For(iterable=iterable):
            return iterable is node
        case syntax.Subscript(value=value):
            return value is node
        case syntax.If(test=test) | syntax.While(test=test) | syntax.Conditional(test=test):
            return test is node
        case syntax.Compare(ops=ops):
            return not {"Is", "IsNot"}.intersection(ops)
    return False


def _reads(call: syntax.Call, function: Function, project: Project) -> bool:
    """Whether what is called takes its argument for a value: a built-in function, or code of the project in a handler.

    What builds an application hands markers on; while a request is answered nothing is built any more.
    """
    values = project.infer(call.func, function)
    if values and all(isinstance(value, v.External) and value.name in READING for value in values):
        return True
    answers = any(route.kind == "http" for route in project.handlers.routes_of.get(function, ()))
    if any(_takes_anything(value.function, call, project) for value in values if isinstance(value, v.FunctionValue)):
        return False
    return answers and bool(values) and all(isinstance(value, v.FunctionValue | v.ClassValue) for value in values)


def _takes_anything(called: Function, call: syntax.Call, project: Project) -> bool:
    """Whether a function says of a parameter that is given a marker that it takes any object: it may resolve it."""
    for parameter in called.node.parameters:
        given = argument_for(call, called, parameter.name, receiver=called.cls is not None)
        if given is not None and parameter.annotation is not None:
            annotation = project.inference.annotations.parameter(called, parameter)
            if (
                annotation.kind == "any"
                or annotation.name == "builtins.object"
                or annotation.name.startswith("fastapi.")
            ):
                return True
    return False
