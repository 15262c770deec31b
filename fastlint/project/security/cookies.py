"""The cookies that an application sets, and what browsers are told about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.responses import RESPONSES, is_response_name
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Module, Scope, scopes_with
from fastlint.project.language.words import words_of
from fastlint.project.security.secrets import text_is_setting
from fastlint.project.security.signing import MIDDLEWARE

if TYPE_CHECKING:
    from fastlint.project.language.frames import Arguments, Bound
    from fastlint.project.language.texts import Texts

SIGNED_IN = frozenset(
    {
        "session",
        "sessionid",
        "sid",
        "token",
        "auth",
        "jwt",
        "access",
        "refresh",
        "login",
        "remember",
        "credential",
        "apikey",
    }
)
SETTING = frozenset({"set_cookie", "add_middleware", "Middleware", "SessionMiddleware"})
READ_BY_SCRIPTS = frozenset({"csrf", "xsrf", "consent", "theme", "language", "seen", "state", "nonce", "pkce"})


@dataclass(eq=False)
class Cookie:
    """One cookie: a call of `set_cookie`, or `SessionMiddleware` (then `session` is true)."""

    call: s.Call
    scope: Scope
    texts: Texts
    session: bool = False

    @property
    def path(self) -> str:
        return self.scope.module.path

    @cached_property
    def name(self) -> str | None:
        if self.session:
            given = self.call.keyword("session_cookie")
            return "session" if given is None else self.texts.text(given, self.scope)
        return self.texts.text(self.call.argument(0, "key"), self.scope)

    @property
    def signs_in(self) -> bool:
        """Whether, by its name, it says who somebody is."""
        if not self.session and (value := self.call.argument(1, "value")) is not None:
            text = self.texts.constants.text(value, self.scope)
            if text is not None and text_is_setting(text):
                return False
        return self.session or (self.name is not None and says_who(self.name))

    @property
    def removed(self) -> bool:
        """Whether it takes the cookie away."""
        value = self.call.argument(1, "value")
        if not self.session and (value is None or self.texts.text(value, self.scope) == ""):
            return True
        return any(self.texts.constants.value(self.call.keyword(k), self.scope) == 0 for k in ("max_age", "expires"))

    def flag(self, name: str) -> bool | None:
        """`httponly` or `secure`, `https_only` of the session; None when it is decided elsewhere."""
        given = self._arguments.get(None, name)
        if given is None:
            return None if self._arguments.more else False
        constant = self.texts.constants.of(given)
        return constant if isinstance(constant, bool) and not self._setting(given) else None

    @cached_property
    def _arguments(self) -> Arguments:
        """The arguments with those that dictionaries bring: `set_cookie("sid", value, **OPTIONS)`."""
        return self.texts.constants.arguments(self.call, self.scope)

    def _setting(self, given: Bound) -> bool:
        """Whether an object, the settings, decides rather than a constant."""
        return isinstance(given.expr, s.Attribute) and not any(
            isinstance(value, v.ModuleValue) for value in self.texts.inference.infer(given.expr.value, given.scope)
        )

    @cached_property
    def same_site(self) -> str | None:
        given = self._arguments.get(None, "same_site" if self.session else "samesite")
        if given is None:
            return None if self._arguments.more else "lax"
        text = self.texts.text(given.expr, given.scope, given.names)
        return None if text is None else text.lower()  # Starlette takes `"None"` as well


def says_who(name: str) -> bool:
    words = set(words_of(name))
    return bool(words & SIGNED_IN) and not words & READ_BY_SCRIPTS


def cookies(module: Module, texts: Texts) -> Iterator[Cookie]:
    """The cookies set in a file, in source order."""
    if module.is_test or module.facts.calls.isdisjoint(SETTING):
        return
    for scope in scopes_with(module, SETTING | module.renamed(SETTING)):
        for call in scope.body.all(s.Call):
            if isinstance(call.func, s.Attribute) and call.func.attr == "set_cookie":
                if _on_response(call.func, scope, texts):
                    yield Cookie(call, scope, texts)
            elif _is_session(call, scope, texts):
                yield Cookie(call, scope, texts, session=True)


def _on_response(func: s.Attribute, scope: Scope, texts: Texts) -> bool:
    for value in texts.inference.infer(func.value, scope):
        names: tuple[object, ...] = ()
        if isinstance(value, v.Instance):
            names = texts.inference.classes.ancestry(value.of) if isinstance(value.of, Class) else (value.of,)
        if any(isinstance(name, str) and (name in RESPONSES or is_response_name(name)) for name in names):
            return True
    return False


def _is_session(call: s.Call, scope: Scope, texts: Texts) -> bool:
    last = (
        call.func.attr if isinstance(call.func, s.Attribute) else call.func.id if isinstance(call.func, s.Name) else ""
    )
    if last in ("add_middleware", "Middleware"):
        target: s.Expr | None = call.args[0] if call.args else None
    else:
        target = call.func if last[:1].isupper() else None
    return target is not None and bool(texts.inference.external_names(target, scope) & MIDDLEWARE)
