"""What the rules about blocking calls share: the finding, and the fix that moves a call into a thread."""

from __future__ import annotations

from fastlint.project.model import Function, LoopCall, Project, Scope, syntax, v
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, related

SUPERSEDED = {"metadata": "file", "spawn": "subprocess", "publish": "sdk", "cpu": "password"}
"""A kind that is not worth a second finding where the same call also does the other kind of work."""


FARTHEST = {"file": 6, "wait": 6, "nested": 8}
"""How far the rule for a kind of work follows it by default, where that is not 12."""


def near(call: LoopCall) -> bool:
    """Whether a call blocks near enough that its rule reports it by default."""
    return call.within(FARTHEST.get(call.kind, 12))


def concerns(call: LoopCall, project: Project, depth: int, *kinds: str) -> bool:
    """Whether a rule for these kinds of work is to report the call: one that requests run, not deeper than `depth`."""
    if call.kind not in kinds or not call.within(depth) or call.startup:
        return False
    more = SUPERSEDED.get(call.kind)
    return more is None or not any(other.kind == more for other in project.loop.at(call.function, call.node))


def blocking(call: LoopCall, project: Project, level: Level, what: str = "blocks the event loop") -> Finding:
    """The finding for a call, one level lower when no route is known to get there."""
    hint = f" ({call.entry.hint})" if call.entry.hint else ""
    if call.reached:
        others = f" and {len(call.titles) - 1} more" if len(call.titles) > 1 else ""
        start, names = [f"'{next(iter(call.titles))}'{others}"], [function.short for function in call.way]
        tail = ""
    else:
        level, start, names = Level(max(Level.INFO, level - 1)), [], [call.function.short]
        tail = "; no route is known to reach it"
    steps = " -> ".join([*start, *names, *(hop.callee for hop in call.chain[:-1])])
    return Finding(
        call.path,
        call.span,
        f"`{call.entry.name}` {what}: {steps}{tail}{hint}",
        related=related((hop.path, hop.span, f"`{hop.caller}` runs `{hop.callee}`") for hop in call.chain[1:]),
        level=level,
        subject=(call, project),
        symbol=call.function.qualname,
        about=f"`{call.entry.name}` {what}",  # other routes and other ways to the same call are no news
    )


OF_ONE_THREAD = ("sqlite3.", "filelock.", "sqlalchemy.orm.scoped_session")
"""Their objects belong to the thread that made them or took them: a lock taken in a worker thread is not held here, a
scoped session there is another session."""
CANCELLATION = frozenset({"builtins.BaseException", "asyncio.CancelledError", "anyio.get_cancelled_exc_class"})
LOCKS = ("threading.", "multiprocessing.", "filelock.", "fasteners.", "portalocker.")


def movable(call: LoopCall) -> syntax.Call | None:
    """The call, where `await` can stand in its place: in the body of an `async def`, its result used as a whole."""
    node, body = call.run.call, call.function.body
    if node is None or not call.function.is_async:
        return None
    around = list(body.ancestors(node))
    if any(isinstance(a, syntax.Lambda | syntax.Comprehension | syntax.WithItem) for a in around):
        return None
    parent = around[0] if around else None
    if isinstance(parent, syntax.Await | syntax.YieldFrom | syntax.Starred):
        return None
    return None if isinstance(parent, syntax.For) and parent.iterable is node else node


def in_threadpool(call: LoopCall, project: Project, edit: Edits) -> Fix | None:
    """`f(x)` -> `await run_in_threadpool(f, x)`."""
    node = movable(call)
    if node is None or _of_one_thread(call, project) or _under_lock(node, call.function, project):
        return None
    if _when_cancelled(node, call.function, project):
        return None
    path = call.path
    arguments = arguments_of(node, path, edit)
    if arguments is None:
        return None
    name, imports = edit.add_import(path, "fastapi.concurrency", "run_in_threadpool")
    callee = edit.text(path, node.func.span)
    first = arguments.lstrip()
    gap = arguments.removesuffix(first) or " "  # arguments on lines of their own stay there
    before = gap if gap != " " else ""
    content = f"{name}({before}{callee},{gap}{first})" if first else f"{name}({callee})"
    if node.line == node.end_line and call.function.body.enclosing(node, syntax.FString) is None:
        content = _fitting(content, name, callee, node, path, edit)
    edits = (*imports, edit.awaited(path, node.span, content))
    return Fix("Run it in the threadpool", Applicability.UNSAFE, edits)


