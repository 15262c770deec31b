"""The calls of a project by what they call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.facts import syntax
from fastlint.project.language import values as v
from fastlint.project.language.callers import last_name
from fastlint.project.language.scopes import Function, Module, Scope, every_scope
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference


@dataclass(frozen=True, slots=True)
class Call:
    """A call in the project whose callee is known: `names` are all its canonical names, `receiver` its scope."""

    node: syntax.Call
    scope: Scope
    names: frozenset[str]

    @property
    def path(self) -> str:
        return self.scope.module.path

    @property
    def span(self) -> Span:
        return self.node.span

    @property
    def name(self) -> str:
        """The one name, or the first of several by alphabet."""
        return min(self.names)


@dataclass(frozen=True, slots=True)
class Callee:
    """What a rule wants to see called: see `Project.calls`."""

    name: str
    below: bool
    keyword: str | None

    @classmethod
    def parsed(cls, text: str) -> Callee:
        name, _, keyword = text.partition("(")
        return cls(name.removesuffix(".*"), name.endswith(".*"), keyword.removesuffix("=)") or None)

    @property
    def is_object(self) -> bool:
        """Whether an object is called, whatever it is called there."""
        return self.name.endswith("__call__")

    @property
    def sieve(self) -> set[str]:
        """What facts have among their `calls` where it is called."""
        if self.keyword is not None:
            return {f"{self.keyword}="}
        owner, _, last = self.name.rpartition(".")
        return {last, owner.rpartition(".")[2]} if self.is_object else {last}

    def takes(self, name: str, call: syntax.Call) -> bool:
        if self.keyword is not None and call.keyword(self.keyword) is None:
            return False
        return name.startswith(f"{self.name}.") if self.below else name == self.name


def calls(wanted: Iterable[str], inference: Inference) -> Iterator[Call]:
    """The calls whose callee is one of the canonical names: see `Project.calls`."""
    patterns = [Callee.parsed(text) for text in wanted]
    sieve = frozenset(name for pattern in patterns for name in pattern.sieve)
    objects = any(pattern.is_object and _imported(pattern.name, inference) for pattern in patterns)
    everything = any(pattern.below and pattern.keyword is None for pattern in patterns)
    exact = None if any(pattern.below for pattern in patterns) else {pattern.name for pattern in patterns}
    keywords = {pattern.keyword for pattern in patterns if pattern.keyword is not None}
    for module in inference.names.modules:
        names = sieve | module.renamed(sieve)
        if not everything and not objects and module.facts.calls.isdisjoint(names):
            continue
        for scope in every_scope(module):
            if not everything and not objects and isinstance(scope, Function):
                if scope.node.calls.isdisjoint(names):
                    continue
            for node in scope.body.all(syntax.Call):
                if not everything and last_name(node) not in names:
                    if not (objects and isinstance(node.func, syntax.Name)):
                        if not any(keyword.arg in keywords for keyword in node.keywords):
                            continue
                found = _callee_names(node, scope, inference)
                if exact is not None and not found <= exact:
                    continue
                if found and all(any(pattern.takes(name, node) for pattern in patterns) for name in found):
                    yield Call(node, scope, found)


def _imported(name: str, inference: Inference) -> bool:
    """Whether some file imports what holds this name: a package, module or class on the way to it."""
    following = {name[:end]: name[end + 1 :].partition(".")[0] for end, char in enumerate(name) if char == "."}
    return any(_brings(module, following) for module in inference.names.modules)


def _callee_names(node: syntax.Call, scope: Scope, inference: Inference) -> frozenset[str]:
    values = v.without_none(inference.infer(node.func, scope))
    names = set()
    for value in values:
        match value:
            case v.External(name):
                names.add(name)
            case v.Instance(str() as name):
                names.add(f"{name}.__call__")
            case v.ClassValue(cls):
                bases = [base for base in inference.classes.ancestry(cls) if isinstance(base, str) and base != "?"]
                names.add(bases[0] if bases else cls.qualname)
            case _:
                return frozenset()
    return frozenset(names)


def _brings(module: Module, following: Mapping[str, str]) -> bool:
    """Whether a file imports one of the packages itself, or from it the name that follows."""
    if following.keys().isdisjoint(module.facts.imports):
        return False
    taken = ((one.module, name) for one in module.body.all(syntax.ImportFrom) for name, _ in one.names)
    whole = (name for one in module.body.all(syntax.Import) for name, _ in one.names)
    return any(name in following for name in whole) or any(
        of in following and name in (following[of], "*") for of, name in taken
    )
