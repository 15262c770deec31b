"""What is done with passwords as they were typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.frames import NO_NAMES, call_names
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Function, Module, Scope
from fastlint.project.language.words import words_of
from fastlint.project.security.password_columns import Columns
from fastlint.project.security.secrets import PASSWORDS, names_password
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.model import Project

FAST = frozenset(
    {f"hashlib.{name}" for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512")}
    | {"hashlib.blake2b", "hashlib.blake2s", "hashlib.new"}
)
SLOW = ("bcrypt.", "argon2.", "pwdlib.", "passlib.", "hashlib.scrypt", "hashlib.pbkdf2_hmac", "cryptography.hazmat.")
WEAK_SCHEMES = frozenset(
    {
        *(
            "plaintext",
            "md5_crypt",
            "des_crypt",
            "bsdi_crypt",
            "bigcrypt",
            "crypt16",
            "hex_md5",
            "hex_sha1",
            "hex_sha256",
        ),
        *(
            "hex_sha512",
            "ldap_md5",
            "ldap_sha1",
            "ldap_salted_md5",
            "ldap_salted_sha1",
            "ldap_plaintext",
            "apr_md5_crypt",
        ),
        *("sha1_crypt", "lmhash", "nthash", "mysql323", "mysql41", "roundup_plaintext", "unix_disabled"),
    }
)
PEOPLE = PASSWORDS | frozenset(
    {
        *(
            "user",
            "users",
            "new",
            "old",
            "current",
            "plain",
            "plaintext",
            "raw",
            "login",
            "candidate",
            "provided",
            "given",
        ),
        *(
            "form",
            "account",
            "member",
            "customer",
            "admin",
            "text",
            "entered",
            "attempted",
            "supplied",
            "clear",
            "in",
            "p",
        ),
    }
)
"""Words that leave a password that of a person who signs in, no credential for another service."""


@dataclass(frozen=True, slots=True)
class Misuse:
    """A password that does not stay secret: where, and what happens to it."""

    scope: Scope
    span: Span
    what: str


class Passwords(Columns):
    """Looks for misuse; one per project."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._words: dict[Module, frozenset[str]] = {}

    def misuses(self, scope: Scope) -> Iterator[Misuse]:
        if isinstance(scope, Function) and scope.node.calls.isdisjoint(self._telling(scope.module)):
            return
        for call in scope.body.all(s.Call):
            yield from self._hashed(call, scope)
            yield from self._stored(call, scope)
            yield from self._copied(call, scope)
            yield from self._weak_schemes(call, scope)
        for assign in scope.body.all(s.Assign):
            yield from self._assigned(assign, scope)
        for compare in scope.body.all(s.Compare):
            yield from self._compared(compare, scope)

    def _telling(self, module: Module) -> frozenset[str]:
        """What facts have among the `calls` of a function of this file that does something with passwords."""
        if module not in self._words:
            named = {word for word in module.facts.calls if word[:1] == "." or word[-1:] == "="}
            named = {word for word in named if names_password(word.strip(".="))}
            self._words[module] = frozenset(named) | FAST_NAMES | {"CryptContext"} | self._copying
        return self._words[module]

    @cached_property
    def _copying(self) -> frozenset[str]:
        """What copies a form into a row, where some form has a password."""
        return (
            COPYING if any(names_password(name) for form in self.forms for name in form.body.bindings) else frozenset()
        )

    # hashes

    def _hashed(self, call: s.Call, scope: Scope) -> Iterator[Misuse]:
        names = self.inference.external_names(call.func, scope) if _last(call) in FAST_NAMES else set()
        if _last(call) == "update" and isinstance(call.func, s.Attribute):  # `digest = sha256(); digest.update(...)`
            made = self.inference.infer(call.func.value, scope) if _as_text(call.func.value, scope) else ()
            names = {str(value.of).removesuffix("()") for value in made if isinstance(value, v.Instance)}
        if not names & FAST or not call.args:
            return
        name = min(names & FAST)
        behind = name == "hashlib.new" and len(call.args) > 1
        first = call.argument(1 if behind else 0, None)
        if first is None:
            return
        password = self._password_in(first, scope) or self._password_from_callers(first, scope)
        if password is None or self._strengthened(call, scope):
            return
        yield Misuse(scope, call.span, f"`{password}` is hashed with `{name}`, which is too fast for passwords")

    def _password_in(self, expr: s.Expr, scope: Scope) -> str | None:
        for node in s.walk(expr):
            match node:
                case s.Name(id=name) | s.Attribute(attr=name) if names_password(name) and PEOPLE.issuperset(
                    words_of(name)
                ):
                    return name
        return None

    def _password_from_callers(self, expr: s.Expr, scope: Scope) -> str | None:
        """The password that a caller in the project hands to a function as the text that is hashed."""
        root = expr
        while isinstance(root, s.Call) and isinstance(root.func, s.Attribute) and root.func.attr == "encode":
            root = root.func.value
        if not isinstance(root, s.Name) or not isinstance(scope, Function):
            return None
        if not any(parameter.name == root.id for parameter in scope.node.parameters):
            return None
        for call, where in self.callers.of(scope):
            given = call_names(scope, call, where, NO_NAMES).get(root.id)
            if given is None or where.module.is_test:
                continue
            name = self.typed(given.expr, given.scope)
            if name is not None and PEOPLE.issuperset(words_of(name)) and self.passed(given.expr, given.scope):
                return None if self._strengthened(call, where) else name
        return None

    def _strengthened(self, call: s.Call, scope: Scope) -> bool:
        """Whether a slow hash follows, only the beginning is sent to ask whether it leaked, or it keys a cache."""
        if scope.body.enclosing(call, s.FString) is not None or CACHES.intersection(
            words_of(scope.qualname.rpartition(".")[2])
        ):
            return True
        if any(isinstance(node.upper, s.Constant) and node.upper.value == 5 for node in scope.body.all(s.Slice)):
            return True
        return any(
            name.startswith(SLOW)
            for other in scope.body.all(s.Call)
            if other is not call
            for name in self.inference.external_names(other.func, scope)
        )

    def _weak_schemes(self, call: s.Call, scope: Scope) -> Iterator[Misuse]:
        if _last(call) != "CryptContext":
            return
        if "passlib.context.CryptContext" not in self.inference.external_names(call.func, scope):
            return
        schemes = self.constants.value(call.argument(0, "schemes"), scope)
        if isinstance(schemes, list) and schemes and schemes[0] in WEAK_SCHEMES:
            yield Misuse(scope, call.span, f"Passwords are kept under `{schemes[0]}`, which is no slow hash")

    # rows

    def _stored(self, call: s.Call, scope: Scope) -> Iterator[Misuse]:
        given = [k for k in call.keywords if k.arg is not None and names_password(k.arg)]
        for keyword in given:
            password = self.typed(keyword.value, scope)
            if password is None or not self.passed(keyword.value, scope):
                continue
            for value in self.inference.infer(call.func, scope):
                if isinstance(value, v.ClassValue) and self._plain_column(value.cls, str(keyword.arg)):
                    yield Misuse(
                        scope, call.span, f"`{password}` is stored in `{value.cls.name}.{keyword.arg}` as it is"
                    )

    def _copied(self, call: s.Call, scope: Scope) -> Iterator[Misuse]:
        """`User(**form.model_dump())` and `User.model_validate(form)`: a field of the form becomes the column."""
        for cls, form in self._copies(call, scope):
            for name in self._fields_of(form):
                if not names_password(name) or not self._plain_column(cls, name) or self._set_later(name, scope):
                    continue
                if not self._carries_hashes(form, name):
                    yield Misuse(scope, call.span, f"`{name}` is stored in `{cls.name}.{name}` as it is")

    def _assigned(self, assign: s.Assign, scope: Scope) -> Iterator[Misuse]:
        for target in assign.targets:
            if not isinstance(target, s.Attribute) or not names_password(target.attr):
                continue
            password = self.typed(assign.value, scope)
            cls = self._row(target, scope)
            if (
                password is not None
                and cls is not None
                and self.passed(assign.value, scope)
                and self._plain_column(cls, target.attr)
            ):
                yield Misuse(scope, assign.span, f"`{password}` is stored in `{cls.name}.{target.attr}` as it is")

    def _compared(self, compare: s.Compare, scope: Scope) -> Iterator[Misuse]:
        if len(compare.ops) != 1 or compare.ops[0] not in ("Eq", "NotEq"):
            return
        for column, other in ((compare.left, compare.comparators[0]), (compare.comparators[0], compare.left)):
            if isinstance(column, s.Subscript):
                yield from self._compared_item(column, other, compare, scope)
                continue
            if not isinstance(column, s.Attribute) or not names_password(column.attr):
                continue
            password = self.typed(other, scope)
            cls = self._row(column, scope) if password is not None else None
            if cls is not None:
                yield Misuse(
                    scope,
                    compare.span,
                    f"`{password}` is compared with `{cls.name}.{column.attr}`, so it is stored as it is",
                )
                return

    def _compared_item(self, kept: s.Subscript, other: s.Expr, compare: s.Compare, scope: Scope) -> Iterator[Misuse]:
        """`user["password"] != form.password`: a record of the application, no part of what was sent."""
        match kept:
            case s.Subscript(value=s.Name(id=owner), index=s.Constant(value=str() as name)) if names_password(name):
                pass
            case _:
                return
        password = self.typed(other, scope)
        if password is None or not self.passed(other, scope) or self.typed(kept, scope) is not None:
            return
        found = self.inference.define(kept.value, scope)
        sent = any(isinstance(item, Definition) and item.binding.kind == "parameter" for item in found)
        if not sent and not SETTINGS.intersection(words_of(owner)):
            what = f"`{password}` is compared with `{owner}[{name!r}]`, so it is stored as it is"
            yield Misuse(scope, compare.span, what)


SETTINGS = frozenset({"config", "conf", "settings", "environ", "env", "options"})
CACHES = frozenset({"cache", "cached", "fingerprint", "memo"})
COPYING = frozenset({"model_dump", "dict", "model_validate", "from_orm"})
FAST_NAMES = frozenset(name.rpartition(".")[2] for name in FAST)


def _last(call: s.Call) -> str:
    return (
        call.func.attr if isinstance(call.func, s.Attribute) else call.func.id if isinstance(call.func, s.Name) else ""
    )


__all__ = ["Function", "Misuse", "Passwords"]


def _as_text(digest: s.Expr, scope: Scope) -> bool:
    """Whether the digest is taken as text, to be kept or compared; as bytes it is the key of something else."""
    return any(
        isinstance(call.func, s.Attribute)
        and call.func.attr == "hexdigest"
        and isinstance(call.func.value, s.Name)
        and isinstance(digest, s.Name)
        and call.func.value.id == digest.id
        for call in scope.body.all(s.Call)
    )
