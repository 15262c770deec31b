"""A secret field in what is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.project.application.sent_fields import Field
from fastlint.project.model import Annotation, Class, Function, Project, Route
from fastlint.rule import Finding, Level, Rule, related

SECRET = re.compile(
    r"^(?:(?:\w+_)?(?:password|passwd|passphrase|password_hash|password_salt|token_hash|hashed_token|private_key|secret_key)"
    r"|hashed_\w*(?:password|secret|key)|(?:\w+_)?secret|secret_hash|(?:\w+_)?secret_token|ssn|social_security_number|card_cvv|cvv)$"
)
REDACTING = re.compile(r"redact|mask|sanitiz|sanitis|scrub|without_secret|strip_secret|hide_secret", re.IGNORECASE)
TEXT = frozenset({"builtins.str", "builtins.bytes"})
DEEPEST = 6


class SecretInResponseModel(Rule[Route]):
    """A response model with a password, hash or other secret among its fields.

    ## What it does

    Reports path operations whose response model, or a model inside it, has a text field that is called like a secret:
    `password`, `hashed_password`, `client_secret`, `private_key` and so on.

    ## Why it matters

    The secret is sent to every client that may call the route, and from there into logs, caches and browser storage.

    ## Instead

    Give the answer a model without the field, mark the field `Field(exclude=True)`, or make it a `SecretStr`, which is
    sent as asterisks.

    ## Known gaps

    Tokens are left alone, as handing them out is what many routes are for, and so are routes that are named after the
    secret, fields that a validator or serializer of the model may redact, and handlers that call a function whose name
    says that it redacts.
    """

    code = "FST207"
    name = "secret-in-response-model"
    since = "0.1"
    level = Level.WARNING

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or route.response.model.kind == "missing" or route.call.spread:
            return
        if any(other.response.model == route.response.model for other in project.handlers.earlier(route)):
            return
        if project.handlers.sends_json(route) is not True or self._answers_itself(route, project):
            return
        left_out = project.constant(route.keyword("response_model_exclude"), route.scope)
        if route.keyword("response_model_include") is not None or (
            route.keyword("response_model_exclude") and left_out is None
        ):
            return
        field = self._secret(route.response.model, frozenset(left_out or ()), project, frozenset(), 0)
        if field is None or self._meant(field.name, route) or self._redacted(handler):
            return
        message = (
            f"the response of `{handler.short}` has the field `{field.name}` of `{field.cls.name}`: the secret is sent"
        )
        places = related([(field.cls.module.path, field.span, f"`{field.name}` of `{field.cls.name}`")])
        yield Finding(handler.path, handler.node.name_span, message, places, symbol=handler.qualname)

    @staticmethod
    def _redacted(handler: Function) -> bool:
        """Whether the handler calls something that takes secrets out, by its name."""
        return any(REDACTING.search(name) for name in handler.node.calls)

    @staticmethod
    def _meant(name: str, route: Route) -> bool:
        """Whether the route is called like the secret: handing it out is what it is for."""
        texts = [route.handler.name if route.handler is not None else "", route.template or ""]
        return any(name in text.replace("-", "_") for text in texts)

    @staticmethod
    def _answers_itself(route: Route, project: Project) -> bool:
        """Whether the handler returns nothing but Responses, past the model."""
        returned = project.returns.of(route.handler) if route.handler is not None else []
        return bool(returned) and all(project.returns.only_responses(r.value, route.handler) for r in returned)  # type: ignore[arg-type]

    def _secret(
        self, annotation: Annotation, left_out: frozenset[object], project: Project, seen: frozenset[Class], depth: int
    ) -> Field | None:
        if depth > DEEPEST:
            return None
        for inner in annotation.arguments:
            found = self._secret(inner, left_out, project, seen, depth + 1)
            if found is not None:
                return found
        cls = annotation.cls
        if cls is None or cls in seen or not project.fields.described(cls):
            return None
        fields = [field for field in project.fields.of(cls) if field.sent and field.name not in left_out]
        for field in fields:
            if SECRET.match(field.name) and self._text(field.annotation):
                return field
        for field in fields:
            found = self._secret(field.annotation, frozenset(), project, seen | {cls}, depth + 1)
            if found is not None:
                return found
        return None

    @staticmethod
    def _text(annotation: Annotation) -> bool:
        return any(member.name in TEXT for member in annotation.members)
