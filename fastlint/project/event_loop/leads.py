"""Which calls and arguments can lead anywhere, by their names: a sieve before anything is inferred.

Most calls of a program lead neither to code of the project nor to the catalogue: `len(x)`, `text.strip()`,
`items.append(x)`. A call leads where the name before its parentheses does. So what counts is every name that the
project defines, binds under another name or sets as an attribute, and the last names of the catalogue.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from functools import cached_property

from fastlint.facts import syntax as s
from fastlint.project.catalogue.conditions import LAZY, ON_LOOP
from fastlint.project.catalogue.python import BUILTINS
from fastlint.project.catalogue.types import ALIASES, ATTRIBUTES
from fastlint.project.event_loop.blocking import NESTED, UPLOAD_METHODS, Catalogue
from fastlint.project.event_loop.callbacks import FOLDING, KEYED
from fastlint.project.language.bodies import Binding, Body
from fastlint.project.language.inference import Inference
from fastlint.project.language.results import ENTERING
from fastlint.project.language.scopes import Function, Module, Scope

CONSUMERS = frozenset(
    f"builtins.{name}"
    for name in ("list", "tuple", "set", "frozenset", "dict", "sum", "any", "all", "next", "sorted", "max", "min")
) | {"builtins.list.extend", "collections.deque"}
"""What iterates its first argument."""
COPIERS = frozenset({"shutil.copyfileobj"})
OF_TEXT = frozenset(name for name in dir(str) if not name.startswith("_"))
OF_CONTAINERS = frozenset(name for kind in (list, dict, set) for name in dir(kind))
"""What clients have too: `redis.Redis.keys`, `append`, `copy`."""
ANY_METHOD = frozenset({"xmlrpc", "zeep"})
"""Packages whose clients have the methods that some server has."""
NEVER_CALLED = (s.Constant, s.FString, s.List, s.Tuple, s.Set, s.Dict, s.Comprehension, s.Compare, s.Binary)
"""Expressions whose value cannot be called."""


class Leads:
    """Asked through Runs; one per project."""

    def __init__(self, inference: Inference, catalogue: Catalogue) -> None:
        self.inference = inference
        self.catalogue = catalogue

    def anywhere(self, call: s.Call, scope: Scope) -> bool:
        """Whether a call may run code of the project, or something outside that counts."""
        func = call.func
        if isinstance(func, s.Attribute):
            name = func.attr
            return name in self._anything or (self._open and name not in self._never)
        return not isinstance(func, s.Name) or func.id in self._anything or _given_here(func.id, scope)

    def to_project(self, call: s.Call, scope: Scope) -> bool:
        """Whether a call may run code of the project."""
        return self._may_hold_function(call.func, scope)

    def hands_on(self, argument: s.Expr, scope: Scope) -> bool:
        """Whether an argument may be a function of the project."""
        return isinstance(argument, s.Name | s.Attribute) and self._may_hold_function(argument, scope)

    def _may_hold_function(self, expr: s.Expr, scope: Scope) -> bool:
        if isinstance(expr, s.Attribute):
            return expr.attr in self._of_project
        return not isinstance(expr, s.Name) or expr.id in self._of_project or _given_here(expr.id, scope)

    @cached_property
    def _of_project(self) -> frozenset[str]:
        """The names under which the project may keep something that can be called; those it compares come with them."""
        found = set(self.inference.kept_state.yielded)
        for module in self.inference.names.modules:
            found.update(function.name for function in module.functions())
            found.update(_bound(module.body))
            for cls in module.classes():
                found.add(cls.name)
                found.update(_bound(cls.body))
            found.update(name[1:] for name in module.facts.calls if name.startswith("."))
        return frozenset(found)

    @cached_property
    def _anything(self) -> frozenset[str]:
        """The names of the project, and the last names of what counts outside it, in all spellings."""
        names = {*LAZY, *ON_LOOP, *NESTED, *KEYED, *FOLDING, *CONSUMERS, *COPIERS, *ENTERING, *ATTRIBUTES}
        last = {name.rpartition(".")[2] for name in names} | self.catalogue.last_names | UPLOAD_METHODS
        spelled = {name.rpartition(".")[2] for name, meant in ALIASES.items() if meant.rpartition(".")[2] in last}
        return self._of_project | last | spelled

    @cached_property
    def _open(self) -> bool:
        """Whether the project uses a package of which the catalogue, or the user, counts every method."""
        roots = {name.partition(".")[0] for name in self.catalogue.wildcards}
        return any(fnmatch.filter(self._imported, root) for root in roots)

    @cached_property
    def _never(self) -> frozenset[str]:
        """The methods that no client in the project has, whatever others it may have."""
        known = self._imported.isdisjoint(ANY_METHOD) and not self.catalogue.own_wildcards
        return OF_TEXT - OF_CONTAINERS if known else frozenset()

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The packages that the project imports."""
        imports = (name for module in self.inference.names.modules for name in module.facts.imports)
        return frozenset(name.partition(".")[0] for name in imports)


def _bound(body: Body) -> Iterator[str]:
    """The names that a module or class binds to something new."""
    for name, bindings in body.bindings.items():
        if any(_new(binding) for binding in bindings):
            yield name


def _new(binding: Binding) -> bool:
    """Whether it is anything but an import under the name that the thing has where it comes from."""
    if binding.kind == "from":
        return str(binding.path[0]) != binding.name
    if binding.kind in ("assign", "annotated"):
        return binding.value is None or bool(binding.path) or not isinstance(binding.value, NEVER_CALLED)
    return binding.kind != "import"


def _given_here(name: str, scope: Scope) -> bool:
    """Whether a name is bound to something new in the function, or nobody knows what it is."""
    current: Scope | None = scope
    while current is not None:
        bindings = current.body.bindings.get(name)
        if bindings:
            return any(_new(binding) and not (current is scope and _plain(binding, scope)) for binding in bindings)
        if isinstance(current, Module):
            return name not in BUILTINS
        current = current.parent
    return True


def _plain(binding: Binding, scope: Scope) -> bool:
    """Whether it is a parameter of which nothing is said, and not the object or class of a method."""
    if binding.kind != "parameter" or not isinstance(scope, Function):
        return False
    if scope.cls is not None and binding.node is scope.node.parameters[0]:
        return False
    return binding.annotation is None and (binding.value is None or isinstance(binding.value, s.Constant))
