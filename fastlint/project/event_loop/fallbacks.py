"""What a function does only where no event loop runs: `except RuntimeError` after `get_running_loop()`, and its kin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.callers import last_name
from fastlint.project.language.control_flow import END, following, ways_out
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function

ASKING = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop", "sniffio.current_async_library"})
CHECKS = frozenset({"get_running_loop", "get_event_loop", "_get_running_loop", "current_async_library"})
FLAG = re.compile(r"_?(is_|use_|run_|as_)?async(_mode|_|hronous)?|_?(is_)?asynchronous")
RAISED = frozenset({"RuntimeError", "AsyncLibraryNotFoundError", "Exception"})


def without_loop(function: Function, inference: Inference, askers: frozenset[Function]) -> frozenset[s.Node]:
    """The statements of a function that only run where no event loop runs in this thread."""
    found: list[s.Node] = list(_dual(function))
    if function.node.calls & CHECKS or function.node.calls & {asker.name for asker in askers}:
        found += _statements(function, inference, askers)
    return frozenset(found)


def asking(inference: Inference) -> frozenset[Function]:
    """The functions of the project that tell whether a loop runs: they give it or True, else None or False."""
    return frozenset(
        function
        for module in inference.names.modules
        if module.facts.calls & CHECKS
        for function in module.functions()
        if function.node.calls & CHECKS and _tells(function)
    )


def _tells(function: Function) -> bool:
    attempts = function.body.all(s.Try)
    if function.is_async or function.node.parameters or len(attempts) != 1:
        return False
    (attempt,) = attempts
    calls = [call for call in function.body.all(s.Call) if last_name(call) in CHECKS]
    if not all(_catches(handler.type) for handler in attempt.handlers) or not attempt.handlers:
        return False
    if not all(any(around is attempt for around in function.body.ancestors(call)) for call in calls):
        return False
    for answer in function.body.all(s.Return):
        handled = any(isinstance(around, s.Handler) for around in function.body.ancestors(answer))
        value = answer.value.value if isinstance(answer.value, s.Constant) else answer.value
        if handled and value not in (None, False):
            return False
        if not handled and value is not True and value not in calls and not isinstance(value, s.Name):
            return False
    return END not in ways_out((*attempt.body, *attempt.orelse))


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


def _statements(function: Function, inference: Inference, askers: frozenset[Function]) -> Iterator[s.Node]:
    body = function.body
    loops: set[str] = set()
    asked: set[s.Node] = set()
    names = {asker.name for asker in askers}
    for call in body.all(s.Call):
        if last_name(call) in names and _asks(call, function, inference, askers):
            asked.add(call)
            loops |= _kept_in(body.parents.get(call))
        if last_name(call) not in CHECKS or not inference.external_names(call.func, function) & ASKING:
            continue
        statement = body.statement(call)
        loops |= _kept_in(statement)
        attempt = body.enclosing(call, s.Try)
        if attempt is not None and any(item is statement for item in attempt.body):
            for handler in attempt.handlers:
                if _catches(handler.type):
                    yield from handler.body
            if END not in ways_out((*attempt.body, *attempt.orelse)):
                yield from following(attempt, body)
    for test in body.all(s.If):
        verdict = _running(test.test, loops, asked)
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


def _kept_in(statement: s.Node | None) -> set[str]:
    """The names that an assignment gives its value to."""
    match statement:
        case s.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, s.Name)}
        case s.AnnAssign(target=s.Name(id=name)) | s.NamedExpr(target=s.Name(id=name)):
            return {name}
    return set()


def _asks(call: s.Call, function: Function, inference: Inference, askers: frozenset[Function]) -> bool:
    values = inference.infer(call.func, function)
    return bool(values) and all(isinstance(value, v.FunctionValue) and value.function in askers for value in values)


def _running(test: s.Expr, loops: set[str], asked: set[s.Node]) -> bool | None:
    """Whether a test says that a loop runs (True), that none does (False), or nothing of the kind."""
    match test:
        case s.Call() if test in asked:
            return True
        case s.NamedExpr(value=value):
            return _running(value, loops, asked)
        case s.Compare(left=s.Call() as call, ops=(op,), comparators=(s.Constant(value=None),)) if call in asked:
            return {"Is": False, "IsNot": True}.get(op)
        case s.Name(id=name) if name in loops:
            return True
        case s.Call(func=s.Attribute(value=s.Name(id=name), attr="is_running")) if name in loops:
            return True
        case s.Unary(op="Not", operand=operand):
            inner = _running(operand, loops, asked)
            return None if inner is None else not inner
        case s.Compare(left=s.Name(id=name), ops=(op,), comparators=(s.Constant(value=None),)) if name in loops:
            return {"Is": False, "IsNot": True}.get(op)
        case s.Boolean(op=op, values=values):
            verdicts = {_running(value, loops, asked) for value in values}
            if len(verdicts) == 1:
                return verdicts.pop()
    return None
