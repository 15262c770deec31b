"""A dependency that is called instead of named."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.callables import gives_no_callable
from fastlint.project.model import Call, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class CalledDependency(Rule[Call]):
    """`Depends(f())` where `f()` gives nothing that can be called.

    ## What it does

    Reports `Depends(f())` and `Security(f())` when what `f()` gives is no callable: text, a model, a coroutine, a
    generator.

    ## Why it matters

    `Depends` wants the function itself and calls it for each request. Given anything else the application fails at
    import with `TypeError: ... is not a callable object`.

    ## Instead

    Name the function: `Depends(f)`. A factory that returns a function, or an instance with `__call__`, is fine.

    ## Fix safety

    A repair: the module could not be imported before. It is offered where the call has no arguments, which would be
    lost.

    ## Known gaps

    A function whose result is not known is taken for a factory.
    """

    code = "FST401"
    name = "called-dependency"
    since = "0.1"
    level = Level.ERROR
    status = "stable"
    callees = ("fastapi.Depends", "fastapi.Security")

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        given = call.node.argument(0, "dependency")
        if not isinstance(given, syntax.Call) or not gives_no_callable(given, call.scope, project.inference):
            return
        marker = call.name.rpartition(".")[2]
        message = f"`{marker}` is given the result of `{_dotted(given.func)}`, not the function: it fails at import"
        yield Finding(call.path, call.span, message, subject=given, symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        given: syntax.Call = finding.subject
        if given.args or given.keywords:
            return None
        name = edit.text(finding.path, given.func.span)
        return Fix(f"Give `{name}` itself", Applicability.REPAIR, (edit.replace(finding.path, given.span, name),))


def _dotted(expr: syntax.Expr) -> str:
    match expr:
        case syntax.Name(id=name):
            return name
        case syntax.Attribute(value=value, attr=attr):
            return f"{_dotted(value)}.{attr}"
        case syntax.Call(func=func):
            return f"{_dotted(func)}()"
    return "..."
