"""Parameters of routes and dependencies, classified as FastAPI does.

The order of the questions is FastAPI's own (`analyze_param`): explicit markers, injected types, names in the path,
uploads, what is not scalar is the body, the rest are query parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.shapes import Shapes
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.constructors import constructor
from fastlint.project.language.externals import inherits
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

MARKERS = {
    f"fastapi.{name}": name.lower()
    for name in ("Query", "Path", "Header", "Cookie", "Body", "Form", "File", "Depends", "Security")
}
FIELD_MARKERS = tuple(name for name, kind in MARKERS.items() if kind not in ("depends", "security"))
"""Those that declare a field of the request."""
INJECTED = (
    *("fastapi.Request", "fastapi.WebSocket", "fastapi.requests.HTTPConnection", "fastapi.Response"),
    *("fastapi.BackgroundTasks", "fastapi.security.SecurityScopes"),
)


@dataclass(frozen=True, slots=True)
class Marker:
    """`Query(...)`, `Depends(...)` and the like: its kind and where it stands."""

    kind: str
    call: s.Call
    scope: Scope
    in_annotation: bool


@dataclass(eq=False, slots=True)
class Parameter:
    """One parameter as FastAPI sees it.

    `kind` is path, query, header, cookie, body, form, file, dependency, injected or unknown. `owner` is the route's
    handler or the dependency that takes it; `name` is what the client sends (alias resolved).
    """

    node: s.Parameter
    owner: Function
    kind: str
    annotation: Annotation
    name: str
    marker: Marker | None = None
    dependency: Dependency | None = None

    @property
    def path(self) -> str:
        return self.owner.path

    @property
    def span(self) -> Span:
        return self.node.span

    @property
    def may_have_default(self) -> bool:
        """Whether it can be given a default: every positional parameter after it has one."""
        nodes = self.owner.node.parameters
        later = nodes[nodes.index(self.node) + 1 :]
        return self.node.kind == "k" or all(p.default is not None for p in later if p.kind in (" ", "/"))

    @property
    def required(self) -> bool:
        return self.node.default is None or (
            self.marker is not None and not self.marker.in_annotation and _ellipsis(self.marker.call)
        )


@dataclass(eq=False, slots=True)
class Dependency:
    """One `Depends`: what is called, with what it takes in turn.

    `function` is the code that runs (a function, `__call__`, or `__init__` of a class in `cls`); None when unknown.
    `known` says whether everything below is resolved too.
    """

    call: s.Call | None
    scope: Scope
    value: v.Value
    function: Function | None
    cls: Class | None
    parameters: list[Parameter] = field(default_factory=list)
    known: bool = True
    parameter: Parameter | None = None

    @property
    def name(self) -> str:
        """The qualified name of the callable; empty when unknown."""
        if self.cls is not None and (self.function is None or self.function.name == "__init__"):
            return self.cls.qualname
        if self.function is not None:
            return self.function.qualname
        match self.value:
            case v.External(name) | v.Instance(str() as name):
                return name
            case v.LambdaValue(_, scope):
                return f"{scope.qualname}.<lambda>"
        return ""

    def walk(self) -> list[Dependency]:
        """This dependency and all below it."""
        found: list[Dependency] = [self]
        for parameter in self.parameters:
            if parameter.dependency is not None:
                found += parameter.dependency.walk()
        return found


class Parameters:
    """Classifies; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.shapes = Shapes(inference)
        self._of: dict[tuple[Function, frozenset[str]], list[Parameter]] = {}
        self._constructors: dict[Class, Function] = {}

    def of(self, function: Function, path_names: frozenset[str] = frozenset(), depth: int = 0) -> list[Parameter]:
        """The parameters of a handler or dependency that belongs to a route with these placeholders."""
        key = function, path_names
        if key not in self._of:
            self._of[key] = []
            nodes = function.node.parameters
            if function.cls is not None and nodes and not _static(function):
                nodes = nodes[1:]
            self._of[key] = [self._classify(node, function, path_names, depth) for node in nodes]
        return self._of[key]

    def filled_in(
        self, value: v.Value | None, function: Function, path_names: frozenset[str], depth: int = 0
    ) -> list[Parameter]:
        """Those that FastAPI fills in when it calls `value`, which runs `function`.

        What `functools.partial` gives by position is no parameter any more; what it gives by name has a default.
        """
        found, given = self.of(function, path_names, depth), 0
        while isinstance(value, v.Partial):
            arguments = value.call.args[1:]
            given += len(found) if any(isinstance(item, s.Starred) for item in arguments) else len(arguments)
            value = value.function
        unbound = isinstance(value, v.FunctionValue) and value.receiver is None and function.cls is not None
        return found[given - 1 if given and unbound and not _static(function) else given :]

    def marker(self, node: s.Parameter, annotation: Annotation, function: Function) -> Marker | None:
        """The marker that counts: a default's wins over `Annotated`'s last."""
        candidates = [(item.expr, item.scope, True) for item in annotation.metadata]
        if node.default is not None:
            candidates.append((*self.inference.results.written(node.default, function.parent), False))
        for expr, scope, inside in reversed(candidates):
            for value in self.inference.infer(expr, scope):
                if isinstance(value, v.Instance) and value.site is not None and (kind := self.marks(value)) is not None:
                    return Marker(kind, value.site.call, value.site.scope, inside)
        return None

    def marks(self, value: v.Instance) -> str | None:
        """The kind of a marker: what FastAPI's functions give, or an object of a class derived from theirs."""
        names = [value.of] if isinstance(value.of, str) else self.inference.classes.ancestry(value.of)
        return next((MARKERS[name] for name in names if isinstance(name, str) and name in MARKERS), None)

    def _classify(self, node: s.Parameter, function: Function, path_names: frozenset[str], depth: int) -> Parameter:
        annotation = self.inference.annotations.parameter(function, node)
        marker = self.marker(node, annotation, function)
        alias = None if marker is None else marker.call.keyword("alias")
        name = alias.value if isinstance(alias, s.Constant) and isinstance(alias.value, str) else node.name
        parameter = Parameter(node, function, "unknown", annotation, name, marker)
        if marker is not None and marker.kind in ("depends", "security"):
            parameter.kind = "dependency"
            parameter.dependency = self.dependency(marker.call, marker.scope, path_names, depth + 1, annotation)
            parameter.dependency.parameter = parameter
        elif self._injected(annotation):
            parameter.kind = "injected"
        elif marker is not None:
            parameter.kind = marker.kind
        elif node.name in path_names:
            parameter.kind = "path"
        elif node.kind in ("*", "**"):
            parameter.kind = "query"
        else:
            parameter.kind = self.shapes.kind_of(annotation)
        return parameter

    def _injected(self, annotation: Annotation) -> bool:
        if annotation.kind == "external":
            return inherits(annotation.name, *INJECTED)
        return annotation.cls is not None and self.inference.classes.is_a(annotation.cls, *INJECTED)

    # dependencies

    def dependency(
        self,
        call: s.Call,
        scope: Scope,
        path_names: frozenset[str],
        depth: int = 0,
        annotation: Annotation | None = None,
    ) -> Dependency:
        """What a `Depends(...)` or `Security(...)` call stands for; without argument, the annotation is called."""
        wanted = call.argument(0, "dependency")
        if wanted is None:
            bare = annotation.bare() if annotation is not None else None
            if bare is not None and bare.cls is not None:
                return self._called(v.ClassValue(bare.cls), call, scope, path_names, depth)
            known = v.External(bare.name) if bare is not None and bare.kind == "external" else v.UNKNOWN
            return Dependency(call, scope, known, None, None, known=False)
        values = v.without_none(self.inference.infer(wanted, scope))
        if len(values) != 1:
            return Dependency(call, scope, v.UNKNOWN, None, None, known=False)
        return self._called(values[0], call, scope, path_names, depth)

    def _called(
        self, value: v.Value, call: s.Call | None, scope: Scope, path_names: frozenset[str], depth: int
    ) -> Dependency:
        function, cls = self.code(value)
        dependency = Dependency(call, scope, value, function, cls)
        if function is not None and depth < 30:
            dependency.parameters = self.filled_in(value, function, path_names, depth)
        elif cls is not None:
            dependency.known = self._fields_known(cls)
        else:
            dependency.known = _of_fastapi(value) or (
                isinstance(value, v.LambdaValue) and all(p.default is not None for p in value.node.parameters)
            )
        return dependency

    def of_class(self, cls: Class, scope: Scope, path_names: frozenset[str]) -> Dependency:
        """The class of a class-based view as a dependency: its fields are parameters, with its constructor's."""
        function = self.inference.classes.method(cls, "__init__")
        dependency = Dependency(None, scope, v.ClassValue(cls), function, cls, known=self._fields_known(cls))
        dependency.parameters = list(self.of(self._constructor(cls), path_names, 1))
        if function is not None:
            dependency.parameters += self.of(function, path_names, 1)
        return dependency

    def _constructor(self, cls: Class) -> Function:
        if cls not in self._constructors:
            self._constructors[cls] = constructor(cls, self.inference)
        return self._constructors[cls]

    def code(self, value: v.Value) -> tuple[Function | None, Class | None]:
        """The function that calling a dependency runs, and the class when it is one."""
        match value:
            case v.FunctionValue(function):
                return function, None
            case v.ClassValue(cls):
                function = self.inference.classes.method(cls, "__init__")
                if function is None and (self.shapes.is_dataclass(cls) or self.shapes.is_model(cls)):
                    function = self._constructor(cls)
                return function, cls
            case v.Instance(Class() as cls):
                return self.inference.classes.method(cls, "__call__"), cls
            case v.Partial(function):
                return self.code(function)
        return None, None

    def _fields_known(self, cls: Class) -> bool:
        return not self.inference.classes.uncertain(cls)


def _of_fastapi(value: v.Value) -> bool:
    """Whether it is one of FastAPI's own security classes, or an object of one."""
    name = value.name if isinstance(value, v.External) else value.of if isinstance(value, v.Instance) else ""
    return isinstance(name, str) and name.startswith("fastapi.security.")


def _static(function: Function) -> bool:
    return any(isinstance(d, s.Name) and d.id == "staticmethod" for d in function.node.decorators)


def _ellipsis(call: s.Call) -> bool:
    default = call.argument(0, "default")
    if default is None:
        return call.keyword("default_factory") is None
    return isinstance(default, s.Constant) and default.value is ...
