"""`Depends()` that says neither what to call nor what type it gives."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Parameter, Project
from fastlint.rule import Finding, Level, Rule


class UntypedDepends(Rule[Parameter]):
    """`x=Depends()` without an annotation.

    ## What it does

    Reports parameters whose default is `Depends()` or `Security()` without a callable and that have no annotation.

    ## Why it matters

    `Depends()` calls the annotated class. Without annotation that is `typing.Any`, whose parameters are `*args` and
    `**kwargs`: they become two required query parameters of these names, and every request is answered with 422.

    ## Instead

    Annotate the parameter, `page: Annotated[Page, Depends()]`, or name the callable, `Depends(get_page)`.
    """

    code = "FST402"
    name = "untyped-depends"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        marker = parameter.marker
        if parameter.kind != "dependency" or marker is None or parameter.annotation.kind != "missing":
            return
        if marker.call.argument(0, "dependency") is not None or marker.call.spread:
            return
        message = (
            f"`{parameter.node.name}` depends on nothing: it becomes the query parameters `args` and `kwargs`, "
            "and each request is answered with 422"
        )
        yield Finding(parameter.path, parameter.span, message, symbol=parameter.owner.qualname)
