"""Which expressions hold a password as it was typed, and whether a request brought it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.orm import Orm
from fastlint.project.language import values as v
from fastlint.project.language.frames import NO_NAMES, call_names
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Module, Scope, every_scope
from fastlint.project.security.secrets import names_password

if TYPE_CHECKING:
    from fastlint.project.model import Project

DEPTH = 3
"""Callers asked, one behind the other."""


class Typed:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self.constants = project.constants
        self.inference = project.inference
        self.orm: Orm = project.returns.orm
        self.callers = project.callers
        self.runs = project.handlers.runs
        self.forms = _forms(project)
        self.modules = project.modules
        self._carrying: dict[tuple[Class, str], bool] = {}

    def typed(self, expr: s.Expr, scope: Scope) -> str | None:
        """The name under which an expression is a password as it was typed; None when it may be a hash."""
        inner = expr
        while isinstance(inner, s.Call) and isinstance(inner.func, s.Attribute):
            if inner.func.attr not in ("encode", "get_secret_value", "strip") or (
                inner.args and inner.func.attr != "encode"
            ):
                return None
            inner = inner.func.value
        match inner:
            case s.Name(id=name) if names_password(name):
                found = self.inference.define(inner, scope)
                if found and all(isinstance(f, Definition) and self._source(f) for f in found):
                    return name
            case s.Attribute(attr=name) if names_password(name):
                return name if self._sent(inner, scope) else None
            case s.Subscript(index=s.Constant(value=str() as name)) if names_password(name):
                return (
                    name
                    if isinstance(inner.value, s.Name) and inner.value.id in ("data", "form", "payload", "body")
                    else None
                )
        return None

    def _source(self, found: Definition) -> bool:
        """Whether a name holds what somebody passed, not what was made of it."""
        binding = found.binding
        if binding.kind == "parameter":
            return True
        if binding.kind in ("assign", "annotated") and binding.value is not None and not binding.path:
            return self.typed(binding.value, found.scope) is not None
        return False

    def _sent(self, expr: s.Attribute, scope: Scope) -> bool:
        """Whether it is a field of a form or model, no column."""
        values = v.without_none(self.inference.infer(expr.value, scope))
        if not values or v.UNKNOWN in values:
            return False
        for value in values:
            if not isinstance(value, v.Instance):
                return False
            if isinstance(value.of, Class):
                if value.of not in self.forms or self._carries_hashes(value.of, expr.attr):
                    return False
            elif not value.of.endswith(
                ("OAuth2PasswordRequestForm", "OAuth2PasswordRequestFormStrict", "HTTPBasicCredentials")
            ):
                return False
        return True

    def _carries_hashes(self, cls: Class, name: str) -> bool:
        """Whether the program itself puts something else into the field of a form: a hash, mostly."""
        known = self._carrying.get((cls, name))
        if known is None:
            self._carrying[cls, name] = False  # While it is being found out.
            known = any(
                keyword.arg == name and self.typed(keyword.value, scope) is None
                for call, scope in self.callers.named(cls.name)
                if not scope.module.is_test
                for keyword in call.keywords
            ) or any(self._assigns(module, cls, name) for module in self.modules)
            self._carrying[cls, name] = known
        return known

    def _assigns(self, module: Module, cls: Class, name: str) -> bool:
        if module.is_test or f".{name}" not in module.facts.calls:
            return False
        return any(
            isinstance(target, s.Attribute) and target.attr == name and self._is_a(target.value, scope, cls)
            for scope in every_scope(module)
            for assign in scope.body.all(s.Assign)
            for target in assign.targets
        )

    def _is_a(self, expr: s.Expr, scope: Scope, cls: Class) -> bool:
        return any(isinstance(value, v.Instance) and value.of is cls for value in self.inference.infer(expr, scope))

    def passed(self, expr: s.Expr, scope: Scope, depth: int = 0) -> bool:
        """Whether a password that `typed` has found comes from a request, through the callers of the function."""
        root = expr
        while isinstance(root, s.Call) and isinstance(root.func, s.Attribute):
            root = root.func.value
        if not isinstance(root, s.Name):
            return True
        for found in self.inference.define(root, scope):
            if (
                isinstance(found, Definition)
                and found.binding.kind == "parameter"
                and isinstance(found.scope, Function)
            ):
                return self._passed_to(found.scope, root.id, depth)
            if isinstance(found, Definition) and found.binding.value is not None:
                return self.passed(found.binding.value, found.scope, depth)
        return False

    def _passed_to(self, function: Function, name: str, depth: int) -> bool:
        if function in self.runs:
            return True
        for call, scope in self.callers.of(function) if depth < DEPTH else ():
            bound = call_names(function, call, scope, NO_NAMES).get(name)
            if (
                bound is not None
                and self.typed(bound.expr, bound.scope)
                and self.passed(bound.expr, bound.scope, depth + 1)
            ):
                return True
        return False


def _forms(project: Project) -> set[Class]:
    """The models that clients fill in, and those they derive from."""
    found: set[Class] = set()
    for parameter in project.parameters:
        cls = parameter.annotation.bare().cls
        if parameter.kind in ("body", "form", "query") and cls is not None:
            found |= {item for item in project.inference.classes.ancestry(cls) if isinstance(item, Class)}
    return found - {cls for cls in found if project.returns.orm.maps_table(cls)}
