"""State in a global that requests change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.project.application.websockets import is_socket
from fastlint.project.language.globals import Change, changes
from fastlint.project.model import Function, Project, syntax, v
from fastlint.rule import Finding, Level, Related, Rule

MEANT = re.compile(
    r"cache|memo|lock|pool|task|running|pending|connection|client|socket|registry|metric|limiter|loaded|instance",
    re.IGNORECASE,
)
"""Names of what belongs to one process by nature."""

SAVING = re.compile(r"(?:^|_)(?:save|persist|commit|upsert|write)(?:_|$)", re.IGNORECASE)
"""Names of what stores durably."""
LOCKS = frozenset({"threading.Lock", "threading.RLock", "asyncio.Lock", "anyio.Lock"})


class MutatedGlobal(Rule[Function]):
    """A module's variable or container changed while a request is handled.

    ## What it does

    Reports statements in path operations, dependencies, middleware and background tasks that assign to a global of the
    project or change a list, dict or set at module level.

    ## Why it matters

    Each worker process has its own copy: what one request stores the next does not find. Plain `def` handlers run in
    up to 40 threads, so `visits += 1` loses counts. A restart loses everything.

    ## Instead

    A database, Redis, or `app.state` filled in the lifespan and only read afterwards.

    ## Known gaps

    What is named a cache, a lock, a pool, tasks or connections is left alone, what is changed under a lock too, and so
    is what is filled once, when it is first asked for. A handler that also saves or commits is taken to keep a copy.
    """

    code = "FST418"
    name = "mutated-global"
    since = "0.1"
    level = Level.WARNING

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if function not in project.request_functions or self._saves(function):
            return
        seen: set[syntax.Node] = set()
        for change in changes(function, project.inference):
            if change.node in seen or MEANT.search(change.name) or self._once(change, function):
                continue
            if self._locked(change, function, project) or self._of_this_process(change, function, project):
                continue
            seen.add(change.node)
            message = f"`{function.short}` changes the global `{change.name}`, which each worker process has for itself"
            binding = change.binding
            hops = (Related(change.module.path, binding.node.span, "defined here"),) if binding is not None else ()
            yield Finding(function.path, change.node.span, message, hops, symbol=function.qualname)

    def _saves(self, function: Function) -> bool:
        """Whether the function stores something durably, too: the global is this process's copy of it."""
        return any(SAVING.search(_last(call.func)) for call in function.body.all(syntax.Call))

    def _once(self, change: Change, function: Function) -> bool:
        """Whether it is only set when a look at it, or at what was taken from it, says that it is not there yet."""
        body = function.body
        tests = [ancestor.test for ancestor in body.ancestors(change.node) if isinstance(ancestor, syntax.If)]
        missing = [name for test in tests if (name := _missing(test)) is not None]
        taken = (binding.value for name in missing for binding in body.bindings.get(name, ()))
        return any(change.name in _names(expr) for expr in (*tests, *taken) if expr is not None)

    def _locked(self, change: Change, function: Function, project: Project) -> bool:
        """Whether a lock is held: whoever takes care of threads counts for this process on purpose."""
        for ancestor in function.body.ancestors(change.node):
            if isinstance(ancestor, syntax.With):
                for item in ancestor.items:
                    types = project.types(item.context, function)
                    if types & LOCKS or "lock" in _last(item.context).lower():
                        return True
        return False

    def _of_this_process(self, change: Change, function: Function, project: Project) -> bool:
        """Whether what is put in cannot be anywhere else: a task, a websocket, a lock."""
        for call in function.body.all(syntax.Call):
            if function.body.statement(call) is change.node:
                for argument in call.args:
                    if is_socket(argument, function, project.inference) or self._is_task(argument, function, project):
                        return True
        value = getattr(change.node, "value", None)
        return isinstance(value, syntax.Expr) and (
            is_socket(value, function, project.inference) or self._is_task(value, function, project)
        )

    def _is_task(self, expr: syntax.Expr, function: Function, project: Project) -> bool:
        for value in project.infer(expr, function):
            if isinstance(value, v.Coroutine):
                return True
            if isinstance(value, v.Instance) and isinstance(value.of, str):
                if value.of.startswith(("asyncio.", "threading.", "concurrent.")):
                    return True
        return False


def _names(expr: syntax.Expr) -> set[str]:
    return {node.id for node in syntax.walk(expr) if isinstance(node, syntax.Name)}


def _missing(test: syntax.Expr) -> str | None:
    """The name of which a condition says that there is nothing: `not found`, `found is None`."""
    match test:
        case syntax.Unary(op="Not", operand=syntax.Name(id=name)):
            return name
        case syntax.Compare(left=syntax.Name(id=name), ops=("Is",), comparators=(syntax.Constant(value=None),)):
            return name
    return None


def _last(expr: syntax.Expr) -> str:
    match expr:
        case syntax.Name(id=name) | syntax.Attribute(attr=name):
            return name
    return ""
