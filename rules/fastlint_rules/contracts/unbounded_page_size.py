"""A page size without upper bound."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Parameter, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule
from fastlint_rules.contracts._signatures import fitting

NAMES = frozenset({"limit", "page_size", "per_page", "pagesize", "page_limit", "max_results", "items_per_page"})
BOUNDS = frozenset({"le", "lt", "multiple_of"})
LARGEST = 100


class UnboundedPageSize(Rule[Parameter]):
    """A `limit` or `page_size` without `le=`.

    ## What it does

    Reports integer query parameters of `GET` routes and their dependencies that are called like a page size, have no
    upper bound, and are neither compared nor clamped in the function.

    ## Why it matters

    `?limit=1000000000` reads the whole table into memory.

    ## Instead

    `limit: Annotated[int, Query(ge=1, le=100)] = 20`.

    ## Fix safety

    Requests for more are refused from then on: unsafe.

    ## Known gaps

    A bound that is enforced in a function to which the value is passed is not seen.
    """

    code = "FST222"
    name = "unbounded-page-size"
    since = "0.1"
    status = "stable"
    level = Level.INFO

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        if parameter.kind != "query" or parameter.node.name not in NAMES or parameter.node.kind in ("*", "**"):
            return
        if parameter.annotation.bare().name != "builtins.int" or self._bounded(parameter):
            return
        uses = project.handlers.uses[parameter.node]
        if not any(use.route.methods == ("GET",) and use.parameter.kind == "query" for use in uses):
            return
        if any(use.parameter.kind == "path" for use in uses) or _compared(parameter.node.name, parameter.owner):
            return
        owner = parameter.owner
        message = f"`{parameter.node.name}` of `{owner.short}` has no upper bound: a client may ask for everything"
        yield Finding(parameter.path, parameter.span, message, subject=parameter, symbol=owner.qualname)

    @staticmethod
    def _bounded(parameter: Parameter) -> bool:
        """Whether the marker or anything else in `Annotated` sets a bound; what is not understood counts as one."""
        marker = parameter.marker
        calls = [] if marker is None else [marker.call]
        for item in parameter.annotation.metadata:
            if marker is not None and item.expr is marker.call:
                continue
            if isinstance(item.expr, syntax.Constant):
                continue
            if not isinstance(item.expr, syntax.Call):
                return True
            name = item.expr.func.id if isinstance(item.expr.func, syntax.Name) else ""
            if name in ("Ge", "Gt", "Doc"):
                continue
            if name != "Field":
                return True
            calls.append(item.expr)
        return any(call.spread or any(keyword.arg in BOUNDS for keyword in call.keywords) for call in calls)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        parameter: Parameter = finding.subject
        marker, node = parameter.marker, parameter.node
        default = node.default if marker is None or marker.in_annotation else marker.call.argument(0, "default")
        value = default.value if isinstance(default, syntax.Constant) else None
        if default is not None and (not isinstance(value, int) or value > LARGEST):
            return None
        path = finding.path
        if marker is not None:
            inside = node.annotation if marker.in_annotation else node.default
            if inside is None or not any(n is marker.call for n in syntax.walk(inside)):
                return None
            return Fix(
                f"Bound it by {LARGEST}",
                Applicability.UNSAFE,
                (edit.set_keyword(path, marker.call.span, "le", str(LARGEST)),),
            )
        if node.annotation is None or parameter.annotation.metadata:
            return None
        annotated, imports = edit.add_import(path, "typing", "Annotated")
        query, more = edit.add_import(path, "fastapi", "Query")
        before = edit.text(
            path, node.span._replace(end_line=node.annotation.line, end_column=node.annotation.column + 1)
        )
        annotation = edit.text(path, node.annotation.span)
        after = edit.text(path, node.span).removeprefix(f"{before}{annotation}")
        content = f"{before}{annotated}[{annotation}, {query}(ge=1, le={LARGEST})]{after}"
        edits = fitting([edit.replace(path, node.span, content)], parameter.owner.node, path, edit)
        return Fix(f"Bound it by {LARGEST}", Applicability.UNSAFE, (*imports, *more, *edits))


def _compared(name: str, function: Function) -> bool:
    """Whether the function compares the value, or takes the smaller of it and another."""
    for compare in function.body.all(syntax.Compare):
        if any(isinstance(side, syntax.Name) and side.id == name for side in (compare.left, *compare.comparators)):
            if any(op in ("Gt", "GtE", "Lt", "LtE") for op in compare.ops):
                return True
    for call in function.body.all(syntax.Call):
        if (
            isinstance(call.func, syntax.Name)
            and call.func.id in ("min", "clamp")
            and any(_names(a, name) for a in call.args)
        ):
            return True
    return False


def _names(expr: syntax.Expr, name: str) -> bool:
    return any(isinstance(node, syntax.Name) and node.id == name for node in syntax.walk(expr))
