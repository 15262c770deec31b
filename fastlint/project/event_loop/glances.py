"""Images in memory of which only the header is looked at: opening one reads no more than that."""

from __future__ import annotations

from collections.abc import Iterable

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Scope

OPENERS = frozenset({"PIL.Image.open"})
"""Lazy: they tell what a file is, and read the rest where it is first asked for."""
MEMORY = frozenset({"io.BytesIO"})
HEADER = frozenset({"format", "format_description", "size", "width", "height", "mode", "info", "close"})


def glances(call: s.Call, names: Iterable[str], scope: Scope, inference: Inference) -> bool:
    """Whether a call opens an image in memory of which the scope only asks what its header says."""
    opened = set(names)
    if not opened or not opened <= OPENERS or not call.args:
        return False
    held = inference.infer(call.args[0], scope)
    if not held or any(not (isinstance(value, v.Instance) and value.of in MEMORY) for value in held):
        return False
    match scope.body.parents.get(call):
        case s.Attribute(attr=attr):
            return attr in HEADER
        case s.WithItem(target=s.Name(id=name)) | s.Assign(targets=(s.Name(id=name),)):
            return _only_header(name, scope)
    return False


def _only_header(name: str, scope: Scope) -> bool:
    """Whether a name that stands for the image alone is only used for what the header says."""
    if len(scope.body.bindings.get(name, ())) != 1 or name in scope.body.elsewhere:
        return False
    uses = [node for node in scope.body.all(s.Name) if node.id == name]
    parents = [scope.body.parents.get(node) for node in uses]
    return all(
        parent.attr in HEADER if isinstance(parent, s.Attribute) else isinstance(parent, s.WithItem | s.Assign)
        for parent in parents
    )
