"""`root_path=` in code."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Call, Project, syntax
from fastlint.rule import Finding, Rule


class RootPathArgument(Rule[Call]):
    """`FastAPI(root_path=...)`: the prefix belongs to the server.

    ## What it does

    Reports `root_path=` given to `FastAPI(...)`.

    ## Why it matters

    FastAPI warns at each start since 0.146. The path under which a proxy serves the application is known where it is
    deployed; written in the code, it is wrong everywhere else.

    ## Instead

    `fastapi run --root-path /api`, or uvicorn's `--root-path`.
    """

    code = "FST709"
    name = "root-path-argument"
    since = "0.1"
    status = "stable"
    applies = "fastapi>=0.146"
    callees = ("fastapi.FastAPI", "fastapi.FastAPI.__init__")

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        given = project.constants.arguments(call.node, call.scope).get(None, "root_path")
        if given is None or _empty(given.expr):
            return
        written = next((keyword for keyword in call.node.keywords if keyword.arg == "root_path"), None)
        span = call.span if written is None else written.span  # a dictionary may bring it
        message = "`FastAPI(root_path=...)` is deprecated: give it to the server with `--root-path`"
        yield Finding(call.path, span, message, symbol=call.scope.qualname)


def _empty(value: syntax.Expr) -> bool:
    """`root_path=""`, which is the default."""
    return isinstance(value, syntax.Constant) and not value.value
