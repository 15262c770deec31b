"""Which says more of a name that is annotated and given a value: the annotation or the value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.classes import is_abstract
from fastlint.project.language.externals import lineage
from fastlint.project.language.scopes import Class, Scope
from fastlint.project.language.values import UNKNOWN, Value, Values

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

MAPPINGS = frozenset({"builtins.dict", "collections.abc.Mapping", "collections.abc.MutableMapping"})
COLLECTIONS = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset")),
        *(f"collections.abc.{name}" for name in ("Iterable", "Collection", "Sequence", "MutableSequence", "Set")),
    }
)


class Declaring:
    """Asked through Inference; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def promised(self, annotation: s.Expr | None, scope: Scope) -> Values:
        """What an annotation says on its own."""
        return self.inference.of_annotation(self.inference.annotations.read(annotation, scope))

    def of_name(self, annotation: s.Expr | None, value: s.Expr | None, scope: Scope) -> Values:
        """What `name: annotation = value` gives the name."""
        declared = self.promised(annotation, scope)
        if value is None:
            return declared
        given = self.inference.infer(value, scope)
        if UNKNOWN in declared or self._narrows(given, declared) or self._written_out(given, declared):
            return tuple(_as_declared(value, declared) for value in given)
        return declared

    def of_attribute(self, annotation: s.Expr | None, value: s.Expr | None, scope: Scope) -> Values:
        """The same for an attribute, whose first value may not be its last: only what it holds counts."""
        declared = self.promised(annotation, scope)
        if value is None or UNKNOWN in declared:
            return declared
        if not isinstance(value, s.Dict | s.List | s.Tuple | s.Set):
            return declared
        given = self.inference.infer(value, scope)
        return given if self._written_out(given, declared) else declared

    def _narrows(self, given: Values, declared: Values) -> bool:
        """Whether the assigned value is an object of the declared classes, and so the better answer."""
        wanted = [value.of for value in declared if isinstance(value, v.Instance)]
        for value in given:
            if not isinstance(value, v.Instance):
                return False
            if isinstance(value.of, Class):
                lineage_of: tuple[Class | str, ...] = self.inference.classes.ancestry(value.of)
            else:
                lineage_of = lineage(value.of)
            if not any(item in wanted for item in lineage_of) and not self._keeps(value, wanted):
                return False
        return bool(given)

    def _keeps(self, value: v.Instance, wanted: list[Class | str]) -> bool:
        """Whether it is an object of a class that has all that a protocol asks for."""
        return isinstance(value.of, Class) and any(
            isinstance(protocol, Class) and self.inference.classes.has_all_of(value.of, protocol) for protocol in wanted
        )

    def _written_out(self, given: Values, declared: Values) -> bool:
        """Whether the value is written out, and says more than the annotation: `dict[str, Callable[[], int]]`."""
        if len(given) != 1 or len(declared) != 1:
            return False
        match given[0], declared[0]:
            case v.Display(s.Dict(values=items)), v.Instance(str() as name, arguments=arguments) if name in MAPPINGS:
                if not arguments or UNKNOWN in arguments[-1]:
                    return True
                return bool(items) and self._open(arguments[-1])
            case v.Display(node), v.Instance(str() as name, arguments=arguments) if name in COLLECTIONS:
                return (
                    not isinstance(node, s.Dict)
                    and bool(node.elements)
                    and (not arguments or all(map(self._open, arguments)))
                )
        return False

    def _open(self, held: Values) -> bool:
        """Whether what a collection holds is left open, or only promised: what has it is of another class."""
        return UNKNOWN in held or any(
            isinstance(value, v.Instance)
            and isinstance(value.of, Class)
            and any(map(is_abstract, value.of.methods.values()))
            for value in held
        )


def _as_declared(value: Value, declared: Values) -> Value:
    """An object with the type arguments that the annotation of its name adds: `jobs: Queue[Job] = Queue()`."""
    if isinstance(value, v.Instance) and not value.arguments:
        for other in declared:
            if isinstance(other, v.Instance) and other.of == value.of and other.arguments:
                return replace(value, arguments=other.arguments)
    return value
