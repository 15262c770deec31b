"""The CORS configurations of a project: each use of CORSMiddleware with what its arguments are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.registrations import unreachable
from fastlint.project.language import values as v
from fastlint.project.language.frames import NO_NAMES, Names, call_names
from fastlint.project.language.given import Given
from fastlint.project.language.regexes import Pattern
from fastlint.project.language.scopes import Class, Function, Scope, every_scope
from fastlint.project.language.texts import Texts
from fastlint.project.language.words import words_of
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.language.callers import Callers
    from fastlint.project.language.modules import Modules

CORS = "fastapi.middleware.cors.CORSMiddleware"
ORDER = ("allow_origins", "allow_methods", "allow_headers", "allow_credentials", "allow_origin_regex")
"""The arguments by position, after the application, or after the class where a call hands that in."""
STRANGERS = (
    ("https://evil.example", "https://a1.attacker.net"),
    ("http://evil.example", "http://a1.attacker.net"),
)
"""Origins that nobody means: an expression that takes both of a pair takes every origin of the scheme."""

URL_TYPES = frozenset(f"pydantic.{name}" for name in ("AnyUrl", "AnyHttpUrl", "HttpUrl", "AnyWebsocketUrl"))
DEVELOPING = frozenset(
    {"debug", "debugging", "dev", "development", "developer", "local", "testing", "all", "permissive"}
)
ADDING = frozenset({"add_middleware", "Middleware", "CORSMiddleware"})
SETTING_UP = frozenset({"super", "__init__"})
MOST_CALLS = 20
"""Calls of a function whose arguments are followed into it."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument with the place that gives it: a keyword of the call, or a pair of a dictionary spread into it.

    `names` is what names in `expr` stand for when it was written for one run.
    """

    expr: s.Expr
    scope: Scope
    span: Span
    path: str
    names: Names | None = None


@dataclass(eq=False)
class CorsPolicy:
    """One CORSMiddleware: `call` adds or makes it, `names` what the parameters of the function around it stand for."""

    call: s.Call
    scope: Scope
    texts: Texts
    callers: list[Names]

    @property
    def path(self) -> str:
        return self.scope.module.path

    def argument(self, name: str) -> Argument | None:
        for keyword in self.call.keywords:
            if keyword.arg == name:
                return Argument(keyword.value, self.scope, keyword.span, self.path)
        place = ORDER.index(name) + 1 if name in ORDER else None
        given = self.call.argument(place, None)
        if given is not None:
            return Argument(given, self.scope, given.span, self.path)
        return next(self._spread(name), None) if self.call.spread else None

    def _spread(self, name: str) -> Iterator[Argument]:
        """The argument as dictionaries bring it that are spread into the call, the last first."""
        constants = self.texts.constants
        for keyword in reversed(self.call.keywords):
            if keyword.arg is not None:
                continue
            for names in self.callers:
                for key, bound in reversed(constants.pairs(keyword.value, self.scope, names) or ()):
                    if key is None:
                        return  # what is not known may have set it again
                    if constants.of(key) == name:
                        start = key.expr if key.expr.end_column else bound.expr
                        span = Span(*start.span[:2], *bound.expr.span[2:])
                        if bound.scope.module is not self.scope.module:
                            span = keyword.span
                        yield Argument(bound.expr, bound.scope, span, self.path, bound.names)

    @cached_property
    def origins(self) -> list[Given | None]:
        """What `allow_origins` can be; empty when it is not given."""
        argument = self.argument("allow_origins")
        return [] if argument is None else self._ways(argument)

    @cached_property
    def expression(self) -> Pattern | None:
        """`allow_origin_regex`, when it is known and understood."""
        argument = self.argument("allow_origin_regex")
        if argument is None:
            return None
        texts = {None if way is None else way.text for way in self._ways(argument)}
        text = texts.pop() if len(texts) == 1 else None
        return None if text is None else Pattern.of(text)

    @cached_property
    def credentials(self) -> bool | None:
        """`allow_credentials`, None when not known."""
        argument = self.argument("allow_credentials")
        if argument is None:
            return None if self.call.spread and not self._spread_known() else False
        found = {self._truth(argument, names) for names in self._runs(argument)}
        return found.pop() if len(found) == 1 else None

    def _truth(self, argument: Argument, names: Names) -> bool | None:
        constant = self.texts.constants.value(argument.expr, argument.scope, names)
        return constant if isinstance(constant, bool) else None

    def _spread_known(self) -> bool:
        spread = [keyword.value for keyword in self.call.keywords if keyword.arg is None]
        constants = self.texts.constants
        found = [constants.pairs(expr, self.scope, names) for expr in spread for names in self.callers]
        return all(pairs is not None and all(key is not None for key, _ in pairs) for pairs in found)

    def _runs(self, argument: Argument) -> list[Names]:
        return self.callers if argument.names is None else [argument.names]

    @cached_property
    def any_origin(self) -> tuple[Argument, bool] | None:
        """The argument that lets every origin in, and whether only by default; None when none surely does."""
        argument = self.argument("allow_origins")
        if argument is not None and self.origins and all(way is not None and star(way) for way in self.origins):
            return argument, any(way is not None and way.default for way in self.origins)
        argument = self.argument("allow_origin_regex")
        if argument is not None and self.expression is not None and takes_strangers(self.expression):
            return argument, False
        return None

    def entry(self, text: str) -> Argument | None:
        """Where an origin is written that is an element of a list in the file of the call."""
        argument = self.argument("allow_origins")
        if argument is None:
            return None
        for names in self._runs(argument):
            for bound in self.texts.constants.elements(argument.expr, argument.scope, names) or ():
                if bound.scope.module is self.scope.module and self.texts.constants.of(bound) == text:
                    return Argument(bound.expr, bound.scope, bound.expr.span, self.path)
        return None

    @cached_property
    def url_objects(self) -> str | None:
        """Why no entry matches that Pydantic made a URL of; None when there are none such.

        Since Pydantic 2 these are no texts, and as a text each ends in a slash (run: 2.14).
        """
        argument = self.argument("allow_origins")
        match argument.expr if argument is not None else None:
            case s.Comprehension(
                element=s.Call(func=s.Name(id="str"), args=(s.Name(id=name),)),
                value=None,
                generators=(s.Generator(target=s.Name(id=target), iterable=source),),
            ) if name == target:
                why = "Pydantic writes a URL with a slash at the end, and browsers send none"
            case s.Call(func=s.Name(id="list"), args=(s.Call(func=s.Name(id="map"), args=(s.Name(id="str"), source)),)):
                why = "Pydantic writes a URL with a slash at the end, and browsers send none"
            case s.Attribute() as source:
                why = "Pydantic makes URL objects of them, and they equal no text"
            case _:
                return None
        return why if argument is not None and self._holds_urls(source, argument.scope) else None

    def _holds_urls(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether an expression is a field of a model that is declared as a list of URLs."""
        if not isinstance(expr, s.Attribute):
            return False
        inference = self.texts.inference
        for value in v.without_none(inference.infer(expr.value, scope)):
            if not isinstance(value, v.Instance) or not isinstance(value.of, Class):
                return False
            for cls in inference.classes.ancestry(value.of):
                bindings = cls.body.bindings.get(expr.attr, []) if isinstance(cls, Class) else []
                if bindings and isinstance(cls, Class):
                    declared = inference.annotations.read(bindings[-1].annotation, cls)
                    return any(
                        item.kind == "external" and item.name in URL_TYPES
                        for member in declared.members
                        for item in member.arguments
                    )
        return False

    def _ways(self, argument: Argument) -> list[Given | None]:
        return [way for names in self._runs(argument) for way in self.texts.given(argument.expr, argument.scope, names)]


