"""What is iterated, and where: a generator runs for whoever asks it for items, not where it is made.

`enumerate(pages())` asks `pages()` for items; `(slow(x) for x in items)` runs nothing until something iterates it, and
a response, a thread or a caller that it is handed to does so elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.catalogue.conditions import OFFLOADERS
from fastlint.project.event_loop.leads import CONSUMERS
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Scope

CHAINS = ("accumulate", "batched", "chain", "compress", "dropwhile", "filterfalse", "groupby", "islice", "pairwise")
THROUGH = frozenset(
    {
        *(f"builtins.{name}" for name in ("enumerate", "zip", "reversed", "iter", "filter", "map")),
        *(f"itertools.{name}" for name in (*CHAINS, "starmap", "takewhile", "tee", "zip_longest")),
    }
)
"""What gives items that it takes from its arguments, one by one."""
KEEPERS = frozenset(
    {
        *("starlette.responses.StreamingResponse", "fastapi.responses.StreamingResponse"),
        *("sse_starlette.EventSourceResponse", "sse_starlette.sse.EventSourceResponse"),
        *("starlette.concurrency.iterate_in_threadpool", "fastapi.concurrency.iterate_in_threadpool"),
        *OFFLOADERS,
    }
)
"""What iterates an argument later, or in a thread."""
FARTHEST = 6
"""Names and wrappers that are followed from an iteration to the generator."""


class Iterating:
    """Asked through Runs; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def sources(self, iterable: s.Expr, scope: Scope, depth: int = 0) -> Iterator[s.Expr]:
        """The expression, and those whose items iterating it takes: what names stand for, arguments of `enumerate`."""
        yield iterable
        if depth >= FARTHEST:
            return
        inner: tuple[s.Expr, ...] = ()
        if isinstance(iterable, s.Call) and iterable.args and isinstance(iterable.func, s.Name | s.Attribute):
            if self.inference.external_names(iterable.func, scope) & THROUGH:
                inner = iterable.args
        elif isinstance(iterable, s.Name):
            bindings = scope.body.bindings.get(iterable.id, ())
            if len(bindings) == 1 and bindings[0].kind == "assign" and not bindings[0].path:
                value = bindings[0].value
                inner = (value,) if isinstance(value, s.Call) and bindings[0].start <= iterable.start else ()
        for expr in inner:
            yield from self.sources(expr, scope, depth + 1)

    def idle(self, scope: Scope) -> frozenset[s.Node]:
        """The generator expressions that the scope only makes: another one iterates them, or nobody."""
        return frozenset(
            node
            for node in scope.body.all(s.Comprehension)
            if node.kind == "generator" and not self._iterated(node, scope, 0)
        )

    def _iterated(self, node: s.Node, scope: Scope, depth: int) -> bool:
        parent = scope.body.parents.get(node)
        parent = scope.body.parents.get(parent) if isinstance(parent, s.Keyword) else parent
        match parent:
            case s.For():
                return parent.iterable is node
            case s.Generator():
                whole = scope.body.parents[parent]
                lazy = isinstance(whole, s.Comprehension) and whole.kind == "generator"
                return parent.iterable is node and (not lazy or self._iterated(whole, scope, depth))
            case s.Call() if parent.func is not node:
                names = self.inference.external_names(parent.func, scope)
                if names & THROUGH:
                    return self._iterated(parent, scope, depth)
                return not names & KEEPERS
            case s.Assign(targets=(s.Name(id=name),)) if depth < FARTHEST and len(scope.body.bindings[name]) == 1:
                uses = (use for use in scope.body.all(s.Name) if use.id == name and use is not parent.targets[0])
                return any(self._iterated(use, scope, depth + 1) for use in uses)
            case s.Assign(targets=targets):
                return any(isinstance(target, s.Tuple | s.List) for target in targets)
            case s.Conditional():
                return self._iterated(parent, scope, depth)
        return isinstance(parent, s.Starred | s.YieldFrom | s.Compare | s.AugAssign)


def held(node: s.Node, idle: frozenset[s.Node], scope: Scope) -> bool:
    """Whether a node stands in one of these expressions, and not in the first iterable, which is made at once."""
    child = node
    for around in scope.body.ancestors(node):
        if around in idle and isinstance(around, s.Comprehension) and child is not around.generators[0]:
            return True
        if isinstance(around, s.Generator) and child is not around.iterable and scope.body.parents.get(around) in idle:
            return True
        child = around
    return False


def joined(call: s.Call) -> s.Expr | None:
    """What `", ".join(...)` iterates."""
    match call:
        case s.Call(func=s.Attribute(value=s.Constant(value=str() | bytes()), attr="join"), args=(iterable,)):
            return iterable
    return None


def unpacked(body_assignments: list[s.Assign]) -> Iterator[s.Expr]:
    """The values that assignments spread over several names."""
    for assign in body_assignments:
        if isinstance(assign.value, s.Name | s.Call) and any(
            isinstance(target, s.Tuple | s.List) for target in assign.targets
        ):
            yield assign.value


def consumed(call: s.Call, scope: Scope) -> bool:
    """Whether what the call gives is iterated or entered right there."""
    parent = scope.body.parents.get(call)
    match parent:
        case s.For() | s.Generator():
            return parent.iterable is call
        case s.WithItem() | s.Starred() | s.YieldFrom():
            return True
        case s.Call(func=s.Name(id=name)):
            return f"builtins.{name}" in CONSUMERS
    return False
