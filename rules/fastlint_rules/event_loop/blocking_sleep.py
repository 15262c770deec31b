"""`time.sleep` on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._blocking import arguments_of, blocking, concerns, movable
from fastlint_rules.event_loop._sharing import interleaves


@dataclass
class BlockingSleep(Rule[LoopCall]):
    """`time.sleep` on the event loop.

    ## What it does

    Reports `time.sleep` and its kin that run on the event loop: in `async def` routes, dependencies, middleware,
    background tasks, websockets and what they call.

    The call is followed through functions, methods, properties, constructors, context managers and dependencies of
    the project; the finding sits where the `async def` enters blocking code, and names the chain and the first route.
    In code that no route is known to reach it is one level lower.

    ## Why it matters

    The event loop runs one piece of Python at a time. While it sleeps no other request is answered: `time.sleep(1)`
    in one route delays all others by a second.

    ## Instead

    `await asyncio.sleep(...)`. A route that awaits nothing can be a plain `def`: FastAPI runs it in its threadpool.

    ## Fix safety

    `await asyncio.sleep(...)` lets other requests run in the meantime. The fix is safe where that cannot be noticed:
    the number of seconds is a constant and not negative, no `with` is open, and nothing that outlives the call is used
    before and changed after the pause. Everywhere else it is unsafe. Calls through helpers are not changed.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 12 by default. A call counts two more for each
      condition it stands under, and four more in an `except`.
    """

    code = "FST101"
    name = "blocking-sleep"
    since = "0.1"
    level = Level.ERROR
    status = "stable"

    call_depth: int = 12

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if concerns(call, project, self.call_depth, "sleep"):
            yield blocking(call, project, self.level)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call, project = finding.subject
        node = movable(call)
        if node is None or call.entry.name != "time.sleep" or not call.direct or len(node.args) != 1 or node.keywords:
            return None
        arguments = arguments_of(node, call.path, edit)
        if arguments is None:
            return None
        name, imports = edit.add_import(call.path, "asyncio")
        safe = _harmless(node.args[0]) and not interleaves(call.function, node, project)
        edits = (*imports, edit.awaited(call.path, node.span, f"{name}.sleep({arguments})"))
        return Fix("Await `asyncio.sleep`", Applicability.SAFE if safe else Applicability.UNSAFE, edits)


def _harmless(seconds: syntax.Expr) -> bool:
    """Whether both sleeps take the argument alike: a negative number raises in `time.sleep` only."""
    return isinstance(seconds, syntax.Constant) and isinstance(seconds.value, int | float) and seconds.value >= 0
