"""Names -> what defines them: through scopes, imports, re-exports and star imports."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from fastlint.facts import syntax as s
from fastlint.project.catalogue.python import BUILTINS
from fastlint.project.catalogue.types import ALIASES
from fastlint.project.language.bodies import Binding, Point
from fastlint.project.language.modules import Modules
from fastlint.project.language.scopes import Class, Module, Scope
from fastlint.project.language.values import External, ModuleValue

DEPTH = 12
"""Imports followed from one name to its definition."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A binding and the scope it stands in."""

    binding: Binding
    scope: Scope


Found = Definition | External | ModuleValue | str
"""What a name can mean; a str is the folder of a namespace package."""


def canonical(name: str) -> str:
    """The public dotted name of something outside the project, `requests.sessions.Session` -> `requests.Session`."""
    known = _CANONICAL.get(name)
    if known is None:
        known = _of_stubs(name)
        head, tail = known, ""
        while head:
            if head in ALIASES:
                known = canonical(ALIASES[head] + tail) if ALIASES[head] != head else known
                break
            head, _, last = head.rpartition(".")
            tail = f".{last}{tail}"
        _CANONICAL[name] = known
    return known


_CANONICAL: dict[str, str] = {}
STUBS = re.compile(
    r"(mypy_boto3|types_boto3|types_aiobotocore)_\w+\.(?:client\.|(service_resource)\.)?([A-Z]\w*)(.*)", re.S
)


def _of_stubs(name: str) -> str:
    """What a class of the type stubs of boto3 and aiobotocore stands for: each service has a package of them."""
    found = STUBS.fullmatch(name) if "boto" in name else None
    if found is None:
        return name
    package, resources, cls, rest = found.groups()
    if cls.endswith("Client"):
        return ("aiobotocore.client.AioBaseClient" if "aio" in package else "botocore.client.BaseClient") + rest
    if package != "types_aiobotocore" and (resources or cls.endswith("ServiceResource")):
        return f"boto3.resources.base.ServiceResource{rest}"
    return name


