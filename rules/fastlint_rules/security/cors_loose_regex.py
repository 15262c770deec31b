"""An expression that lets in more than it means."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.origins import stranger
from fastlint.project.model import CorsPolicy, Project
from fastlint.project.security.cors import takes_strangers
from fastlint.rule import Finding, Level, Rule


class CorsLooseRegex(Rule[CorsPolicy]):
    """`allow_origin_regex` that a stranger's origin matches.

    ## What it does

    Makes origins out of the expression that it does not mean, a character in place of an unescaped dot, a name before
    the domain where a separator is missing, a domain behind an open end, `null`, and reports the first that matches.
    The expression is matched as Starlette does, as a whole.

    ## Why it matters

    Domains like these can be registered by anybody, and their pages then call the application as if they were yours.

    ## Instead

    Escape the dots, put a `\\.` between a wildcard and the domain, and close the end:
    `r"https://([a-z0-9-]+\\.)?example\\.com"`.
    """

    code = "FST505"
    name = "cors-loose-regex"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, policy: CorsPolicy, project: Project) -> Iterator[Finding]:
        argument, pattern = policy.argument("allow_origin_regex"), policy.expression
        if argument is None or pattern is None or takes_strangers(pattern):
            return
        if policy.any_origin is not None:
            return
        found = stranger(pattern)
        if found is None and pattern.fullmatch("null"):
            found = "null", "that is the origin of every page in a sandboxed frame"
        if found is not None:
            origin, why = found
            message = f"The expression for origins also lets `{origin}` in: {why}"
            yield Finding(argument.path, argument.span, message, symbol=policy.scope.qualname)
