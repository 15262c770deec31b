"""A route that the declared policy does not cover."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.policy import Policy
from fastlint.project.model import Project
from fastlint.rule import Finding, Level, Rule


class RouteWithoutAuth(Rule[Project]):
    """A route that needs none of the dependencies which the project declares as its guards.

    ## What it does

    With `[tool.fastlint.auth]` in the settings, reports every route that is not public and that none of the required
    dependencies guards: as a parameter, in the decorator, on its router, where the router is included, on the
    application, or below another dependency. Without the table it reports nothing.

    A guard is named as it is imported or where it is defined: a function, a class whose objects are dependencies, a
    function that makes one, a method, a variable, one of FastAPI's security schemes, or a decorator of the handler. A
    guard that the project does not have is reported too.

    Public is a path, for all methods or for those before it, `*` standing for anything; the names of path parameters
    do not matter. A name without a slash is that of a handler, `app.api.login`.

    ```toml
    [tool.fastlint.auth]
    required = ["app.deps.current_user"]
    public = ["/health", "POST /login", "GET,HEAD /catalogue/*", "GET /items/{id}", "WEBSOCKET /events"]
    ```

    ## Why it matters

    A new route is open until somebody thinks of the guard. Written down, the policy is checked for all of them.

    ## Instead

    Add the dependency, best on the router, or name the route under `public`.
    """

    code = "FST535"
    name = "route-without-auth"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, project: Project, whole: Project) -> Iterator[Finding]:
        if project.options.auth is None or not project.options.auth.required:
            return
        policy = Policy(project.options.auth, project.inference)
        if policy.missing and project.apps:
            app = min(project.apps, key=lambda app: (app.path, app.span))
            names = ", ".join(f"`{name}`" for name in policy.missing)
            message = f"The declared policy requires {names}, which the project does not have"
            yield Finding(app.path, app.span, message)
            if len(policy.missing) == len(policy.declared):
                return
        needs = _needs(policy.declared)
        seen = set()
        for route in project.routes:
            handler = route.handler
            if handler is None or handler in seen:
                continue
            title = next((t for e in route.effective if (t := policy.open_title(e)) is not None), None)
            if title is not None:
                seen.add(handler)
                yield Finding(handler.path, handler.node.name_span, f"`{title}` {needs}", symbol=handler.qualname)


def _needs(guards: tuple[str, ...]) -> str:
    """What a route that is open does without."""
    names = [f"`{name}`" for name in guards]
    if len(names) == 1:
        return f"does not need {names[0]}"
    if len(names) == 2:
        return f"needs neither {names[0]} nor {names[1]}"
    return f"needs none of {', '.join(names)}"
