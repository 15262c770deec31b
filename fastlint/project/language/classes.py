"""Classes of the project: ancestry, methods, and the attributes of class and instance."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.accessors import GETTER, accessor
from fastlint.project.language.bodies import Binding
from fastlint.project.language.externals import attribute_of, lineage
from fastlint.project.language.scopes import Class, Function
from fastlint.project.language.values import NOTHING_KNOWN, UNKNOWN, External, Instance, Values, union

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

MORE_THAN_A_PROMISE = sum(bit for kind, bit in s.KIND_BITS.items() if issubclass(kind, s.Stmt) and kind is not s.Raise)
"""Kinds of statements that no method has which is only there to be overridden."""
MOST_BASES = 100
"""Classes that one may inherit from; what is above them is unknown."""
MOST_USERS = 12
"""Classes that inherit from a mixin and are asked what they provide."""
CACHED = frozenset(
    {
        "functools.cached_property",
        "django.utils.functional.cached_property",
        "builtins.property",
        "sqlalchemy.ext.hybrid.hybrid_property",
    }
)


class Classes:
    """Looks members of classes up; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._ancestry: dict[Class, tuple[Class | str, ...]] = {}
        self._assigned: dict[Class, dict[str, list[tuple[s.Expr | None, s.Expr | None, Function]]]] = {}
        self._kept: dict[Class, list[Class]] = {}
        self._providing = False
        self._listing = False

    def ancestry(self, cls: Class) -> tuple[Class | str, ...]:
        """The class and all its bases, project classes and external names, nearest first; `?` for an unknown one."""
        waiting = [] if cls in self._ancestry else [cls]
        while waiting:  # bases first, without a call for each generation
            current = waiting[-1]
            self._ancestry.setdefault(current, (current,))
            bases = self._bases(current)
            fresh = [base for base in bases if isinstance(base, Class) and base not in self._ancestry]
            if fresh:
                waiting += fresh
                continue
            order: dict[Class | str, None] = {current: None}
            for base in bases:
                order.update(dict.fromkeys(self._ancestry[base] if isinstance(base, Class) else (base,)))
            names = tuple(order)
            self._ancestry[current] = names if len(names) <= MOST_BASES else (*names[:MOST_BASES], "?")
            waiting.pop()
        return self._ancestry[cls]

    def _bases(self, cls: Class) -> list[Class | str]:
        """What stands in the brackets of the class: project classes, and the whole lineage of external ones."""
        found: list[Class | str] = []
        for base in cls.node.bases:
            for value in self.inference.infer(base.value if isinstance(base, s.Subscript) else base, cls.parent):
                match value:
                    case v.ClassValue(other):
                        found.append(other)
                    case External(name):
                        found += lineage(name)
                    case Instance(str() as name):
                        found.append(name)
                    case _:
                        found.append("?")
        return found

    def is_a(self, cls: Class, *names: str) -> bool:
        """Whether the class surely inherits from one of these external classes."""
        return any(isinstance(item, str) and item in names for item in self.ancestry(cls))

    def uncertain(self, cls: Class) -> bool:
        return "?" in self.ancestry(cls)

    def subclasses(self, cls: Class) -> list[Class]:
        """All classes of the project that inherit from it, directly or not."""
        if self._is_protocol(cls):
            if cls not in self._kept:
                self._kept[cls] = self._keeping(cls)
            return self._kept[cls]
        return self._heirs.get(cls, [])

    @cached_property
    def _heirs(self) -> dict[Class, list[Class]]:
        found: dict[Class, list[Class]] = {}
        for module in self.inference.names.modules:
            for cls in module.classes():
                for base in self.ancestry(cls)[1:]:
                    if isinstance(base, Class):
                        found.setdefault(base, []).append(cls)
        return found

    def _is_protocol(self, cls: Class) -> bool:
        return any(
            value.name in ("typing.Protocol", "typing_extensions.Protocol")
            for base in cls.node.bases
            for value in self.inference.infer(base.value if isinstance(base, s.Subscript) else base, cls.parent)
            if isinstance(value, External)
        )

    def has_all_of(self, cls: Class, protocol: Class) -> bool:
        """Whether a class has all methods that a protocol has, by their names."""
        wanted = _asked_for(protocol)
        methods = {name for item in self.ancestry(cls) if isinstance(item, Class) for name in item.methods}
        return bool(wanted) and wanted <= methods and self._is_protocol(protocol)

    def _keeping(self, protocol: Class) -> list[Class]:
        """The classes that have all methods of a protocol, declared to keep it or not."""
        wanted = _asked_for(protocol)
        if not wanted:
            return []
        rarest = min(wanted, key=lambda name: len(self._defining.get(name, ())))
        candidates = [c for cls in self._defining.get(rarest, ()) for c in (cls, *self._heirs.get(cls, ()))]
        return [
            cls
            for cls in dict.fromkeys(candidates)
            if cls is not protocol
            and wanted <= {n for c in self.ancestry(cls) if isinstance(c, Class) for n in c.methods}
            and (protocol in self.ancestry(cls) or all(self._takes_as(cls, protocol, name) for name in wanted))
        ]

    def _takes_as(self, cls: Class, protocol: Class, name: str) -> bool:
        """Whether a method can be called as the protocol says: it takes what is given by name, and needs no more."""
        promised, method = protocol.methods[name], self.method(cls, name)
        if method is None or is_static(method) or is_static(promised):
            return True
        given, taken = promised.node.parameters[1:], method.node.parameters[1:]
        kinds = {parameter.kind for parameter in (*given, *taken)}
        if not kinds.isdisjoint(("*", "**")) or method.node.decorators:
            return True
        names = {parameter.name for parameter in taken}
        by_name = {parameter.name for parameter in given if parameter.kind == "k"}
        needed = [parameter for parameter in taken if parameter.default is None]
        needed_names = {parameter.name for parameter in needed if parameter.kind == "k"}
        return by_name <= names and needed_names <= {p.name for p in given} and len(needed) <= len(given)

    @cached_property
    def _defining(self) -> dict[str, list[Class]]:
        """The classes that define a method of a name."""
        found: dict[str, list[Class]] = {}
        for module in self.inference.names.modules:
            for cls in module.classes():
                for name in cls.methods:
                    found.setdefault(name, []).append(cls)
        return found

    def method(self, cls: Class, name: str) -> Function | None:
        """The method that the class or its nearest ancestor of the project defines."""
        for item in self.ancestry(cls):
            if isinstance(item, Class) and (found := item.methods.get(name)) is not None:
                return found
            if isinstance(item, Class) and name in item.body.bindings:
                return None
        return None

    def accessor(self, cls: Class, name: str, use: str) -> Function | None:
        """What a property of the class or of its nearest ancestor of the project runs where it is put to `use`."""
        for item in self.ancestry(cls):
            if not isinstance(item, Class) or name not in item.body.bindings:
                continue
            method = item.methods.get(name)
            if method is None or not self.is_property(method):
                return None
            found = accessor(item, name, use)
            if found is not None or use != GETTER:
                return found  # without a getter it is `@Base.name.setter`, and that of the base is read
        return None

    def class_attribute(self, cls: Class, name: str) -> Values:
        for item in self.ancestry(cls):
            if isinstance(item, str):
                if item == "?":
                    return NOTHING_KNOWN
                if item.startswith(("builtins.object", "abc.", "typing.")):
                    continue
                return attribute_of(External(item), name)
            bindings = item.body.bindings.get(name)
            if bindings:
                binding = bindings[-1]
                if binding.kind == "def":
                    return self._method_value(item, binding, v.ClassValue(cls), through_class=True)
                if self.is_a(cls, "enum.Enum", "enum.StrEnum", "enum.IntEnum"):
                    return (Instance(cls),)
                found = self.inference.bound(binding, item)
                return union(found, self.inference.filled_later.attribute(cls, name)) if found == (v.NONE,) else found
        return NOTHING_KNOWN

    def instance_attribute(self, instance: Instance, name: str) -> Values:
        cls = instance.of
        assert isinstance(cls, Class)
        collected: list[Values] = []
        for item in self.ancestry(cls):
            if isinstance(item, str):
                if item == "?":
                    collected.append(NOTHING_KNOWN)
                    break
                if item.startswith(("builtins.object", "abc.", "typing.")) or item in DATA_BASES:
                    continue
                if not collected:
                    collected.append(attribute_of(Instance(item), name))
                break
            bindings = item.body.bindings.get(name)
            if bindings and bindings[-1].kind == "def":
                collected.append(self._method_value(item, bindings[-1], instance, through_class=False))
                break
            if (declared := self._declared(item, name)) is not None:
                collected.append(declared)
                break
            assigned = self.assigned(item).get(name, [])
            for value, annotation, function in assigned:
                collected.append(self._assignment(value, annotation, function))
            if bindings and bindings[-1].value is not None:
                collected.append(self.inference.bound(bindings[-1], item))
            if assigned or bindings:
                break
        found = union(*collected)
        if found == (v.NONE,):
            return union(found, self.inference.filled_later.attribute(cls, name))
        return found if collected else self._of_users(cls, name)

    def _of_users(self, mixin: Class, name: str) -> Values:
        """What a mixin finds on its objects without having it: what all classes that inherit from it provide."""
        users = self._users(mixin)
        if not users or len(users) > MOST_USERS:
            return NOTHING_KNOWN
        if self._providing:  # asked again on its own, it may be known
            self.inference.cuts += 1
            return NOTHING_KNOWN
        self._providing = True
        try:
            found = union(*[self.instance_attribute(Instance(user), name) for user in users])
        finally:
            self._providing = False
        return NOTHING_KNOWN if UNKNOWN in found else found

    def _users(self, mixin: Class) -> list[Class]:
        """The classes at the end of each line of inheritance."""
        if self._listing:
            self.inference.cuts += 1
            return []
        self._listing = True
        try:
            heirs = self._heirs
        finally:
            self._listing = False
        return [cls for cls in heirs.get(mixin, ()) if cls not in heirs and not cls.module.is_test]

    def _declared(self, cls: Class, name: str) -> Values | None:
        """The type that the class body declares for an attribute, if it says something."""
        for binding in cls.body.bindings.get(name, ()):
            if binding.kind == "annotated" and binding.annotation is not None:
                values = self.inference.declaring.of_attribute(binding.annotation, binding.value, cls)
                if UNKNOWN not in values:
                    return values
        return None

    def _assignment(self, value: s.Expr | None, annotation: s.Expr | None, function: Function) -> Values:
        if annotation is not None:
            declared = self.inference.declaring.of_attribute(annotation, value, function)
            if UNKNOWN not in declared or value is None:
                return declared
        return self.inference.infer(value, function) if value is not None else NOTHING_KNOWN

    def assigned(self, cls: Class) -> dict[str, list[tuple[s.Expr | None, s.Expr | None, Function]]]:
        """What methods of the class assign to attributes of self: name -> (value, annotation, method)."""
        if cls not in self._assigned:
            found: dict[str, list[tuple[s.Expr | None, s.Expr | None, Function]]] = {}
            for method in cls.methods.values():
                if not method.node.parameters or is_static(method) or not method.body.sets_attributes:
                    continue
                ours = _objects(method)
                for assign in method.body.all(s.Assign):
                    for target in assign.targets:
                        if isinstance(target, s.Attribute) and _place(target.value) in ours:
                            found.setdefault(target.attr, []).append((assign.value, None, method))
                for declared in method.body.all(s.AnnAssign):
                    target = declared.target
                    if isinstance(target, s.Attribute) and _place(target.value) in ours:
                        found.setdefault(target.attr, []).append((declared.value, declared.annotation, method))
                for item in method.body.all(s.WithItem):
                    target = item.target  # type: ignore[assignment]
                    if isinstance(target, s.Attribute) and _place(target.value) in ours:
                        found.setdefault(target.attr, []).append((None, None, method))
            self._assigned[cls] = found
        return self._assigned[cls]

    def _method_value(self, cls: Class, binding: Binding, receiver: v.Value, through_class: bool) -> Values:
        method = cls.members.get(binding.node)
        if not isinstance(method, Function):
            return NOTHING_KNOWN
        if not through_class and self.is_property(method):
            method = accessor(cls, method.name, GETTER) or method
            return self.inference.results.of_function(method, receiver)
        if is_static(method):
            return (v.FunctionValue(method),)
        if through_class and not is_classmethod(method):
            return (v.FunctionValue(method),)
        return (v.FunctionValue(method, receiver),)

    def is_property(self, method: Function) -> bool:
        for decorator in method.node.decorators:
            if isinstance(decorator, s.Attribute) and decorator.attr in ("setter", "getter", "deleter"):
                return True
            if isinstance(decorator, s.Name | s.Attribute):
                if any(
                    isinstance(value, External) and value.name in CACHED
                    for value in self.inference.infer(decorator, method.parent)
                ):
                    return True
        return False


