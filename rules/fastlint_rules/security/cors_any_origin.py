"""Every site may read what the application answers."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import CorsPolicy, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


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

    ## Fix safety

    The fix reads the origins from the environment variable `CORS_ORIGINS`, between commas. Without it the application
    does not start, and other sites are locked out: unsafe.
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
        yield Finding(argument.path, argument.span, message, subject=policy, symbol=policy.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        policy: CorsPolicy = finding.subject
        given = next((k.value for k in policy.call.keywords if k.arg == "allow_origins"), None)
        elements = given.elements if isinstance(given, syntax.List | syntax.Tuple | syntax.Set) else ()
        if len(elements) != 1 or not isinstance(elements[0], syntax.Constant) or elements[0].value != "*":
            return None
        assert given is not None
        if "#" in edit.text(policy.path, given.span) or policy.path != finding.path:
            return None
        name, imports = edit.add_import(policy.path, "os")
        content = f'{name}.environ["CORS_ORIGINS"].split(",")'
        edits = (*imports, edit.replace(policy.path, given.span, content))
        return Fix("Read the origins from the environment variable CORS_ORIGINS", Applicability.UNSAFE, edits)
