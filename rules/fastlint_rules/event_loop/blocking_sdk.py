"""A synchronous cloud, SaaS, broker or LLM client on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._blocking import blocking, concerns, in_threadpool


@dataclass
class BlockingSdk(Rule[LoopCall]):
    """A synchronous cloud, SaaS, broker or LLM client on the event loop.

    ## What it does

    Reports calls of synchronous SDKs (`boto3`, `google-cloud`, Azure, `stripe`, `slack_sdk`, `openai.OpenAI`,
    `anthropic.Anthropic`, LangChain `invoke`, Celery results and more) on the event loop. What only works locally
    (`generate_presigned_url`) is not reported; handing a message to a broker is info.

    The call is followed through functions, methods, properties, constructors, context managers and dependencies of
    the project; the finding sits where the `async def` enters blocking code, and names the chain and the first route.
    In code that no route is known to reach it is one level lower.

    ## Why it matters

    The event loop runs one piece of Python at a time. Until the call returns no other request is answered, no
    websocket is read and no timeout fires: one slow answer stops the whole worker.

    ## Instead

    Most SDKs have an async twin (`AsyncOpenAI`, `AsyncAnthropic`, `aioboto3`, `ainvoke`); await it. Otherwise run the
    call in a thread with `run_in_threadpool`.

    ## Fix safety

    `await run_in_threadpool(...)` is unsafe: other requests now run in between, and the called code runs in another
    thread, which not every library allows. Comprehensions, lambdas and `with` are left alone.

    ## Known gaps

    A client whose type cannot be told is not reported.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 12 by default. A call counts two more for each
      condition it stands under, and four more in an `except`.
    """

    code = "FST106"
    name = "blocking-sdk"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    call_depth: int = 12

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if concerns(call, project, self.call_depth, "sdk", "publish"):
            yield blocking(call, project, Level.INFO if call.kind == "publish" else self.level)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, project = finding.subject
        return in_threadpool(call, project, edit)
