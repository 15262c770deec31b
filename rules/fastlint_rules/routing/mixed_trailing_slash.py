"""Paths with and without trailing slash on one router."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.project.model import Project, Route, Router
from fastlint.rule import Finding, Level, Related, Rule

ITEM = re.compile(r"/\{[^/]*\Z")
"""The last part of `/items/{item_id}`."""


class MixedTrailingSlash(Rule[Router]):
    """Some paths of a router end with a slash, others do not.

    ## What it does

    Reports the paths of a router that do not follow its more common style. `/` alone, `/items/` beside
    `/items/{item_id}`, both forms of one path, and paths that end with a `path` converter are left out, as are
    applications with `redirect_slashes=False`.

    ## Why it matters

    A request for the other form is answered with a redirect (307). Clients that do not follow it fail, others send
    everything twice, and behind a proxy the redirect may name the wrong scheme. Whoever writes a client must look each
    path up.

    ## Instead

    Choose one form for all paths.
    """

    code = "FST313"
    name = "mixed-trailing-slash"
    since = "0.1"
    level = Level.INFO

    def check(self, router: Router, project: Project, /) -> Iterator[Finding]:
        if any(
            project.constants.of(one.arguments.get(None, "redirect_slashes")) is False for one in self._around(router)
        ):
            return
        written = {route.template for route in router.routes if route.template is not None}
        collections = {text[: text.rindex("/") + 1] for text in written if ITEM.search(text)}
        routes = [route for route in router.routes if self._counts(route, written, collections)]
        ended = [route for route in routes if (route.template or "").endswith("/")]
        open_ended = [route for route in routes if not (route.template or "").endswith("/")]
        if not ended or not open_ended:
            return
        rare, common = (ended, open_ended) if len(ended) <= len(open_ended) else (open_ended, ended)
        if len(common) < 2:  # two paths have no common style
            return
        style = "ends with a slash, unlike" if rare is ended else "does not end with a slash, unlike"
        told: set[int] = set()
        for route in rare:
            if id(route.call) in told:
                continue
            told.add(id(route.call))
            hop = Related(common[0].path, common[0].span, "the more common style")
            message = f"`{route.template}` {style} most paths of {router.label}"
            symbol = route.handler.qualname if route.handler is not None else ""
            yield Finding(route.path, route.span, message, (hop,), symbol=symbol)

    @staticmethod
    def _around(router: Router) -> list[Router]:
        return [router, *{effective.app for route in router.routes[:1] for effective in route.effective}]

    @staticmethod
    def _counts(route: Route, written: set[str], collections: set[str]) -> bool:
        text = route.template
        if not text or text == "/" or route.kind != "http" or route.plain:
            return False
        if route.placeholders and route.placeholders[-1][1] == "path" and text.endswith("}"):
            return False
        other = text[:-1] if text.endswith("/") else f"{text}/"
        # `/items/` beside `/items/{item_id}` is the usual pair of collection and item.
        return other not in written and text not in collections
