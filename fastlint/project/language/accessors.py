"""Properties: which function runs where an attribute is read, given a value or deleted."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.language.bodies import Body
from fastlint.project.language.scopes import Class, Function

GETTER, SETTER, DELETER = "getter", "setter", "deleter"


def accessor(cls: Class, name: str, use: str) -> Function | None:
    """What the property of this name, defined in `cls` itself, runs: with a setter the name stands in it again."""
    for binding in reversed(cls.body.bindings.get(name, ())):
        found = cls.members.get(binding.node)
        if isinstance(found, Function) and _use(found) == use:
            return found
    return None


def _use(function: Function) -> str:
    for decorator in function.node.decorators:
        if isinstance(decorator, s.Attribute) and decorator.attr in (SETTER, DELETER):
            return decorator.attr
    return GETTER


def uses(attribute: s.Attribute, body: Body) -> tuple[str, ...]:
    """What is done with an attribute where it stands: `x.a` reads it, `x.a = 1` sets it, `x.a += 1` does both."""
    inner: s.Node = attribute
    around = body.parents.get(attribute)
    while isinstance(around, s.Tuple | s.List | s.Starred):
        inner, around = around, body.parents.get(around)
    match around:
        case s.Assign(targets=targets) if any(target is inner for target in targets):
            return (SETTER,)
        case s.Delete(targets=targets) if any(target is inner for target in targets):
            return (DELETER,)
        case s.AugAssign(target=target) if target is inner:
            return (GETTER, SETTER)
        case s.AnnAssign(target=target, value=value) if target is inner:
            return () if value is None else (SETTER,)
        case s.For(target=target) | s.Generator(target=target) | s.WithItem(target=target) if target is inner:
            return (SETTER,)
    return (GETTER,)
