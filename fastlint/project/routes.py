"""The effective route table as plain data, one row a route."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from fastlint.facts import syntax as s
from fastlint.project.annotations import Annotation
from fastlint.project.application import App, Effective
from fastlint.project.model import Project
from fastlint.project.parameters import Dependency


def table(project: Project, asked: Container[str] | None = None) -> list[dict[str, Any]]:
    """All routes of all applications in the order in which they are tried; None stands for what is not constant.

    `asked` leaves only those that are registered or handled in one of these files.
    """
    return [
        _row(project, effective)
        for effective in project.applications.table
        if asked is None
        or effective.route.path in asked
        or (effective.route.handler is not None and effective.route.handler.path in asked)
    ]


def _row(project: Project, effective: Effective) -> dict[str, Any]:
    route = effective.route
    handler = route.handler
    where = None
    if handler is not None:
        where = {"qualname": handler.qualname, "filename": handler.path, "line": handler.node.line}
    body = [p.name for p in route.parameters if p.kind in ("body", "form", "file")]
    return {
        "methods": list(route.methods or ()) if route.kind == "http" else [],
        "path": effective.path,
        "endpoint": where,
        "is_async": handler.is_async if handler is not None else None,
        "dependencies": _names(effective.dependencies),
        "request_body": body,
        "response_model": _text(route.response.model) if route.response.model.kind != "missing" else None,
        "status_code": route.response.status,
        "include_in_schema": _in_schema(effective),
        "kind": route.kind,
        "application": _application(effective),
        "conditional": effective.conditional,
    }


def _names(dependencies: list[Dependency]) -> list[str]:
    found: list[str] = []
    for dependency in dependencies:
        found += [item.name for item in dependency.walk() if item.name]
    return list(dict.fromkeys(found))


def _in_schema(effective: Effective) -> bool:
    if effective.route.kind == "websocket":
        return False
    routers = [i.router for i in effective.inclusions if i.router is not None]
    hidden = [router.argument("include_in_schema") for router in [effective.route.owner, *routers]]
    shown = [given[0] for given in hidden if given is not None]
    shown += [value for i in effective.inclusions if (value := i.call.keyword("include_in_schema")) is not None]
    return effective.route.in_schema and not any(isinstance(v, s.Constant) and v.value is False for v in shown)


def _application(effective: Effective) -> str:
    app = effective.app
    assert isinstance(app, App)
    return f"{app.scope.qualname}.{app.name}" if app.name else app.scope.qualname


def _text(annotation: Annotation) -> str:
    """The annotation as people write it, classes by their own names."""
    match annotation.kind:
        case "class" if annotation.cls is not None:
            name = annotation.cls.name
        case "external":
            name = annotation.name.rpartition(".")[2] if annotation.name.startswith("builtins.") else annotation.name
            name = name.rpartition(".")[2]
        case "union":
            return " | ".join(_text(member) for member in annotation.arguments)
        case "none":
            return "None"
        case "any":
            return "Any"
        case kind:
            name = kind
    if annotation.arguments:
        return f"{name}[{', '.join(_text(argument) for argument in annotation.arguments)}]"
    return name
