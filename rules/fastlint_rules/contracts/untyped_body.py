"""A body that nothing validates."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.control_flow import stops
from fastlint.project.model import Function, Parameter, Project, syntax
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.contracts._body_models import typed

VALIDATING = frozenset({"model_validate", "validate_python", "parse_obj", "parse_obj_as", "validate", "from_dict"})
RAW = frozenset({"body", "stream"})
REFUSALS = ("pydantic.ValidationError", "pydantic_core.ValidationError", "builtins.ValueError")
"""What a model raises on a body that does not fit; unhandled, FastAPI answers 500."""


class UntypedBody(Rule[Parameter]):
    """A request body taken as a dictionary, `Any`, or raw JSON.

    ## What it does

    Reports body parameters that accept any JSON (`dict`, `dict[str, Any]`, `Mapping[str, Any]`, `Any = Body()`, lists
    of those, unions with one), and `await request.json()` in a path operation or dependency whose keys are read.

    ## Why it matters

    Nothing is checked before the code runs: a missing key is a `KeyError` and answers 500 where a model answers 422
    with the reason. The documentation and generated clients say nothing about what is expected.

    ## Instead

    Declare a Pydantic model with the keys that are read. `dict[str, Price]` is fine where the keys are data.

    ## Fix safety

    Where all that a function does with the body is to make a model of it (`Item(**body)`), the parameter becomes an
    `Item`. Where it only reads constant keys, the fix declares a model with these keys; `body["price"]` must be there,
    `body.get("price")` need not, and the types, which nobody can tell from that, are left to you as `Any`. Requests
    that do not fit are now refused with 422: unsafe. There is none for a body that is passed on, changed, or used as a
    whole, for keys that only some requests need, for a function that others call too, nor for `request.json()`, which
    takes bodies without a JSON content type.

    ## Known gaps

    A function that makes a model of the body inside a `try` that handles a body which does not fit, or that asks for
    its type, is left alone; without the `try`, such a body answers 500. So is one that also reads the raw bytes
    (`request.body()`, to check a signature), and `request.json()` in functions that a handler calls.
    """

    code = "FST202"
    name = "untyped-body"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        if parameter.kind == "body":
            yield from self._declared(parameter, project)
        elif parameter.kind == "injected" and parameter.annotation.name == "fastapi.Request":
            yield from self._read_by_hand(parameter, parameter.owner)

    def _declared(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        annotation = parameter.annotation
        members = annotation.members if annotation.kind == "union" else (annotation,)
        shapeless = any(project.shapes.shapeless(member) for member in members)  # what no other member takes, it does
        if (annotation.kind == "missing" or shapeless) and not _validated(parameter, project):
            owner = parameter.owner
            message = (
                f"the body `{parameter.node.name}` of `{owner.short}` accepts any JSON: nothing in it is validated"
            )
            subject = (parameter, project)
            yield Finding(parameter.path, parameter.span, message, subject=subject, symbol=owner.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        parameter, project = finding.subject
        return typed(parameter, project, edit)

    def _read_by_hand(self, parameter: Parameter, owner: Function) -> Iterator[Finding]:
        calls = [call for call in owner.body.all(syntax.Call) if _method_of(call, parameter.node.name)]
        if any(_method_of(call, parameter.node.name) in RAW for call in calls):
            return
        for call in calls:
            if _method_of(call, parameter.node.name) == "json" and _keys_read(call, owner):
                message = f"`{owner.short}` reads keys of `{parameter.node.name}.json()`: nothing in it is validated"
                yield Finding(owner.path, call.span, message, symbol=owner.qualname)


def _validated(parameter: Parameter, project: Project) -> bool:
    """Whether the function makes a model of the body by hand, `Model(**body)`, and handles that it may not fit."""
    name = parameter.node.name
    for call in parameter.owner.body.all(syntax.Call):
        if not stops(call, parameter.owner, project.inference, *REFUSALS):
            continue
        called = call.func.attr if isinstance(call.func, syntax.Attribute) else getattr(call.func, "id", "")
        spread = any(k.arg is None and isinstance(k.value, syntax.Name) and k.value.id == name for k in call.keywords)
        if spread and called[:1].isupper():
            return True
        if called in VALIDATING and any(isinstance(arg, syntax.Name) and arg.id == name for arg in call.args):
            return True
    return False


def _method_of(call: syntax.Call, name: str) -> str:
    """The method, when it is one of the object called `name`."""
    func = call.func
    return (
        func.attr
        if isinstance(func, syntax.Attribute) and isinstance(func.value, syntax.Name) and func.value.id == name
        else ""
    )


def _keys_read(call: syntax.Call, owner: Function) -> bool:
    """Whether a constant key of what `await call` gives is read, at once or through the name it is bound to."""
    awaited = owner.body.parents.get(call)
    if not isinstance(awaited, syntax.Await):
        return False
    if _reads_key(awaited, owner):
        return True
    statement = owner.body.parents.get(awaited)
    target = statement.targets[0] if isinstance(statement, syntax.Assign) else getattr(statement, "target", None)
    if not isinstance(target, syntax.Name):
        return False
    if any(_asks_type(call, target.id) for call in owner.body.all(syntax.Call)):
        return False
    return any(_reads_key(name, owner) for name in owner.body.all(syntax.Name) if name.id == target.id)


def _asks_type(call: syntax.Call, name: str) -> bool:
    """`isinstance(body, dict)`: the function checks by hand what it got."""
    if not isinstance(call.func, syntax.Name) or call.func.id != "isinstance" or not call.args:
        return False
    return isinstance(call.args[0], syntax.Name) and call.args[0].id == name


def _reads_key(expr: syntax.Expr, owner: Function) -> bool:
    """`expr["key"]` or `expr.get("key")`."""
    around = owner.body.parents.get(expr)
    if isinstance(around, syntax.Subscript) and around.value is expr:
        return isinstance(around.index, syntax.Constant) and isinstance(around.index.value, str)
    if isinstance(around, syntax.Attribute) and around.attr == "get":
        call = owner.body.parents.get(around)
        return isinstance(call, syntax.Call) and bool(call.args) and isinstance(call.args[0], syntax.Constant)
    return False
