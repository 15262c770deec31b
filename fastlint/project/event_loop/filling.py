"""Caches that a function fills once: what it does before that is far, for it is done once in the life of a process."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.language.control_flow import END, following, ways_out
from fastlint.project.language.scopes import Function, Scope

ONCE = 12
"""The weight of what runs once in the life of a process: as far as chains are followed."""
ADDING = frozenset({"update", "append", "add", "extend", "setdefault", "insert", "set"})


def fills_key(statement: s.If) -> bool:
    """Whether it is `if key not in cache: cache[key] = ...`."""
    test = statement.test
    if not (isinstance(test, s.Compare) and test.ops == ("NotIn",)):
        return False
    cache = dotted(test.comparators[0])
    targets = [target for item in statement.body if isinstance(item, s.Assign) for target in item.targets]
    return any(isinstance(target, s.Subscript) and cache == dotted(target.value) != "" for target in targets)


def once_filled(function: Function) -> dict[s.Node, int]:
    """The weight of each statement after `if cache: return` or `if key in cache: return`, where it fills the cache."""
    found: dict[s.Node, int] = {}
    for guard in function.body.all(s.If):
        if not guard.orelse and END not in ways_out(guard.body):
            weight = _weight(guard.test, function) or (ONCE // 2 if _kept_by_key(guard, function) else 0)
            if weight:
                around: s.Node | None = guard
                while isinstance(around, s.Stmt):  # `with lock: if cache: return` leaves what follows the `with` too
                    found.update(dict.fromkeys(following(around, function.body), weight))
                    around = function.body.parents.get(around)
                    around = around if isinstance(around, s.With | s.Try) else None
    return found


def fills_for(node: s.Node, test: s.Expr, scope: Scope) -> bool:
    """Whether `if not cache: load()` calls a function of the file that fills `cache`, a global."""
    if not (isinstance(node, s.Call) and isinstance(node.func, s.Name)):
        return False
    name = absent(test)
    if not name or "." in name or name in scope.body.bindings:
        return False
    return any(
        function.name == node.func.id and name in _filled(function)
        for function in scope.module.members.values()
        if isinstance(function, Function)
    )


def _weight(test: s.Expr, function: Function) -> int:
    """How far what follows is, where `test` says that a cache is filled already."""
    match test:
        case s.Compare(ops=("In",), comparators=(cache,)):
            return ONCE // 2 if dotted(cache) in _filled(function) else 0
        case s.Compare(left=left, ops=("IsNot",), comparators=(other,)) if is_none(other):
            held = left
        case _:
            held = test
    looked_in = _looked_in(held, function)
    if looked_in:
        return ONCE // 2 if looked_in in _filled(function) else 0
    name = dotted(held)
    if not name or name not in _filled(function):
        return 0
    if name in function.body.bindings:
        return ONCE // 2
    return ONCE // 2 if name.startswith("self.") and not of_only_one(function) else ONCE


def of_only_one(function: Function) -> bool:
    """Whether a method is of a class that makes one object: its `__new__` keeps that in the class and returns it."""
    cls = function.cls
    making = cls.methods.get("__new__") if cls is not None else None
    if cls is None or making is None or not making.node.parameters:
        return False
    kept = {dotted(target) for node in making.body.all(s.Assign) for target in node.targets}
    given = {dotted(node.value) for node in making.body.all(s.Return) if node.value is not None}
    owners = (f"{making.node.parameters[0].name}.", f"{cls.name}.")
    return any(name.startswith(owners) for name in kept & given)


def _kept_by_key(guard: s.If, function: Function) -> bool:
    """Whether it is `if found: return found` with `found = look_up(key)`, and what is made later is kept by the key.

    That is `keep(key, made)` somewhere behind it, where `made` is returned.
    """
    test = guard.test
    held = (
        test.left if isinstance(test, s.Compare) and test.ops == ("IsNot",) and is_none(test.comparators[0]) else test
    )
    last = guard.body[-1]
    if not (isinstance(held, s.Name) and isinstance(last, s.Return) and _names([last.value]) == {held.id}):
        return False
    bindings = function.body.bindings.get(held.id, [])
    value = bindings[0].value if len(bindings) == 1 and not bindings[0].path else None
    call = value.value if isinstance(value, s.Await) else value
    keys = _names(_arguments(call)) if isinstance(call, s.Call) else set()
    made = {name for node in function.body.all(s.Return) for name in _names([node.value])} - {held.id}
    return any(
        not keys.isdisjoint(given) and not made.isdisjoint(given)
        for node in function.body.all(s.ExprStmt)
        if node.start > guard.start
        for kept in [node.value.value if isinstance(node.value, s.Await) else node.value]
        if isinstance(kept, s.Call)
        for given in [_names(_arguments(kept))]
    )


def _arguments(call: s.Call) -> list[s.Expr | None]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _names(exprs: list[s.Expr | None]) -> set[str]:
    """The names among the expressions."""
    return {expr.id for expr in exprs if isinstance(expr, s.Name)}


def _looked_in(held: s.Expr, function: Function) -> str:
    """The cache of which an expression is what it holds for a key: `cache.get(key)`, or a name for that."""
    if isinstance(held, s.NamedExpr):
        held = held.value
    if isinstance(held, s.Name):
        bindings = function.body.bindings.get(held.id, [])
        value = bindings[0].value if len(bindings) == 1 and not bindings[0].path else None
        held = value if value is not None and bindings[0].kind in ("assign", "annotated") else held
    match held:
        case s.Call(func=s.Attribute(value=cache, attr="get"), args=(_, *_)):
            return dotted(cache)
    return ""


def absent(test: s.Expr) -> str:
    """The dotted name of `name` in `if name is None` or `if not name`."""
    if isinstance(test, s.Compare) and test.ops == ("Is",) and is_none(test.comparators[0]):
        return dotted(test.left)
    return dotted(test.operand) if isinstance(test, s.Unary) and test.op == "Not" else ""


def _filled(function: Function) -> set[str]:
    """The globals and attributes that a function gives a value or adds to."""
    return set(_fillings(function))


def _fillings(function: Function) -> Iterator[str]:
    body = function.body
    targets = [target for node in body.all(s.Assign) for target in node.targets]
    targets += [node.target for node in body.all(s.AnnAssign) if node.value is not None]
    for target in targets:
        match target:
            case s.Name(id=name):
                if name in body.elsewhere:
                    yield name
            case s.Attribute():
                yield dotted(target)
            case s.Subscript(value=value):
                name = dotted(value)
                if name and (name not in body.bindings or _kept(name, function)):
                    yield name
    for call in body.all(s.Call):
        if isinstance(call.func, s.Attribute) and call.func.attr in ADDING:
            name = dotted(call.func.value)
            if name and (name not in body.bindings or _kept(name, function)):
                yield name


def _kept(name: str, function: Function) -> bool:
    """Whether a local name stands for something kept elsewhere: `cache = self._cache`, `cache = get_cache()`."""
    bindings = function.body.bindings[name]
    if len(bindings) != 1 or bindings[0].kind not in ("assign", "annotated") or bindings[0].path:
        return False
    match bindings[0].value:
        case s.Attribute():
            return True
        case s.Call(func=s.Name(id=maker), args=(), keywords=()):
            made = (item for item in function.module.members.values() if item.name == maker)
            return any(isinstance(item, Function) and item.body.elsewhere for item in made)
    return False


def is_none(expr: s.Expr) -> bool:
    return isinstance(expr, s.Constant) and expr.value is None


def dotted(expr: s.Expr) -> str:
    if isinstance(expr, s.Attribute):
        inner = dotted(expr.value)
        return f"{inner}.{expr.attr}" if inner else ""
    return expr.id if isinstance(expr, s.Name) else ""
