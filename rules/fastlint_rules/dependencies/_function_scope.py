"""`scope="function"`: the remedy that the rules on exit code share."""

from __future__ import annotations

from fastlint.project.application.cleanup import YieldDependency, is_function_scoped
from fastlint.project.model import Project
from fastlint.rule import Applicability, Edits, Fix


def before_response(dependency: YieldDependency, project: Project, edit: Edits) -> Fix | None:
    """Run the exit code before the response is sent, wherever the dependency is used.

    A dependency with `yield` that itself ends after the response must not depend on one that ends before.
    """
    if project.gate("fastapi>=0.121") != "all":
        return None
    edits = []
    for use in dependency.uses:
        if use.call is None or use.call.spread or (use.parameter is not None and use.parameter.owner.is_generator):
            return None
        if not is_function_scoped(use):
            edits.append(edit.set_keyword(use.scope.module.path, use.call.span, "scope", '"function"'))
    return Fix('Give `Depends` `scope="function"`', Applicability.UNSAFE, tuple(edits))
