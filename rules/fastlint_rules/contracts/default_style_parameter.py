"""`Query(...)` or `Depends(...)` as a default value."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

from fastlint.project.model import Function, Parameter, Project, syntax
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Rule
from fastlint_rules.contracts._signatures import annotated as in_brackets
from fastlint_rules.contracts._signatures import fitting


class DefaultStyleParameter(Rule[Parameter]):
    """A marker such as `Query(...)` or `Depends(...)` as the default of a parameter.

    ## What it does

    Reports parameters of path operations and dependencies whose default is `Query`, `Path`, `Header`, `Cookie`, `Body`,
    `Form`, `File`, `Depends` or `Security`.

    ## Why it matters

    The function cannot be called by anybody but FastAPI: its default is the marker, not a value. `Annotated` keeps the
    default a default, can be named and used again, and is what the documentation advises.

    ## Instead

    `limit: Annotated[int, Query(le=100)] = 10`, `session: Annotated[Session, Depends(get_session)]`.

    ## Fix safety

    The whole signature is rewritten at once, as defaults and their order depend on each other; a `*` is put before the
    first parameter that would lose its default after one that has one. Schema and answers stay the same. Functions that
    the project calls itself, parameters without annotation and markers with comments are left alone.
    """

    code = "FST216"
    name = "default-style-parameter"
    since = "0.1"
    status = "stable"
    level = Level.INFO
    default = False
    applies = "fastapi>=0.95"

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        marker = parameter.marker
        if marker is None or marker.in_annotation or parameter.node.default is not marker.call:
            return
        owner = parameter.owner
        called = marker.call.func
        name = (
            called.attr
            if isinstance(called, syntax.Attribute)
            else called.id
            if isinstance(called, syntax.Name)
            else marker.kind
        )
        message = f"`{name}` is the default of `{parameter.node.name}` in `{owner.short}`, not in its annotation"
        yield Finding(parameter.path, parameter.span, message, subject=(parameter, project), symbol=owner.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        parameter, project = finding.subject
        owner: Function = parameter.owner
        if project.calls_of(owner) or (owner.node.decorators and not project.handlers.routes_of.get(owner)):
            return None
        parameters = {p.node: p for p in project.applications.parameters.of(owner)}
        annotated, imports = edit.add_import(finding.path, "typing", "Annotated")
        edits: list[Edit] = []
        defaulted = keyword_only = False
        for node in owner.node.parameters:
            keyword_only = keyword_only or node.kind in ("k", "*")
            known = parameters.get(node)
            new = None if known is None else _rewritten(known, annotated, edit, finding.path)
            has_default = node.default is not None and (new is None or new[1])
            if known is not None and _in_default(known):
                if new is None:
                    return None
                before = "*, " if defaulted and not has_default and not keyword_only else ""
                keyword_only = keyword_only or bool(before)
                edits.append(
                    edit.replace(finding.path, node.span, self._placed(node, before, edit, finding.path) + new[0])
                )
            defaulted = defaulted or has_default
        edits = fitting(edits, owner.node, finding.path, edit)
        return Fix("Move the markers into `Annotated`", Applicability.SAFE, (*imports, *edits))

    @staticmethod
    def _placed(node: syntax.Parameter, before: str, edit: Edits, path: str) -> str:
        """The `*` on a line of its own where each parameter has one."""
        source = edit.source(path)
        indentation = source.line(node.line)[: node.column]
        return f"*,{source.newline}{indentation}" if before and not indentation.strip() else before


def _in_default(parameter: Parameter) -> bool:
    return (
        parameter.marker is not None
        and not parameter.marker.in_annotation
        and parameter.node.default is parameter.marker.call
    )


def _rewritten(parameter: Parameter, annotated: str, edit: Edits, path: str) -> tuple[str, bool] | None:
    """The parameter with its marker in `Annotated`, and whether it keeps a default; None when that cannot be."""
    node, marker = parameter.node, parameter.marker
    if marker is None or node.annotation is None or marker.call.spread or not _in_default(parameter):
        return None
    text = edit.text(path, marker.call.span)
    if _commented(edit.text(path, node.span)):
        return None
    default = None if marker.kind in ("depends", "security") else marker.call.argument(0, "default")
    if default is not None:
        text = _without_default(marker.call, edit, path)
        if isinstance(default, syntax.Constant) and default.value is ...:
            default = None
    start = edit.text(path, node.span).partition(":")[0]
    inner = edit.text(path, node.annotation.span)
    written = f"{start}: {in_brackets(annotated, inner, text, node, edit.source(path))}"
    if default is None or marker.kind == "path":
        return written, False
    return f"{written} = {edit.text(path, default.span)}", True


def _commented(text: str) -> bool:
    """Whether there is a comment in the text of a parameter; a `#` in a string is none."""
    tokens = tokenize.generate_tokens(io.StringIO(f"({text}\n)").readline)
    return "#" in text and any(token.type == tokenize.COMMENT for token in tokens)


def _without_default(call: syntax.Call, edit: Edits, path: str) -> str:
    """The call's text without its default, laid out as it was."""
    given = sorted([*call.args, *call.keywords], key=lambda node: node.start)
    default = call.args[0] if call.args else next(k for k in call.keywords if k.arg == "default")
    source, index = edit.source(path), given.index(default)
    start, end = source.offset(*call.span[:2]), source.offset(*call.span[2:])
    first, last = source.offset(*default.span[:2]), source.offset(*default.span[2:])
    if not index:  # from the bracket on: the default may stand in brackets of its own
        opening = source.text.index("(", source.offset(*call.func.span[2:])) + 1
        first = opening + len(source.text[opening:first]) - len(source.text[opening:first].lstrip())
    if index + 1 < len(given):
        last = source.offset(*given[index + 1].span[:2])
    elif index:
        first = source.offset(*given[index - 1].span[2:])
    else:  # nothing is left, not even a comma
        return f"{edit.text(path, call.func.span)}()"
    return source.text[start:first] + source.text[last:end]
