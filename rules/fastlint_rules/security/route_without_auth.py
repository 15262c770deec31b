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

    ```toml
    [tool.fastlint.auth]
    required = ["app.deps.current_user"]
    public = ["/health", "POST /login", "GET /catalogue/*"]
    ```

    ## Why it matters

    A new route is open until somebody thinks of the guard. Written down, the policy is checked for all of them.

    ## Instead

    Add the dependency, best on the router, or name the route under `public`.
    """

    code = "FST535"
    name = "route-without-auth"
    since = "0.1"
    level = Level.WARNING
    default = False

    def check(self, project: Project, whole: Project) -> Iterator[Finding]:
        if project.options.auth is None or not project.options.auth.required:
            return
        policy = Policy(project.options.auth, project.inference)
        seen = set()
        for route in project.routes:
            handler = route.handler
            if handler is None or handler in seen:
                continue
            title = next((t for e in route.effective if (t := policy.open_title(e)) is not None), None)
            if title is not None:
                seen.add(handler)
                names = " or ".join(f"`{name}`" for name in project.options.auth.required)
                message = (
                    f"`{title}` needs neither {names}"
                    if len(project.options.auth.required) == 2
                    else f"`{title}` does not need {names}"
                )
                yield Finding(handler.path, handler.node.name_span, message, symbol=handler.qualname)
