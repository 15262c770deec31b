"""`scope="function"`: the remedy that the rules on exit code share."""

from __future__ import annotations

from fastlint.project.cleanup import YieldDependency, is_function_scoped
from fastlint.rule import Applicability, Edits, Fix


def before_response(dependency: YieldDependency, edit: Edits) -> Fix | None:
    """Run the exit code before the response is sent, wherever the dependency is used."""
    edits = []
    for use in dependency.uses:
        if use.call is None or use.call.spread:
            return None
        if not is_function_scoped(use):
            edits.append(edit.set_keyword(use.scope.module.path, use.call.span, "scope", '"function"'))
    return Fix('Give `Depends` `scope="function"`', Applicability.UNSAFE, tuple(edits))
