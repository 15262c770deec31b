"""A thread that only waits for the network."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project, Route
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._async_twins import made_async

ASYNC_TWINS = (
    *("requests.", "httpx.", "httpx2.", "urllib.request.", "urllib3.", "openai.", "anthropic.", "redis.", "groq."),
    *("pymongo.", "elasticsearch.", "opensearchpy.", "boto3.", "botocore.", "slack_sdk.", "mistralai.", "cohere."),
)


class ThreadpoolOnlyNetwork(Rule[Route]):
    """A `def` route that only waits for the network.

    ## What it does

    Reports `def` path operations whose only slow work is network input and output through a library that has an async
    twin.

    ## Why it matters

    The threadpool has 40 threads for all `def` routes, dependencies and background tasks of a worker. A thread that
    waits for a slow server is one less; an async client needs none.

    ## Instead

    `async def` with `httpx.AsyncClient`, `AsyncOpenAI`, `redis.asyncio` ...

    ## Fix safety

    The route becomes `async def` and awaits the async client. That is offered where the module has one already: an
    `httpx.AsyncClient` made without base address, headers and credentials for `httpx.get` and kin, or the async twin of
    a client, made with the same arguments. All else that the route does must be known not to block, and nobody else may
    call it. It is unsafe: the client is another one, and the route no longer runs in a thread.

    Where there is no async client there is no fix: somebody has to decide where it is made, shared and closed, and a
    new one for each request is a mistake of its own (FST410).

    ## Known gaps

    Off by default: for a few requests a second a thread is as good.
    """

    code = "FST119"
    name = "threadpool-only-network"
    since = "0.1"
    level = Level.INFO
    default = False
    asks_loop = True

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or handler.is_async or route.kind == "websocket":
            return
        ways = [way for _, found in project.reach.entries(handler) for way in found.values()]
        if ways and all(way.entry.name.startswith(ASYNC_TWINS) for way in ways):
            message = f"the route `{handler.short}` holds a thread only to wait for the network: `{ways[0].entry.name}`"
            subject = (handler, ways, project)
            yield Finding(handler.path, handler.node.name_span, message, subject=subject, symbol=handler.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        handler, ways, project = finding.subject
        return made_async(handler, ways, project, edit)
