"""An origin that no browser sends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.project.model import CorsPolicy, Project
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^/?#]{1,300}")


class CorsDeadOrigin(Rule[CorsPolicy]):
    """An entry of `allow_origins` that never matches.

    ## What it does

    Reports entries with a trailing slash, a path, a `*` inside, capital letters, the scheme's own port, or no scheme,
    and settings of type `list[AnyHttpUrl]`, whose texts end in a slash since Pydantic 2.

    ## Why it matters

    A browser sends scheme, host and port, in small letters and nothing else, and Starlette compares whole texts. The
    entry lets nobody in; the page it was meant for gets an error that shows only in the browser.

    ## Instead

    Write the origin as the browser sends it, `https://app.example.com`. Subdomains belong into `allow_origin_regex`;
    `[str(origin).rstrip("/") for origin in settings.origins]` gives the texts of URLs.

    ## Fix safety

    The origin is written as browsers send it. A site that was locked out is let in: unsafe.
    """

    code = "FST504"
    name = "cors-dead-origin"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, policy: CorsPolicy, project: Project) -> Iterator[Finding]:
        argument = policy.argument("allow_origins")
        if argument is not None and policy.url_objects is not None and project.gate("pydantic>=2") == "all":
            message = f"No entry of these origins ever matches: {policy.url_objects}"
            yield Finding(argument.path, argument.span, message, symbol=policy.scope.qualname)
            return
        if argument is None or len(policy.origins) != 1 or policy.origins[0] is None or policy.origins[0].is_text:
            return
        seen = set()
        for origin in policy.origins[0].items:
            why = _dead(origin)
            if why is None:
                continue
            place = policy.entry(origin) or argument
            if place.span not in seen:
                seen.add(place.span)
                message = f"The origin `{origin}` never matches: {why}"
                yield Finding(place.path, place.span, message, subject=origin, symbol=policy.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        origin = finding.subject
        instead = None if origin is None or "*" in origin else _sent(origin)
        written = edit.text(finding.path, finding.span)
        if instead is None or written[1:-1] != origin or written[:1] not in "\"'":
            return None  # the text is made of several
        edits = (edit.replace(finding.path, finding.span, f"{written[0]}{instead}{written[0]}"),)
        return Fix(f"Write `{instead}`", Applicability.UNSAFE, edits)


def _sent(origin: str) -> str | None:
    """The origin as browsers send it."""
    scheme, found, rest = origin.lower().partition("://")
    host = re.split(r"[/?#]", rest)[0]
    if scheme in ("http", "https"):
        host = host.removesuffix(":80" if scheme == "http" else ":443")
    written = f"{scheme}://{host}"
    return written if found and host and _dead(written) is None else None


def _dead(origin: str) -> str | None:
    """Why no browser sends this origin."""
    if origin in ("", "*", "null") or len(origin) > 400:
        return None
    if "*" in origin:
        return "`*` stands for itself here, `allow_origin_regex` takes patterns"
    scheme, found, rest = origin.partition("://")
    if not found:
        return "it has no scheme"
    if rest.endswith("/") and rest.count("/") == 1:
        return "browsers send no slash at the end"
    if ORIGIN.fullmatch(origin.lower()) is None:
        return "browsers send no path"
    if origin != origin.lower():
        return "browsers send small letters"
    if (scheme, rest.rpartition(":")[2]) in (("http", "80"), ("https", "443")) and ":" in rest:
        return "browsers leave the port of the scheme out"
    return None
