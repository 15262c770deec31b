"""Every site may read what the application answers."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import CorsPolicy, Project
from fastlint.rule import Finding, Level, Rule


class CorsAnyOrigin(Rule[CorsPolicy]):
    """`CORSMiddleware` that lets every origin in, without credentials.

    ## What it does

    Reports `allow_origins` with a `"*"` in it, or an `allow_origin_regex` that takes any origin. With
    `allow_credentials=True` it is the worse cors-any-origin-with-credentials.

    ## Why it matters

    Any site can call the API from its visitors' browsers and read the answers: behind a firewall that makes every
    visitor a way in, and a token that a page got hold of can be used from everywhere. For a public API without
    sign-in it is right; say so with a suppression.

    ## Instead

    Name the origins: `allow_origins=["https://app.example.com"]`.
    """

    code = "FST502"
    name = "cors-any-origin"
    since = "0.1"
    level = Level.WARNING
    status = "stable"

    def check(self, policy: CorsPolicy, project: Project) -> Iterator[Finding]:
        if policy.any_origin is None or policy.credentials is True:
            return
        argument, default = policy.any_origin
        when = " by default" if default else ""
        message = f"CORS lets every origin in{when}: any site can read the answers"
        yield Finding(argument.path, argument.span, message, symbol=policy.scope.qualname)
