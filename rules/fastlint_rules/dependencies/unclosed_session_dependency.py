"""A dependency that opens a session and leaves it open."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.sessions import CACHES, returned_session
from fastlint.project.model import Dependency, Project, syntax
from fastlint.rule import Finding, Level, Rule


class UnclosedSessionDependency(Rule[Dependency]):
    """A dependency that returns a new database session.

    ## What it does

    Reports `return` in a dependency when what it returns is a database session that the dependency itself has opened.

    ## Why it matters

    Nobody closes it. Its connection goes back to the pool when the garbage collector happens to find the session; under
    load the pool is empty first, and requests wait and fail.

    ## Instead

    ```python
    def get_session():
        with SessionLocal() as session:
            yield session
    ```
    """

    code = "FST408"
    name = "unclosed-session-dependency"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, dependency: Dependency, project: Project) -> Iterator[Finding]:
        function = dependency.function
        if function is None or function.is_generator or function.name == "__init__":
            return
        if (
            project.dependency_functions[function][0] is not dependency
            or project.inference.results.decorators(function) & CACHES
        ):
            return
        for node in function.body.all(syntax.Return):
            if returned_session(node, function, project.inference):
                message = f"`{function.short}` returns a session that nothing closes: yield it from a `with`"
                yield Finding(function.path, node.span, message, symbol=function.qualname)