def star(given: Given) -> bool:
    """Whether the origins let everybody in: `"*" in allow_origins`, which in a text is found anywhere."""
    return any("*" in item if given.is_text else item == "*" for item in given.items)


def takes_strangers(pattern: Pattern) -> bool:
    return any(all(pattern.fullmatch(origin) for origin in pair) for pair in STRANGERS)


def policies(modules: Modules, texts: Texts, callers: Callers) -> Iterator[CorsPolicy]:
    """Each use of CORSMiddleware outside of tests."""
    for module in modules:
        if module.is_test or not _may_configure(module.facts.calls):
            continue
        for scope in every_scope(module):
            if isinstance(scope, Function) and not (_may_configure(scope.node.calls) or _makes(scope.node.calls)):
                continue
            for call in scope.body.all(s.Call):
                if is_cors(call, scope, texts) and not unreachable(call, scope) and not _asked_for(call, scope):
                    yield CorsPolicy(call, scope, texts, _callers(scope, callers, texts))


def _may_configure(calls: frozenset[str]) -> bool:
    """Whether code that calls these names may add the middleware, make it, or set it up in a class of its own."""
    return not calls.isdisjoint(ADDING) or calls >= SETTING_UP


def _makes(calls: frozenset[str]) -> bool:
    return any(name[:1].isupper() for name in calls)


