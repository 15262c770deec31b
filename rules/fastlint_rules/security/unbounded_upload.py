"""An upload that fills the memory."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Parameter, Project
from fastlint.project.security.limits import routes_reaching, size_limited, whole_reads
from fastlint.rule import Finding, Level, Rule


class UnboundedUpload(Rule[Function]):
    """An uploaded file that is read as a whole, whatever its size.

    ## What it does

    Reports `read()` of an upload without a size, and `bytes` parameters with `File()`, on routes without a limit:
    neither `max_body_size` on route, router or application, nor middleware for it, nor a look at the file's size.

    ## Why it matters

    The client decides how much memory the process takes. A few large files at a time end it, for everybody.

    ## Instead

    Read `await file.read(limit + 1)` and refuse what is longer, read in pieces, or give `max_body_size`.
    """

    code = "FST538"
    name = "unbounded-upload"
    since = "0.1"
    status = "stable"
    level = Level.INFO

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if function.module.is_test or not project.routes:
            return
        calls = list(whole_reads(function, project)) if "read" in function.node.calls else []
        uploads = list(self._bytes(function, project))
        if not calls and not uploads:
            return
        routes = routes_reaching(function, project)
        if not routes or all(size_limited(route, project) for route in routes):
            return
        for call in calls:
            message = "The upload is read into memory whatever its size"
            yield Finding(function.path, call.span, message, symbol=function.qualname)
        for parameter in uploads:
            message = f"FastAPI reads `{parameter.node.name}` into memory whatever its size"
            yield Finding(function.path, parameter.span, message, symbol=function.qualname)

    @staticmethod
    def _bytes(function: Function, project: Project) -> Iterator[Parameter]:
        for route in project.handlers.runs.get(function, ())[:1]:
            for parameter in project.applications.parameters.of(function, route.names):
                if parameter.kind == "file" and parameter.annotation.bare().name == "builtins.bytes":
                    yield parameter
