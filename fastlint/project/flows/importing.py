"""Texts that named a module: what could be imported by a name leads to no other folder, for it holds no slash."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Scope

IMPORTERS = frozenset({"importlib.import_module", "importlib.util.find_spec", "pydoc.locate"})


def imported(value: s.Expr, scope: Scope, inference: Inference) -> s.Expr | None:
    """The text by which a call imports a module or something of one."""
    if not isinstance(value, s.Call) or not value.args:
        return None
    names = inference.external_names(value.func, scope)
    return value.args[0] if names and names <= IMPORTERS else None
