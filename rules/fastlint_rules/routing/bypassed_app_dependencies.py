"""A mount that the application's dependencies do not reach."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.application import App, Inclusion, Mounted
from fastlint.project.model import Project, v
from fastlint.rule import Finding, Level, Related, Rule

FILES = frozenset({"fastapi.staticfiles.StaticFiles", "starlette.staticfiles.StaticFiles"})


class BypassedAppDependencies(Rule[App]):
    """A mount under an application that has dependencies.

    ## What it does

    Reports applications and static files that are mounted on an application with `dependencies=[...]`, when what is
    mounted has neither dependencies nor middleware of its own.

    ## Why it matters

    A mount is an application of its own: the dependencies of the one around it do not run for it. When they ask for a
    token, everything below the mount is open.

    ## Instead

    Give the mounted application its own dependencies, ask for the token in middleware, or include a router instead.
    """

    code = "FST312"
    name = "bypassed-app-dependencies"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, app: App, project: Project, /) -> Iterator[Finding]:
        given = app.argument("dependencies")
        if given is None or not app.dependencies or not all(item.name for item in app.dependencies):
            return
        if app.middleware:
            return  # what it asks for, it may ask for there
        names = ", ".join(f"`{item.name.rpartition('.')[2]}`" for item in app.dependencies)
        entries = project.applications.served.get(app, ())
        mounts = [entry for entry in entries if isinstance(entry, Mounted)]
        for inclusion in dict.fromkeys(m.inclusion for m in mounts if not any(i.mounted for i in m.inclusions)):
            if self._open(inclusion, project):
                hop = Related(given[1].module.path, given[0].span, "the dependencies")
                message = f"{names} of {app.label} does not run for what is mounted here"
                yield Finding(inclusion.path, inclusion.call.span, message, (hop,))

    @staticmethod
    def _open(inclusion: Inclusion, project: Project) -> bool:
        inner = inclusion.router
        if inner is not None:
            guarded = inner.dependencies or (isinstance(inner, App) and inner.middleware)
            return isinstance(inner, App) and not guarded and not inner.arguments.more
        target = inclusion.arguments.get(1, "app")
        if target is None:
            return False
        values = project.constants.values(target.expr, target.scope, target.names)
        return bool(values) and all(isinstance(value, v.Instance) and value.of in FILES for value in values)
