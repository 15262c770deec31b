"""A function whose defaults only FastAPI can fill, called by hand."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.parameters import MARKERS
from fastlint.project.application.websockets import other_decorators
from fastlint.project.language.callables import gives_no_callable
from fastlint.project.language.wrappers import passes_on, replacement
from fastlint.project.model import Function, Project, Scope, syntax, v
from fastlint.rule import Finding, Level, Related, Rule

MARKING = frozenset({"fastapi.Depends", "fastapi.Security"})


class HandCalledDependency(Rule[Function]):
    """A call that leaves a parameter its `Depends(...)` or `Query(...)` default.

    ## What it does

    Reports calls of project functions and classes that do not pass a parameter whose default is `Depends(...)`,
    `Query(...)`, `Header(...)` or the like.

    ## Why it matters

    Only FastAPI replaces these defaults. A plain call passes the marker itself: `limit` is a `Query` object, `user` a
    `Depends` object, and the permission that it should check is never checked.

    ## Instead

    Pass the value, depend on the function, or move the work into a function without markers that both call. With
    `Annotated` the default is a plain value, and a call that forgets a dependency fails at once.
    """

    code = "FST426"
    name = "hand-called-dependency"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        marked = {p.name: kind for p in function.node.parameters if (kind := self._marker(p, function, project))}
        if (
            not marked
            or self._replaced(function, project)
            or (function.cls is not None and function.name != "__init__")
        ):
            return
        used = {node.id for item in function.node.body for node in syntax.walk(item) if isinstance(node, syntax.Name)}
        for call, scope in project.calls_of(function):
            if not self._surely(call, scope, function, project) or scope.module.is_test:
                continue
            if self._in_marker(call, scope, project):
                continue
            missing = [name for name in marked if name in used and not _passed(call, name, function)]
            if missing:
                callee = function.cls.name if function.cls is not None else function.name
                message = (
                    f"`{callee}` is called without `{missing[0]}`, which is then the `{marked[missing[0]]}` object"
                )
                parameter = function.parameter(missing[0])
                assert parameter is not None
                hop = Related(function.path, parameter.span, "only FastAPI fills this in")
                level = Level.INFO if all(_lucky(function.parameter(name)) for name in missing) else self.level
                yield Finding(scope.module.path, call.span, message, (hop,), level=level, symbol=scope.qualname)

    @staticmethod
    def _in_marker(call: syntax.Call, scope: Scope, project: Project) -> bool:
        """`Depends(get_user())`: that it is called there is said by another rule."""
        above = scope.body.parents.get(call)
        if not isinstance(above, syntax.Call) or not project.names(above.func, scope) & MARKING:
            return False
        return gives_no_callable(call, scope, project.inference)

    def _replaced(self, function: Function, project: Project) -> bool:
        """Whether a decorator may fill the parameters in."""
        scope, inference = function.parent, project.inference
        wrappers = [replacement(d, scope, inference) for d in other_decorators(function, inference)]
        return any(wrapper is None or not passes_on(wrapper) for wrapper in wrappers)

    def _marker(self, parameter: syntax.Parameter, function: Function, project: Project) -> str:
        """The marker in a parameter's default."""
        if not isinstance(parameter.default, syntax.Call):
            return ""
        names = project.names(parameter.default.func, function.parent)
        return min(names).rpartition(".")[2] if names and names <= MARKERS.keys() else ""

    def _surely(self, call: syntax.Call, scope: Scope, function: Function, project: Project) -> bool:
        """Whether the call can only be one of this function, with all its arguments in sight."""
        if call.spread:
            return False
        values = project.infer(call.func, scope)
        if len(values) != 1:
            return False
        if isinstance(values[0], v.ClassValue):
            return values[0].cls is function.cls
        return isinstance(values[0], v.FunctionValue) and values[0].function is function


def _lucky(parameter: syntax.Parameter | None) -> bool:
    """`flag: bool = Query(True)`: the marker happens to be true as well."""
    if parameter is None or not isinstance(parameter.default, syntax.Call):
        return False
    default = parameter.default.argument(0, "default")
    return isinstance(default, syntax.Constant) and default.value is True


def _passed(call: syntax.Call, name: str, function: Function) -> bool:
    if call.keyword(name) is not None:
        return True
    positional = [p.name for p in function.node.parameters if p.kind in ("/", " ")]
    if function.cls is not None:
        positional = positional[1:]
    return name in positional[: len(call.args)]
