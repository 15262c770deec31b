"""Where a function parses the JSON of a request by hand, and whether keys of what it got are read."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.arguments import arguments_of
from fastlint.project.language.names import Definition
from fastlint.project.model import Function, Parameter, Project, syntax, v

LOADS = frozenset({"json.loads", "orjson.loads", "ujson.loads", "rapidjson.loads", "simplejson.loads"})
DEEPEST = 2
"""Loops within loops whose items are looked at, and decoded texts of one another."""
TAKING = frozenset({"get", "pop"})
TESTS = (syntax.If, syntax.While, syntax.Boolean, syntax.Unary)


def parsed(request: str, owner: Function, project: Project) -> Iterator[tuple[syntax.Call, syntax.Expr]]:
    """The calls that parse the body of the parameter called `request`, each with the expression of what comes out.

    Nothing where the function also does something else with the raw bytes: a signature is over those, and no model sees
    them.
    """
    calls = owner.body.all(syntax.Call)
    raw = [call for call in calls if _method_of(call, request) == "body"]
    loads = []
    if raw:
        names = {name for call in raw for name in _holding(_awaited(call, owner), owner)}
        parsing = [call for call in calls if len(call.args) == 1 and project.names(call.func, owner) & LOADS]
        loads = [call for call in parsing if _is_raw(call.args[0], raw, names, owner)]
        if any(not _only_parsed(expr, loads, owner) for expr in _uses(raw, names, owner)):
            return
    if any(_method_of(call, request) == "stream" for call in calls):
        return
    yield from ((call, call) for call in loads)
    for call in calls:
        awaited = owner.body.parents.get(call)
        if _method_of(call, request) == "json" and isinstance(awaited, syntax.Await):
            yield call, awaited


def hands_on(expr: syntax.Expr, owner: Function) -> bool:
    """Whether the function returns what `expr` gives, as it is."""
    exprs = [expr, *(use for name in _holding(expr, owner) for use in _names(name, owner))]
    return any(isinstance(owner.body.parents.get(item), syntax.Return | syntax.Yield) for item in exprs)


def keys_read(expr: syntax.Expr, owner: Function, project: Project) -> bool:
    """Whether a constant key of what `expr` gives is read, at once or through the name it is bound to."""
    expr = _passed_through(expr, owner)
    if _reads_key(expr, owner) or _read_beyond(expr, owner, project, 0):
        return True
    return any(name_read(name, owner, project, expr) for name in _holding(expr, owner))


def name_read(name: str, owner: Function, project: Project, given: syntax.Expr | None = None, depth: int = 0) -> bool:
    """Whether a constant key of the variable is read, where it holds `given` if that is named.

    Not where the function checks by hand what it holds. What it is handed to may read the key as well.
    """
    if any(_checks(call, name) for call in owner.body.all(syntax.Call)):
        return False
    reading = (use for use in _names(name, owner) if _reads_key(use, owner) or _read_beyond(use, owner, project, depth))
    return any(given is None or _may_hold(use, given, owner, project) for use in reading)


def _read_beyond(use: syntax.Expr, owner: Function, project: Project, depth: int) -> bool:
    """Whether it is handed to a function of the project that reads a constant key of it."""
    around = owner.body.parents.get(use)
    call = owner.body.parents.get(around) if isinstance(around, syntax.Keyword) else around
    if depth >= DEEPEST or not isinstance(call, syntax.Call) or call.func is use:
        return False
    values = project.infer(call.func, owner)
    functions = [value.function for value in values if isinstance(value, v.FunctionValue)]
    return (
        bool(functions)
        and len(functions) == len(values)
        and all(_reads_argument(use, call, function, project, depth + 1) for function in functions)
    )


def _reads_argument(use: syntax.Expr, call: syntax.Call, function: Function, project: Project, depth: int) -> bool:
    given = arguments_of(call, function, isinstance(call.func, syntax.Attribute))
    return any(name_read(name, function, project, None, depth) for name, expr in given.items() if expr is use)


def _may_hold(name: syntax.Name, given: syntax.Expr, owner: Function, project: Project) -> bool:
    """Whether what was assigned last may be `given`."""
    found = project.inference.define(name, owner)
    values = [item.binding.value for item in found if isinstance(item, Definition)]
    return not values or any(value is given or value is None for value in values)


def _passed_through(expr: syntax.Expr, owner: Function) -> syntax.Expr:
    """The outermost expression that gives the same: `dict(x)`, `x or {}`, `x if given else {}`."""
    while True:
        match owner.body.parents.get(expr):
            case syntax.Boolean(op="Or") as around:
                expr = around
            case syntax.Conditional(test=test) as around if test is not expr:
                expr = around
            case syntax.Call(func=syntax.Name(id="dict" | "list"), args=(only,)) as around if only is expr:
                expr = around
            case _:
                return expr


def readers(owner: Function, project: Project) -> Iterator[Parameter]:
    """The parameters that are filled with what the dependency gives, where keys of it are read."""
    for parameter in project.parameters:
        dependency = parameter.dependency
        if (
            dependency is not None
            and dependency.function is owner
            and name_read(parameter.node.name, parameter.owner, project)
        ):
            yield parameter


def through_helpers(request: str, owner: Function, project: Project) -> Iterator[syntax.Call]:
    """The calls that hand the request to a function of the project which returns the parsed body, keys of it read."""
    for call in owner.body.all(syntax.Call):
        place = next((i for i, arg in enumerate(call.args) if isinstance(arg, syntax.Name) and arg.id == request), None)
        awaited = owner.body.parents.get(call)
        if place is None or not isinstance(awaited, syntax.Await) or not keys_read(awaited, owner, project):
            continue
        values = project.infer(call.func, owner)
        functions = [value.function for value in values if isinstance(value, v.FunctionValue)]
        if functions and len(functions) == len(values) and all(_returns_json(f, place, project) for f in functions):
            yield call


def _returns_json(function: Function, place: int, project: Project) -> bool:
    if function.cls is not None and function.node.parameters and function.node.parameters[0].name in ("self", "cls"):
        place += 1
    if place >= len(function.node.parameters):
        return False
    name = function.node.parameters[place].name
    return any(hands_on(expr, function) for _, expr in parsed(name, function, project))


def _method_of(call: syntax.Call, name: str) -> str:
    """The method, when it is one of the object called `name`."""
    func = call.func
    return (
        func.attr
        if isinstance(func, syntax.Attribute) and isinstance(func.value, syntax.Name) and func.value.id == name
        else ""
    )


def _awaited(call: syntax.Call, owner: Function) -> syntax.Expr:
    around = owner.body.parents.get(call)
    return around if isinstance(around, syntax.Await) else call


def _names(name: str, owner: Function) -> Iterator[syntax.Name]:
    return (node for node in owner.body.all(syntax.Name) if node.id == name)


def _holding(expr: syntax.Expr, owner: Function) -> Iterator[str]:
    """The variables that `expr` itself is assigned to."""
    around = owner.body.parents.get(expr)
    targets = around.targets if isinstance(around, syntax.Assign) else (getattr(around, "target", None),)
    if isinstance(around, syntax.Assign | syntax.AnnAssign | syntax.NamedExpr):
        yield from (target.id for target in targets if isinstance(target, syntax.Name))


# ---- the raw bytes ----


def _is_raw(expr: syntax.Expr, raw: list[syntax.Call], names: set[str], owner: Function, depth: int = 0) -> bool:
    """Whether it is the body as it came, decoded or not."""
    match expr:
        case _ if depth > 2 * DEEPEST:
            return False
        case syntax.Await(value=syntax.Call() as call):
            return any(call is one for one in raw)
        case syntax.Call(func=syntax.Attribute(value=value, attr="decode")):
            return _is_raw(value, raw, names, owner, depth + 1)
        case syntax.Name(id=name):
            bound = [binding.value for binding in owner.body.bindings.get(name, ())]
            return name in names or (
                len(bound) == 1
                and isinstance(bound[0], syntax.Call)
                and isinstance(bound[0].func, syntax.Attribute)
                and _is_raw(bound[0], raw, names, owner, depth + 1)
            )
    return False


def _uses(raw: list[syntax.Call], names: set[str], owner: Function) -> Iterator[syntax.Expr]:
    """Where the bytes are used: the call itself, unless assigned, and all uses of the variables that hold them."""
    for call in raw:
        awaited = _awaited(call, owner)
        if not any(True for _ in _holding(awaited, owner)):
            yield awaited
    for name in names:
        for use in _names(name, owner):
            if not isinstance(owner.body.parents.get(use), syntax.Assign | syntax.AnnAssign | syntax.NamedExpr):
                yield use


def _only_parsed(expr: syntax.Expr, loads: list[syntax.Call], owner: Function, depth: int = 0) -> bool:
    """Whether this use of the bytes parses them, or asks whether there are any."""
    if depth > DEEPEST:
        return True  # decoded into the same variable: its other uses are looked at
    around = owner.body.parents.get(expr)
    if isinstance(around, syntax.Attribute) and around.attr == "decode":
        decoded = owner.body.parents.get(around)
        if not isinstance(decoded, syntax.Call):
            return False
        uses: list[syntax.Expr] = [
            use for name in _holding(decoded, owner) for use in _names(name, owner) if not _target(use, owner)
        ]
        return all(_only_parsed(use, loads, owner, depth + 1) for use in uses or [decoded])
    return isinstance(around, TESTS) or any(around is call for call in loads)


def _target(name: syntax.Name, owner: Function) -> bool:
    around = owner.body.parents.get(name)
    if isinstance(around, syntax.Assign):
        return any(target is name for target in around.targets)
    return isinstance(around, syntax.AnnAssign | syntax.NamedExpr) and around.target is name


# ---- the keys ----


def _checks(call: syntax.Call, name: str) -> bool:
    """`isinstance(body, dict)`, `jsonschema.validate(body, schema)`: the function checks by hand what it got."""
    called = call.func.attr if isinstance(call.func, syntax.Attribute) else getattr(call.func, "id", "")
    if called != "isinstance" and "validat" not in called.lower():
        return False
    return any(isinstance(arg, syntax.Name) and arg.id == name for arg in call.args)


def _reads_key(expr: syntax.Expr, owner: Function, depth: int = 0) -> bool:
    """`expr["key"]`, `expr.get("key")`, a key taken out by `match`, or such a key of each of its items."""
    around = owner.body.parents.get(expr)
    match around:
        case syntax.NamedExpr(value=value) if value is expr:
            return _reads_key(around, owner, depth)
        case syntax.Subscript(value=value, index=syntax.Constant(value=str())):
            return value is expr
        case syntax.Attribute(attr=attr) if attr in TAKING:
            call = owner.body.parents.get(around)
            return isinstance(call, syntax.Call) and bool(call.args) and isinstance(call.args[0], syntax.Constant)
        case syntax.Match(subject=subject) if subject is expr:
            return any(case.kind == "keys" for case in around.cases)
        case syntax.For(target=syntax.Name(id=name), iterable=iterable) if iterable is expr:
            return depth < DEEPEST and _read_of_each(name, owner, depth + 1)
        case syntax.Generator(target=syntax.Name(id=name), iterable=iterable) if iterable is expr:
            return depth < DEEPEST and _read_of_each(name, owner, depth + 1)
    return False


def _read_of_each(name: str, owner: Function, depth: int) -> bool:
    """Whether a key of what a loop goes through is read, and nothing checks it by hand."""
    if any(_checks(call, name) for call in owner.body.all(syntax.Call)):
        return False
    return any(_reads_key(use, owner, depth) for use in _names(name, owner))
