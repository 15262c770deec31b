"""A broad except clause around an HTTPException."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.raises import BROAD, HTTP_EXCEPTIONS, Raised, passes_on
from fastlint.project.model import Function, Project, Span, syntax, v
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule, related

LOOKING = frozenset(
    {
        *(
            "str",
            "repr",
            "type",
            "print",
            "format",
            "isinstance",
            "getattr",
            "hasattr",
            "HTTPException",
            "JSONResponse",
        ),
        *("debug", "info", "warning", "warn", "error", "exception", "critical", "log", "format_exc", "print_exc"),
        *("format_exception", "print_exception", "capture_exception", "record_exception", "append", "set_status"),
    }
)
"""Calls that may be given the exception without raising it again."""


class SwallowedHttpException(Rule[Function]):
    """`except Exception` around code that raises an `HTTPException`.

    ## What it does

    Reports broad `except` clauses (bare, `Exception`, `BaseException`) in code that runs for a route, when the `try`
    raises an `HTTPException` and the clause does not pass it on. Where a function that the `try` calls raises it, the
    clause must also decide the answer: code that logs and goes on is left alone.

    ## Why it matters

    `HTTPException` is an `Exception`. The 404 that was meant becomes a 500, or a 200 with an empty answer.

    ## Instead

    Catch it first and raise it again, or move the code that raises it out of the `try`:

        except HTTPException:
            raise
        except Exception:
            ...

    ## Fix safety

    The clause that passes the exception on changes only the answers that were wrong.

    ## Known gaps

    A clause that hands the exception to another function is left alone: that function may raise it again.
    """

    code = "FST223"
    name = "swallowed-http-exception"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if function not in project.raises.reached:
            return
        for block in function.body.all(syntax.Try):
            clause = self._broad(block, function, project)
            if clause is None or passes_on(clause) or _asks(clause, function, project) or _hands_over(clause):
                continue
            swallowed = [
                raised
                for raised in project.raises.within(function, block.body)
                if (raised.function is function or _answers(clause, function, project))
                and not _same_status(raised, clause, function, project)
            ]
            if swallowed:
                first = swallowed[0]
                status = f"{first.status}" if first.status is not None else "status"
                message = f"this clause of `{function.short}` swallows an HTTPException: its {status} is lost"
                places = related([(first.path, first.node.span, f"raised here in `{first.function.short}`")])
                yield Finding(
                    function.path, _head(clause), message, places, subject=(clause, swallowed), symbol=function.qualname
                )

    @staticmethod
    def _broad(block: syntax.Try, function: Function, project: Project) -> syntax.Handler | None:
        """The clause that catches everything, unless an earlier one takes HTTPExceptions."""
        for clause in block.handlers:
            if project.raises.catches(clause, function, BROAD):
                return clause
            if project.raises.catches(clause, function, HTTP_EXCEPTIONS):
                return None
        return None

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        clause, swallowed = finding.subject
        if len({raised.starlette for raised in swallowed}) > 1:
            return None
        source = edit.source(finding.path)
        before = source.line(clause.line)[: clause.column]
        if before.strip():
            return None
        module = "starlette.exceptions" if swallowed[0].starlette else "fastapi"
        name, imports = edit.add_import(finding.path, module, "HTTPException")
        inner = (
            source.line(clause.body[0].line)[: clause.body[0].column]
            if clause.body[0].line > clause.line
            else before + "    "
        )
        lines = f"{before}except {name}:{source.newline}{inner}raise{source.newline}"
        return Fix(
            "Pass HTTPExceptions on first",
            Applicability.REPAIR,
            (*imports, edit.insert(finding.path, clause.line, 1, lines)),
        )


def _answers(clause: syntax.Handler, function: Function, project: Project) -> bool:
    """Whether the clause decides the answer, not knowing of HTTPExceptions: it raises, or a handler returns in it.

    An exception of the project that is raised instead was chosen; what tells the client about the failure was too.
    """
    last = clause.body[-1]
    if isinstance(last, syntax.Raise) and last.exception is not None:
        values = project.infer(last.exception, function)
        return any(project.raises.is_http_exception(value) for value in values) or all(map(_is_builtin, values))
    routes = project.handlers.routes_of.get(function, ())
    if not isinstance(last, syntax.Return) or all(route.kind == "websocket" for route in routes):
        return False
    if last.value is not None and project.returns.values(last.value, function):
        if project.returns.only_responses(last.value, function):
            return True
    return not _told(clause)


def _is_builtin(value: v.Value) -> bool:
    """Whether it is one of Python's own exceptions."""
    name = value.of if isinstance(value, v.Instance) else value.name if isinstance(value, v.External) else ""
    return isinstance(name, str) and name.startswith("builtins.")


def _told(clause: syntax.Handler) -> bool:
    """Whether the exception is used for more than the log."""
    return any(
        isinstance(node, syntax.Name) and node.id == clause.name
        for statement in clause.body
        if not isinstance(statement, syntax.ExprStmt)
        for node in syntax.walk(statement)
    )


def _head(clause: syntax.Handler) -> Span:
    """`except Exception as error` without its body."""
    end = clause.type.span if clause.type is not None else None
    line, column = (
        (end.end_line, end.end_column) if end is not None else (clause.line, clause.column + 1 + len("except"))
    )
    return Span(clause.line, clause.column + 1, line, column)


def _asks(clause: syntax.Handler, function: Function, project: Project) -> bool:
    """Whether the clause asks if the exception is an HTTPException, or takes its status."""
    for node in (n for statement in clause.body for n in syntax.walk(statement)):
        if (
            isinstance(node, syntax.Call)
            and isinstance(node.func, syntax.Name)
            and node.func.id in ("isinstance", "getattr", "hasattr")
        ):
            return True
        if (
            isinstance(node, syntax.Attribute)
            and node.attr in ("status_code", "detail")
            and _is_name(node.value, clause.name)
        ):
            return True
    return False


def _hands_over(clause: syntax.Handler) -> bool:
    """Whether the exception goes to a function that may raise it again."""
    for node in (n for statement in clause.body for n in syntax.walk(statement)):
        if isinstance(node, syntax.Call) and any(
            _is_name(a, clause.name) for a in (*node.args, *(k.value for k in node.keywords))
        ):
            func = node.func
            name = func.id if isinstance(func, syntax.Name) else func.attr if isinstance(func, syntax.Attribute) else ""
            if name not in LOOKING:
                return True
    return False


def _is_name(expr: syntax.Expr, name: str | None) -> bool:
    return isinstance(expr, syntax.Name) and expr.id == name


def _same_status(raised: Raised, clause: syntax.Handler, function: Function, project: Project) -> bool:
    """Whether the clause answers with the very status that was raised."""
    answered = {r.status for r in project.raises.within(function, clause.body)}
    return raised.status is not None and answered == {raised.status}
