"""The columns that keep a password, whether they keep it as it is given, and the forms that are copied into them."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Scope
from fastlint.project.language.words import words_of
from fastlint.project.security.typed_passwords import Typed

SERVERS = frozenset({"host", "hostname", "port", "server", "dsn", "endpoint", "smtp", "imap"})
COLUMNS = frozenset({"String", "Unicode", "Text", "UnicodeText", "VARCHAR", "TEXT", "CHAR"})


class Columns(Typed):
    """Answers for one project."""

    def _row(self, expr: s.Attribute, scope: Scope) -> Class | None:
        """The class of rows whose column an attribute is, on an object or on the class itself."""
        for value in self.inference.infer(expr.value, scope):
            cls = value.cls if isinstance(value, v.ClassValue) else self.orm.row(value)
            if cls is not None and self.orm.maps_table(cls):
                return cls
        return None

    def _plain_column(self, cls: Class, name: str) -> bool:
        """Whether a column keeps the text that it is given: no property, no type or event that hashes."""
        if not self.orm.maps_table(cls) or self._names_server(cls):
            return False
        for item in self.inference.classes.ancestry(cls):
            if not isinstance(item, Class):
                continue
            if any(m in item.methods for m in ("__init__", "__setattr__")) or self._hooked(item):
                return False
            bindings = item.body.bindings.get(name, [])
            if bindings:
                return len(bindings) == 1 and self._text_column(bindings[0].value, bindings[0].annotation, item)
        return False

    def _names_server(self, cls: Class) -> bool:
        """Whether a row says where to connect to: its password is sent there, so that no hash would do."""
        return any(
            SERVERS.intersection(words_of(name))
            for item in self.inference.classes.ancestry(cls)
            if isinstance(item, Class)
            for name in item.body.bindings
        )

    def _text_column(self, value: s.Expr | None, annotation: s.Expr | None, cls: Class) -> bool:
        types = [node for node in s.walk(value) if isinstance(node, s.Name | s.Attribute)] if value is not None else []
        named = {node.id if isinstance(node, s.Name) else node.attr for node in types}
        if any(name.endswith("Type") or "Encrypted" in name or "Password" in name for name in named):
            return False
        declared = self.inference.annotations.read(annotation, cls)
        texts = {declared.name, *(argument.bare().name for argument in declared.arguments), declared.bare().name}
        return bool(named & COLUMNS) or "builtins.str" in texts

    def _hooked(self, cls: Class) -> bool:
        return any(
            "validates" in name or "listens_for" in name or "validator" in name
            for method in cls.methods.values()
            for name in self.inference.results.decorators(method)
        )

    def _copies(self, call: s.Call, scope: Scope) -> Iterator[tuple[Class, Class]]:
        """The class of the row that a call makes out of all fields of a form, and the class of the form."""
        source: s.Expr | None = None
        target: s.Expr = call.func
        match call:
            case s.Call(args=(), keywords=(s.Keyword(arg=None, value=s.Call(func=s.Attribute() as dump) as made),)):
                if dump.attr in ("model_dump", "dict") and made.keyword("exclude") is None and not made.spread:
                    source = dump.value
            case s.Call(func=s.Attribute(attr="model_validate" | "from_orm") as method, args=(given,), keywords=()):
                source, target = given, method.value
        if source is None:
            return
        rows = [value.cls for value in self.inference.infer(target, scope) if isinstance(value, v.ClassValue)]
        forms = self.inference.infer(source, scope)
        if len(rows) == 1 == len(forms) and isinstance(forms[0], v.Instance) and isinstance(forms[0].of, Class):
            if forms[0].of in self.forms:
                yield rows[0], forms[0].of

    def _fields_of(self, form: Class) -> set[str]:
        """The fields of a form; none where a validator may put something else into them."""
        classes = [item for item in self.inference.classes.ancestry(form) if isinstance(item, Class)]
        if any(self._hooked(item) for item in classes):
            return set()
        return {name for item in classes for name in item.body.bindings}

    @staticmethod
    def _set_later(name: str, scope: Scope) -> bool:
        """Whether the same function sets the column itself too."""
        return any(
            isinstance(target, s.Attribute) and target.attr == name
            for assign in scope.body.all(s.Assign)
            for target in assign.targets
        )
