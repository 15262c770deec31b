"""Which database session a coroutine uses that is started beside others."""

from __future__ import annotations

from fastlint.project.model import Class, Function, Project, syntax, v

SESSIONS = frozenset(
    {
        *("sqlalchemy.ext.asyncio.AsyncSession", "sqlmodel.ext.asyncio.session.AsyncSession"),
        "sqlalchemy.ext.asyncio.AsyncConnection",
    }
)


def members(call: syntax.Call, function: Function) -> list[tuple[syntax.Expr, bool]]:
    """The coroutines that a `gather` starts, each with whether it stands for many."""
    found: list[tuple[syntax.Expr, bool]] = []
    for argument in call.args:
        if not isinstance(argument, syntax.Starred):
            found.append((argument, False))
            continue
        value = argument.value
        if isinstance(value, syntax.Name):
            bindings = function.body.bindings.get(value.id, [])
            value = bindings[0].value or value if len(bindings) == 1 else value
        if isinstance(value, syntax.Comprehension):
            found.append((value.element, True))
        elif isinstance(value, syntax.List | syntax.Tuple):
            found += [(element, False) for element in value.elements]
    return found


def session_of(member: syntax.Expr, function: Function, project: Project) -> str | None:
    """The name of the session that a coroutine call uses; None when it uses none, or one of its own."""
    if not isinstance(member, syntax.Call) or not _makes_coroutine(member, function, project):
        return None
    if isinstance(member.func, syntax.Attribute):
        receiver = member.func.value
        if _is_session(receiver, function, project) or _holds_session(receiver, member.func.attr, function, project):
            return _fixed(receiver, function)
    for argument in (*member.args, *(keyword.value for keyword in member.keywords)):
        if _is_session(argument, function, project):
            return _fixed(argument, function)
    return None


def _makes_coroutine(member: syntax.Call, function: Function, project: Project) -> bool:
    return project.loop.awaiting.coroutine(member, function) is not None


def _is_session(expr: syntax.Expr, function: Function, project: Project) -> bool:
    return isinstance(expr, syntax.Name | syntax.Attribute) and bool(project.types(expr, function) & SESSIONS)


def _holds_session(receiver: syntax.Expr, method: str, function: Function, project: Project) -> bool:
    """Whether the method of a project class reads an attribute of its object that is a session."""
    for value in project.infer(receiver, function):
        if isinstance(value, v.Instance) and isinstance(value.of, Class):
            code = project.inference.classes.method(value.of, method)
            if code is not None and any(
                _reads(attribute, code, project) for attribute in code.body.all(syntax.Attribute)
            ):
                return True
    return False


def _reads(attribute: syntax.Attribute, code: Function, project: Project) -> bool:
    me = code.node.parameters[0].name if code.node.parameters else ""
    own = isinstance(attribute.value, syntax.Name) and attribute.value.id == me
    return own and _is_session(attribute, code, project)


def _fixed(expr: syntax.Expr, function: Function) -> str | None:
    """The dotted name, unless a comprehension around it makes another one each time."""
    root = expr
    while isinstance(root, syntax.Attribute):
        root = root.value
    if not isinstance(root, syntax.Name):
        return None
    for around in function.body.ancestors(expr):
        if isinstance(around, syntax.Comprehension):
            for generator in around.generators:
                if any(isinstance(n, syntax.Name) and n.id == root.id for n in syntax.walk(generator.target)):
                    return None
    return _dotted(expr)


def _dotted(expr: syntax.Expr) -> str:
    if isinstance(expr, syntax.Attribute):
        return f"{_dotted(expr.value)}.{expr.attr}"
    return expr.id if isinstance(expr, syntax.Name) else ""


def task_group(call: syntax.Call, function: Function, project: Project) -> bool:
    """Whether the call starts a member of a task group."""
    return "asyncio.TaskGroup.create_task" in project.names(call.func, function)


def loop_around(call: syntax.Call, session: str, function: Function) -> bool:
    """Whether a loop starts the task again and again with a session from outside, without awaiting it in between."""
    loop = function.body.enclosing(call, (syntax.For, syntax.While))
    if loop is None:
        return False
    root = session.partition(".")[0]
    inside = [
        b for b in function.body.bindings.get(root, ()) if loop.start <= b.start <= (loop.end_line, loop.end_column)
    ]
    waits = [a for a in function.body.all(syntax.Await) if loop.start < a.start and a.end_line <= loop.end_line]
    leaves = any(isinstance(n, syntax.Jump | syntax.Return) for n in syntax.walk(loop) if n is not loop)
    return not inside and not waits and not leaves
