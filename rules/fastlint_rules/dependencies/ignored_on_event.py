"""Startup and shutdown handlers that never run."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.lifespans import has_lifespan
from fastlint.project.model import Project, Router, Scope, syntax
from fastlint.rule import Finding, Level, Related, Rule


class IgnoredOnEvent(Rule[Router]):
    """`on_event` beside `lifespan=`.

    ## What it does

    Reports `@app.on_event(...)` and `on_startup=[...]` on an application that has a `lifespan`, and both on a router
    with a `lifespan` that is included in such an application.

    ## Why it matters

    A lifespan takes the place of the handlers: they are registered, and nothing ever calls them. No warning tells.

    ## Instead

    Move the code into the lifespan, before or after its `yield`.
    """

    code = "FST416"
    name = "ignored-on-event"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, router: Router, project: Project) -> Iterator[Finding]:
        events = [event for event in router.events if event.verb == "on_event" and event.handler is not None]
        listed = [item for name in ("on_startup", "on_shutdown") if (item := self._listed(name, router)) is not None]
        if not (events or listed) or not has_lifespan(router, project.inference):
            return
        if not router.is_app and not self._included_beside_lifespan(router, project):
            return
        given = router.argument("lifespan")
        assert given is not None
        hop = Related(given[1].module.path, given[0].span, "the lifespan that runs instead")
        for event in events:
            assert event.handler is not None
            message = f"`{event.handler.name}` never runs: {router.label} has a lifespan"
            yield Finding(event.scope.module.path, event.call.span, message, (hop,), symbol=event.handler.qualname)

        for name, expr, scope in listed:
            message = f"what `{name}` lists never runs: {router.label} has a lifespan"
            yield Finding(scope.module.path, expr.span, message, (hop,))

    @staticmethod
    def _listed(name: str, router: Router) -> tuple[str, syntax.Expr, Scope] | None:
        """A list of handlers that is written out and not empty."""
        given = router.argument(name)
        if given is None or not isinstance(given[0], syntax.List | syntax.Tuple) or not given[0].elements:
            return None
        return name, *given

    def _included_beside_lifespan(self, router: Router, project: Project) -> bool:
        """Whether each application that includes the router has a lifespan too, and there is one."""
        apps = [app for app in project.apps if any(i.router is router and not i.mounted for i in app.inclusions)]
        return bool(apps) and all(has_lifespan(app, project.inference) for app in apps)
