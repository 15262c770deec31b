"""SQL put together from values that are not constant."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.flows.text import Hole
from fastlint.project.model import Flow, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule
from fastlint_rules.security._bound_parameters import bind
from fastlint_rules.security._flows import reaching


class SqlInjection(Rule[Flow]):
    """SQL put together from values that are not constant.

    ## What it does

    Reports SQL text into which data of the request is put by an f-string, `%`, `+`, `.format` or `join`, also through
    variables, models, dependencies and functions of the project. The text is followed to `text`, `literal_column`,
    `exec_driver_sql`, `read_sql` and to `execute` of SQLAlchemy and of the database drivers.

    Without a known way from a request it is a warning, and only where a value stands: in quotes or after a comparison.

    ## Why it matters

    Whoever sends `' OR 1=1 --` reads, changes or deletes what the query never meant to touch.

    ## Instead

    Use bound parameters: `text("... WHERE name = :name"), {"name": name}`. For names of columns and tables, look the
    name up in a dictionary of those that are allowed, or use `column(name)`, which quotes it.

    ## Fix safety

    The value is bound, so that quotes in it stay data. A query that relied on SQL in the value stops working.

    ## Known gaps

    Names of tables and columns that do not come from a request are not reported, nor are migrations.
    """

    code = "FST520"
    name = "sql-injection"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, flow: Flow, project: Project) -> Iterator[Finding]:
        if flow.kind != "sql":
            return
        if flow.source is not None:
            yield reaching(flow, "becomes part of SQL text")
            return
        names = ", ".join(dict.fromkeys(f"`{shown(hole)}`" for hole in flow.holes))
        message = f"SQL text is built with {names} put in as text"
        yield Finding(flow.path, flow.span, message, level=Level.WARNING, subject=flow, symbol=flow.symbol)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        edits = bind(finding.subject, edit)
        return None if edits is None else Fix("Bind the values as parameters", Applicability.UNSAFE, edits)


def shown(hole: Hole) -> str:
    """How the author calls what is put in."""
    expr: syntax.Expr = hole.expr
    parts: list[str] = []
    while isinstance(expr, syntax.Attribute):
        parts.insert(0, expr.attr)
        expr = expr.value
    if isinstance(expr, syntax.Name):
        return ".".join([expr.id, *parts])
    return ".".join(["…", *parts]) if parts else "…"
