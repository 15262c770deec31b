"""What belongs to a served route besides its row: where it runs, its dependencies as a tree, parameters, guards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastlint.project.application.application import Effective
from fastlint.project.application.auth import scheme_name
from fastlint.project.application.parameters import Dependency, Parameter
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Function
from fastlint.project.model import Project
from fastlint.project.route_table.rows import annotation_text

LOOP, POOL = "event loop", "threadpool"
DEEPEST = 30


def details(project: Project, entry: Effective, is_async: bool | None) -> dict[str, Any]:
    """Plain data to add to the row of the route; `is_async` is what the row says."""
    every = [item for dependency in entry.dependencies for item in dependency.walk()]
    own = [] if entry.route.plain else entry.route.parameters
    handler = entry.route.handler
    return {
        "runs": _where(is_async),
        "auth": list(dict.fromkeys(name for item in every for name in _guards(item, project))),
        "parameters": [*map(_parameter, own), *_brought(every, handler)],
        "dependency_tree": [_node(dependency, project) for dependency in entry.dependencies],
    }


def _where(is_async: bool | None) -> str | None:
    return None if is_async is None else LOOP if is_async else POOL


def _guards(dependency: Dependency, project: Project) -> Iterator[str]:
    """The security scheme that a dependency is, and what `Security(...)` or the declared policy call a guard."""
    scheme = scheme_name(dependency.value, project.inference)
    marker = None if dependency.parameter is None else dependency.parameter.marker
    policy = project.options.auth
    if scheme is not None:
        yield scheme
    elif dependency.name and (
        (marker is not None and marker.kind == "security")
        or (policy is not None and dependency.name in policy.required)
    ):
        yield dependency.name


def _parameter(parameter: Parameter) -> dict[str, Any]:
    annotation = parameter.annotation
    return {
        "name": parameter.name,
        "in": parameter.kind,
        "type": None if annotation.kind in ("missing", "unknown") else annotation_text(annotation),
        "required": parameter.required,
        "owner": parameter.owner.qualname,
    }


def _brought(dependencies: list[Dependency], handler: Function | None) -> Iterator[dict[str, Any]]:
    """What the dependencies take from the request, each once."""
    seen: set[tuple[Function, str]] = set()
    for dependency in dependencies:
        for parameter in dependency.parameters:
            key = parameter.owner, parameter.name
            if parameter.kind not in ("dependency", "injected") and parameter.owner is not handler and key not in seen:
                seen.add(key)
                yield _parameter(parameter)


def _node(dependency: Dependency, project: Project, depth: int = 0) -> dict[str, Any]:
    function, cls = dependency.function, dependency.cls
    code = cls if cls is not None and (function is None or function.name == "__init__") else function
    needs = [p.dependency for p in dependency.parameters if p.dependency is not None] if depth < DEEPEST else []
    return {
        "name": dependency.name or None,
        "filename": None if code is None else code.module.path,
        "line": None if code is None else code.node.line,
        "end_line": None if code is None else code.node.end_line,
        "runs": _where(_awaited(dependency, project)),
        "scheme": scheme_name(dependency.value, project.inference),
        "needs": [_node(item, project, depth + 1) for item in needs],
    }


def _awaited(dependency: Dependency, project: Project) -> bool | None:
    """Whether FastAPI runs it on the event loop; None when it cannot be known."""
    if isinstance(dependency.value, v.ClassValue | v.LambdaValue):
        return False
    if dependency.function is not None:
        return dependency.function.is_async
    return True if scheme_name(dependency.value, project.inference) is not None else None
