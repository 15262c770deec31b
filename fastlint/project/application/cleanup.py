"""Dependencies with `yield`: what runs after it, when the request succeeds and when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.parameters import Dependency
from fastlint.project.language import values as v
from fastlint.project.language.control_flow import END, RAISE, RETURN, caught, exceptions, suite_of, ways_out
from fastlint.project.language.scopes import Function
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference


@dataclass(slots=True)
class Exit:
    """What follows one `yield`.

    An error of the request jumps over `skipped`; `final` runs in any case. `after` are both and what is reached since a
    handler swallowed the error: the exit code of a request that succeeds. What stands behind a `return` that follows is
    no part of it. `guards` are the `try` statements around.
    """

    statement: s.Stmt
    skipped: list[s.Stmt] = field(default_factory=list)
    final: list[s.Stmt] = field(default_factory=list)
    after: list[s.Stmt] = field(default_factory=list)
    guards: list[s.Try] = field(default_factory=list)


@dataclass(eq=False)
class YieldDependency:
    """A generator function that routes depend on; `uses` are the `Depends` that name it."""

    function: Function
    uses: list[Dependency]
    inference: Inference = field(repr=False)

    @property
    def path(self) -> str:
        return self.function.path

    @property
    def span(self) -> Span:
        return self.function.node.name_span

    @property
    def name(self) -> str:
        return self.function.short

    @cached_property
    def ends_before_response(self) -> bool:
        """Whether each use says `scope="function"`: its exit code runs before the response is sent."""
        return all(is_function_scoped(use) for use in self.uses)

    @cached_property
    def exits(self) -> list[Exit]:
        """What follows each `yield`, in source order."""
        body = self.function.body
        found = []
        for node in body.all(s.Yield):
            statement = body.statement(node)
            if statement is not None and not body.in_lambda(node):
                found.append(self._exit(statement))
        return found

    def _exit(self, statement: s.Stmt) -> Exit:
        body = self.function.body
        found = Exit(statement)
        swallowed = False
        left = isinstance(statement, s.Return)
        current: s.Node = statement
        while True:
            parent = body.parents.get(current)
            suite = suite_of(current, body)
            index = next((i for i, item in enumerate(suite) if item is current), len(suite))
            following = list(suite[index + 1 :])
            if isinstance(parent, s.Try) and suite is parent.body:
                following += parent.orelse
                found.guards.append(parent)
            if not left:
                self._add(found, following, swallowed)
                left = ways_out(tuple(following), self._never_returns) <= {RAISE, RETURN}
            if isinstance(parent, s.Try) and suite is parent.body:
                if any(not self.always_raises(handler) for handler in parent.handlers):
                    swallowed, left = True, False
            if isinstance(parent, s.Try) and suite is not parent.finalbody:
                found.final += parent.finalbody
                found.after += parent.finalbody
            if isinstance(parent, s.With) and self._suppresses(parent):
                swallowed, left = True, False
            if isinstance(parent, s.Handler):
                outer = body.parents[parent]
                assert isinstance(outer, s.Try)
                found.final += outer.finalbody
                found.after += outer.finalbody
                parent = outer
            if parent is None:
                return found
            current = parent

    @staticmethod
    def _add(found: Exit, statements: list[s.Stmt], swallowed: bool) -> None:
        found.after += statements
        if not swallowed:
            found.skipped += statements

    def _suppresses(self, node: s.With) -> bool:
        return any("contextlib.suppress" in self._called(item.context) for item in node.items)

    def _called(self, expr: s.Expr) -> set[str]:
        return self.inference.external_names(expr.func, self.function) if isinstance(expr, s.Call) else set()

    def always_raises(self, handler: s.Handler) -> bool:
        """Whether no way through the handler ends without an exception."""
        return ways_out(handler.body, self._never_returns) <= {RAISE}

    def _never_returns(self, call: s.Call) -> bool:
        return never_returns(call, self.function, self.inference)

    def handlers(self) -> Iterator[s.Handler]:
        """The handlers that see what the request raises, each once, in source order."""
        seen: dict[s.Handler, None] = {}
        for item in self.exits:
            for guard in item.guards:
                seen.update(dict.fromkeys(guard.handlers))
        yield from sorted(seen, key=lambda handler: handler.start)

    def caught(self, handler: s.Handler) -> set[str]:
        return caught(handler, self.function, self.inference)

    def suppressing(self) -> Iterator[tuple[s.Call, set[str]]]:
        """The `contextlib.suppress(...)` around a `yield`, each once, with the names of what they swallow."""
        around = (node for item in self.exits for node in self.function.body.ancestors(item.statement))
        blocks = dict.fromkeys(node for node in around if isinstance(node, s.With))
        for context in (item.context for block in blocks for item in block.items):
            if isinstance(context, s.Call) and "contextlib.suppress" in self._called(context):
                yield context, set().union(*(exceptions(item, self.function, self.inference) for item in context.args))

    def calls_in(self, statements: list[s.Stmt]) -> list[s.Call]:
        """The calls within some statements, in source order."""
        body = self.function.body
        return [call for call in body.all(s.Call) if self._within(call, statements) and not body.in_lambda(call)]

    def raises_in(self, statements: list[s.Stmt]) -> list[s.Raise]:
        return [node for node in self.function.body.all(s.Raise) if self._within(node, statements)]

    def _within(self, node: s.Node, statements: list[s.Stmt]) -> bool:
        around = {id(node), *(id(ancestor) for ancestor in self.function.body.ancestors(node))}
        return any(id(statement) in around for statement in statements)


def is_function_scoped(dependency: Dependency) -> bool:
    scope = dependency.call.keyword("scope") if dependency.call is not None else None
    return isinstance(scope, s.Constant) and scope.value == "function"


def never_returns(call: s.Call, function: Function, inference: Inference, depth: int = 3) -> bool:
    """Whether the project function that is called always raises, or is declared `NoReturn`."""
    values = inference.infer(call.func, function)
    if not values:
        return False
    for value in values:
        if isinstance(value, v.External) and value.name in ("sys.exit", "builtins.exit", "os._exit", "os.abort"):
            continue
        if not isinstance(value, v.FunctionValue):
            return False
        target = value.function
        name = inference.annotations.returns(target).name
        if name in ("typing.NoReturn", "typing.Never", "typing_extensions.NoReturn", "typing_extensions.Never"):
            continue
        inner = lambda item, target=target: depth > 0 and never_returns(item, target, inference, depth - 1)  # noqa: E731
        if target.is_generator or END in (ways := ways_out(target.node.body, inner)) or not ways <= {RAISE}:
            return False
    return True


def yield_dependencies(functions: dict[Function, list[Dependency]], inference: Inference) -> list[YieldDependency]:
    """The generator functions among those that dependencies run, in the order of files and lines."""
    found = [YieldDependency(f, uses, inference) for f, uses in functions.items() if f.is_generator]
    return sorted(found, key=lambda item: (item.path, item.function.node.start))
