"""Startup and shutdown handlers that never run."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.lifespans import has_lifespan
from fastlint.project.model import Project, Router
from fastlint.rule import Finding, Level, Related, Rule


class IgnoredOnEvent(Rule[Router]):
    """`on_event` beside `lifespan=`.

    ## What it does

    Reports `@app.on_event(...)` on an application that has a `lifespan`, and `@router.on_event(...)` on a router with a
    `lifespan` that is included in such an application.

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
        if not events or not has_lifespan(router, project.inference):
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

    def _included_beside_lifespan(self, router: Router, project: Project) -> bool:
        """Whether each application that includes the router has a lifespan too, and there is one."""
        apps = [app for app in project.apps if any(i.router is router and not i.mounted for i in app.inclusions)]
        return bool(apps) and all(has_lifespan(app, project.inference) for app in apps)
