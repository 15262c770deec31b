"""How far away a step of a chain is: more where it only runs under a condition, after an error, or once."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.language.scopes import Function, Scope

ONCE = 12
"""The weight of what runs once in the life of a process: as far as chains are followed."""


def weight_of(node: s.Node, scope: Scope) -> int:
    """Two more for each condition around it (the arms of an `elif` chain too), four after an error.

    What makes an object that is kept and returned ever after (`if cache is None: cache = ...`) runs once: it is far.
    """
    weight, inner = 1, node
    for around in scope.body.ancestors(node):
        if isinstance(around, s.Handler):
            weight += 4
        elif isinstance(around, s.Case) or (isinstance(around, s.If | s.Conditional) and around.test is not inner):
            weight += 2
            if isinstance(around, s.If) and isinstance(scope, Function) and inner in around.body:
                name = _made_once(around.test, scope)
                if _fills(around):
                    weight += ONCE // 2  # once for each key
                elif name in scope.body.elsewhere or name.startswith("cls."):
                    weight += ONCE
                elif "." in name:
                    weight += ONCE // 2  # once for each object, however long that lives
        inner = around
    return min(weight, ONCE)


def _fills(statement: s.If) -> bool:
    """Whether it is `if key not in cache: cache[key] = ...`."""
    test = statement.test
    if not (isinstance(test, s.Compare) and test.ops == ("NotIn",)):
        return False
    cache = _dotted(test.comparators[0])
    targets = [target for item in statement.body if isinstance(item, s.Assign) for target in item.targets]
    return any(isinstance(target, s.Subscript) and cache == _dotted(target.value) != "" for target in targets)


def _made_once(test: s.Expr, function: Function) -> str:
    """The dotted name of `name` in `if name is None` or `if not name`, where the function returns it at last."""
    if isinstance(test, s.Compare) and test.ops == ("Is",) and _is_none(test.comparators[0]):
        name = _dotted(test.left)
    elif isinstance(test, s.Unary) and test.op == "Not":
        name = _dotted(test.operand)
    else:
        return ""
    returned = {_dotted(item.value) for item in function.body.all(s.Return) if item.value is not None}
    return name if name in returned else ""


def _is_none(expr: s.Expr) -> bool:
    return isinstance(expr, s.Constant) and expr.value is None


def _dotted(expr: s.Expr) -> str:
    if isinstance(expr, s.Attribute):
        inner = _dotted(expr.value)
        return f"{inner}.{expr.attr}" if inner else ""
    return expr.id if isinstance(expr, s.Name) else ""