def _asked_for(call: s.Call, scope: Scope) -> bool:
    """Whether who runs the application wants every origin: behind `if "*" in origins`, `if settings.debug`."""
    inner: s.Node = call
    for ancestor in scope.body.ancestors(call):
        if isinstance(ancestor, s.If):
            if any(isinstance(node, s.Constant) and node.value == "*" for node in s.walk(ancestor.test)):
                return True
            if any(item is inner for item in ancestor.body) and _for_developers(ancestor.test):
                return True
        inner = ancestor
    return False


def _for_developers(test: s.Expr) -> bool:
    """Whether a condition asks for debugging, development, or for everything to be let in."""
    if isinstance(test, s.Unary) and test.op == "Not":
        return False
    opposite = isinstance(test, s.Compare) and test.ops[:1] in (("NotEq",), ("NotIn",), ("IsNot",))
    said: set[str] = set()
    for node in s.walk(test):
        match node:
            case s.Name(id=name) | s.Attribute(attr=name) | s.Constant(value=str() as name):
                said.update(words_of(name))
    return bool(said & {"prod", "production"}) if opposite else bool(said & DEVELOPING)


def is_cors(call: s.Call, scope: Scope, texts: Texts) -> bool:
    """Whether the call makes a CORSMiddleware or hands its class to an application."""
    last = (
        call.func.attr if isinstance(call.func, s.Attribute) else call.func.id if isinstance(call.func, s.Name) else ""
    )
    if last == "__init__":
        return _of_subclass(call, scope, texts)
    if last in ("add_middleware", "Middleware"):
        target = call.argument(0, "middleware_class" if last == "add_middleware" else "cls")
    else:
        target = call.func if last[:1].isupper() else None
    return target is not None and any(_is_class(value, texts) for value in texts.inference.infer(target, scope))


def _of_subclass(call: s.Call, scope: Scope, texts: Texts) -> bool:
    """`super().__init__(...)` in a class made of CORSMiddleware, which decides what is let in."""
    match call.func:
        case s.Attribute(value=s.Call(func=s.Name(id="super"))) if isinstance(scope, Function):
            return scope.cls is not None and texts.inference.classes.is_a(scope.cls, CORS)
    return False


def _is_class(value: v.Value, texts: Texts) -> bool:
    match value:
        case v.External(name):
            return name == CORS
        case v.ClassValue(cls):
            return texts.inference.classes.is_a(cls, CORS)
    return False


def _callers(scope: Scope, callers: Callers, texts: Texts) -> list[Names]:
    """What the parameters of the function stand for, once for each call of it."""
    if not isinstance(scope, Function) or not scope.node.parameters:
        return [NO_NAMES]
    calls = [(call, outer) for call, outer in callers.of(scope) if not outer.module.is_test][:MOST_CALLS]
    if scope.cls is not None:
        return [call_names(scope, call, outer, NO_NAMES) for call, outer in calls] or [NO_NAMES]
    return [texts.constants.entered(scope, call, outer, NO_NAMES) for call, outer in calls] or [NO_NAMES]
