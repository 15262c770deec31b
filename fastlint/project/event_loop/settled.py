"""Waits that are over before they begin: a test has shown that the future is done, the thread ended, the event set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastlint.facts import syntax as s
from fastlint.project.event_loop.filling import dotted, is_none
from fastlint.project.language.bodies import Body
from fastlint.project.language.control_flow import END, suite_of, ways_out
from fastlint.project.language.narrowing import given_again
from fastlint.project.language.scopes import Scope

THREADS = ("threading.Thread", "threading.Timer", "multiprocessing.Process")
EVENTS = ("threading.Event", "multiprocessing.synchronize.Event")
QUEUES = (
    *("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "queue.SimpleQueue"),
    *("multiprocessing.queues.Queue", "multiprocessing.queues.SimpleQueue"),
)
OVER: dict[str, tuple[str, bool]] = {
    **dict.fromkeys((f"concurrent.futures.Future.{name}" for name in ("result", "exception")), ("done", True)),
    **dict.fromkeys((f"multiprocessing.pool.AsyncResult.{name}" for name in ("get", "wait")), ("ready", True)),
    **dict.fromkeys((f"{name}.join" for name in THREADS), ("is_alive", False)),
    **dict.fromkeys((f"{name}.wait" for name in EVENTS), ("is_set", True)),
    **dict.fromkeys((f"{name}.get" for name in QUEUES), ("empty", False)),
    **dict.fromkeys((f"subprocess.Popen.{name}" for name in ("wait", "communicate")), ("poll", True)),
    "multiprocessing.connection.Connection.recv": ("poll", True),
}
"""For what waits: the method that tells whether it would, and what that answers where it does not."""
NAMES = frozenset(name.rpartition(".")[2] for name in OVER)


def settled(call: s.Call, names: Iterable[str], scope: Scope) -> bool:
    """Whether each of the names that `call` may call would wait for something that a test has shown to be over."""
    if not (isinstance(call.func, s.Attribute) and call.func.attr in NAMES):
        return False
    receiver = dotted(call.func.value)
    asked = {OVER.get(name) for name in names}
    if not receiver or len(asked) != 1:
        return False
    question = asked.pop()
    if question is None:
        return False
    if question == ("done", True) and _was_awaited(receiver, call, scope.body):
        return True
    return any(
        _shows(test, holds, receiver, *question) and not given_again(receiver, test, call, scope.body)
        for test, holds in _known(call, scope.body)
    )


def _was_awaited(receiver: str, call: s.Call, body: Body) -> bool:
    """Whether `wrap_future(receiver)` was awaited in a statement before, in the same suite or one around it."""
    wrapped = [
        other
        for other in body.all(s.Call)
        if isinstance(other.func, s.Name | s.Attribute)
        and dotted(other.func).rpartition(".")[2] == "wrap_future"
        and other.args
        and dotted(other.args[0]) == receiver
        and body.enclosing(other, s.Await) is not None
    ]
    behind = [call, *body.ancestors(call)] if wrapped else []
    suites = [suite_of(node, body) for node in behind if isinstance(node, s.Stmt)]
    return any(
        (statement := body.statement(other)) is not None
        and statement.start < call.start
        and any(item is statement for suite in suites for item in suite)
        and not given_again(receiver, other, call, body)
        for other in wrapped
    )


def _known(node: s.Node, body: Body) -> Iterator[tuple[s.Expr, bool]]:
    """The tests that are behind a node, each with whether it held."""
    inner = node
    for around in body.ancestors(node):
        match around:
            case s.If(test=test) | s.Conditional(test=test) if test is not inner:
                chosen = around.body if isinstance(around.body, tuple) else (around.body,)
                yield test, any(item is inner for item in chosen)
            case s.While(test=test) if any(item is inner for item in around.body):
                yield test, True
            case s.Boolean(op=op, values=values):
                for value in values:
                    if value is inner:
                        break
                    yield value, op == "And"
            case s.Comprehension(generators=generators) if not any(item is inner for item in generators):
                for generator in generators:
                    yield from ((condition, True) for condition in generator.conditions)
        if isinstance(inner, s.Stmt):
            yield from _before(inner, body)
        inner = around
    if isinstance(inner, s.Stmt):
        yield from _before(inner, body)


def _before(statement: s.Stmt, body: Body) -> Iterator[tuple[s.Expr, bool]]:
    """What the statements before one in its suite have settled: those that only go on where a test failed or held."""
    for earlier in suite_of(statement, body):
        if earlier is statement:
            return
        match earlier:
            case s.Assert(test=test):
                yield test, True
            case s.If(test=test, orelse=()) if END not in ways_out(earlier.body):
                yield test, False
            case s.While(test=test) if "break" not in ways_out(earlier.body):
                yield test, False


def _shows(test: s.Expr, holds: bool, receiver: str, question: str, answer: bool) -> bool:
    """Whether a test that held (or did not) says that `receiver.question()` is `answer`."""
    match test:
        case s.Call(func=s.Attribute(value=value, attr=attr)):
            return attr == question and dotted(value) == receiver and holds is answer
        case s.Unary(op="Not", operand=operand):
            return _shows(operand, not holds, receiver, question, answer)
        case s.Boolean(op=op, values=values) if holds is (op == "And"):
            return any(_shows(value, holds, receiver, question, answer) for value in values)
        case s.Compare(left=left, ops=(op,), comparators=(other,)) if is_none(other) and op in ("Is", "IsNot"):
            return _shows(left, holds is (op == "IsNot"), receiver, question, answer)
    return False