class Names:
    """Looks names up in the modules of a project."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._members: dict[tuple[str, str], tuple[Found, ...]] = {}
        self._globals: dict[Module, dict[str, tuple[Found, ...]]] = {}
        self._within: dict[tuple[Scope, str], tuple[Found, ...]] = {}
        self._bound: dict[Binding, tuple[Found, ...]] = {}

    def lookup(self, name: str, scope: Scope, at: s.Node | None = None) -> tuple[Found, ...]:
        """What `name` means in `scope`, at a node of it; empty when nothing binds it."""
        body = scope.body
        if name not in body.elsewhere:
            bindings = body.bindings.get(name)
            if bindings is None:
                return self._around(name, scope)
            if isinstance(scope, Class) and at is not None and any(_declares(binding, at) for binding in bindings):
                return self._around(name, scope)
            if len(bindings) == 1:
                return self._meant(bindings[0], scope)
        return self._looked_up(name, scope, at)

    def _around(self, name: str, scope: Scope) -> tuple[Found, ...]:
        """What a name means that the scope does not bind: a global, for what stands in no other function."""
        around = scope.parent
        while isinstance(around, Class):
            around = around.parent
        if around is not None and not isinstance(around, Module):
            return self._looked_up(name, scope, None)
        known = self._globals.setdefault(scope.module, {}).get(name)
        if known is None:
            known = self._looked_up(name, scope.module, None)
            self._globals[scope.module][name] = known
        return known

    def _looked_up(self, name: str, scope: Scope, at: s.Node | None) -> tuple[Found, ...]:
        current: Scope | None = scope
        first = True
        while current is not None:
            visible = first or not isinstance(current, Class)
            kind = current.body.elsewhere.get(name) if visible else None
            if kind == "global" and not isinstance(current, Module):  # at the top of a module it changes nothing
                current, first = current.module, False
                continue
            counts = kind is None or isinstance(current, Module)
            if visible and counts and (bindings := current.body.bindings.get(name)):
                if first and at is not None and at in current.body.parents:
                    chosen = reaching(bindings, at.start)
                    if len(chosen) == 1:
                        return self._meant(chosen[0], current)
                    return tuple([found for binding in chosen for found in self._meant(binding, current)])
                return self._from_within(name, current, bindings)
            if isinstance(current, Module):
                return self._star(name, current, 0) or self._builtin(name)
            current, first = current.parent, False
        return ()

    def _from_within(self, name: str, scope: Scope, bindings: list[Binding]) -> tuple[Found, ...]:
        """What a name of a scope means where the scope has run, as in the functions that stand in it."""
        key = scope, name
        known = self._within.get(key)
        if known is None:
            found = [found for binding in _final(bindings) for found in self._meant(binding, scope)]
            self._within[key] = known = tuple(found)
        return known

    def _meant(self, binding: Binding, scope: Scope) -> tuple[Found, ...]:
        """What a binding of a scope means, imports followed."""
        known = self._bound.get(binding)
        if known is None:
            self._bound[binding] = known = self.follow(Definition(binding, scope))
        return known

    def follow(self, definition: Definition, depth: int = 0) -> tuple[Found, ...]:
        """What an import brings; anything else is its own definition."""
        binding, module = definition.binding, definition.scope.module
        if depth > DEPTH:
            return ()
        if binding.kind == "import":
            dotted, aliased = binding.path
            top = str(dotted) if aliased else str(dotted).partition(".")[0]
            return (self._module(top, module),)
        if binding.kind == "from":
            node = binding.node
            assert isinstance(node, s.ImportFrom)
            return self._imported(node, str(binding.path[0]), module, depth)
        return (definition,)

    def _module(self, dotted: str, importer: Module) -> Found:
        found = self.modules.resolve(dotted, importer)
        return (
            External(canonical(dotted)) if found is None else ModuleValue(found) if isinstance(found, Module) else found
        )

    def _imported(self, node: s.ImportFrom, name: str, importer: Module, depth: int) -> tuple[Found, ...]:
        if node.level:
            source = self.modules.relative(node.module, node.level, importer)
            if source is None:
                return ()
        else:
            source = self.modules.resolve(node.module, importer)
            if source is None:
                return (External(canonical(f"{node.module}.{name}")),)
        if isinstance(source, str):
            found = self.modules.submodule(source, name)
            return () if found is None else (found if isinstance(found, str) else ModuleValue(found),)
        if source is importer and (below := self._submodule(source, name)):
            return below  # `from . import routes` in the package's own file
        return self.member(source, name, depth + 1)

    def member(self, module: Module, name: str, depth: int = 0) -> tuple[Found, ...]:
        """What `module.name` is: a binding of the module followed through imports, a submodule, or nothing known."""
        key = module.path, name
        if key not in self._members:
            self._members[key] = ()
            bindings = module.body.bindings.get(name)
            if bindings:
                found = tuple(f for b in _final(bindings) for f in self.follow(Definition(b, module), depth))
            else:
                found = self._star(name, module, depth) or self._submodule(module, name)
            self._members[key] = found
        return self._members[key]

    def _submodule(self, module: Module, name: str) -> tuple[Found, ...]:
        if not module.is_package:
            return ()
        found = self.modules.submodule(module.path.removesuffix("__init__.py"), name)
        return () if found is None else (found if isinstance(found, str) else ModuleValue(found),)

    def _star(self, name: str, module: Module, depth: int) -> tuple[Found, ...]:
        if name.startswith("_") or depth > DEPTH:
            return ()
        for node in reversed(module.body.stars):
            if node.level:
                source = self.modules.relative(node.module, node.level, module)
            else:
                source = self.modules.resolve(node.module, module)
            if isinstance(source, Module) and source is not module:
                if (found := self.member(source, name, depth + 1)) and _exported(source, name):
                    return found
            if source is None and name in STARS.get(node.module, ()):
                return (External(canonical(f"{node.module}.{name}")),)
        return ()

    @staticmethod
    def _builtin(name: str) -> tuple[External, ...]:
        return BUILTIN.get(name, ())


def _exported(module: Module, name: str) -> bool:
    """Whether `from module import *` brings `name`: by `__all__` when that is a plain list."""
    for binding in module.body.bindings.get("__all__", ()):
        if isinstance(binding.value, s.List | s.Tuple):
            names = [e.value for e in binding.value.elements if isinstance(e, s.Constant)]
            return name in names or len(names) < len(binding.value.elements) or len(module.body.bindings["__all__"]) > 1
    return True


def _final(bindings: list[Binding]) -> list[Binding]:
    """The bindings that may hold when the scope has run."""
    return reaching(bindings, (1 << 30, 0))


def reaching(bindings: list[Binding], point: Point) -> list[Binding]:
    """The bindings that may hold at a point: back to the last that surely ran, and those a loop brings round.

    They stand in the order of the text: behind one that no loop around the point holds, there is no other.
    """
    if len(bindings) == 1:
        return bindings
    after = bisect_right(bindings, point, key=_start)
    chosen: list[Binding] = []
    for index in range(after - 1, -1, -1):
        binding = bindings[index]
        if binding.kind == "augmented":
            continue
        chosen.append(binding)
        if binding.until >= point:
            break
    for index in range(after, len(bindings)):
        loop = bindings[index].loop
        if loop is None or not _inside(point, loop):
            break
        chosen.append(bindings[index])
    return chosen[::-1] or bindings


def _declares(binding: Binding, at: s.Node) -> bool:
    """Whether a node stands in the annotation of the very field: `redis: redis.Redis` means the module."""
    annotation = binding.annotation
    return annotation is not None and annotation.start <= at.start < (annotation.end_line, annotation.end_column)


def _start(binding: Binding) -> Point:
    return binding.start


def _inside(point: Point, node: s.Node) -> bool:
    return node.start <= point < (node.end_line, node.end_column)


STARS = {
    "fastapi": frozenset(
        {
            *("APIRouter", "BackgroundTasks", "Body", "Cookie", "Depends", "FastAPI", "File", "Form", "Header"),
            *("HTTPException", "Path", "Query", "Request", "Response", "Security", "UploadFile", "WebSocket"),
            *("WebSocketDisconnect", "WebSocketException", "status"),
        }
    )
}
"""What `from ... import *` brings from packages outside the project."""

BUILTIN = {name: (External(f"builtins.{name}"),) for name in BUILTINS}
