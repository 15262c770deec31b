"""Bodies that the code itself makes a model of, and refuses where they do not fit."""

from __future__ import annotations

from fastlint.project.language.arguments import arguments_of
from fastlint.project.language.control_flow import caught, guards, stops
from fastlint.project.model import Function, Parameter, Project, syntax, v

VALIDATING = frozenset({"model_validate", "validate_python", "parse_obj", "parse_obj_as", "validate", "from_dict"})
REFUSALS = ("pydantic.ValidationError", "pydantic_core.ValidationError", "builtins.ValueError")
"""What a model raises on a body that does not fit; unhandled, FastAPI answers 500."""
DEEPEST = 3
"""Functions that hand the body on to one another."""


def validated(parameter: Parameter, project: Project) -> bool:
    """Whether a model is made of the body by hand, `Model(**body)`, and it is handled that the body may not fit.

    By the function itself, or by a function of the project that it hands the body to. There the exception has to be
    named: `except Exception` around a service says nothing about the body.
    """
    owner = parameter.owner
    names = _holding(parameter.node.name, owner)
    return any(
        _makes_model(call, names) and stops(call, owner, project.inference, *REFUSALS)
        for call in owner.body.all(syntax.Call)
    ) or _refused(parameter.node.name, owner, project, False, DEEPEST)


def _refused(body: str, function: Function, project: Project, handled: bool, depth: int) -> bool:
    names = _holding(body, function)
    for call in function.body.all(syntax.Call):
        args = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(isinstance(arg, syntax.Name) and arg.id in names for arg in args):
            named = handled or any(
                caught(handler, function, project.inference).intersection(REFUSALS)
                for guard in guards(call, function.body)
                for handler in guard.handlers
            )
            if named and _makes_model(call, names):
                return True
            if depth and _handed_on(call, names, function, project, named, depth):
                return True
    return False


def _makes_model(call: syntax.Call, names: frozenset[str]) -> bool:
    called = call.func.attr if isinstance(call.func, syntax.Attribute) else getattr(call.func, "id", "")
    if called in VALIDATING:
        return any(isinstance(arg, syntax.Name) and arg.id in names for arg in call.args)
    return called[:1].isupper() and any(
        keyword.arg is None and isinstance(keyword.value, syntax.Name) and keyword.value.id in names
        for keyword in call.keywords
    )


def _handed_on(
    call: syntax.Call, names: frozenset[str], function: Function, project: Project, handled: bool, depth: int
) -> bool:
    for value in project.inference.infer(call.func, function):
        if isinstance(value, v.FunctionValue) and value.function is not function:
            given = arguments_of(call, value.function, value.receiver is not None)
            for name, arg in given.items():
                if isinstance(arg, syntax.Name) and arg.id in names:
                    if _refused(name, value.function, project, handled, depth - 1):
                        return True
    return False


def _holding(body: str, function: Function) -> frozenset[str]:
    """The variable, and those that are made once, of a dictionary with all of it: `{**known, **body}`."""
    made = {
        name
        for name, bindings in function.body.bindings.items()
        if len(bindings) == 1 and isinstance(bindings[0].value, syntax.Dict) and _spreads(bindings[0].value, body)
    }
    return frozenset({body, *made})


def _spreads(display: syntax.Dict, body: str) -> bool:
    return any(
        key is None and isinstance(value, syntax.Name) and value.id == body
        for key, value in zip(display.keys, display.values, strict=True)
    )
