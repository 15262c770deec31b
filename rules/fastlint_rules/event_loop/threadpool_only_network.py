"""A thread that only waits for the network."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Project, Route
from fastlint.rule import Finding, Level, Rule

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

    ## Known gaps

    Off by default: for a few requests a second a thread is as good.
    """

    code = "FST119"
    name = "threadpool-only-network"
    since = "0.1"
    level = Level.INFO
    default = False

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or handler.is_async or route.kind == "websocket":
            return
        ways = [way for _, found in project.reach.entries(handler) for way in found.values()]
        if ways and all(way.entry.name.startswith(ASYNC_TWINS) for way in ways):
            message = f"the route `{handler.short}` holds a thread only to wait for the network: `{ways[0].entry.name}`"
            yield Finding(handler.path, handler.node.name_span, message, symbol=handler.qualname)
