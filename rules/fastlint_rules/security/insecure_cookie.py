"""A cookie that says who somebody is, open to scripts or to the network."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Module, Project
from fastlint.project.security.cookies import Cookie, cookies
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Rule


class InsecureCookie(Rule[Module]):
    """A cookie for sign-in without `httponly` or `secure`.

    ## What it does

    Reports `set_cookie` of a session, token or login cookie without `httponly=True` or `secure=True`, and
    `SessionMiddleware` without `https_only=True`. Neither is the default. What the settings decide is fine, and so are
    cookies that pages are meant to read, such as a CSRF token or a theme.

    ## Why it matters

    Without `secure` a browser sends the cookie over plain HTTP too, readable by everybody on the way; without
    `httponly` any script that gets into the page can read it.

    ## Instead

    `response.set_cookie(name, value, httponly=True, secure=True, samesite="lax")`.

    ## Fix safety

    With `secure` the cookie is not kept over plain HTTP, on a developer's machine for instance, so the fix is unsafe.
    """

    code = "FST532"
    name = "insecure-cookie"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        for cookie in cookies(module, project.texts):
            if not cookie.signs_in or cookie.removed:
                continue
            flags = ("https_only",) if cookie.session else ("httponly", "secure")
            missing = [flag for flag in flags if cookie.flag(flag) is False]
            if missing:
                lacking = " and ".join(f"`{flag}`" for flag in missing)
                message = f"The cookie `{cookie.name or 'session'}` is set without {lacking}"
                yield Finding(
                    cookie.path, cookie.call.span, message, subject=(cookie, missing), symbol=cookie.scope.qualname
                )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        cookie, missing = finding.subject
        if cookie.call.spread:
            return None
        edits: list[Edit] = []
        for flag in missing:
            given = cookie.call.keyword(flag)
            if given is not None:
                edits.append(edit.replace(finding.path, given.span, "True"))
        added = _added(cookie, missing)
        if added:
            last = [*cookie.call.args, *cookie.call.keywords][-1].span
            edits.append(edit.insert(finding.path, last.end_line, last.end_column, f", {added}"))
        return Fix("Protect the cookie", Applicability.UNSAFE, tuple(edits))


def _added(cookie: Cookie, missing: list[str]) -> str:
    """The arguments that are not there yet."""
    flags = [f"{flag}=True" for flag in missing if cookie.call.keyword(flag) is None]
    if flags and not cookie.session and cookie.call.keyword("samesite") is None:
        flags.append('samesite="lax"')
    return ", ".join(flags)
