"""Secrets that a client has to put into the query of an address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.auth import scheme_name
from fastlint.project.application.handlers import Use
from fastlint.project.application.parameters import Parameter
from fastlint.project.language import values as v
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.scopes import scopes_with
from fastlint.project.language.words import words_of
from fastlint.project.security.secrets import names_password, names_secret
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.model import Project

LINKS = frozenset(
    {
        *(
            "verify",
            "verification",
            "confirm",
            "confirmation",
            "reset",
            "activate",
            "activation",
            "invite",
            "invitation",
        ),
        *(
            "invitations",
            "unsubscribe",
            "magic",
            "callback",
            "webhook",
            "hook",
            "accept",
            "download",
            "share",
            "shared",
        ),
        *(
            "recover",
            "recovery",
            "forgot",
            "oauth",
            "authorize",
            "signed",
            "ws",
            "websocket",
            "preview",
            "embed",
            "sse",
            "stream",
            "events",
        ),
        *("unlock", "optout", "approve", "csrf", "captcha"),
    }
)
"""What stands in the path of a link that carries its token along, used once."""
OF_LINKS = frozenset({"token", "code", "secret", "access_token", "hub.verify_token"})
TEXTS = frozenset({"builtins.str", "builtins.bytes", "pydantic.SecretStr", "pydantic.SecretBytes"})
KEYS = "fastapi.security.APIKeyQuery"
REDIRECT = "fastapi.responses.RedirectResponse"


@dataclass(frozen=True, slots=True)
class QuerySecret:
    path: str
    span: Span
    what: str
    symbol: str


def secrets_in_query(project: Project) -> Iterator[QuerySecret]:
    for uses in project.handlers.uses.values():
        parameter = uses[0].parameter
        if not parameter.owner.module.is_test and _is_secret(uses, project):
            what = f"`{parameter.name}` is a query parameter: it is part of the address, and of every log of it"
            yield QuerySecret(parameter.path, parameter.span, what, parameter.owner.qualname)
        yield from _fields(uses, project)
    for module in project.modules:
        if "APIKeyQuery" in module.facts.calls and not module.is_test:
            for scope in scopes_with(module, frozenset({"APIKeyQuery"})):
                for call in scope.body.all(s.Call):
                    if KEYS in project.names(call.func, scope) and (scope is module or _taken(call, project)):
                        name = project.texts.text(call.keyword("name"), scope)
                        if name is None or words_of(name)[-1:] != ("id",):
                            what = f"The key `{name or '?'}` is part of the address, and of every log of it"
                            yield QuerySecret(module.path, call.span, what, scope.qualname)


def _fields(uses: list[Use], project: Project) -> Iterator[QuerySecret]:
    """The secrets among the fields of a model that is read from the query."""
    parameter, cls = uses[0].parameter, uses[0].parameter.annotation.bare().cls
    if cls is None or parameter.owner.module.is_test or any(use.parameter.kind != "query" for use in uses):
        return
    if parameter.marker is None or all(use.route.kind == "websocket" for use in uses):
        return
    for field in project.fields.of(cls):
        required = field.value is None
        if not names_secret(field.name) or field.name in OF_LINKS or not _text(field.annotation):
            continue
        if required or names_password(field.name):
            name = f"`{field.name}` of `{cls.name}`"
            what = f"{name} is a query parameter: it is part of the address, and of every log of it"
            yield QuerySecret(parameter.path, parameter.span, what, parameter.owner.qualname)


def _taken(call: s.Call, project: Project) -> bool:
    """Whether a dependency is the scheme made there: a library may offer in a function what nobody asks for."""
    values = (dependency.value for dependency in project.dependencies)
    return any(isinstance(value, v.Instance) and value.site is not None and value.site.call is call for value in values)


def _is_secret(uses: list[Use], project: Project) -> bool:
    parameter = uses[0].parameter
    if any(use.parameter.kind != "query" for use in uses) or not names_secret(parameter.name):
        return False
    if all(use.route.kind == "websocket" or _link(use, parameter, project) for use in uses):
        return False
    if not parameter.required and not names_password(parameter.name) and all(_guarded(use, project) for use in uses):
        return False
    return _text(parameter.annotation)


def _link(use: Use, parameter: Parameter, project: Project) -> bool:
    """Whether the route is opened from a link in a mail or by another service, as one that only leads on is."""
    if parameter.name not in OF_LINKS:
        return False
    shown = next((e.path for e in use.route.effective if e.path is not None), None) or use.route.template or ""
    handler = use.route.handler
    if handler is not None and project.inference.annotations.returns(handler).bare().name == REDIRECT:
        return True
    words = {*words_of(shown), *words_of(handler.name if handler is not None else ""), *words_of(parameter.owner.name)}
    return bool(LINKS.intersection(words))


def _guarded(use: Use, project: Project) -> bool:
    """Whether another part of the request says who asks: an optional key then only says about which key."""
    return any(
        scheme_name(dependency.value, project.inference) is not None or not dependency.known
        for dependency in project.handlers.dependencies(use.route)
        if use.parameter not in dependency.parameters
    )


def _text(annotation: Annotation) -> bool:
    """Whether a client can put any text there: no number, no choice."""
    members = annotation.bare().members
    return all(member.kind in ("missing", "any") or member.name in TEXTS for member in members)
