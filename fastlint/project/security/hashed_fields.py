"""Fields that hold a hash although their name says secret: what a model or its validators put into them tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language.scopes import Class, Function
from fastlint.project.language.words import words_of

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

HIDING = frozenset(
    {"mask", "masked", "redact", "redacted", "sanitize", "hide", "obfuscate", "hash", "scrub", "len", "bool"}
)
"""Words in the names of functions of which the result shows no secret."""


class HashedFields:
    """Asked through Logged."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def hides(self, cls: Class, field: str) -> bool:
        """Whether what the field of a model holds is hashed or masked.

        The model does so on the way in; or one that extends it makes the field the hash of another field, so that the
        field is there for the hash. What a model of stored rows hashes in place, the model of the request holds plain.
        """
        return self.transforms(cls) or any(
            field in _hash_of_another(method)
            for item in self.inference.classes.subclasses(cls)
            for method in self._validators(item)
        )

    def transforms(self, cls: Class) -> bool:
        """Whether a model hashes or masks on the way in."""
        return any(
            HIDING.intersection(words_of(name))
            for item in self.inference.classes.ancestry(cls)
            if isinstance(item, Class)
            for method in self._validators(item)
            for name in method.node.calls
        )

    def _validators(self, cls: Class) -> Iterator[Function]:
        for method in cls.methods.values():
            names = self.inference.results.decorators(method)
            if any(name.startswith("pydantic.") and "validator" in name for name in names):
                yield method


def _hash_of_another(method: Function) -> set[str]:
    """The names for which a method sets the hash of what has another name."""
    body = method.body
    pairs = [(k, x) for node in body.all(s.Dict) for k, x in zip(node.keys, node.values, strict=True) if k is not None]
    for assign in body.all(s.Assign):
        pairs += [(target.index, assign.value) for target in assign.targets if isinstance(target, s.Subscript)]
    found = set()
    for key, value in pairs:
        match key, value:
            case s.Constant(value=str() as name), s.Call(
                func=s.Name(id=maker) | s.Attribute(attr=maker), args=(s.Name(id=source) | s.Attribute(attr=source), *_)
            ) if HIDING.intersection(words_of(maker)) and source != name:
                found.add(name)
    return found
