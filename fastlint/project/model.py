"""The linked project: what rules ask."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from fastlint.facts import syntax
from fastlint.project.application.application import App, Applications, Middleware, Route, Router
from fastlint.project.application.cleanup import YieldDependency, yield_dependencies
from fastlint.project.application.dispatchers import Dispatcher, dispatchers
from fastlint.project.application.handlers import Handlers
from fastlint.project.application.lifespans import Lifespan, lifespans
from fastlint.project.application.parameters import Dependency, Parameter
from fastlint.project.application.raises import Raises
from fastlint.project.application.registrations import Registrations
from fastlint.project.application.returns import Returns
from fastlint.project.application.sent_fields import Fields
from fastlint.project.application.shapes import Shapes
from fastlint.project.application.websockets import Endpoint, endpoints
from fastlint.project.event_loop.blocking import Catalogue
from fastlint.project.event_loop.loop import Loop, LoopCall, Root
from fastlint.project.event_loop.reach import Reach
from fastlint.project.event_loop.runs import Runs
from fastlint.project.flows.found import Flow, Flows
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.callers import Callers
from fastlint.project.language.calls import Call, calls
from fastlint.project.language.constants import NO_NAMES, Constants, Names
from fastlint.project.language.inference import Inference
from fastlint.project.language.modules import Modules
from fastlint.project.language.scopes import Class, Function, Module, Scope
from fastlint.project.language.scopes import every_scope as scopes
from fastlint.project.language.texts import Texts
from fastlint.project.packaging.manifests import Manifests, Requirement
from fastlint.project.security.cors import CorsPolicy, policies
from fastlint.project.security.passwords import Passwords
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.link import LinkOptions
    from fastlint.project.packaging.versions import Versions
    from fastlint.rule import Rule

__all__ = [
    "Annotation",
    "App",
    "Call",
    "Class",
    "CorsPolicy",
    "Dependency",
    "Dispatcher",
    "Endpoint",
    "Flow",
    "Function",
    "Lifespan",
    "LoopCall",
    "Middleware",
    "Module",
    "Parameter",
    "Project",
    "Requirement",
    "Root",
    "Route",
    "Router",
    "Scope",
    "Span",
    "YieldDependency",
    "scopes",
    "syntax",
    "v",
]


class Project:
    """All files of a project, linked. Immutable; what is asked first is computed then and kept."""

    def __init__(self, modules: Modules, manifests: Manifests, versions: Versions, options: LinkOptions) -> None:
        from fastlint.project.language.names import Names as NameTable

        self.modules = modules
        self.manifests = manifests
        self.versions = versions
        self.options = options
        self.inference = Inference(NameTable(modules))
        self.constants = Constants(self.inference)
        self.callers = Callers(self.inference)
        self.catalogue = Catalogue(options.blocking, options.non_blocking)
        self.runs = Runs(self.inference, self.catalogue, options.offloaders, self.callers)
        if options.inference != "off":
            from fastlint.project.language.questions import Questions

            environment = options.python if options.inference == "full" else None
            self.runs.questions = Questions(self.inference, options.root, environment)
            self.runs.asked_about = self.catalogue.last_names
        self.reach = Reach(self.runs, self.catalogue)

    @property
    def asked(self) -> str:
        """How often astroid was asked, and how often it had an answer; nothing where it is never asked."""
        questions = self.runs.questions
        if questions is None:
            return ""
        read = f"{questions.texts.read:,} bytes parsed"
        return f"inference: {questions.asked} questions to astroid, {questions.answered} answered, {read}"

    # the application

    @cached_property
    def applications(self) -> Applications:
        return Applications(Registrations(iter(self.modules), self.constants, self.callers), self.constants)

    @cached_property
    def loop(self) -> Loop:
        return Loop(self.applications, self.runs, self.reach, self.callers)

    @cached_property
    def handlers(self) -> Handlers:
        return Handlers(self.applications)

    @cached_property
    def returns(self) -> Returns:
        return Returns(self.handlers)

    @cached_property
    def fields(self) -> Fields:
        return Fields(self.inference, self.shapes)

    @cached_property
    def raises(self) -> Raises:
        return Raises(self.handlers, self.constants)

    @property
    def shapes(self) -> Shapes:
        return self.applications.parameters.shapes

    @property
    def routes(self) -> list[Route]:
        return self.applications.routes

    @property
    def apps(self) -> list[App]:
        return self.applications.apps

    @property
    def routers(self) -> list[Router]:
        return self.applications.routers

    @cached_property
    def flows(self) -> Flows:
        return Flows(self.modules, self.handlers, self.callers)

    @cached_property
    def loop_calls(self) -> list[LoopCall]:
        """What blocks on the event loop, however long the way."""
        return [call for call in self.loop.candidates() if call.blocks]

    @cached_property
    def dependencies(self) -> list[Dependency]:
        """Each `Depends` of the project once, wherever routes or other dependencies use it."""
        found: dict[syntax.Call, Dependency] = {}
        for route in self.routes:
            outer = [d for effective in route.effective for d in effective.outer] or route.owner.dependencies
            for dependency in [*outer, *route.own_dependencies]:
                for item in dependency.walk():
                    if item.call is not None:
                        found.setdefault(item.call, item)
        return list(found.values())

    @cached_property
    def dependency_functions(self) -> dict[Function, list[Dependency]]:
        """The functions that dependencies run, each with the `Depends` that name it."""
        found: dict[Function, list[Dependency]] = {}
        for dependency in self.dependencies:
            if dependency.function is not None:
                found.setdefault(dependency.function, []).append(dependency)
        return found

    @cached_property
    def request_functions(self) -> frozenset[Function]:
        """The functions that FastAPI runs for HTTP requests: handlers, dependencies, middleware, background tasks."""
        found = {route.handler for route in self.routes if route.kind == "http" and route.handler is not None}
        found |= self.dependency_functions.keys()
        found |= {item.function for item in dispatchers(self.apps, iter(self.modules), self.inference)}
        for call in self.calls(("fastapi.BackgroundTasks.add_task", "starlette.background.BackgroundTask")):
            given = call.node.argument(0, "func")
            values = self.infer(given, call.scope) if given is not None else ()
            found |= {value.function for value in values if isinstance(value, v.FunctionValue)}
        return frozenset(found)

    @cached_property
    def endpoints(self) -> list[Endpoint]:
        """The websocket endpoints, each once."""
        return endpoints(self.routes, self.inference)

    @cached_property
    def texts(self) -> Texts:
        return Texts(self.constants)

    @cached_property
    def passwords(self) -> Passwords:
        return Passwords(self)

    @cached_property
    def cors_policies(self) -> list[CorsPolicy]:
        return list(policies(self.modules, self.texts, self.callers))

    # questions about expressions

    def infer(self, expr: syntax.Expr, scope: Scope) -> v.Values:
        """What the expression can be; `values.UNKNOWN` among them when something else is possible."""
        return self.inference.infer(expr, scope)

    def names(self, expr: syntax.Expr, scope: Scope) -> set[str]:
        """The canonical external names the expression can be."""
        return self.inference.external_names(expr, scope)

    def types(self, expr: syntax.Expr, scope: Scope) -> set[str]:
        """The names of the classes whose instance the expression surely is; empty when anything is unknown."""
        values = v.without_none(self.infer(expr, scope))
        if not values or any(not isinstance(value, v.Instance) for value in values):
            return set()
        return {
            value.of if isinstance(value.of, str) else value.of.qualname
            for value in values
            if isinstance(value, v.Instance)
        }

    def constant(self, expr: syntax.Expr | None, scope: Scope, names: Names = NO_NAMES) -> Any:
        """The constant an expression surely is, else None."""
        return self.constants.value(expr, scope, names)

    def is_a(self, cls: Class, *names: str) -> bool:
        return self.inference.classes.is_a(cls, *names)

    def annotation(self, function: Function, name: str) -> Annotation | None:
        parameter = function.parameter(name)
        return None if parameter is None else self.inference.annotations.parameter(function, parameter)

    def calls_of(self, function: Function) -> list[tuple[syntax.Call, Scope]]:
        """The calls of a function anywhere in the project."""
        return self.callers.of(function)

    # subjects

    def functions(self) -> Iterator[Function]:
        for module in self.modules:
            yield from module.functions()

    def classes(self) -> Iterator[Class]:
        for module in self.modules:
            yield from module.classes()

    def calls(self, wanted: Iterable[str]) -> Iterator[Call]:
        """The calls whose callee is one of the canonical names.

        `x.*` takes all below `x` and has to look at every call; `x(keyword=)` takes calls that give this keyword.
        """
        return calls(wanted, self.inference)

    def subjects(self, kind: type) -> Iterable[object]:
        """All subjects of a kind, in the order of files and lines."""
        table: Mapping[type, Any] = {
            LoopCall: lambda: self.loop.candidates(),
            Function: self.functions,
            Class: self.classes,
            Module: lambda: self.modules,
            Route: lambda: self.routes,
            Parameter: lambda: self.parameters,
            YieldDependency: lambda: yield_dependencies(self.dependency_functions, self.inference),
            Lifespan: lambda: lifespans(self.routers, self.inference),
            Dispatcher: lambda: dispatchers(self.apps, iter(self.modules), self.inference),
            Endpoint: lambda: self.endpoints,
            Dependency: lambda: self.dependencies,
            Flow: lambda: self.flows.found,
            App: lambda: self.apps,
            Router: lambda: self.routers,
            CorsPolicy: lambda: self.cors_policies,
            Middleware: lambda: [item for app in self.apps for item in app.middleware],
            Requirement: lambda: self.manifests.requirements,
            Project: lambda: [self],
        }
        return table[kind]()  # type: ignore[no-any-return]

    def subjects_for(self, rule: type[Rule[Any]]) -> Iterable[object]:
        """The subjects that a rule wants to see."""
        kind: type = rule.subject  # type: ignore[attr-defined]
        return self.calls(rule.callees) if kind is Call else self.subjects(kind)

    @cached_property
    def parameters(self) -> list[Parameter]:
        """The parameters of all routes and of all dependencies below them, each once."""
        return [uses[0].parameter for uses in self.handlers.uses.values()]

    # versions

    def gate(self, applies: str) -> Literal["all", "some", "none"]:
        """Whether all, some or none of the versions that the project targets lie in a gate such as `fastapi>=0.137`."""
        return self.versions.gate(applies)

    def versions_text(self, applies: str) -> str:
        return self.versions.describe(applies)

    @property
    def unreadable_manifests(self) -> tuple[tuple[str, int, str], ...]:
        return self.manifests.unreadable


def subject_of(rule: type[Rule[Any]]) -> type:
    """The class named in `Rule[...]`; annotations as text are looked up here."""
    for base in getattr(rule, "__orig_bases__", ()):
        for argument in getattr(base, "__args__", ()):
            return argument if isinstance(argument, type) else getattr(importlib.import_module(__name__), str(argument))
    raise TypeError(f"{rule.__name__} names no subject: Rule[...]")