def _fitting(content: str, name: str, callee: str, node: syntax.Call, path: str, edit: Edits) -> str:
    """The call as it is where the line is not too long for the file; else over several, as formatters do it."""
    source = edit.source(path)
    line = source.line(node.line)
    line = line[: node.end_column] + line[node.end_column :].partition("  #")[0]  # a comment behind it may be long
    longer = len(f"await {content}") - (node.end_column - node.column)
    if not len(line) <= source.width < len(line) + longer or len(content) < len(name) + len(callee) + 4:
        return content
    indentation = line[: len(line) - len(line.lstrip())]
    step = indentation + ("\t" if indentation.startswith("\t") else "    ")
    items = [callee, *(edit.text(path, argument.span) for argument in (*node.args, *node.keywords))]
    if len(step) + len(", ".join(items)) <= source.width:
        inner = f"{step}{', '.join(items)}{source.newline}"
    else:
        inner = "".join(f"{step}{item},{source.newline}" for item in items)
    return f"{name}({source.newline}{inner}{indentation})"


def _when_cancelled(node: syntax.Node, function: Function, project: Project) -> bool:
    """Whether it also runs while the request is cancelled: there what is awaited is cancelled too, before it ran."""
    for around in function.body.ancestors(node):
        if isinstance(around, syntax.Try) and _within(node, around.finalbody):
            return True
        if isinstance(around, syntax.Handler):
            caught = set(CANCELLATION) if around.type is None else project.raises.caught(around, function)
            if set(caught) & CANCELLATION:
                return True
    return False


def _of_one_thread(call: LoopCall, project: Project) -> bool:
    """Whether any of the work that the call does is bound to the thread it began in."""
    return any(one.entry.name.startswith(OF_ONE_THREAD) for one in project.loop.at(call.function, call.node))


def _under_lock(node: syntax.Node, function: Function, project: Project) -> bool:
    """Whether a lock of threads or processes is held there, by a plain `with`, as far as that can be told.

    While the call is awaited others run on this thread: one that asks for the lock would stop it for good.
    """
    return any(
        _locks(item.context, function, project, 0)
        for around in function.body.ancestors(node)
        if isinstance(around, syntax.With) and not around.is_async
        for item in around.items
    )


def _locks(expr: syntax.Expr, scope: Scope, project: Project, depth: int) -> bool:
    """Whether entering it takes a lock; what is no call and not known is taken for one."""
    values = v.without_none(project.infer(expr, scope))
    for value in values:
        if isinstance(value, v.Manager):
            return depth > 3 or any(
                _locks(item.context, value.function, project, depth + 1)
                for inner in value.function.body.all(syntax.With)
                for item in inner.items
            )
        if isinstance(value, v.Instance) and isinstance(value.of, str) and value.of.startswith(LOCKS):
            return True
    known = bool(values) and all(isinstance(value, v.Instance | v.External) for value in values)
    return not known and not isinstance(expr, syntax.Call)


def arguments_of(node: syntax.Call, path: str, edit: Edits) -> str | None:
    """What stands between the parentheses; None where only a comment does, or where they cannot be told."""
    whole, callee = edit.text(path, node.span), edit.text(path, node.func.span)
    rest = whole.removeprefix(callee).strip()
    if not whole.startswith(callee) or not (rest.startswith("(") and rest.endswith(")")):
        return None
    inner = rest[1:-1]
    if not node.args and not node.keywords:
        return "" if not inner.strip() else None
    if len(node.args) == 1 and isinstance(node.args[0], syntax.Comprehension) and not node.keywords:
        return None if not inner.lstrip().startswith("(") else inner
    return inner if "\n" in inner else inner.strip()


def in_branches(function: Function, one: syntax.Node, other: syntax.Node) -> bool:
    """Whether two nodes stand in different arms of the same `if`, so that only one of them runs."""
    body = function.body
    for node in body.ancestors(one):
        if isinstance(node, syntax.If):
            arms = [_within(one, node.body), _within(other, node.body), _within(one, node.orelse)]
            if arms[0] != arms[1] and (arms[2] or _within(other, node.orelse)):
                return True
    return False


def _within(node: syntax.Node, suite: tuple[syntax.Stmt, ...]) -> bool:
    return any(item.start <= node.start and node.end_line <= item.end_line for item in suite)
