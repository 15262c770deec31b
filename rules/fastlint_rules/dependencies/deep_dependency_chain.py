"""Dependencies of dependencies of dependencies."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import Dependency, Project, Route
from fastlint.rule import Finding, Level, Related, Rule


@dataclass
class DeepDependencyChain(Rule[Route]):
    """A long row of dependencies.

    ## What it does

    Reports a dependency of a route when it and what it depends on make a row longer than `max-depth`.

    ## Why it matters

    To know what a request does one has to read all of it in turn, and so has a test that wants to replace a part. Each
    plain `def` in the row also takes a thread from the pool, one after the other.

    ## Instead

    Build long-lived things, settings and engines, once at startup, and let functions call functions where nothing of
    the request is needed.

    ## Options

    - `max-depth`: how many dependencies may follow each other (default 5).
    """

    code = "FST411"
    name = "deep-dependency-chain"
    since = "0.1"
    level = Level.INFO

    max_depth: int = 5

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        if route.handler is None or project.handlers.routes_of[route.handler][0] is not route:
            return
        for dependency in route.own_dependencies:
            row = _longest(dependency)
            if len(row) <= self.max_depth or dependency.call is None:
                continue
            names = " -> ".join(item.name.rpartition(".")[2] or "?" for item in row)
            message = f"{len(row)} dependencies in a row: {names}"
            hops = tuple(
                Related(item.function.path, item.function.node.name_span, f"depends on `{below.name}`")
                for item, below in itertools.pairwise(row)
                if item.function is not None
            )
            parameter = dependency.parameter
            path = parameter.path if parameter is not None else dependency.scope.module.path
            span = parameter.span if parameter is not None else dependency.call.span
            about = f"too many dependencies in a row from {row[0].name}"
            yield Finding(path, span, message, hops, symbol=route.handler.qualname, about=about)


def _longest(dependency: Dependency) -> list[Dependency]:
    rows = [_longest(p.dependency) for p in dependency.parameters if p.dependency is not None]
    return [dependency, *max(rows, key=len, default=[])]
