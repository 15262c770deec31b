"""A context manager where FastAPI wants a generator."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Dependency, Function, Project, Span
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Related, Rule

DECORATORS = ("contextlib.contextmanager", "contextlib.asynccontextmanager")


class ContextManagerDependency(Rule[Dependency]):
    """`Depends` of a function under `@contextmanager`.

    ## What it does

    Reports `Depends(f)` where `f` is decorated with `contextlib.contextmanager` or `asynccontextmanager`.

    ## Why it matters

    FastAPI makes a context manager of a dependency with `yield` itself. Since 0.123.5 it looks through decorators,
    takes the function for a generator all the same, and each request is answered with 500. Before, the handler was
    given the context manager, not what it yields.

    ## Instead

    Leave the decorator out. Where the function is also used in `with`, write a dependency around it:

    ```python
    def get_session():
        with session_scope() as session:
            yield session
    ```

    ## Fix safety

    A repair: the decorator is removed where no code of the project uses the function but `Depends`.
    """

    code = "FST407"
    name = "context-manager-dependency"
    since = "0.1"
    level = Level.ERROR
    status = "stable"
    applies = "fastapi>=0.123.5"

    def check(self, dependency: Dependency, project: Project) -> Iterator[Finding]:
        function = dependency.function
        if function is None or dependency.call is None or not function.is_generator:
            return
        names = project.inference.results.decorators(function)
        name = next((name for name in DECORATORS if name in names), None)
        if name is None:
            return
        short = name.rpartition(".")[2]
        message = f"`{function.short}` is under `@{short}`, and FastAPI makes a context manager of it once more: 500"
        hop = Related(function.path, function.node.name_span, f"under `@{short}`")
        path = dependency.scope.module.path
        subject = function, project
        yield Finding(path, dependency.call.span, message, (hop,), subject=subject, symbol=dependency.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        function, project = finding.subject
        if len(function.node.decorators) != 1 or not self._only_depended_on(function, project):
            return None
        decorator = function.node.decorators[0]
        name = edit.text(function.path, decorator.span)
        if edit.source(function.path).line(decorator.line).strip() != f"@{name}":
            return None
        line = Span(decorator.line, 1, decorator.line + 1, 1)
        return Fix(f"Remove `@{name}`", Applicability.REPAIR, (edit.delete(function.path, line),))

    def _only_depended_on(self, function: Function, project: Project) -> bool:
        return function.cls is None and not project.calls_of(function)
