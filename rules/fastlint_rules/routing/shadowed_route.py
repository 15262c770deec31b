"""A route behind one that takes all of its paths."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.application import Effective, Entry, Mounted
from fastlint.project.model import Project, Span, syntax
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Related, Rule


class ShadowedRoute(Rule[Project]):
    """An earlier route takes every path of this one.

    ## What it does

    Reports routes and mounts that no request reaches: one that is tried before them matches all of their paths, for
    all of their methods. Prefixes, included routers, mounts and converters are taken into account; what is registered
    under a condition hides nothing.

    ## Why it matters

    Starlette tries routes in the order in which they are registered, and the first that matches answers. The later
    handler never runs: `/users/me` behind `/users/{user_id}` is answered with 422, or by the wrong function.

    ## Instead

    Register the more specific path first, or narrow the earlier one with a converter: `/users/{user_id:int}`.

    ## Fix safety

    The fix moves the function before the one that hides it, in the same file. It changes which of them answers, which
    is its purpose: unsafe.
    """

    code = "FST301"
    name = "shadowed-route"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, project: Project, _: Project, /) -> Iterator[Finding]:
        for shadow in project.applications.shadows:
            if shadow.same:
                continue
            path, span = place(shadow.later)
            other = place(shadow.earlier)
            message = f"{title(shadow.later)} is never reached: {title(shadow.earlier)} takes its paths"
            hop = Related(*other, "tried first")
            yield Finding(path, span, message, (hop,), subject=shadow, symbol=symbol(shadow.later))

    def fix(self, finding: Finding, edit: Edits, /) -> Fix | None:
        shadow = finding.subject
        moved = self._moved(shadow.earlier, shadow.later, edit)
        if moved is None:
            return None
        return Fix(f"Register it before {title(shadow.earlier)}", Applicability.UNSAFE, moved)

    @staticmethod
    def _moved(earlier: Entry, later: Entry, edit: Edits) -> tuple[Edit, ...] | None:
        if isinstance(earlier, Mounted) or isinstance(later, Mounted):
            return None
        first, second = earlier.route.event.handler, later.route.event.handler
        if first is None or second is None or first is second or first.parent is not second.parent:
            return None
        body = first.parent.body
        if first.node in body.parents or second.node in body.parents or not _free(first.node, second.node, body):
            return None
        path = first.path
        one, two = _whole(first.node), _whole(second.node)
        between = Span(one.end_line, one.end_column, two.line, two.column)
        if not one.end_line < two.line:
            return None
        gap = edit.text(path, between)
        if gap.strip() == "":
            content = edit.text(path, two) + gap + edit.text(path, one)
        else:
            content = edit.text(path, two) + "\n\n\n" + edit.text(path, one) + gap.rstrip()
        return (edit.replace(path, Span(one.line, one.column, two.end_line, two.end_column), content),)


def _whole(node: syntax.FunctionDef) -> Span:
    """The statement with its decorators."""
    first = min([node.start, *((d.line, d.column - 1) for d in node.decorators)])
    return Span(first[0], first[1] + 1, node.end_line, node.end_column + 1)


def _free(first: syntax.FunctionDef, second: syntax.FunctionDef, body: object) -> bool:
    """Whether nothing that the moved function needs at once is made between the two."""
    bindings: dict[str, list[object]] = getattr(body, "bindings")  # noqa: B009
    needed = [*second.decorators, *second.parameters, *([second.returns] if second.returns else [])]
    names = {node.id for item in needed for node in syntax.walk(item) if isinstance(node, syntax.Name)}
    return not any(
        getattr(binding, "start") > first.start and getattr(binding, "start") < second.start  # noqa: B009
        for name in names
        for binding in bindings.get(name, ())
    )


def place(entry: Entry) -> tuple[str, Span]:
    """Where the path of a route or mount is written."""
    if isinstance(entry, Effective):
        return entry.route.path, entry.route.span
    written = entry.inclusion.call.argument(0, "path")
    return entry.inclusion.path, (written or entry.inclusion.call).span


def title(entry: Entry) -> str:
    """`GET /users/{id}` with the full path."""
    if isinstance(entry, Mounted):
        return f"the mount `{entry.path or '/'}`"
    route = entry.route
    verbs = "WEBSOCKET" if route.kind == "websocket" else "|".join(route.methods or ("?",))
    return f"`{verbs} {entry.path}`"


def symbol(entry: Entry) -> str:
    return entry.route.handler.qualname if isinstance(entry, Effective) and entry.route.handler is not None else ""
