"""How far away a step of a chain is: more where it only runs under a condition, after an error, or once."""

from __future__ import annotations

from collections.abc import Mapping

from fastlint.facts import syntax as s
from fastlint.project.event_loop.filling import ONCE, absent, dotted, fills_for, fills_key, of_only_one
from fastlint.project.language.scopes import Function, Scope


def weight_of(node: s.Node, scope: Scope, filled: Mapping[s.Node, int]) -> tuple[int, int]:
    """How far a step is, and how much of that is because it is not done each time.

    Two more for each condition around it (`and`, `or` and the arms of an `elif` chain too), four after an error.

    What makes an object that is kept and returned ever after (`if cache is None: cache = ...`) runs once: it is far.
    So is what follows `if cache: return` where the function fills the cache (`filled`: the weights by statement), and a
    call of such a function under `if not cache`.
    """
    weight, seldom, inner = 1, filled.get(node, 0), node
    for around in scope.body.ancestors(node):
        seldom += filled.get(around, 0)
        if isinstance(around, s.Handler):
            weight += 4
        elif isinstance(around, s.Boolean) and around.values[0] is not inner:
            weight += 2
        elif isinstance(around, s.Case) or (isinstance(around, s.If | s.Conditional) and around.test is not inner):
            weight += 2
            if isinstance(around, s.If) and isinstance(scope, Function) and inner in around.body:
                name = _made_once(around, scope)
                if fills_key(around):
                    seldom += ONCE // 2  # once for each key
                elif name in scope.body.elsewhere or name.startswith("cls.") or fills_for(node, around.test, scope):
                    seldom += ONCE
                elif "." in name:
                    # once for each object, however long that lives
                    seldom += ONCE if name.startswith("self.") and of_only_one(scope) else ONCE // 2
        inner = around
    return min(weight + seldom, ONCE), min(seldom, ONCE)


def _made_once(statement: s.If, function: Function) -> str:
    """The dotted name of `name` in `if name is None` or `if not name`, where it is given a value there, or returned."""
    name = absent(statement.test)
    given = {dotted(t) for item in statement.body if isinstance(item, s.Assign) for t in item.targets}
    returned = {dotted(item.value) for item in function.body.all(s.Return) if item.value is not None}
    return name if name in given | returned else ""
