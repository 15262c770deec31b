"""Two values and the test between them: whether one only stands in for the other."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.language.bodies import Binding, Body
from fastlint.project.language.scopes import Function

MISSING = (None, "", False)
UNSAID = frozenset({"os.environ", "environ", "os.getenv", "getenv", "os.environ.get", "environ.get", "len", "bool"})


def alternatives(test: s.Expr, body: s.Expr, orelse: s.Expr) -> tuple[s.Expr, s.Expr] | None:
    """`a if a else b` as what is asked for and what stands in for it; None when the test asks something else.

    `a` may be asked for by its name, by its key in the environment, and through None: `"A" in os.environ`,
    `a is not None`, `not a`.
    """
    there = True
    if isinstance(test, s.Unary) and test.op == "Not":
        test, there = test.operand, False
    if isinstance(test, s.Compare):
        if len(test.ops) != 1:
            return None
        right = test.comparators[0]
        if test.ops[0] in ("In", "NotIn"):
            if not isinstance(test.left, s.Constant) or _dotted(right) not in UNSAID:
                return None
        elif not isinstance(right, s.Constant) or right.value not in MISSING:
            return None
        there = there is (test.ops[0] in ("In", "IsNot", "NotEq"))
        test = test.left
    elif isinstance(test, s.Boolean):
        return None
    first, second = (body, orelse) if there else (orelse, body)
    return (first, second) if _parts(test) & _parts(first) else None


def guarded(function: Function) -> tuple[s.Expr, s.Expr, s.Expr] | None:
    """Test and values of `if test: return a` before a last `return b`."""
    returns = function.body.all(s.Return)
    if len(returns) != 2:
        return None
    first, last = returns
    guard = function.body.parents.get(first)
    if not isinstance(guard, s.If) or guard.body != (first,) or first.value is None or last.value is None:
        return None
    behind = function.node.body[-1] is last and not guard.orelse
    return (guard.test, first.value, last.value) if behind or guard.orelse == (last,) else None


def stands_in(binding: Binding, body: Body) -> bool:
    """Whether a name is given a value only where it has none: `if a is None: a = ...`, `if not a: a = ...`."""
    around = body.parents.get(binding.node)
    if not isinstance(around, s.If) or binding.node not in around.body:
        return False
    match around.test:
        case s.Unary(op="Not", operand=s.Name(id=name) | s.NamedExpr(target=s.Name(id=name))):
            return name == binding.name
        case s.Compare(left=s.Name(id=name), ops=("Is" | "Eq",), comparators=(s.Constant(value=None),)):
            return name == binding.name
    return False


def _parts(expr: s.Expr) -> set[str]:
    """The names and keys that an expression is made of."""
    found: set[str] = set()
    stack: list[s.Node] = [expr]
    while stack:
        node = stack.pop()
        match node:
            case s.Constant(value=str() as text) if text.isidentifier():
                found.add(text)
            case s.Name() | s.Attribute() if (name := _dotted(node)) is not None:
                found.add(name)
                found.add(name.rpartition(".")[0] if name.endswith((".split", ".strip")) else name)
            case _:
                stack += node.children()
    return found - UNSAID


def _dotted(expr: s.Node) -> str | None:
    match expr:
        case s.Name(id=name):
            return name
        case s.Attribute(value=value, attr=name):
            owner = _dotted(value)
            return None if owner is None else f"{owner}.{name}"
    return None
