"""The plain functions that may run in a thread: those FastAPI puts there, those handed to one, and what they call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.catalogue.conditions import OFFLOADERS, OFFLOADING_KEYWORDS, OFFLOADING_WRAPPERS
from fastlint.project.event_loop.contexts import Contexts
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Function, Scope

NAMES = sorted(
    {name.rpartition(".")[2] for table in (OFFLOADERS, OFFLOADING_KEYWORDS, OFFLOADING_WRAPPERS) for name in table}
)


class Threads:
    """Asked through Loop; one per project."""

    def __init__(self, contexts: Contexts) -> None:
        self.contexts = contexts
        self.inference = contexts.inference

    def only_on_loop(self, function: Function) -> bool:
        """Whether all that is known to run the function runs it on the event loop."""
        if function.is_async:
            return True
        return function in self.contexts.nearest and function not in self.functions

    @cached_property
    def functions(self) -> frozenset[Function]:
        """The plain functions that threads are known to get to."""
        found: set[Function] = set()
        stack = [*self.contexts.threaded, *self._handed()]
        while stack:
            function = stack.pop()
            if function not in found and not function.is_async:
                found.add(function)
                stack += self.contexts.sites.of(function)
        return frozenset(found)

    def _handed(self) -> Iterator[Function]:
        """The functions that the project gives to threads and executors."""
        for name in NAMES:
            for call, scope in self.contexts.callers.named(name):
                for callee in self.inference.external_names(call.func, scope):
                    argument = _argument(callee, call)
                    if argument is not None:
                        yield from self._run_by(argument, scope)

    def _run_by(self, expr: s.Expr, scope: Scope) -> Iterator[Function]:
        for value in self.inference.infer(expr, scope):
            if isinstance(value, v.LambdaValue):
                for node in s.walk(value.node):
                    if isinstance(node, s.Call):
                        yield from self._run_by(node.func, value.scope)
            else:
                yield from self.contexts.sites.called(value)


def _argument(callee: str, call: s.Call) -> s.Expr | None:
    """What a call of `callee` gives to a thread."""
    if callee in OFFLOADING_KEYWORDS:
        return call.argument(OFFLOADERS.get(callee, 1), OFFLOADING_KEYWORDS[callee])
    index = OFFLOADERS.get(callee, OFFLOADING_WRAPPERS.get(callee))
    return None if index is None else call.argument(index, None)
