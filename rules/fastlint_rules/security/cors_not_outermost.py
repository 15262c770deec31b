"""Answers that leave without CORS headers."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.answering import answers
from fastlint.project.model import App, Middleware, Project
from fastlint.project.security.cors import is_cors
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Related, Rule


class CorsNotOutermost(Rule[App]):
    """Middleware that answers outside of `CORSMiddleware`.

    ## What it does

    Reports `CORSMiddleware` when middleware around it can answer by itself: the last one added is outermost, in
    `middleware=[...]` it is the first. Middleware that only changes requests and responses is fine, and so is one that
    sets CORS headers itself.

    ## Why it matters

    The answer of the outer middleware, a 401 or a 429, has no CORS headers: the browser hides it from the page, which
    sees a network error. A preflight request carries no credentials; an outer check of the token refuses it, and the
    real request is never sent.

    ## Instead

    Add `CORSMiddleware` last.

    ## Fix safety

    The fix moves the call that adds `CORSMiddleware` behind the others, where both stand in one block. It changes
    which middleware sees a request first, so it is unsafe.
    """

    code = "FST506"
    name = "cors-not-outermost"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, app: App, project: Project) -> Iterator[Finding]:
        stack = app.middleware
        position = next((i for i, m in enumerate(stack) if is_cors(m.call, m.scope, project.texts)), None)
        if position is None:
            return
        cors = stack[position]
        outer = [
            m for m in stack[:position] if m.scope is cors.scope and answers(m, project.inference, project.returns)
        ]
        if not outer:
            return
        name = _name(outer[-1])
        place = Related(outer[-1].path, outer[-1].call.span, f"`{name}` is added around it")
        message = f"`{name}` answers outside of CORSMiddleware: its answers have no CORS headers"
        subject = (app, cors, outer, project)
        yield Finding(cors.path, cors.call.span, message, (place,), subject=subject, symbol=cors.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        _, cors, outer, _ = finding.subject
        last = max(outer, key=lambda m: m.call.start)
        body = cors.scope.body
        statement, target = body.statement(cors.call), body.statement(last.call)
        if statement is None or target is None or last.handler is not None or cors.call.start > last.call.start:
            return None
        if body.parents.get(statement) is not body.parents.get(target) or statement.span.line == target.span.line:
            return None
        if "add_middleware" not in edit.text(cors.path, statement.span):
            return None
        lines = edit.text(cors.path, statement.span)
        if "\n" in lines:
            return None
        edits = (edit.delete_statement(cors.path, statement.span), edit.insert_after(cors.path, target.span, lines))
        return Fix("Add CORSMiddleware last", Applicability.UNSAFE, edits)


def _name(middleware: Middleware) -> str:
    if middleware.handler is not None:
        return middleware.handler.name
    cls = middleware.cls
    return getattr(cls, "id", None) or getattr(cls, "attr", None) or "middleware"
