"""The text of an exception sent to the client."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.project.application.raises import BROAD
from fastlint.project.catalogue.statuses import phrase
from fastlint.project.model import Function, Project, Span, syntax
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Rule
from fastlint_rules.contracts._quotes import quoted

TELLING = frozenset(
    {
        *(
            "sqlalchemy.",
            "psycopg.",
            "psycopg2.",
            "asyncpg.",
            "pymysql.",
            "sqlite3.",
            "pymongo.",
            "redis.",
            "botocore.",
        ),
        *("requests.", "httpx.", "subprocess.", "google.api_core.", "azure.core.", "kafka.", "aiomysql.", "cx_Oracle."),
    }
)
"""Packages whose exceptions say where things are and what was asked of them."""
TRACEBACKS = frozenset({"traceback.format_exc", "traceback.format_exception", "traceback.format_tb", "sys.exc_info"})
TEXT = frozenset({"builtins.str", "builtins.repr", "builtins.format", "builtins.ascii"})


class ExceptionDetailInResponse(Rule[Function]):
    """`str(error)` or a traceback in an answer.

    ## What it does

    Reports the text of an unforeseen exception (`Exception`, or one of a database driver, HTTP client or cloud library)
    or a traceback that is put into an `HTTPException`, into what a path operation returns (or the dictionary or text of
    a function whose result it returns as it is), or into the Response of an exception handler.

    ## Why it matters

    Such texts were written for the people who run the service: they name hosts, tables, statements and file paths.

    ## Instead

    Log the exception and answer with a text of your own. The project's own exceptions, `ValueError`s about the request,
    and what code raises that only checks values or makes a model are left alone; a traceback never is.

    ## Fix safety

    The detail becomes what the text says before the exception (`f"Cannot open the report: {error}"`), or the phrase of
    the status; clients that showed it lose it: unsafe.
    """

    code = "FST224"
    name = "exception-detail-in-response"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, function: Function, project: Project) -> Iterator[Finding]:
        if function in project.raises.reached:
            for block in function.body.all(syntax.Try):
                for clause in block.handlers:
                    if _unforeseen(clause, function, project):
                        foreseen = project.raises.foreseen(block.body, function)
                        yield from self._clause(clause, "" if foreseen else clause.name or "", function, project)
        elif function in project.handlers.for_any_exception:
            yield from self._handler(function, project)

    def _clause(self, clause: syntax.Handler, name: str, function: Function, project: Project) -> Iterator[Finding]:
        """What leaves a clause with the text of the exception called `name`, or with a traceback."""
        for node in (n for statement in clause.body for n in syntax.walk(statement)):
            sent: list[syntax.Expr] = []
            if isinstance(node, syntax.Raise) and isinstance(node.exception, syntax.Call):
                if any(project.raises.is_http_exception(value) for value in project.infer(node.exception, function)):
                    sent = [*node.exception.args, *(k.value for k in node.exception.keywords if k.arg != "headers")]
            elif isinstance(node, syntax.Return) and node.value is not None:
                if function in project.handlers.routes_of or _answers(node.value, function, project):
                    sent = [node.value]
            for expr in sent:
                yield from self._leaks(expr, name, clause, node, function, project)

    def _handler(self, function: Function, project: Project) -> Iterator[Finding]:
        if len(function.node.parameters) < 2:
            return
        name = function.node.parameters[1].name
        for statement in function.body.all(syntax.Return):
            if statement.value is not None:
                yield from self._leaks(statement.value, name, None, statement, function, project)

    @staticmethod
    def _leaks(
        expr: syntax.Expr,
        name: str,
        clause: syntax.Handler | None,
        node: syntax.Node,
        function: Function,
        project: Project,
    ) -> Iterator[Finding]:
        leak = _text_of(expr, name, function, project, 0)
        if leak is not None:
            message = f"`{function.short}` sends the text of an unforeseen exception to the client"
            yield Finding(
                function.path,
                leak.span,
                message,
                subject=(leak, expr, clause, node, project, function),
                symbol=function.qualname,
            )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        leak, expr, clause, node, project, function = finding.subject
        call = node.exception if isinstance(node, syntax.Raise) else node.value
        if not isinstance(call, syntax.Call):
            return None
        index = 1 if isinstance(node, syntax.Raise) or len(call.args) > 1 else None
        status = project.constant(
            call.argument(index, "status_code") if clause is None else call.argument(0, "status_code"), function
        )
        reason = phrase(status)
        if reason is None or (isinstance(node, syntax.Return) and clause is not None):
            return None
        if leak is not expr and not isinstance(expr, syntax.FString) and clause is not None:
            return None
        written = _own_words(expr, leak, edit, finding.path) if clause is not None else ""
        detail = written or quoted(reason, edit.source(finding.path))
        edits: list[Edit] = [edit.replace(finding.path, expr.span if clause is not None else leak.span, detail)]
        if isinstance(node, syntax.Raise) and node.cause is None and clause is not None and clause.name:
            end = node.exception.span if node.exception is not None else Span.of_line(node.line)
            edits.append(edit.insert(finding.path, end.end_line, end.end_column, f" from {clause.name}"))
        return Fix(f"Answer with {detail}", Applicability.UNSAFE, tuple(edits))


def _answers(expr: syntax.Expr, function: Function, project: Project) -> bool:
    """Whether some route answers with what the function returns: no object, whose class the route may ask for."""
    if function not in project.raises.answered:
        return False
    return not isinstance(expr, syntax.Call) or bool(project.names(expr.func, function) & TEXT)


def _own_words(expr: syntax.Expr, leak: syntax.Expr, edit: Edits, path: str) -> str:
    """What stands before the exception in an f-string that ends with it; empty where there is too little."""
    text = edit.text(path, expr.span)
    opening = re.match(r"[fF](['\"])(?!\1\1)", text)
    if not isinstance(expr, syntax.FString) or len(expr.parts) != 2 or opening is None:
        return ""
    if not any(node is leak for node in syntax.walk(expr.parts[1])):
        return ""
    words = expr.parts[0]
    if not isinstance(words, syntax.Constant) or not isinstance(words.value, str):
        return ""
    own = words.value.rstrip(" :;,-=(['\"`")
    plain = text[2:].startswith(own) and not {"\\", "{", "}"} & set(own)
    return f"{opening[1]}{own}{opening[1]}" if plain and " " in own.strip() else ""


def _unforeseen(clause: syntax.Handler, function: Function, project: Project) -> bool:
    """Whether what the clause catches was not made by this project, nor is it about the request."""
    if clause.type is None:
        return True
    names = project.raises.caught(clause, function)
    return any(name in BROAD or name.startswith(tuple(TELLING)) for name in names)


def _text_of(expr: syntax.Expr, name: str, function: Function, project: Project, depth: int) -> syntax.Expr | None:
    """The part of an expression that holds the text of the exception called `name`, or a traceback."""
    match expr:
        case syntax.Call():
            names = project.names(expr.func, function)
            if names & TRACEBACKS or (names & TEXT and any(_is(arg, name) for arg in expr.args)):
                return expr
            if _formats(expr) and any(_is(item, name) for item in (*expr.args, *(k.value for k in expr.keywords))):
                return expr
        case syntax.Formatted(value=value) if _is(value, name):
            return expr
        case syntax.Attribute(value=value, attr="args" | "message" | "orig") if _is(value, name):
            return expr
        case syntax.Name(id=other) if other != name and depth < 3:
            return _through_name(expr, name, function, project, depth)
        case syntax.Binary(op="Mod", right=right) if _is(right, name):
            return right
        case syntax.Binary(op="Mod", right=syntax.Tuple(elements=elements)) if any(_is(e, name) for e in elements):
            return expr.right
        case syntax.Conditional():
            return None
    for child in expr.children():
        inner = child.value if isinstance(child, syntax.Keyword) else child
        if isinstance(inner, syntax.Expr) and (found := _text_of(inner, name, function, project, depth)) is not None:
            return found
    return None


def _through_name(expr: syntax.Name, name: str, function: Function, project: Project, depth: int) -> syntax.Expr | None:
    """The text behind a local name that is bound right before."""
    for found in project.inference.define(expr, function):
        binding = getattr(found, "binding", None)
        if binding is not None and binding.kind == "assign" and binding.value is not None and not binding.path:
            return _text_of(binding.value, name, function, project, depth + 1)
    return None


def _formats(call: syntax.Call) -> bool:
    """`"...".format(...)`."""
    match call.func:
        case syntax.Attribute(value=syntax.Constant(value=str()), attr="format"):
            return True
    return False


def _is(expr: syntax.Expr, name: str) -> bool:
    return isinstance(expr, syntax.Name) and bool(name) and expr.id == name
