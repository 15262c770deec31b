"""Blocking work while the application starts or stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project
from fastlint.rule import Finding, Level, Rule
from fastlint_rules.event_loop._blocking import blocking

QUICK = frozenset({"metadata", "nested", "publish"})


@dataclass
class BlockingStartup(Rule[LoopCall]):
    """Blocking work while the application starts or stops.

    ## What it does

    Reports blocking calls that only the lifespan or startup and shutdown handlers get to. Tasks that these leave
    running block requests: what they do is reported by the rules for each kind of work (FST101 to FST108).

    ## Why it matters

    Mostly it does not: no request is served yet. It is worth knowing where a server has to answer health checks while
    it starts, where startup work is cancelled by a timeout, or where several applications share a loop.

    ## Instead

    Await the async twin, or `run_in_threadpool`.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 12 by default. A call counts two more for each
      condition it stands under, and four more in an `except`.
    """

    code = "FST120"
    name = "blocking-startup"
    since = "0.1"
    level = Level.INFO
    default = False

    call_depth: int = 12

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if not call.startup or call.kind in QUICK or not call.within(self.call_depth):
            return
        if next(other for other in project.loop.at(call.function, call.node) if other.kind not in QUICK) is call:
            yield blocking(call, project, self.level, "blocks the event loop as the application starts or stops")
