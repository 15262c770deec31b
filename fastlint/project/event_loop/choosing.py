"""Calls whose callee is one of several that are all there: any of them may be what runs.

`store = DiskStore() if local else MemoryStore()` and `for hook in (save, log)` name what may run, so that one that
blocks is enough. What annotations and base classes leave open is another matter: nobody said that it is ever given.
"""

from __future__ import annotations

from collections.abc import Callable

from fastlint.facts import syntax as s
from fastlint.project.event_loop.filling import dotted
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Scope
from fastlint.project.language.values import Values


def all_there(values: Values, blocks: Callable[[str], bool]) -> bool:
    """Whether each value is a function as it is written, a method of an object that is made, or blocks in any case.

    A single class counts too: the methods that make its objects all run.
    """
    if len(values) == 1:
        return isinstance(values[0], v.ClassValue)
    return all(_is_there(value, blocks) for value in values)


def _is_there(value: v.Value, blocks: Callable[[str], bool]) -> bool:
    match value:
        case v.FunctionValue(function, receiver):
            made = isinstance(receiver, v.Instance) and receiver.site is not None
            return made or (receiver is None and function.cls is None)
        case v.Instance(site=site):
            return site is not None
        case v.External(name):
            return blocks(name)
        case v.LambdaValue() | v.Partial():
            return True
    return False


def asked_about(call: s.Call, scope: Scope) -> bool:
    """Whether the scope tests what it calls for more than being there: that may tell those that block from others."""
    name = dotted(call.func.value if isinstance(call.func, s.Attribute) else call.func)
    body = scope.body
    branches: list[s.If | s.Conditional | s.While] = [*body.all(s.If), *body.all(s.Conditional), *body.all(s.While)]
    return any(
        not _only_there(test, name)
        and any(dotted(node) == name for node in s.walk(test) if isinstance(node, s.Name | s.Attribute))
        for test in (branch.test for branch in branches)
    )


def _only_there(test: s.Expr, name: str) -> bool:
    """Whether a test only asks if there is anything: `x`, `not x`, `x is not None`."""
    match test:
        case s.Unary(op="Not", operand=inner):
            return _only_there(inner, name)
        case s.Compare(left=left, ops=("Is" | "IsNot",), comparators=(s.Constant(value=None),)):
            return dotted(left) == name
        case s.Name() | s.Attribute():
            return dotted(test) == name
    return False
