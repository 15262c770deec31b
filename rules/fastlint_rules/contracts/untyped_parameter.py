"""A parameter without a type."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Parameter, Project, syntax, v
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Rule

WRITING = frozenset({"POST", "PUT", "PATCH"})


class UntypedParameter(Rule[Parameter]):
    """A route or dependency parameter without annotation, or annotated `Any`.

    ## What it does

    Reports parameters of path operations and dependencies that have no annotation, or `Any`, and that FastAPI
    therefore reads from the query string. It is an error where a `POST`, `PUT` or `PATCH` requires such a parameter:
    the body was meant.

    ## Why it matters

    FastAPI takes types from annotations, not from defaults. Without one, the value arrives as the text that the client
    sent, unvalidated: with `page=1` in the signature, `?page=2` gives the string `"2"`, and `?archived=false` a string
    that is true. `def create(payload):` on a `POST` is a *required query parameter*: the JSON body is ignored and the
    client gets 422.

    ## Instead

    Annotate the parameter: `page: int = 1`. For a body, declare a Pydantic model, or `Annotated[Any, Body()]` if
    anything is accepted.

    ## Fix safety

    The annotation is taken from the default; where the body was meant it is `Annotated[Any, Body()]`. Values arrive
    converted, and what does not fit is refused: unsafe. There is none where other code calls the function too: nobody
    knows what it gives.

    ## Known gaps

    Parameters that are in the path are left alone, as a path segment is text anyway.
    """

    code = "FST201"
    name = "untyped-parameter"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, parameter: Parameter, project: Project) -> Iterator[Finding]:
        kind = parameter.annotation.kind
        if kind not in ("missing", "any") or parameter.node.kind in ("*", "**"):
            return
        if parameter.marker is not None and not self._only_marked(parameter, project):
            return
        uses = project.handlers.uses[parameter.node]
        if any(use.parameter.kind != "query" or not project.handlers.path_known(use.route) for use in uses):
            return
        if parameter.node.default is not None and parameter.marker is None and not self._plain(parameter, project):
            return
        owner = parameter.owner
        what = "has no annotation" if kind == "missing" else "is annotated `Any`"
        if self._means_body(parameter, project):
            message = (
                f"`{parameter.node.name}` of `{owner.short}` {what}: it is a required query parameter, not the body"
            )
            yield Finding(
                parameter.path,
                parameter.span,
                message,
                level=Level.ERROR,
                subject=(parameter, True, project),
                symbol=owner.qualname,
            )
            return
        message = f"`{parameter.node.name}` of `{owner.short}` {what}: it is a query parameter that arrives unvalidated"
        yield Finding(
            parameter.path, parameter.span, message, subject=(parameter, False, project), symbol=owner.qualname
        )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        parameter, body, project = finding.subject
        if project.calls_of(parameter.owner):
            return None
        node, path = parameter.node, finding.path
        if parameter.marker is not None:
            return None
        edits: list[Edit] = []
        if body:
            names = [("typing", "Annotated"), ("typing", "Any"), ("fastapi", "Body")]
            words = []
            for module, name in names:
                word, imports = edit.add_import(path, module, name)
                words.append(word)
                edits += imports
            written = f"{words[0]}[{words[1]}, {words[2]}()]"
        else:
            written = _type_of(node.default)
            if not written:
                return None
        default = f" = {edit.text(path, node.default.span)}" if node.default is not None else ""
        if node.annotation is None and "#" in edit.text(path, node.span):
            return None
        place = node.span if node.annotation is None else node.annotation.span
        content = written if node.annotation is not None else f"{node.name}: {written}{default}"
        edits.append(edit.replace(path, place, content))
        return Fix(f"Annotate it with `{written}`", Applicability.UNSAFE, tuple(edits))

    @staticmethod
    def _only_marked(parameter: Parameter, project: Project) -> bool:
        """Whether `= Query(...)` is all that is said of it: a number or truth value as default tells what was meant."""
        marker = parameter.marker
        if marker is None or marker.kind != "query" or marker.in_annotation or parameter.node.annotation is not None:
            return False
        default = project.constant(marker.call.argument(0, "default"), marker.scope)
        return isinstance(default, int | float)

    @staticmethod
    def _plain(parameter: Parameter, project: Project) -> bool:
        """Whether the default surely is a value, not a function or something that marks a dependency."""
        assert parameter.node.default is not None
        if isinstance(parameter.node.default, syntax.Constant):
            return True
        values = project.infer(parameter.node.default, parameter.owner.parent)
        return all(isinstance(value, v.Const | v.Display) for value in values)

    @staticmethod
    def _means_body(parameter: Parameter, project: Project) -> bool:
        routes = project.handlers.routes_of.get(parameter.owner, ())
        return parameter.node.default is None and bool(routes) and all(set(r.methods or "?") <= WRITING for r in routes)


def _type_of(default: syntax.Expr | None) -> str:
    """The annotation that a default suggests; empty where it suggests none."""
    if default is None:
        return "str"
    if not isinstance(default, syntax.Constant):
        return ""
    if default.value is None:
        return "str | None"
    kind = type(default.value)
    return kind.__name__ if kind in (bool, int, float, str) else ""
