"""Fields of Pydantic models, dataclasses and typed dictionaries: what is sent when such an object is the answer."""

from __future__ import annotations

from dataclasses import dataclass

from fastlint.facts import syntax as s
from fastlint.project.application.shapes import Shapes, declares_all
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.bodies import Binding
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Class
from fastlint.source import Span

TYPED = ("typing.TypedDict", "typing_extensions.TypedDict")
SERIALIZERS = frozenset({"pydantic.field_serializer", "pydantic.functional_serializers.field_serializer"})
VALIDATORS = frozenset({"pydantic.field_validator", "pydantic.validator"})
"""A validator of an answer's field may redact it."""
WHOLE = frozenset({"pydantic.model_serializer", "pydantic.functional_serializers.model_serializer"})
ALIASES = ("alias", "serialization_alias")
HIDDEN = ("sqlmodel.Relationship", "pydantic.PrivateAttr", "sqlalchemy.orm.relationship")


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `cls` is the class that declares it. `sent` tells whether its own value goes into the answer."""

    name: str
    cls: Class
    annotation: Annotation
    value: s.Expr | None
    span: Span
    sent: bool


class Fields:
    """Asked through Project; one per project."""

    def __init__(self, inference: Inference, shapes: Shapes) -> None:
        self.inference = inference
        self.shapes = shapes
        self._of: dict[Class, list[Field]] = {}

    def described(self, cls: Class) -> bool:
        """Whether FastAPI knows the fields of the class."""
        return self.shapes.is_keyed(Annotation("class", cls=cls)) or self.inference.classes.is_a(cls, *TYPED)

    def of(self, cls: Class) -> list[Field]:
        """The fields of a class, inherited ones too; the nearest declaration counts."""
        if cls not in self._of:
            found: dict[str, Field] = {}
            masked = self._serialized(cls)
            for item in self.inference.classes.ancestry(cls):
                if isinstance(item, Class):
                    for name, bindings in item.body.bindings.items():
                        if name not in found and (field := self._field(name, bindings[-1], item, masked)) is not None:
                            found[name] = field
            self._of[cls] = list(found.values())
        return self._of[cls]

    def keys(self, cls: Class) -> frozenset[str] | None:
        """The keys of the answer that an object of the class becomes; None when aliases or bases hide them."""
        ancestry = self.inference.classes.ancestry(cls)
        if not self.described(cls) or not declares_all(ancestry):
            return None
        classes = [item for item in ancestry if isinstance(item, Class)]
        if any({"model_config", "Config"} & item.body.bindings.keys() or item.methods for item in classes):
            return None
        fields = self.of(cls)
        for field in fields:
            calls = [field.value, *(item.expr for item in field.annotation.metadata)]
            if any(call.keyword(name) is not None for call in calls if isinstance(call, s.Call) for name in ALIASES):
                return None
        return frozenset(field.name for field in fields)

    def _field(self, name: str, binding: Binding, cls: Class, masked: frozenset[str]) -> Field | None:
        if binding.kind != "annotated" or name.startswith("_") or name == "model_config":
            return None
        if isinstance(binding.annotation, s.Subscript) and _last(binding.annotation.value) == "ClassVar":
            return None
        annotation = self.inference.annotations.read(binding.annotation, cls)
        calls = [binding.value, *(item.expr for item in annotation.metadata)]
        hidden = any(self._excludes(call, cls) for call in calls if isinstance(call, s.Call))
        sent = not hidden and name not in masked and "*" not in masked
        return Field(name, cls, annotation, binding.value, binding.node.span, sent)

    def _excludes(self, call: s.Call, cls: Class) -> bool:
        """`Field(exclude=True)` (or anything that is not surely False), relationships and private attributes."""
        excluded = call.keyword("exclude")
        if excluded is not None and not (isinstance(excluded, s.Constant) and not excluded.value):
            return True
        return any(
            isinstance(value, v.External) and value.name in HIDDEN for value in self.inference.infer(call.func, cls)
        )

    def _serialized(self, cls: Class) -> frozenset[str]:
        """The fields that a method of the class writes or changes; `*` when one writes them all."""
        names: set[str] = set()
        for item in self.inference.classes.ancestry(cls):
            if not isinstance(item, Class):
                continue
            for method in item.methods.values():
                for decorator in method.node.decorators:
                    target = decorator.func if isinstance(decorator, s.Call) else decorator
                    called = self.inference.external_names(target, item)
                    if called & WHOLE:
                        names.add("*")
                    if called & (SERIALIZERS | VALIDATORS) and isinstance(decorator, s.Call):
                        names |= {str(arg.value) for arg in decorator.args if isinstance(arg, s.Constant)}
        return frozenset(names)


def _last(expr: s.Expr) -> str:
    return expr.attr if isinstance(expr, s.Attribute) else expr.id if isinstance(expr, s.Name) else ""
