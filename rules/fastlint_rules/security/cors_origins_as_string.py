"""A text where a list of origins is wanted."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import CorsPolicy, Project
from fastlint.project.security.cors import star
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class CorsOriginsAsString(Rule[CorsPolicy]):
    """`allow_origins` given as one text.

    ## What it does

    Reports a `str` for `allow_origins`. A text with a `*` in it lets every origin in and is reported as such.

    ## Why it matters

    Starlette asks `origin in allow_origins`, and for a text that looks for a substring: with
    `"https://shop.example.com"` the origins `https://shop.example.co` and `https://s` are let in too.

    ## Instead

    Give a list: `allow_origins=["https://shop.example.com"]`.

    ## Fix safety

    A repair: the fix puts a text that has no comma in brackets. The origin that was meant is let in as before, and no
    other.
    """

    code = "FST503"
    name = "cors-origins-as-string"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, policy: CorsPolicy, project: Project) -> Iterator[Finding]:
        argument = policy.argument("allow_origins")
        if argument is None or not policy.origins:
            return
        if not all(way is not None and way.is_text and not star(way) for way in policy.origins):
            return
        text = policy.origins[0].text if policy.origins[0] is not None else None
        shown = f" `{text}`" if text else ""
        message = f"`allow_origins` is the text{shown}, and origins are searched in it: parts of it are let in"
        yield Finding(argument.path, argument.span, message, subject=policy, symbol=policy.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        policy: CorsPolicy = finding.subject
        argument = policy.argument("allow_origins")
        if argument is None or any(way is None or way.text is None or "," in way.text for way in policy.origins):
            written = argument is not None and edit.text(argument.path, argument.expr.span).startswith(('f"', "f'"))
            if not written:
                return None
        assert argument is not None
        content = f"[{edit.text(argument.path, argument.expr.span)}]"
        edits = (edit.replace(argument.path, argument.expr.span, content),)
        return Fix("Put the origin in a list", Applicability.REPAIR, edits)
