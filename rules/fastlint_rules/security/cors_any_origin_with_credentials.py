"""Every site may call the application as the user who is signed in."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import CorsPolicy, Project
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class CorsAnyOriginWithCredentials(Rule[CorsPolicy]):
    """`CORSMiddleware` that lets every origin in, with credentials.

    ## What it does

    Reports `allow_origins` with a `"*"` in it, or an `allow_origin_regex` that takes any origin, beside
    `allow_credentials=True`. Constants, defaults of settings and defaults of environment look-ups are followed.

    ## Why it matters

    Starlette answers every request with the origin that asked and `Access-Control-Allow-Credentials: true`. Any page
    that a signed-in user opens can then read and change what the user can.

    ## Instead

    Name the origins: `allow_origins=["https://app.example.com"]`. A public API that needs no cookies leaves
    `allow_credentials` out.

    ## Fix safety

    The fix takes `allow_credentials` away. A page of another origin that relies on cookies stops working, so it is
    unsafe.
    """

    code = "FST501"
    name = "cors-any-origin-with-credentials"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    def check(self, policy: CorsPolicy, project: Project) -> Iterator[Finding]:
        if policy.any_origin is None or policy.credentials is not True:
            return
        argument, default = policy.any_origin
        when = " by default" if default else ""
        message = f"CORS lets every origin in with credentials{when}: any site can act as the signed-in user"
        yield Finding(argument.path, argument.span, message, subject=policy, symbol=policy.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        policy: CorsPolicy = finding.subject
        given = next((k for k in policy.call.keywords if k.arg == "allow_credentials"), None)
        if given is None:
            return None
        edits = (edit.remove_argument(policy.path, policy.call.span, given.span),)
        return Fix("Remove `allow_credentials`", Applicability.UNSAFE, edits)
