"""The parameters that FastAPI reads from a class without a constructor of its own: its fields."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Class, Function


def constructor(cls: Class, inference: Inference) -> Function:
    """The `__init__` that a dataclass or model has, with its fields as parameters by keyword."""
    places = [item for item in reversed(inference.classes.ancestry(cls)) if isinstance(item, Class)]
    found: dict[str, s.Parameter] = {}
    for place in places:
        for field in place.node.body:
            if not isinstance(field, s.AnnAssign) or not isinstance(field.target, s.Name) or _is_class_variable(field):
                continue
            # What base classes say is read where they say it.
            inference.annotations.read(field.annotation, place)
            if field.value is not None:
                inference.infer(field.value, place)
            span = field.line, field.column, field.end_line, field.end_column
            found[field.target.id] = s.Parameter(*span, field.target.id, "k", field.annotation, field.value)
    line, column = cls.node.line, cls.node.name_column
    me = s.Parameter(line, column, line, column, "self", " ", None, None)
    parts = (me, *found.values()), (), None, False, False, False, False, frozenset[str](), 0, column, b"", ()
    node = s.FunctionDef(line, column, line, column, "__init__", *parts)
    return Function(cls.module, node, f"{cls.qualname}.__init__", cls)


def _is_class_variable(field: s.AnnAssign) -> bool:
    annotation = field.annotation.value if isinstance(field.annotation, s.Subscript) else field.annotation
    match annotation:
        case s.Name(id=name) | s.Attribute(attr=name):
            return name in ("ClassVar", "Final", "InitVar")
    return False
