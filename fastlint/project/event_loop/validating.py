"""What Pydantic calls to check values: the validators of models, and those that `Annotated` names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Class, Function

DECORATORS = frozenset(
    f"pydantic.{name}" for name in ("field_validator", "model_validator", "validator", "root_validator")
)
MARKERS = ("AfterValidator", "BeforeValidator", "PlainValidator", "WrapValidator")
NAMED = frozenset(f"{module}.{name}" for module in ("pydantic", "pydantic.functional_validators") for name in MARKERS)
DEEPEST = 8


class Validating:
    """Asked through Runs; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._of: dict[Class, list[Function]] = {}

    def of_model(self, cls: Class) -> list[Function]:
        """What runs when a model is made of values; fields that are models themselves are not followed."""
        if cls not in self._of:
            own = [item for item in self.inference.classes.ancestry(cls) if isinstance(item, Class)]
            self._of[cls] = [function for item in own for function in self._in_class(item)]
        return self._of[cls]

    def of_annotation(self, annotation: Annotation, depth: int = 0) -> Iterator[Function]:
        """What the metadata of an annotation and of its parts names: `list[Annotated[str, AfterValidator(f)]]`."""
        if not self._named:
            return
        for item in annotation.metadata:
            match item.expr:
                case s.Call(func=func, args=(given, *_)) if self.inference.external_names(func, item.scope) & NAMED:
                    for value in self.inference.infer(given, item.scope):
                        if isinstance(value, v.FunctionValue) and not value.function.is_async:
                            yield value.function
        for part in annotation.arguments if depth < DEEPEST else ():
            yield from self.of_annotation(part, depth + 1)

    @cached_property
    def _named(self) -> bool:
        """Whether any file of the project names a validator for annotations."""
        return any(
            any(name in module.body.bindings for name in (*MARKERS, "pydantic", "functional_validators"))
            for module in self.inference.names.modules
        )

    def _in_class(self, cls: Class) -> Iterator[Function]:
        for method in cls.methods.values():
            if method.node.decorators and self.inference.results.decorators(method) & DECORATORS:
                yield method
        if self._named:
            for bindings in cls.body.bindings.values():
                binding = bindings[-1]
                if binding.kind == "annotated":
                    yield from self.of_annotation(self.inference.annotations.read(binding.annotation, cls))
