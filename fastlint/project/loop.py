"""What runs on the event loop: the contexts of functions, and the blocking calls made there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project import values as v
from fastlint.project.application import App, Applications, Route
from fastlint.project.blocking import Blocking
from fastlint.project.callers import Callers
from fastlint.project.classes import Classes
from fastlint.project.parameters import Dependency
from fastlint.project.reach import Hop, Reach
from fastlint.project.runs import Run, Runs
from fastlint.project.scopes import Class, Function, Module, Scope
from fastlint.source import Span

RUNNERS = frozenset(
    {
        *("asyncio.run", "anyio.run", "trio.run", "uvloop.run", "asyncio.Runner.run", "asgiref.sync.async_to_sync"),
        "asyncio.AbstractEventLoop.run_until_complete",
    }
)
MIDDLEWARE = ("starlette.middleware.base.BaseHTTPMiddleware",)


@dataclass(frozen=True, slots=True)
class Root:
    """A place where FastAPI runs code on the loop: the function, and what people call it."""

    function: Function
    title: str
    route: Route | None = None
    kind: str = "route"


@dataclass(frozen=True, slots=True)
class LoopCall:
    """A run on the event loop that blocks.

    It stands in `function`, an `async def`; `chain` leads from there to the blocking call, `entry` is what blocks.
    `titles` name the routes (or other roots) that get there; `startup` says that only the lifespan does.
    """

    function: Function
    run: Run
    entry: Blocking
    chain: tuple[Hop, ...]
    titles: tuple[str, ...]
    startup: bool

    @property
    def kind(self) -> str:
        return self.entry.kind

    @property
    def path(self) -> str:
        return self.function.path

    @property
    def span(self) -> Span:
        return self.run.node.span

    @property
    def reached(self) -> bool:
        return bool(self.titles)

    @property
    def way(self) -> str:
        """The chain as people read it: `GET /users -> load -> requests.get`."""
        start = [f"'{self.titles[0]}'"] if self.titles else []
        inner = [] if self.titles and self._is_root() else [self.function.short]
        return " -> ".join([*start, *inner, *(hop.callee for hop in self.chain)])

    def _is_root(self) -> bool:
        return False


class Loop:
    """Asked through Project; one per project."""

    def __init__(self, applications: Applications, runs: Runs, reach: Reach, callers: Callers) -> None:
        self.applications = applications
        self.inference = runs.inference
        self.classes: Classes = self.inference.classes
        self.runs = runs
        self.reach = reach
        self.callers = callers

    # contexts

    @cached_property
    def roots(self) -> list[Root]:
        """Everything that FastAPI itself calls, on the loop or in the threadpool."""
        found: list[Root] = []
        for route in self.applications.routes:
            if route.handler is not None:
                found.append(Root(route.handler, route.title, route))
            for dependency in self._dependencies(route):
                if dependency.function is not None:
                    found.append(Root(dependency.function, route.title, route, "dependency"))
        for router in self.applications.routers:
            for event in router.receiver.events:
                if event.handler is not None and event.verb in ("middleware", "exception_handler"):
                    found.append(Root(event.handler, event.verb.replace("_", " "), None, "middleware"))
                if event.handler is not None and event.verb == "on_event":
                    found.append(Root(event.handler, "startup", None, "startup"))
                if event.verb == "add_exception_handler" and len(event.call.args) > 1:
                    found += [
                        Root(f, "exception handler", None, "middleware")
                        for f in self._functions(event.call.args[1], event.scope)
                    ]
            given = router.argument("lifespan")
            if given is not None:
                found += [Root(f, "lifespan", None, "startup") for f in self._functions(*given)]
        for app in self.applications.apps:
            found += self._middleware_roots(app)
        return found

    def _dependencies(self, route: Route) -> Iterator[Dependency]:
        outer = [d for effective in route.effective for d in effective.outer] or route.owner.dependencies
        for dependency in [*outer, *route.own_dependencies]:
            yield from dependency.walk()

    def _functions(self, expr: s.Expr, scope: Scope) -> list[Function]:
        found = []
        for value in self.inference.infer(expr, scope):
            function, _ = self.applications.parameters.code(value)
            if function is not None:
                found.append(function)
        return found

    def _middleware_roots(self, app: App) -> Iterator[Root]:
        for item in app.middleware:
            if item.cls is None:
                continue
            for value in self.inference.infer(item.cls, item.scope):
                if isinstance(value, v.ClassValue):
                    for name in ("dispatch", "__call__"):
                        method = self.classes.method(value.cls, name)
                        if method is not None:
                            yield Root(method, "middleware", None, "middleware")

    @cached_property
    def reached(self) -> dict[Function, tuple[Root, ...]]:
        """The `async def` functions that run on an application's loop, with the roots that get there."""
        found: dict[Function, dict[Root, None]] = {}
        stack: list[tuple[Function, Root]] = [(root.function, root) for root in self.roots]
        stack += [
            (f, Root(root.function, root.title, root.route, root.kind))
            for root in self.roots
            for f in self._around(root.function)
        ]
        while stack:
            function, root = stack.pop()
            known = found.setdefault(function, {})
            if root in known or len(known) > 20:
                continue
            known[root] = None
            stack += [(other, root) for other in self._mentions(function)]
        return {
            function: tuple(sorted(roots, key=lambda r: (r.kind == "startup", r.title)))
            for function, roots in found.items()
        }

    def _around(self, function: Function) -> list[Function]:
        """The wrapper that a project decorator puts around a root."""
        wrapped = self.runs.wrapper(function)
        return [] if wrapped is None else [wrapped[0]]

    def _mentions(self, function: Function) -> list[Function]:
        return self._mentioned(function)

    @cached_property
    def _mention_cache(self) -> dict[Function, list[Function]]:
        return {}

    def _mentioned(self, function: Function) -> list[Function]:
        """The project functions that a body calls, hands on, enters or iterates, async or not."""
        known = self._mention_cache.get(function)
        if known is None:
            self._mention_cache[function] = known = list(dict.fromkeys(self._collect(function)))
        return known

    def _collect(self, function: Function) -> Iterator[Function]:
        for call in function.body.all(s.Call):
            for value in self.inference.infer(call.func, function):
                yield from self._as_functions(value)
            for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
                inner = argument.value if isinstance(argument, s.Starred) else argument
                if isinstance(inner, s.Name | s.Attribute):
                    for value in self.inference.infer(inner, function):
                        if isinstance(value, v.FunctionValue | v.Partial):
                            yield from self._as_functions(value)
        for run in self.runs.of(function):
            yield from (target for target in run.targets if isinstance(target, Function))
        for item in function.body.all(s.WithItem):
            yield from self._entered(item.context, function)
        for member in function.members.values():
            if isinstance(member, Function) and (member.is_async or member.is_generator):
                yield member

    def _entered(self, context: s.Expr, scope: Scope) -> Iterator[Function]:
        for value in self.inference.infer(context, scope):
            if isinstance(value, v.Manager):
                yield value.function
            if isinstance(value, v.Instance) and isinstance(value.of, Class):
                for name in ("__aenter__", "__aexit__"):
                    method = self.classes.method(value.of, name)
                    if method is not None:
                        yield method

    def _as_functions(self, value: v.Value) -> Iterator[Function]:
        match value:
            case v.FunctionValue(function, receiver):
                yield function
                wrapped = self.runs.wrapper(function)
                if wrapped is not None:
                    yield wrapped[0]
                for target in self.runs.implementations(function, receiver):
                    if isinstance(target, Function):
                        yield target
                if function.cls is not None:
                    for cls in self.classes.subclasses(function.cls):
                        if (method := cls.methods.get(function.name)) is not None:
                            yield method
            case v.Partial(function):
                yield from self._as_functions(function)
            case v.Instance(Class() as cls):
                method = self.classes.method(cls, "__call__")
                if method is not None:
                    yield method
            case v.ClassValue(cls):
                method = self.classes.method(cls, "__init__")
                if method is not None:
                    yield method

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
                        stack += list(self._as_functions(value))
        while stack:
            function = stack.pop()
            if function not in found:
                found.add(function)
                stack += self._mentioned(function)
        return found

    @cached_property
    def served(self) -> set[Module]:
        """The modules that a module with an application or router imports, directly or not."""
        stack = [module for module in {router.scope.module for router in self.applications.routers}]
        found: set[Module] = set()
        names = self.inference.names
        while stack:
            module = stack.pop()
            if module in found:
                continue
            found.add(module)
            for statement in [*module.body.all(s.Import), *module.body.all(s.ImportFrom)]:
                stack += _imported(statement, module, names)  # type: ignore[arg-type]
        return found

    def on_loop(self) -> Iterator[tuple[Function, tuple[Root, ...]]]:
        """The functions whose bodies run on an event loop, with the roots known to get there."""
        for module in self.inference.names.modules:
            if module.is_test:
                continue
            for function in module.functions():
                roots = self.reached.get(function, ())
                if function in self.loop_bound:
                    yield function, (self.loop_bound[function],)
                elif function.is_async and (roots or (module in self.served and function not in self.scripts)):
                    yield function, roots

    @cached_property
    def loop_bound(self) -> dict[Function, Root]:
        """Plain functions that FastAPI runs on the loop all the same.

        Validators of models that requests are read into, `render` of response classes (knowledge: request validation
        and rendering never leave the loop), and a `def` wrapper that `wraps` an async endpoint, through which FastAPI
        looks when it chooses.
        """
        found: dict[Function, Root] = {}
        for root in self.roots:
            wrapped = self.runs.wrapper(root.function) if root.function.node.decorators else None
            if wrapped is not None and root.function.is_async and not wrapped[0].is_async:
                if "functools.wraps" in self.inference.results.decorators(wrapped[0]):
                    found[wrapped[0]] = root
        for route in self.applications.routes:
            root = Root(route.handler, route.title, route) if route.handler is not None else None
            if root is not None:
                for parameter in route.parameters:
                    for member in (parameter.annotation, *parameter.annotation.arguments):
                        if member.cls is not None:
                            found.update(dict.fromkeys(self._validators(member.cls), root))
        for cls in (cls for module in self.served for cls in module.classes()):
            if self.classes.is_a(cls, "fastapi.Response", "starlette.responses.Response") or any(
                isinstance(base, str) and base.startswith(("fastapi.", "starlette.")) and base.endswith("Response")
                for base in self.classes.ancestry(cls)
            ):
                if (method := cls.methods.get("render")) is not None:
                    found[method] = Root(method, f"rendering {cls.name}", None)
        return found

    def _validators(self, cls: Class) -> list[Function]:
        wanted = {f"pydantic.{name}" for name in ("field_validator", "model_validator", "validator", "root_validator")}
        return [
            method
            for item in self.classes.ancestry(cls)
            if isinstance(item, Class)
            for method in item.methods.values()
            if method.node.decorators and self.inference.results.decorators(method) & wanted
        ]

    def _opened_here(self, run: Run, function: Function) -> bool:
        """A method of a file that the same function opened: the opening is what is reported."""
        call = run.call
        if call is None:
            return False
        objects = [*call.args, *([call.func.value] if isinstance(call.func, s.Attribute) else [])]
        return any(
            isinstance(value, v.Instance)
            and value.site is not None
            and value.site.scope is function
            and _opens(value.site.call)
            for expr in objects
            for value in self.inference.infer(expr, function)
        )

    def calls(self, kinds: frozenset[str] | None = None) -> Iterator[LoopCall]:
        """All blocking runs on the loop, one for each kind of work."""
        for function, roots in self.on_loop():
            titles = tuple(dict.fromkeys(root.title for root in roots if root.kind != "startup"))
            startup = bool(roots) and not titles
            seen: set[tuple[s.Node, str]] = set()
            for run, ways in self.reach.entries(function):
                for kind, way in ways.items():
                    if (run.node, kind) in seen or (kind == "file" and self._opened_here(run, function)):
                        continue
                    seen.add((run.node, kind))
                    if kinds is None or kind in kinds:
                        chain = tuple(self.reach.chain(function, way))
                        yield LoopCall(
                            function, run, way.entry, chain, titles or (("lifespan",) if startup else ()), startup
                        )


def _opens(call: s.Call) -> bool:
    name = (
        call.func.attr if isinstance(call.func, s.Attribute) else call.func.id if isinstance(call.func, s.Name) else ""
    )
    return name in ("open", "fdopen", "ZipFile", "TarFile") or name.endswith("TemporaryFile")


def _imported(statement: s.Import | s.ImportFrom, module: Module, names: object) -> Iterable[Module]:
    from fastlint.project.names import Names

    assert isinstance(names, Names)
    found = []
    if isinstance(statement, s.Import):
        for dotted, _ in statement.names:
            found.append(names.modules.resolve(dotted, module))
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
