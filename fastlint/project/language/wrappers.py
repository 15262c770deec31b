"""What a decorator of the project puts in the place of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function, Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

SIGNED = frozenset({"__signature__", "__wrapped__"})
KEEPERS = frozenset({"wraps", "update_wrapper", "wraps_async", "decorator", "signature"})


def replacement(decorator: s.Expr, scope: Scope, inference: Inference) -> Function | Class | None:
    """The wrapper that a project decorator returns, or the class whose instance it makes; None when not known."""
    target = decorator.func if isinstance(decorator, s.Call) else decorator
    values = inference.infer(target, scope)
    if len(values) != 1:
        return None
    match values[0]:
        case v.ClassValue(cls) if not isinstance(decorator, s.Call):
            return cls if cls.methods.get("__call__") is not None else None
        case v.FunctionValue(maker):
            if isinstance(decorator, s.Call):
                inner = returned_function(maker)
                return None if inner is None else returned_function(inner)
            return returned_function(maker)
    return None


def returned_function(maker: Function) -> Function | None:
    """The nested function that a function returns in all its returns, also wrapped in a call."""
    own = {member.name: member for member in maker.members.values() if isinstance(member, Function)}
    found: set[Function] = set()
    for item in maker.body.all(s.Return):
        names = {node.id for node in s.walk(item) if isinstance(node, s.Name)} & own.keys()
        if len(names) != 1:
            return None
        found.add(own[names.pop()])
    return found.pop() if len(found) == 1 else None


def gives_given(maker: Function) -> bool:
    """Whether a decorator gives the function back that it is put on: all it returns is its parameter as it is."""
    first = next((p.name for p in maker.node.parameters if p.name not in ("self", "cls")), "")
    returned = [item.value for item in maker.body.all(s.Return)]
    if not returned or not all(isinstance(item, s.Name) and item.id == first for item in returned):
        return False
    return len(maker.body.bindings.get(first, ())) == 1 and first not in maker.body.elsewhere


def is_transparent(decorator: s.Expr, scope: Scope, inference: Inference) -> bool:
    """Whether a decorator of the project, called or not, leaves the function in its place."""
    values = inference.infer(decorator.func if isinstance(decorator, s.Call) else decorator, scope)
    if len(values) != 1 or not isinstance(values[0], v.FunctionValue):
        return False
    maker: Function | None = values[0].function
    if isinstance(decorator, s.Call) and maker is not None:
        maker = returned_function(maker)
    return maker is not None and gives_given(maker)


def hides_signature(wrapper: Function | Class) -> bool:
    """Whether FastAPI sees `*args` or `**kwargs` of the wrapper in place of the parameters of what it wraps."""
    if isinstance(wrapper, Class):
        call = wrapper.methods.get("__call__")
        if call is None or _is_signed(wrapper):
            return False
        return any(p.kind in ("*", "**") for p in call.node.parameters)
    if wrapper.node.decorators or not any(p.kind in ("*", "**") for p in wrapper.node.parameters):
        return False
    return not (isinstance(wrapper.parent, Function) and _is_signed(wrapper.parent))


def _is_signed(maker: Function | Class) -> bool:
    """Whether something in the maker of a wrapper gives it the signature of what it wraps."""
    for node in s.walk(maker.node):
        if isinstance(node, s.Attribute) and node.attr in SIGNED | KEEPERS:
            return True
        if isinstance(node, s.Name) and node.id in SIGNED | KEEPERS:
            return True
    return False


def passes_on(wrapper: Function | Class) -> bool:
    """Whether a wrapper gives what it is called with to what it wraps, and adds no argument of its own."""
    if isinstance(wrapper, Class) or not {"*", "**"} <= {p.kind for p in wrapper.node.parameters}:
        return False
    spread = next(p.name for p in wrapper.node.parameters if p.kind == "**")
    for node in s.walk(wrapper.node):
        if isinstance(node, s.Subscript) and isinstance(node.value, s.Name) and node.value.id == spread:
            return False
        if (
            isinstance(node, s.Attribute)
            and isinstance(node.value, s.Name)
            and node.value.id == spread
            and node.attr != "get"
        ):
            return False
    return any(isinstance(node, s.Keyword) and _is_name(node.value, spread) for node in s.walk(wrapper.node))


def _is_name(expr: s.Expr, name: str) -> bool:
    return isinstance(expr, s.Name) and expr.id == name
