"""The tracer on containers: items, keys, what loops bind and what is put in later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fastlint.facts import syntax as s
from fastlint.project.flows.cleaning import GROWERS, WRITES
from fastlint.project.flows.parts import ANY_KEY, Parts
from fastlint.project.flows.steps import PARAMETER, REQUEST, Origin, key
from fastlint.project.flows.tracing import Origins
from fastlint.project.language import values as v
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Scope

MODELS = ("pydantic.BaseModel", "sqlmodel.SQLModel")


class Containers(Parts):
    """Lists, dictionaries and tuples, written out or grown."""

    def _element(self, iterable: s.Expr, path: tuple[int, ...], scope: Scope) -> Origins:
        """What one round of a loop binds; the number that `enumerate` gives is harmless."""
        if isinstance(iterable, s.Call) and isinstance(iterable.func, s.Attribute) and not iterable.args:
            if iterable.func.attr == "keys" or (iterable.func.attr == "items" and path == (0,)):
                return self.keys(iterable.func.value, scope)
        if not path and (self._is_dict(iterable, scope) or self._dumped(iterable, scope)):
            return self.keys(iterable, scope)
        if path and path[0] >= 0 and isinstance(iterable, s.Tuple | s.List | s.Set):
            rows = [row for row in iterable.elements if isinstance(row, s.Tuple | s.List)]
            if len(rows) == len(iterable.elements):
                return tuple(origin for row in rows for origin in self._unpacked(row, path, scope))
        if isinstance(iterable, s.Call) and path:
            names = self.inference.external_names(iterable.func, scope)
            if "builtins.enumerate" in names and iterable.args:
                return () if path[0] == 0 else self._element(iterable.args[0], path[1:], scope)
            if "builtins.zip" in names and path[0] < len(iterable.args):
                return self._element(iterable.args[path[0]], path[1:], scope)
        return self.trace(iterable, scope)

    def _is_dict(self, expr: s.Expr, scope: Scope) -> bool:
        values = v.without_none(self.inference.infer(expr, scope))
        return bool(values) and all(
            (isinstance(value, v.Display) and isinstance(value.node, s.Dict))
            or (isinstance(value, v.Instance) and value.of in ("builtins.dict", "collections.abc.Mapping"))
            for value in values
        )

    def _dumped(self, expr: s.Expr, scope: Scope, depth: int = 0) -> bool:
        """Whether it surely is the dictionary that a model gives: its keys are the names of the fields."""
        match expr:
            case s.Call(func=s.Attribute(value=value, attr=("model_dump" | "dict"))):
                return self._is_model(value, scope)
            case s.Name() if depth < 4 and isinstance(scope, Function):
                found = self.inference.names.lookup(expr.id, scope, expr)
                return bool(found) and all(
                    isinstance(item, Definition)
                    and item.binding.kind in ("assign", "annotated")
                    and not item.binding.path
                    and item.binding.value is not None
                    and self._dumped(item.binding.value, item.scope, depth + 1)
                    for item in found
                )
        return False

    def _is_model(self, expr: s.Expr, scope: Scope) -> bool:
        values = v.without_none(self.inference.infer(expr, scope))
        return bool(values) and all(
            isinstance(value, v.Instance)
            and isinstance(value.of, Class)
            and self.inference.classes.is_a(value.of, *MODELS)
            for value in values
        )

    def _takes_any_field(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether it is a model that keeps fields which it does not declare: `extra="allow"`."""
        return any(
            (isinstance(node, s.Constant) and node.value == "allow")
            or (isinstance(node, s.Attribute) and node.attr == "allow")
            for value in self.inference.infer(expr, scope)
            if isinstance(value, v.Instance) and isinstance(value.of, Class)
            for cls in self.inference.classes.ancestry(value.of)
            if isinstance(cls, Class)
            for given in self._configurations(cls)
            for node in s.walk(given)
        )

    @staticmethod
    def _configurations(cls: Class) -> Iterator[s.Expr]:
        yield from (keyword.value for keyword in cls.node.keywords if keyword.arg == "extra")
        yield from (b.value for b in cls.body.bindings.get("model_config", ()) if b.value is not None)
        for nested in cls.members.values():
            if isinstance(nested, Class) and nested.name == "Config":
                yield from (b.value for b in nested.body.bindings.get("extra", ()) if b.value is not None)

    def keys(self, expr: s.Expr, scope: Scope, depth: int = 0) -> Origins:
        """The origins of the keys of a dictionary."""
        match expr:
            case s.Dict(keys=keys, values=values):
                spread = [value for name, value in zip(keys, values, strict=True) if name is None]
                inner = [origin for value in spread for origin in self.keys(value, scope, depth + 1)]
                return (*self._all(keys, scope), *inner)
            case s.Conditional(body=body, orelse=orelse):
                return (*self.keys(body, scope, depth + 1), *self.keys(orelse, scope, depth + 1))
            case s.Boolean(values=values):
                return tuple(origin for value in values for origin in self.keys(value, scope, depth + 1))
            case s.Call(func=s.Attribute(value=value, attr=("copy" | "items" | "keys"))):
                return self.keys(value, scope, depth + 1)
            case s.Call(func=s.Attribute(value=value, attr=("model_dump" | "dict"))):
                return self.trace(value, scope) if self._takes_any_field(value, scope) else ()
            case s.Comprehension(kind="dict", element=element):
                return self.trace(element, scope)
            case s.Name() if depth < 8 and not self.checks.ends(expr, scope):
                return self._keys_of_name(expr, scope, depth)
            case s.Attribute(value=s.Name(id="self")):
                return tuple(
                    replace(origin, keys=True) if origin.kind == PARAMETER else origin
                    for origin in self.trace(expr, scope)
                )
        return self.trace(expr, scope)

    def _keys_of_name(self, expr: s.Name, scope: Scope, depth: int) -> Origins:
        found: list[Origin] = []
        for item in self.inference.names.lookup(expr.id, scope, expr):
            if not isinstance(item, Definition) or not isinstance(item.scope, Function):
                continue
            binding = item.binding
            if binding.kind in ("assign", "annotated") and binding.value is not None and not binding.path:
                found += self.keys(binding.value, item.scope, depth + 1)
                for assign in item.scope.body.all(s.Assign):
                    for target in assign.targets:
                        if isinstance(target, s.Subscript) and key(target.value) == expr.id:
                            found += self.trace(target.index, item.scope)
            elif binding.kind == "parameter":
                found += [
                    replace(origin, keys=True) if origin.kind == PARAMETER else origin
                    for origin in self._bound(binding, item.scope)
                ]
            else:
                found += self._bound(binding, item.scope)
        return tuple(found)

    def _unpacked(self, value: s.Expr, path: tuple[int, ...], scope: Scope) -> Origins:
        if self.kind == "path" and len(path) == 1 and path[0] >= 0 and self._is_piece(value, scope):
            return ()
        for step in path:
            if isinstance(value, s.Tuple | s.List) and 0 <= step < len(value.elements):
                value = value.elements[step]
            elif (elements := self._of_tuple(value, step, scope)) is not None:
                return elements
        return self.trace(value, scope)

    def _of_tuple(self, value: s.Expr, index: int, scope: Scope) -> Origins | None:
        """One element of the tuple that a project function gives; None where it gives something else."""
        call = value.value if isinstance(value, s.Await) else value
        if not isinstance(call, s.Call) or index < 0:
            return None
        functions = self.inference.infer(call.func, scope)
        found: list[Origin] = []
        for item in functions:
            if not isinstance(item, v.FunctionValue):
                return None
            found += self._result(item.function, call, scope, index)
        return tuple(found) if functions else None

    def _grown(self, expr: s.Name, scope: Scope) -> Origins:
        """What was added to a text or put into a container before it is used."""
        found: list[Origin] = []
        for binding in scope.body.bindings.get(expr.id, ()):
            if binding.kind == "augmented" and binding.value is not None and binding.start < expr.start:
                if not self._behind_host(expr.id, binding.value, scope):
                    found += self.trace(binding.value, scope)
        for value in self._put(scope).get(expr.id, ()):
            if value.start < expr.start:
                found += self.trace(value, scope)
        return tuple(found)

    def _put(self, scope: Scope) -> dict[str, list[s.Expr]]:
        """What a scope puts into its containers, by the name of the container."""
        cached = self._puts.get(scope)
        if cached is None:
            cached = {}
            growers = GROWERS - WRITES if self.kind == "path" else GROWERS
            for call in scope.body.all(s.Call):
                if (
                    isinstance(call.func, s.Attribute)
                    and call.func.attr in growers
                    and isinstance(call.func.value, s.Name)
                ):
                    given = [*call.args, *(keyword.value for keyword in call.keywords)]
                    cached.setdefault(call.func.value.id, []).extend(given[1:] if call.func.attr == "insert" else given)
            for assign in scope.body.all(s.Assign):
                for target in assign.targets:
                    if isinstance(target, s.Subscript) and isinstance(target.value, s.Name):
                        cached.setdefault(target.value.id, []).append(assign.value)
            self._puts[scope] = cached
        return cached

    def _is_piece(self, value: s.Expr, scope: Scope, depth: int = 0) -> bool:
        """Whether a list holds what stands between the slashes of a path: one of them leads nowhere else."""
        match value:
            case s.Call(func=s.Attribute(attr=("split" | "rsplit")), args=(s.Constant(value=("/" | "\\")), *_)):
                return True
            case s.Comprehension(kind="list", element=s.Name(id=name), generators=(generator,)):
                target = generator.target
                return isinstance(target, s.Name) and target.id == name and self._is_piece(generator.iterable, scope)
            case s.Name(id=name) if depth < 4:
                bindings = scope.body.bindings.get(name, ()) if isinstance(scope, Function) else ()
                return bool(bindings) and all(
                    b.kind in ("assign", "annotated")
                    and not b.path
                    and b.value is not None
                    and self._is_piece(b.value, scope, depth + 1)
                    for b in bindings
                )
        return False

    def _subscript(self, expr: s.Subscript, scope: Scope) -> Origins:
        if self.kind == "path" and _is_index(expr.index) and self._is_piece(expr.value, scope):
            return ()
        if self.sources.safe_values(self.inference.infer(expr, scope)):
            return ()
        value, index = expr.value, expr.index
        if isinstance(value, s.Dict) and isinstance(index, s.Constant):
            for name, item in zip(value.keys, value.values, strict=True):
                if isinstance(name, s.Constant) and name.value == index.value:
                    return self.trace(item, scope)
        return self._named(self._item_of(value, index, scope), index, value)

    def _item_of(self, value: s.Expr, index: s.Expr, scope: Scope) -> Origins:
        """One item of a container: under a constant key only what was put there."""
        if isinstance(index, s.Constant) and isinstance(index.value, str):
            return self.part(value, index.value, scope)
        if isinstance(index, s.Constant) and isinstance(index.value, int):
            written = self._written(value, scope)
            items = () if written is None else written.elements
            if -len(items) <= index.value < len(items) and not any(isinstance(i, s.Starred) for i in items):
                return self.trace(items[index.value], scope)
            return self.trace(value, scope)
        return self.trace(value, scope) if isinstance(index, s.Slice) else self.part(value, ANY_KEY, scope)

    @staticmethod
    def _written(value: s.Expr, scope: Scope) -> s.Tuple | None:
        """The tuple an expression is, where it is written down; a list may have changed since."""
        if isinstance(value, s.Name):
            bindings = scope.body.bindings.get(value.id, ())
            if len(bindings) != 1 or bindings[0].kind != "assign" or bindings[0].path or bindings[0].value is None:
                return None
            value = bindings[0].value
        return value if isinstance(value, s.Tuple) else None

    @staticmethod
    def _named(origins: Origins, index: s.Expr, container: s.Expr) -> Origins:
        """The origins with the key that was asked for."""
        if not (isinstance(index, s.Constant) and isinstance(index.value, str)):
            return origins
        name = index.value
        return tuple(
            replace(origin, text=f"{origin.text.removesuffix('s of the request')} `{name}`")
            if origin.kind == REQUEST and origin.text.endswith("s of the request")
            else replace(origin, text=f"{origin.text}, `{name}`")
            if origin.kind == REQUEST and origin.text in ("request body", "form field", "websocket message")
            else replace(origin, text=f"{origin.text}.{name}")
            if origin.kind == PARAMETER and origin.text == key(container)
            else origin
            for origin in origins
        )


def _is_index(index: s.Expr) -> bool:
    inner = index.operand if isinstance(index, s.Unary) else index
    return isinstance(inner, s.Constant) and isinstance(inner.value, int)
