"""Whether an `await` inside a function could let another request change what the function works with."""

from __future__ import annotations

from fastlint.project.model import Function, Project, Scope, syntax, v

MUTATING = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "popitem", "clear", "sort", "reverse", "update", "setdefault"),
        *("add", "discard", "put", "put_nowait", "set", "delete", "commit", "write", "save"),
    }
)


def interleaves(function: Function, node: syntax.Node, project: Project) -> bool:
    """Whether state that others can see is touched before and after `node`, or a lock is held there."""
    body = function.body
    around = list(body.ancestors(node))
    if any(isinstance(a, syntax.With) for a in around):
        return True
    loop = next((a for a in reversed(around) if isinstance(a, syntax.For | syntax.While)), None)
    first, last = (loop.start, (loop.end_line, loop.end_column)) if loop is not None else (node.start, node.start)
    shared = _shared(function)
    read = {name for name, at in shared if at < last}
    written = {name for name, at in _written(function) if at > first}
    if read & written:
        return True
    own = [call.start for call in body.all(syntax.Call) if call is not node and _ours(call, function, project)]
    return any(at < last for at in own) and any(at > first for at in own)


def _root(expr: syntax.Expr) -> str:
    while isinstance(expr, syntax.Attribute | syntax.Subscript | syntax.Call):
        expr = expr.func if isinstance(expr, syntax.Call) else expr.value
    return expr.id if isinstance(expr, syntax.Name) else ""


def _shared(function: Function) -> list[tuple[str, tuple[int, int]]]:
    """The names of what outlives the call (globals, what parameters and `self` hold), and where they are used."""
    body = function.body
    local = {name for name, found in body.bindings.items() if any(b.kind not in ("parameter",) for b in found)}
    local -= set(body.elsewhere)
    return [(name.id, name.start) for name in body.all(syntax.Name) if name.id not in local]


def _written(function: Function) -> list[tuple[str, tuple[int, int]]]:
    """The shared things that are assigned to, into or changed by a method, and where."""
    body = function.body
    targets: list[syntax.Expr] = []
    for assign in body.all(syntax.Assign):
        targets += assign.targets
    targets += [item.target for item in body.all(syntax.AugAssign)]
    targets += [item.target for item in body.all(syntax.AnnAssign)]
    for item in body.all(syntax.Delete):
        targets += item.targets
    found = [
        (_root(target), target.start)
        for target in targets
        if isinstance(target, syntax.Attribute | syntax.Subscript) or _root(target) in body.elsewhere
    ]
    found += [
        (_root(call.func), call.start)
        for call in body.all(syntax.Call)
        if isinstance(call.func, syntax.Attribute) and call.func.attr in MUTATING
    ]
    return found


def _ours(call: syntax.Call, scope: Scope, project: Project) -> bool:
    """Whether the call runs code of the project, or nobody knows what it runs."""
    return any(not isinstance(value, v.External) for value in project.infer(call.func, scope))
