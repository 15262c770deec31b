"""What `isinstance` says of an expression in the branch that it guards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.bodies import Body
from fastlint.project.language.scopes import Function, Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference


def narrowed(expr: s.Name | s.Attribute, scope: Scope, inference: Inference) -> v.Values | None:
    """The classes that a check around an expression names; None where none does, or it may be another object since."""
    if not isinstance(scope, Function) or "isinstance" not in scope.node.calls:
        return None
    text = _dotted(expr)
    inner: s.Node = expr
    for around in scope.body.ancestors(expr):
        match around:
            case s.If(test=test, body=body) if any(item is inner for item in body):
                classes = _checked(test, text)
            case s.Conditional(test=test, body=chosen) if chosen is inner:
                classes = _checked(test, text)
            case s.Boolean(op="And", values=values) if any(item is inner for item in values):
                earlier = values[: next(index for index, item in enumerate(values) if item is inner)]
                classes = next((found for test in earlier if (found := _checked(test, text)) is not None), None)
            case _:
                classes = None
        if classes is not None:
            return None if given_again(text, around, expr, scope.body) else _instances(classes, scope, inference)
        inner = around
    return None


def _checked(test: s.Expr, text: str) -> s.Expr | None:
    """The classes of `isinstance(text, classes)`, also as a part of `and`."""
    match test:
        case s.Call(func=s.Name(id="isinstance"), args=(subject, classes)) if text and _dotted(subject) == text:
            return classes
        case s.Boolean(op="And", values=values):
            return next((found for value in values if (found := _checked(value, text)) is not None), None)
    return None


def given_again(text: str, after: s.Node, before: s.Node, body: Body) -> bool:
    """Whether a dotted name, or one it begins with, is given another value between two nodes of a body."""
    targets = [target for node in body.all(s.Assign) for target in node.targets]
    targets += [node.target for node in body.all(s.AnnAssign)]
    targets += [node.target for node in body.all(s.For)]
    return any(
        after.start < target.start < before.start and (name := _dotted(target)) and f"{text}.".startswith(f"{name}.")
        for target in targets
    )


def _instances(classes: s.Expr, scope: Scope, inference: Inference) -> v.Values | None:
    found: list[v.Value] = []
    for each in classes.elements if isinstance(classes, s.Tuple) else (classes,):
        for value in inference.infer(each, scope):
            match value:
                case v.ClassValue(cls):
                    found.append(v.Instance(cls))
                case v.External(name):
                    found.append(v.Instance(name))
                case _:
                    return None
    return tuple(found) or None


def _dotted(expr: s.Expr) -> str:
    if isinstance(expr, s.Attribute):
        inner = _dotted(expr.value)
        return f"{inner}.{expr.attr}" if inner else ""
    return expr.id if isinstance(expr, s.Name) else ""
