"""A path without leading slash."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.project.application.application import Route
from fastlint.project.model import Project, Router, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

TAKES_SLASH = re.compile(r"\{\w+:path\}")
"""What a path may begin with that is not its own slash: the value of the parameter brings it along."""


class RelativePath(Rule[Router]):
    """The path of a route or mount does not begin with `/`.

    ## What it does

    Reports paths of routes, websockets and mounts that are neither empty nor begin with a slash. A route may begin with
    `{path:path}`, which takes the slash as well.

    ## Why it matters

    Without a prefix such a route never matches: every request has a path that begins with a slash, and the answer is
    404. With a prefix the two run together: `/users` and `active` make `/usersactive`. Mounts and Starlette's own
    routes refuse the path, and the application does not start.

    ## Instead

    Begin the path with `/`, or leave it empty on a router with a prefix to mean the prefix itself.

    ## Fix safety

    A route without prefix answers 404 before; the fix makes it work (repair). Where a prefix stands before it, clients
    may know the address that came out: unsafe.
    """

    code = "FST305"
    name = "relative-path"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, router: Router, project: Project, /) -> Iterator[Finding]:
        seen: set[syntax.Expr] = set()
        for entry in router.entries:
            if isinstance(entry, Route):
                written, text = entry.template_expr, entry.template
                symbol = entry.handler.qualname if entry.handler is not None else ""
            elif entry.mounted and entry.event.verb == "mount":
                given = entry.arguments.get(0, "path")
                written, symbol = (None if given is None else given.expr), ""
                text = project.constant(written, entry.scope, entry.event.names)
            else:
                continue
            if (
                written is None
                or not isinstance(text, str)
                or not text
                or text.startswith(("/", "{$"))
                or (isinstance(entry, Route) and TAKES_SLASH.match(text))
                or written in seen
            ):
                continue  # `{$callback_url}` is the address of a callback, told by OpenAPI's own expressions
            seen.add(written)
            dead = isinstance(entry, Route) and not any(
                effective.path is None or effective.path.startswith("/") for effective in entry.effective
            )
            yield Finding(
                entry.event.scope.module.path,
                written.span,
                f"`{text}` does not begin with a slash",
                subject=(written, dead),
                symbol=symbol,
            )

    def fix(self, finding: Finding, edit: Edits, /) -> Fix | None:
        _, dead = finding.subject
        text = edit.text(finding.path, finding.span)
        if text[:1] not in "\"'" or text[:3] in ('"""', "'" * 3):
            return None
        change = edit.insert(finding.path, finding.span.line, finding.span.column + 1, "/")
        return Fix("Begin it with `/`", Applicability.REPAIR if dead else Applicability.UNSAFE, (change,))
