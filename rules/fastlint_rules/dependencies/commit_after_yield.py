"""A commit whose failure the client never hears of."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.cleanup import YieldDependency
from fastlint.project.application.commits import begins, commits
from fastlint.project.model import Project, syntax
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.dependencies._function_scope import before_response


class CommitAfterYield(Rule[YieldDependency]):
    """`session.commit()` in the exit code of a dependency.

    ## What it does

    Reports commits of a database after the `yield` of a dependency, and `with ...begin()` around it, which commits
    when its block ends.

    ## Why it matters

    Since 0.118 the exit code runs after the response has been sent. When the commit fails, for a broken constraint or
    a lost connection, the client has been told that all is well, and the data is not there.

    ## Instead

    Commit in the handler or in the service that it calls. `Depends(get_session, scope="function")` runs the exit code
    before the response is sent, so that a failed commit answers 500.

    ## Fix safety

    `scope="function"` closes the session before background tasks run and before a streamed response is read.
    """

    code = "FST406"
    name = "commit-after-yield"
    since = "0.1"
    level = Level.WARNING
    status = "stable"
    applies = "fastapi>=0.118"

    def check(self, dependency: YieldDependency, project: Project) -> Iterator[Finding]:
        if dependency.ends_before_response:
            return
        message = f"`{dependency.name}` commits after the response is sent: a failed commit answers 200"
        for node in self._commits(dependency, project):
            symbol = dependency.function.qualname
            yield Finding(dependency.path, node.span, message, subject=(dependency, project), symbol=symbol)

    def _commits(self, dependency: YieldDependency, project: Project) -> Iterator[syntax.Expr]:
        function = dependency.function
        seen: set[syntax.Node] = set()
        for found in dependency.exits:
            for ancestor in reversed(list(function.body.ancestors(found.statement))):
                if isinstance(ancestor, syntax.With) and ancestor not in seen:
                    seen.add(ancestor)
                    yield from (i.context for i in ancestor.items if begins(i.context, function, project.inference))
            for call in dependency.calls_in(found.after):
                if call not in seen and commits(call, function, project.inference):
                    seen.add(call)
                    yield call

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        dependency, project = finding.subject
        return before_response(dependency, project, edit)
