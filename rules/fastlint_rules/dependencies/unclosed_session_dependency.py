"""A dependency that opens a session and leaves it open."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.sessions import CACHES, returned_session
from fastlint.project.model import Dependency, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule, Span


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

    ## Fix safety

    The session is yielded and closed in `finally`. Code that works with it after the answer is sent finds it closed, so
    the fix is unsafe. It is offered where only FastAPI calls the function, and the session has a name.
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
                yield Finding(
                    function.path, node.span, message, subject=(node, function, project), symbol=function.qualname
                )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        node, function, project = finding.subject
        path = finding.path
        body = function.node.body
        if project.calls_of(function) or not body or body[-1] is not node or function.cls is not None:
            return None
        if len(list(function.body.all(syntax.Return))) != 1 or node.value is None:
            return None
        asynchronous = any("Async" in name for name in project.types(node.value, function))
        if asynchronous and not function.is_async:
            return None
        newline = edit.source(path).newline
        margin = edit.text(path, Span(node.line, 1, node.line, node.column + 1))
        if margin.strip():
            return None
        step = "\t" if margin.startswith("\t") else "    "
        before = ""
        if isinstance(node.value, syntax.Name):
            name = node.value.id
        else:
            name = "session"
            if name in function.body.bindings:
                return None
            before = f"{name} = {edit.text(path, node.value.span)}{newline}{margin}"
        close = f"{'await ' if asynchronous else ''}{name}.close()"
        lines = ("try:", f"{step}yield {name}", "finally:", f"{step}{close}")
        edits = [edit.replace(path, node.span, before + f"{newline}{margin}".join(lines))]
        returns = function.node.returns
        if returns is not None:
            word = "AsyncIterator" if function.is_async else "Iterator"
            iterator, imports = edit.add_import(path, "collections.abc", word)
            edits += [*imports, edit.replace(path, returns.span, f"{iterator}[{edit.text(path, returns.span)}]")]
        return Fix("Yield the session and close it", Applicability.UNSAFE, tuple(edits))
