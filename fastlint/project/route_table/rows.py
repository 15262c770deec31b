"""The effective route table as plain data, one row a route."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from fastlint.project.application.application import App, Effective, Entry, Mounted, Router
from fastlint.project.application.parameters import Dependency
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.model import Project


def table(project: Project, asked: Container[str] | None = None) -> list[dict[str, Any]]:
    """All routes and mounts of all applications in the order in which they are tried; None is what is not constant.

    `asked` leaves only those that are registered or handled in one of these files.
    """
    return [row(project, entry) for entry in entries(project, asked)]


def entries(project: Project, asked: Container[str] | None = None) -> list[Entry]:
    """What the rows of the table stand for."""
    return [entry for entry in project.applications.entries if asked is None or _in(entry, asked)]


def _in(entry: Entry, asked: Container[str]) -> bool:
    if isinstance(entry, Mounted):
        return entry.inclusion.path in asked
    handler = entry.route.handler
    return entry.route.path in asked or (handler is not None and handler.path in asked)


def row(project: Project, entry: Entry) -> dict[str, Any]:
    if isinstance(entry, Mounted):
        return _mount(entry)
    route = entry.route
    model = route.response.model
    served = not route.plain and not route.response.streams and model.kind != "missing"
    return {
        "methods": list(route.methods or ()) if route.kind == "http" else [],
        "path": entry.path,
        "endpoint": _endpoint(entry),
        "is_async": _is_async(entry),
        "dependencies": _names(entry.dependencies),
        "request_body": [] if route.plain else [p.name for p in route.parameters if p.kind in ("body", "form", "file")],
        "response_model": annotation_text(model) if served and route.kind == "http" else None,
        "status_code": route.response.status,
        "include_in_schema": shown_in_schema(entry),
        "kind": route.kind,
        "application": _application(entry.app),
        "conditional": entry.conditional,
    }


def _mount(entry: Mounted) -> dict[str, Any]:
    return {
        "methods": [],
        "path": entry.path,
        "endpoint": None,
        "is_async": None,
        "dependencies": [],
        "request_body": [],
        "response_model": None,
        "status_code": None,
        "include_in_schema": False,
        "kind": "mount",
        "application": _application(entry.app),
        "conditional": entry.conditional,
    }


def _endpoint(entry: Effective) -> dict[str, Any] | None:
    handler, value = entry.route.handler, entry.route.endpoint
    if handler is not None:
        return {"qualname": handler.qualname, "filename": handler.path, "line": handler.node.line}
    if isinstance(value, v.LambdaValue):
        place = value.scope
        return {"qualname": f"{place.qualname}.<lambda>", "filename": place.module.path, "line": value.node.line}
    return None


def _is_async(entry: Effective) -> bool | None:
    if entry.route.handler is not None:
        return entry.route.handler.is_async
    return False if isinstance(entry.route.endpoint, v.LambdaValue) else None


def _names(dependencies: list[Dependency]) -> list[str]:
    found: list[str] = []
    for dependency in dependencies:
        found += [item.name for item in dependency.walk() if item.name]
    return list(dict.fromkeys(found))


def shown_in_schema(effective: Effective) -> bool:
    """Whether the OpenAPI document describes the route: neither it nor anything around it says no."""
    if effective.route.kind == "websocket":
        return False
    constants = effective.route.linked.constants
    routers = [effective.route.owner, *(i.router for i in effective.inclusions if i.router is not None)]
    given = [router.arguments.get(None, "include_in_schema") for router in routers]
    given += [i.arguments.get(None, "include_in_schema") for i in effective.inclusions]
    return effective.route.in_schema and not any(constants.of(one) is False for one in given)


def _application(app: Router) -> str:
    assert isinstance(app, App)
    return f"{app.scope.qualname}.{app.name}" if app.name else app.scope.qualname


def annotation_text(annotation: Annotation) -> str:
    """The annotation as people write it, classes by their own names."""
    match annotation.kind:
        case "class" if annotation.cls is not None:
            name = annotation.cls.name
        case "external":
            name = annotation.name.rpartition(".")[2] if annotation.name.startswith("builtins.") else annotation.name
            name = name.rpartition(".")[2]
        case "union":
            return " | ".join(annotation_text(member) for member in annotation.arguments)
        case "none":
            return "None"
        case "any":
            return "Any"
        case kind:
            name = kind
    if annotation.arguments:
        return f"{name}[{', '.join(annotation_text(argument) for argument in annotation.arguments)}]"
    return name
