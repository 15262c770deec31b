"""A door that can be tried without end."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project, Route
from fastlint.project.security.limits import guesses, rate_limited
from fastlint.rule import Finding, Level, Rule


class LoginWithoutRateLimit(Rule[Route]):
    """A POST route that takes a password or code, and counts no attempts.

    ## What it does

    Reports routes for sign-in, tokens, resets and one-time codes that take a password or code, when neither a
    decorator, a dependency nor middleware limits the rate, and nothing that the route calls counts attempts or locks
    accounts; both are known by name. Where a password is set, at registration or by who has signed in, none is tried.

    ## Why it matters

    Passwords leak from elsewhere and people use them again: whoever may try a million pairs gets in.

    ## Instead

    Limit the attempts, `@limiter.limit("5/minute")` of slowapi or `Depends(RateLimiter(...))` of fastapi-limiter.

    ## Known gaps

    Off by default: a gateway in front of the application may do it.
    """

    code = "FST537"
    name = "login-without-rate-limit"
    since = "0.1"
    level = Level.WARNING
    default = False

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or project.handlers.routes_of[handler][0] is not route:
            return
        if guesses(route, project) and not rate_limited(route, project):
            message = f"`{handler.short}` takes passwords or codes as fast as they come"
            yield Finding(handler.path, handler.node.name_span, message, symbol=handler.qualname)
