"""Forms of other sites that act for the user."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project
from fastlint.project.security.forgery import Forgery
from fastlint.rule import Finding, Level, Rule


class CookieAuthWithoutCsrf(Rule[Project]):
    """A POST that a cookie authorises, when browsers send that cookie from every site.

    ## What it does

    Reports POST routes that know the user by a cookie which the application sets with `samesite="none"`, when neither
    a dependency nor middleware checks a CSRF token, the origin or a header of the application's own. Routes with a
    JSON body are fine: a form cannot send one, and FastAPI refuses other types. So are PUT, PATCH and DELETE, which
    browsers ask about first.

    ## Why it matters

    Any page can hold a form that posts to the application. The browser of a signed-in user adds the cookie, and the
    application does what the page wants.

    ## Instead

    Leave `samesite` at `"lax"`. Where the application must work inside other sites, ask for a CSRF token in a header,
    or compare the `Origin` header with the origins that are allowed.
    """

    code = "FST533"
    name = "cookie-auth-without-csrf"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, project: Project, whole: Project) -> Iterator[Finding]:
        forgery = Forgery(project)
        if not forgery.cookies_for_all and not forgery.session_for_all:
            return
        seen = set()
        for route in project.routes:
            name = forgery.open_by(route)
            if name is not None and route.handler is not None and route.handler not in seen:
                seen.add(route.handler)
                handler = route.handler
                trust = f"`{handler.short}` trusts the cookie `{name}`"
                message = f"{trust}, which browsers send from every site, without a CSRF check"
                yield Finding(handler.path, handler.node.name_span, message, symbol=handler.qualname)
