"""Code that is written for two versions of a library: one way is only taken where the other is missing."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.language.bodies import Body

MISSING = frozenset({"AttributeError", "ImportError", "ModuleNotFoundError", "TypeError"})
"""What a name, module or argument raises that this version does not have."""


def written_for_both(node: s.Node, body: Body) -> bool:
    """Whether a node stands in, or beside, a handler for what is missing, or under a condition on what is there."""
    for ancestor in body.ancestors(node):
        match ancestor:
            case s.Handler(type=caught) if caught is not None and _names(caught) & MISSING:
                return True
            case s.Try(handlers=handlers) if any(h.type is not None and _names(h.type) & MISSING for h in handlers):
                return True
            case s.If(test=test) | s.Conditional(test=test) if _asks_version(test):
                return True
    return False


def _names(expr: s.Expr) -> set[str]:
    """The last names of the classes that a handler catches."""
    elements = expr.elements if isinstance(expr, s.Tuple) else (expr,)
    return {_last(element) for element in elements}


def _last(expr: s.Expr) -> str:
    return expr.attr if isinstance(expr, s.Attribute) else expr.id if isinstance(expr, s.Name) else ""


def _asks_version(test: s.Expr) -> bool:
    """`hasattr(model, "model_dump")`, `PYDANTIC_V2`, `starlette.__version__ >= ...`."""
    for node in s.walk(test):
        name = _last(node) if isinstance(node, s.Expr) else ""
        if name == "hasattr" or "version" in name.lower() or name.upper().endswith(("_V1", "_V2")):
            return True
    return False
