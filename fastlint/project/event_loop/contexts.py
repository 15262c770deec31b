"""Where functions run: on the event loop, in the threadpool, or only under a script.

FastAPI calls the roots; what they call, hand on, enter or iterate runs where they do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.application.application import Applications, Route
from fastlint.project.application.roots import Root, Roots
from fastlint.project.event_loop.runs import Runs
from fastlint.project.event_loop.sites import RUNNERS, Sites
from fastlint.project.event_loop.started import STARTUP_TASK, Started
from fastlint.project.language.callers import Callers
from fastlint.project.language.names import Names
from fastlint.project.language.scopes import Class, Function, Module, Scope

RESPONSES = ("fastapi.Response", "starlette.responses.Response")


class Contexts(Roots):
    """Asked through Loop; one per project."""

    def __init__(self, applications: Applications, runs: Runs, callers: Callers) -> None:
        super().__init__(applications, runs.inference, callers)
        self.runs = runs
        self.sites = Sites(runs)
        self._named: dict[tuple[int, str], tuple[str, ...]] = {}
        self.started = Started(runs.inference, callers)

    # what the roots reach

    @cached_property
    def nearest(self) -> dict[Function, tuple[Root, Function | None]]:
        """The functions that roots get to: the nearest root, and the function before (None: it is the root)."""
        found: dict[Function, tuple[Root, Function | None]] = {}
        self._spread(self.requests, found)
        self._spread(self.tasks, found)
        self._spread(self.starting, found)
        return found

    @property
    def requests(self) -> list[Root]:
        """The roots that run for requests."""
        return [root for root in self.roots if root.kind != "startup"]

    @property
    def starting(self) -> list[Root]:
        """The roots that run once, as the application starts or stops."""
        return [root for root in self.roots if root.kind == "startup"]

    @cached_property
    def tasks(self) -> list[Root]:
        """What runs beside requests: coroutines that the start sets going, and jobs of schedulers."""
        begun: dict[Function, tuple[Root, Function | None]] = {}
        self._spread(self.starting, begun)
        found: dict[Function, str] = {}
        for title, given in (
            (STARTUP_TASK, self.started.set_going(begun)),
            ("scheduled job", self.started.jobs(self.served)),
        ):
            for expr, scope in given:
                for function in self._coroutines(expr, scope):
                    found.setdefault(function, title)
        for function in self.started.scheduled(self.served):
            found.setdefault(function, "scheduled job")
        return [Root(function, title, None, "task") for function, title in found.items() if function.is_async]

    def _coroutines(self, expr: s.Expr, scope: Scope) -> Iterator[Function]:
        """The functions whose coroutines a task is made of, or that a task is told to call."""
        handed = [node.func for node in s.walk(expr) if isinstance(node, s.Call)] or [expr]
        for callee in handed:
            for value in self.inference.infer(callee, scope):
                yield from self.sites.called(value)

    def _spread(self, roots: list[Root], found: dict[Function, tuple[Root, Function | None]]) -> None:
        """Add what roots get to, each function with the nearest of them and the function before."""
        queue: deque[Function] = deque()
        for root in roots:
            for function in (root.function, *self.sites.around(root.function)):
                if function not in found:
                    found[function] = root, None
                    queue.append(function)
        while queue:
            function = queue.popleft()
            for other in self.sites.of(function):
                if other not in found:
                    found[other] = found[function][0], function
                    queue.append(other)

    def way(self, function: Function) -> tuple[Function, ...]:
        """The functions from the nearest root to this one; empty when no root is known to get there."""
        steps: list[Function] = []
        current: Function | None = function
        while current is not None and current in self.nearest:
            steps.append(current)
            current = self.nearest[current][1]
        return tuple(reversed(steps))

    def titles(self, function: Function) -> tuple[str, ...]:
        """What people call the roots that get to a function, the nearest first; those at startup do not count."""
        titles, masks = self._titles
        mask = masks.get(function, 0)
        if not mask:
            return ()
        first = self.nearest[function][0].title if function in self.nearest else ""
        key = mask, first
        if key not in self._named:
            names = (titles[bit] for bit in _bits(mask))
            self._named[key] = tuple(sorted(names, key=lambda name: name != first))
        return self._named[key]

    def serves(self, function: Function) -> bool:
        """Whether a root other than the start of the application gets to the function."""
        return function in self._titles[1]

    @cached_property
    def _titles(self) -> tuple[list[str], dict[Function, int]]:
        """All titles, and for each function the set of those that get there as the bits of a number."""
        serving = [*self.requests, *self.tasks]
        titles = list(dict.fromkeys(root.title for root in serving))
        bits = {title: 1 << index for index, title in enumerate(titles)}
        masks: dict[Function, int] = {}
        for root in serving:
            for function in (root.function, *self.sites.around(root.function)):
                masks[function] = masks.get(function, 0) | bits[root.title]
        order = self._order()
        fresh = set(masks)
        while fresh:  # one round for each loop within a loop of calls
            for function in order:
                if function in fresh:
                    fresh.remove(function)
                    mask = masks[function]
                    for other in self.sites.of(function):
                        known = masks.get(other, 0)
                        if known | mask != known:
                            masks[other] = known | mask
                            fresh.add(other)
        return titles, masks

    def _order(self) -> list[Function]:
        """What is reached, callers before what they call as far as there are no cycles."""
        done: list[Function] = []
        seen: set[Function] = set()
        for start in self.nearest:
            stack = [(start, iter(self.sites.of(start)))] if start not in seen else []
            seen.add(start)
            while stack:
                following = next((other for other in stack[-1][1] if other not in seen), None)
                if following is None:
                    done.append(stack.pop()[0])
                else:
                    seen.add(following)
                    stack.append((following, iter(self.sites.of(following))))
        return done[::-1]

    # what only scripts run, and what applications import

    @cached_property
    def scripts(self) -> set[Function]:
        """Functions that a script, a command line, a worker or a test runs on a loop of its own."""
        found: set[Function] = set()
        stack: list[Function] = []
        for name in ("run", "run_until_complete", "async_to_sync"):
            for call, scope in self.callers.named(name):
                if call.args and self.inference.external_names(call.func, scope) & RUNNERS:
                    inner = call.args[0].func if isinstance(call.args[0], s.Call) else call.args[0]
                    for value in self.inference.infer(inner, scope):
                        stack += list(self.sites.called(value))
        while stack:
            function = stack.pop()
            if function not in found:
                found.add(function)
                stack += self.sites.of(function)
        return found

    @cached_property
    def served(self) -> set[Module]:
        """The modules that a module with an application or router imports, directly or not."""
        stack = [router.scope.module for router in self.applications.routers]
        found: set[Module] = set()
        while stack:
            module = stack.pop()
            if module not in found:
                found.add(module)
                for statement in module.body.all(s.Import):
                    stack += _imported(statement, module, self.inference.names)
                for statement_from in module.body.all(s.ImportFrom):
                    stack += _imported(statement_from, module, self.inference.names)
        return found

    # plain functions on the loop

    @cached_property
    def loop_bound(self) -> dict[Function, Root]:
        """Plain functions that FastAPI runs on the loop all the same.

        Startup handlers; validators of models that requests are read into and `render` of response classes (neither
        ever leaves the loop); and a `def` wrapper that `wraps` an async endpoint, through which FastAPI looks.
        """
        found: dict[Function, Root] = {}
        for root in self.roots:
            if root.kind == "startup" and not root.function.is_async and not root.function.is_generator:
                found.setdefault(root.function, root)
            for wrapper in self.sites.around(root.function) if root.function.is_async else ():
                if not wrapper.is_async and "functools.wraps" in self.inference.results.decorators(wrapper):
                    found[wrapper] = root
        for route in self.applications.routes:
            if route.handler is not None:
                found.update(self._validating(route, route.handler))
        for cls in (cls for module in self.served for cls in module.classes()):
            method = cls.methods.get("render")
            if method is not None and self._is_response(cls):
                found[method] = Root(method, f"rendering {cls.name}")
        return found

    def _validating(self, route: Route, handler: Function) -> Iterator[tuple[Function, Root]]:
        validating = self.runs.validating
        for parameter in route.parameters:
            for member in (parameter.annotation, *parameter.annotation.arguments):
                for validator in validating.of_model(member.cls) if member.cls is not None else ():
                    yield validator, Root(handler, route.title, route)
            for validator in validating.of_annotation(parameter.annotation):
                yield validator, Root(handler, route.title, route)

    def _is_response(self, cls: Class) -> bool:
        return any(
            isinstance(base, str)
            and (base in RESPONSES or (base.startswith(("fastapi.", "starlette.")) and base.endswith("Response")))
            for base in self.classes.ancestry(cls)
        )


def _bits(mask: int) -> Iterator[int]:
    """The places of the bits that are set, the lowest first; as many steps as there are of these."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _imported(statement: s.Import | s.ImportFrom, module: Module, names: Names) -> Iterable[Module]:
    found: list[object] = []
    if isinstance(statement, s.Import):
        found += [names.modules.resolve(dotted, module) for dotted, _ in statement.names]
    else:
        if statement.level:
            source = names.modules.relative(statement.module, statement.level, module)
        else:
            source = names.modules.resolve(statement.module, module)
        found.append(source)
        for name, _ in statement.names:
            if isinstance(source, Module) and source.is_package and name not in source.body.bindings:
                found.append(names.modules.submodule(source.path.removesuffix("__init__.py"), name))
            elif isinstance(source, str):
                found.append(names.modules.submodule(source, name))
    return [item for item in found if isinstance(item, Module)]
