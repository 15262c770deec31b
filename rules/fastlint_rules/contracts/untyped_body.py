"""A body that nothing validates."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Parameter, Project
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.contracts._body_models import typed
from fastlint_rules.contracts._raw_json import hands_on, keys_read, parsed, readers, through_helpers
from fastlint_rules.contracts._validated import validated


class UntypedBody(Rule[Parameter]):
    """A request body taken as a dictionary, `Any`, or raw JSON.

    ## What it does

    Reports body parameters that accept any JSON (`dict`, `dict[str, Any]`, `Mapping[str, Any]`, `Any = Body()`, lists
    of those, unions with one), and `await request.json()` or `json.loads(await request.body())` in a path operation or
    dependency whose keys are read: there, by `match`, or where the dependency is used.

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

    A function that makes a model of the body inside a `try` that handles a body which does not fit, itself or in a
    function that it hands the body to, or that asks for its type, is left alone; without the `try`, such a body answers
    500. So is one that uses the raw bytes otherwise
    (`request.body()`, to check a signature), and keys read in functions that a handler calls.
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
            yield from self._read_by_hand(parameter, parameter.owner, project)

    def _declared(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        annotation = parameter.annotation
        members = annotation.members if annotation.kind == "union" else (annotation,)
        shapeless = any(project.shapes.shapeless(member) for member in members)  # what no other member takes, it does
        if (annotation.kind == "missing" or shapeless) and not validated(parameter, project):
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

    def _read_by_hand(self, parameter: Parameter, owner: Function, project: Project) -> Iterator[Finding]:
        request = parameter.node.name
        for call, result in parsed(request, owner, project):
            what = f"`{request}.json()`" if call is not result else f"the JSON in `{request}.body()`"
            if keys_read(result, owner, project):
                message = f"`{owner.short}` reads keys of {what}: nothing in it is validated"
            elif hands_on(result, owner) and any(True for _ in readers(owner, project)):
                message = f"`{owner.short}` hands {what} to functions that read its keys: nothing in it is validated"
            else:
                continue
            yield Finding(owner.path, call.span, message, symbol=owner.qualname)
        for call in through_helpers(request, owner, project):
            message = f"`{owner.short}` reads keys of the JSON in `{request}`: nothing in it is validated"
            yield Finding(owner.path, call.span, message, symbol=owner.qualname)
