"""Functions that run what they are given: `sorted(key=f)`, `map(f, items)`, functions that call a parameter."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.arguments import argument_for
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function, Scope

KEYED = frozenset({"builtins.sorted", "builtins.min", "builtins.max", "builtins.list.sort", "heapq.nlargest"})
"""What calls its argument `key` for each item."""
FOLDING = frozenset({"functools.reduce"})
LAZILY = frozenset(
    {"builtins.map", "builtins.filter", "itertools.starmap", "itertools.takewhile", "itertools.dropwhile"}
)
"""What calls its first argument as it is iterated."""
BRANCHES = (s.If, s.Conditional, s.Handler, s.Case, s.Lambda, s.Boolean)


class Callbacks:
    """Asked through Runs; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._called: dict[Function, frozenset[str]] = {}

    def run_by(self, call: s.Call, values: v.Values) -> Iterator[s.Expr]:
        """The arguments of a call that are surely called before it returns (or as its result is awaited)."""
        if not call.args and not call.keywords:
            return
        for value in values:
            match value:
                case v.External(name) if name in KEYED and (key := call.keyword("key")) is not None:
                    yield key
                case v.External(name) if name in FOLDING and call.args:
                    yield call.args[0]
                case v.FunctionValue(function, receiver) if len(values) == 1 and not function.is_generator:
                    for name in self.called(function):
                        argument = argument_for(call, function, name, receiver is not None)
                        if argument is not None:
                            yield argument

    def run_lazily(self, iterable: s.Expr, scope: Scope) -> s.Expr | None:
        """The function that is called for each item, where `iterable` is `map(f, items)` or the like."""
        if isinstance(iterable, s.Call) and iterable.args and isinstance(iterable.func, s.Name | s.Attribute):
            if self.inference.external_names(iterable.func, scope) & LAZILY:
                return iterable.args[0]
        return None

    def called(self, function: Function) -> frozenset[str]:
        """The parameters that a function calls whichever way it goes, itself or through what it hands them to."""
        if function not in self._called:
            self._called[function] = frozenset()
            parameters = {p.name for p in function.node.parameters if p.kind not in ("*", "**")}
            self._called[function] = frozenset(self._of_body(function, parameters)) if parameters else frozenset()
        return self._called[function]

    def _of_body(self, function: Function, parameters: set[str]) -> Iterator[str]:
        body = function.body
        fixed = {name for name in parameters if len(body.bindings.get(name, ())) == 1}
        for call in body.all(s.Call):
            direct = isinstance(call.func, s.Name) and call.func.id in fixed
            handed = (*call.args, *[keyword.value for keyword in call.keywords])
            if not direct and not any(isinstance(item, s.Name) and item.id in fixed for item in handed):
                continue
            if any(isinstance(around, BRANCHES) for around in body.ancestors(call)):
                continue
            if isinstance(call.func, s.Name) and direct:
                yield call.func.id
            else:
                run = self.run_by(call, self.inference.infer(call.func, function))
                yield from (a.id for a in run if isinstance(a, s.Name) and a.id in fixed)