def _asked_for(protocol: Class) -> set[str]:
    return {name for name in protocol.methods if not name.startswith("__") or name == "__call__"}


DATA_BASES = frozenset({"enum.Enum", "typing.Generic", "typing.Protocol"})


def is_static(method: Function) -> bool:
    return any(isinstance(d, s.Name) and d.id == "staticmethod" for d in method.node.decorators)


def is_classmethod(method: Function) -> bool:
    return method.name in ("__new__", "__init_subclass__", "__class_getitem__") or any(
        isinstance(d, s.Name) and d.id == "classmethod" for d in method.node.decorators
    )


def is_abstract(method: Function) -> bool:
    """Whether the method is only a promise: abstract, or a body of `...`, `pass` or `raise NotImplementedError`."""
    for decorator in method.node.decorators:
        name = (
            decorator.attr
            if isinstance(decorator, s.Attribute)
            else decorator.id
            if isinstance(decorator, s.Name)
            else ""
        )
        if name.startswith("abstract"):
            return True
    if method.node.kinds & MORE_THAN_A_PROMISE:
        return False
    statements = method.node.body
    if len(statements) > 1:
        return False
    if not statements:
        return True
    match statements[0]:
        case s.Jump() | s.ExprStmt(value=s.Constant()):
            return True
        case s.Raise(exception=s.Name(id="NotImplementedError") | s.Call(func=s.Name(id="NotImplementedError"))):
            return True
    return False


def _objects(method: Function) -> set[str]:
    """Where a method has an object of its class: its first parameter, and what a `__new__` or classmethod makes."""
    me = method.node.parameters[0].name
    found = {me}
    if method.name == "__new__" or (method.node.decorators and is_classmethod(method)):
        for assign in method.body.all(s.Assign):
            match assign.value:
                case s.Call(func=s.Attribute(attr="__new__")):
                    found.update(_place(target) for target in assign.targets)
                case s.Call(func=s.Name(id=name)) if name == me:
                    found.update(_place(target) for target in assign.targets)
    return found - {""}


def _place(expr: s.Expr) -> str:
    """`self` and `cls.instance` as they are written, empty for anything else."""
    match expr:
        case s.Name(id=name):
            return name
        case s.Attribute(value=s.Name(id=name), attr=attr):
            return f"{name}.{attr}"
    return ""
