"""A placeholder and a parameter that were meant for each other."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.placeholders import conversions, nameless, unclaimed, without_placeholder
from fastlint.project.model import Project, Route
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Related, Rule, Span

TYPES = {"int": (None, "int"), "float": (None, "float"), "uuid": ("uuid", "UUID")}


class MismatchedPathParameter(Rule[Route]):
    """A path parameter that differs from the placeholder it was meant for.

    ## What it does

    Reports a required parameter named almost like a placeholder that nothing takes (`/{item_id}` and `id: int`); an
    annotation that what the converter makes can never be (`/{page:int}` and `page: str`); a placeholder that is no
    identifier (`/{book-id}`); and `Path()` on a parameter that is not in the path.

    ## Why it matters

    A parameter that is not in the path is a required query parameter: every request is answered with 422. So it is
    when the converter has made a number of what must be text. `{book-id}` is no placeholder at all, but a text that no
    request has.

    ## Instead

    Use one name in both places, and the annotation that the converter makes.

    ## Fix safety

    The fix changes what the route accepts, which is its purpose: unsafe.
    """

    code = "FST304"
    name = "mismatched-path-parameter"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, route: Route, project: Project, /) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.plain:
            return
        _, mistaken = unclaimed(route, project)
        for name, parameter in mistaken.items():
            hop = Related(parameter.path, parameter.span, "a query parameter")
            message = (
                f"`{parameter.node.name}` of `{parameter.owner.short}` is no path parameter: the path says `{{{name}}}`"
            )
            subject = (route, "rename", name, parameter)
            yield Finding(route.path, route.span, message, (hop,), subject=subject, symbol=handler.qualname)
        for name, kind, parameter in conversions(route, project):
            hop = Related(parameter.path, parameter.span, "annotated here")
            message = f"`{name}` is {MADE[kind]} after `{{{name}:{kind}}}`, which its annotation refuses"
            subject = (route, "annotate", kind, parameter)
            yield Finding(route.path, route.span, message, (hop,), subject=subject, symbol=handler.qualname)
        for text in nameless(route):
            message = f"`{{{text}}}` is no placeholder: `{text}` is not an identifier"
            yield Finding(
                route.path, route.span, message, subject=(route, "spell", text, None), symbol=handler.qualname
            )
        for parameter in without_placeholder(route, project):
            hop = Related(parameter.path, parameter.span, "declared here")
            message = f"`{parameter.name}` of `{parameter.owner.short}` is a path parameter, but not in the path"
            yield Finding(route.path, route.span, message, (hop,), subject=None, symbol=handler.qualname)

    def fix(self, finding: Finding, edit: Edits, /) -> Fix | None:
        if finding.subject is None:
            return None
        _, what, word, parameter = finding.subject
        if what == "annotate":
            module, name = TYPES[word]
            if parameter.node.annotation is None or parameter.annotation.metadata:
                return None
            imports: tuple[object, ...] = ()
            if module is not None:
                name, imports = edit.add_import(parameter.path, module, name)
            change = edit.replace(parameter.path, parameter.node.annotation.span, name)
            return Fix(f"Annotate it with `{name}`", Applicability.UNSAFE, (*imports, change))  # type: ignore[arg-type]
        span: Span = finding.span
        text = edit.text(finding.path, span)
        new = parameter.node.name if what == "rename" else "".join(c if c.isalnum() else "_" for c in word)
        old = word
        if not new.isidentifier() or text.count(f"{{{old}") != 1 or text[:1] not in "\"'":
            return None
        changed = text.replace(f"{{{old}", f"{{{new}", 1)
        if f"{{{new}}}" not in changed and f"{{{new}:" not in changed:
            return None
        return Fix(f"Call the placeholder `{new}`", Applicability.UNSAFE, (edit.replace(finding.path, span, changed),))


MADE = {"int": "an `int`", "float": "a `float`", "uuid": "a `UUID`"}
