"""What a function does only where no event loop runs: `except RuntimeError` after `get_running_loop()`, and its kin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.language.callers import last_name
from fastlint.project.language.control_flow import END, following, ways_out
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function

ASKING = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop", "sniffio.current_async_library"})
CHECKS = frozenset({"get_running_loop", "get_event_loop", "_get_running_loop", "current_async_library"})
FLAG = re.compile(r"_?(is_|use_|run_|as_)?async(_mode|_|hronous)?|_?(is_)?asynchronous")
RAISED = frozenset({"RuntimeError", "AsyncLibraryNotFoundError", "Exception"})


def without_loop(function: Function, inference: Inference) -> frozenset[s.Node]:
    """The statements of a function that only run where no event loop runs in this thread."""
    found: list[s.Node] = list(_dual(function))
    if function.node.calls & CHECKS:
        found += _statements(function, inference)
    return frozenset(found)


def _dual(function: Function) -> Iterator[s.Node]:
    """What a function for both worlds does where its flag (`is_async`) is not set: its caller runs no loop."""
    for test in function.body.all(s.If):
        verdict = _asked_for(test.test)
        if verdict is True:
            yield from test.orelse
            if END not in ways_out(test.body):
                yield from following(test, function.body)
        elif verdict is False:
            yield from test.body
    for expr in function.body.all(s.Conditional):
        verdict = _asked_for(expr.test)
        if verdict is not None:
            yield expr.orelse if verdict else expr.body


def _asked_for(test: s.Expr) -> bool | None:
    """Whether a test says that the caller wants a coroutine (True), the plain answer (False), or neither."""
    match test:
        case s.Name(id=name) | s.Attribute(attr=name):
            return True if FLAG.fullmatch(name) else None
        case s.Unary(op="Not", operand=operand):
            inner = _asked_for(operand)
            return None if inner is None else not inner
        case s.Compare(left=left, ops=(op,), comparators=(s.Constant(value=bool() as value),)):
            inner = _asked_for(left)
            if inner is None or op not in ("Is", "Eq", "IsNot", "NotEq"):
                return None
            return inner is (value if op in ("Is", "Eq") else not value)
    return None


def _statements(function: Function, inference: Inference) -> Iterator[s.Node]:
    body = function.body
    loops: set[str] = set()
    for call in body.all(s.Call):
        if last_name(call) not in CHECKS or not inference.external_names(call.func, function) & ASKING:
            continue
        statement = body.statement(call)
        if isinstance(statement, s.Assign):
            loops |= {target.id for target in statement.targets if isinstance(target, s.Name)}
        attempt = body.enclosing(call, s.Try)
        if attempt is not None and any(item is statement for item in attempt.body):
            for handler in attempt.handlers:
                if _catches(handler.type):
                    yield from handler.body
            if END not in ways_out((*attempt.body, *attempt.orelse)):
                yield from following(attempt, body)
    for test in body.all(s.If):
        verdict = _running(test.test, loops)
        if verdict is False:
            yield from test.body
        elif verdict is True:
            yield from test.orelse
            if END not in ways_out(test.body):
                yield from following(test, body)


def _catches(kind: s.Expr | None) -> bool:
    match kind:
        case s.Tuple(elements=elements):
            return any(_catches(element) for element in elements)
        case s.Name(id=name) | s.Attribute(attr=name):
            return name in RAISED
    return kind is None


def _running(test: s.Expr, loops: set[str]) -> bool | None:
    """Whether a test says that a loop runs (True), that none does (False), or nothing of the kind."""
    match test:
        case s.Name(id=name) if name in loops:
            return True
        case s.Call(func=s.Attribute(value=s.Name(id=name), attr="is_running")) if name in loops:
            return True
        case s.Unary(op="Not", operand=operand):
            inner = _running(operand, loops)
            return None if inner is None else not inner
        case s.Compare(left=s.Name(id=name), ops=(op,), comparators=(s.Constant(value=None),)) if name in loops:
            return {"Is": False, "IsNot": True}.get(op)
        case s.Boolean(op=op, values=values):
            verdicts = {_running(value, loops) for value in values}
            if len(verdicts) == 1:
                return verdicts.pop()
    return None
