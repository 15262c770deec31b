"""Clean-up after `yield` that an error jumps over."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.cleanup import Exit, YieldDependency
from fastlint.project.model import Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Related, Rule
from fastlint_rules.dependencies._indentation import deeper, indentation, lines_of
from fastlint_rules.dependencies._releases import dotted, protected, receiver


class UnprotectedCleanup(Rule[YieldDependency]):
    """A release after `yield` that is not in `finally`.

    ## What it does

    Reports the first `close`, `aclose`, `dispose`, `release`, `disconnect`, `cancel` or `unlink` that a dependency
    calls after `yield` on something it made itself, when an error of the request jumps over it; `os.unlink`,
    `os.remove` and `shutil.rmtree` of a file it made, too.

    ## Why it matters

    FastAPI throws the exception of the handler into the dependency at its `yield`, an `HTTPException` too. What stands
    after it is skipped: each answer of 404 leaves a connection, a client or a file open.

    ## Instead

    Release in `finally`, or use `with`:

    ```python
    def get_session():
        with SessionLocal() as session:
            yield session
    ```

    ## Fix safety

    A repair: `try` and `finally` are put around the `yield` when everything after it is a release of what the function
    made. Requests that succeed run the same statements in the same order. Code that commits, flushes or sends is left
    alone: in `finally` it would do so for requests that failed.

    ## Known gaps

    Releases by other names and by functions that are handed the object are not seen.
    """

    code = "FST403"
    name = "unprotected-cleanup"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, dependency: YieldDependency, project: Project) -> Iterator[Finding]:
        for found in dependency.exits:
            safe = protected(found, dependency)
            for call in dependency.calls_in(found.skipped):
                name = receiver(call, dependency, project)
                if name is None or name in safe:
                    continue
                called = dotted(call.func)
                done = f"{called}()" if called.startswith(f"{name}.") else f"{called}({name})"
                message = f"`{done}` after the `yield` of `{dependency.name}` is skipped on an error"
                hop = Related(dependency.path, found.statement.span, "an error is thrown in here")
                subject = self._plain(found, dependency, project)
                symbol = dependency.function.qualname
                yield Finding(dependency.path, call.span, message, (hop,), subject=subject, symbol=symbol)
                return

    def _plain(
        self, found: Exit, dependency: YieldDependency, project: Project
    ) -> tuple[syntax.Stmt, list[syntax.Stmt]] | None:
        """The statement of `yield` and what follows, when that is nothing but releases."""
        if found.final or found.guards or found.skipped != found.after or len(dependency.exits) != 1:
            return None
        if dependency.function.body.parents.get(found.statement) is not None or not found.skipped:
            return None
        for statement in found.skipped:
            value = statement.value if isinstance(statement, syntax.ExprStmt) else None
            call = value.value if isinstance(value, syntax.Await) else value
            if not isinstance(call, syntax.Call) or receiver(call, dependency, project) is None:
                return None
        return found.statement, found.skipped

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        statement, releases = finding.subject
        path = finding.path
        indent, newline = indentation(edit, path, statement), edit.source(path).newline
        yielding = deeper(edit, path, statement.line, releases[0].line - 1, [statement])
        releasing = deeper(edit, path, releases[0].line, releases[-1].end_line, releases)
        content = f"{indent}try:{newline}{yielding}{indent}finally:{newline}{releasing}"
        edits = (edit.replace(path, lines_of(statement, releases[-1]), content),)
        return Fix("Release in `finally`", Applicability.REPAIR, edits)
