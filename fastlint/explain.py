"""Why a finding is believed: what was resolved, and what decided its level."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from fastlint.project.event_loop.loop import LoopCall
from fastlint.project.flows.found import Flow
from fastlint.project.language.scopes import Function
from fastlint.project.model import Project
from fastlint.registry import RuleEntry
from fastlint.rule import Finding, Level
from fastlint.settings import Settings

SHOWN = 5
"""Of routes that get to a place so many are named."""


class Explainer:
    """Explains the findings of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def _functions(self) -> dict[str, list[Function]]:
        """By file, outer functions before those within."""
        found: dict[str, list[Function]] = {}
        for function in self.project.functions():
            found.setdefault(function.path, []).append(function)
        for functions in found.values():
            functions.sort(key=lambda function: function.node.span)
        return found

    def explained(self, entry: RuleEntry, finding: Finding, level: Level, settings: Settings) -> tuple[str, ...]:
        """What there is to say of a finding that became a diagnostic of this level, a line each."""
        # rules hand their fixes more than the subject: it is first then
        subject = finding.subject[0] if isinstance(finding.subject, tuple) and finding.subject else finding.subject
        lines: list[str] = []
        if isinstance(subject, LoopCall):
            lines.extend(_loop_call(subject))
        elif isinstance(subject, Flow):
            lines.extend(_flow(subject))
        else:
            lines.extend(self._context(finding))
        lines.extend(_versions(entry, self.project))
        lines.append(_level(entry, finding, level, settings))
        return tuple(lines)

    def _context(self, finding: Finding) -> Iterator[str]:
        """Where the function around the finding runs, as far as that is known."""
        function = self._function(finding)
        if function is None:
            if finding.symbol:
                yield f"concerns `{finding.symbol}`"
            return
        contexts = self.project.loop.contexts
        roots = contexts.of(function)
        titles = contexts.titles(function)
        if roots:
            yield f"`{function.qualname}` is run by FastAPI: {_some([f'{one.kind} `{one.title}`' for one in roots])}"
        elif titles:
            yield f"`{function.qualname}` is reached from {_some([f'`{title}`' for title in titles])}"
        else:
            yield f"`{function.qualname}` is not reached from a route, as far as is known"
        if function in contexts.threaded:
            yield "it is no `async def`: FastAPI runs it in the threadpool"
        elif function.is_async:
            yield "it is an `async def`: it runs on the event loop"

    def _function(self, finding: Finding) -> Function | None:
        """The one the finding names, else the innermost one around it."""
        functions = self._functions.get(finding.path, [])
        named = next((function for function in functions if function.qualname == finding.symbol), None)
        around = [one for one in functions if one.node.span.line <= finding.span.line <= one.node.span.end_line]
        return named or (around[-1] if around else None)


def _loop_call(call: LoopCall) -> Iterator[str]:
    hops = len(call.chain)
    how = "directly" if call.direct else f"through {hops - 1} call{'s' * (hops > 2)} of the project"
    yield f"the call at {call.path}:{call.span.line}:{call.span.column} gets to `{call.entry.name}` {how}"
    yield f"`{call.entry.name}` is known to block: {call.entry.kind}"
    kind = "an `async def`" if call.function.is_async else "a plain function that is run on the loop"
    yield f"`{call.function.qualname}` is {kind}: its body runs on the event loop"
    if call.titles:
        yield f"reached from {_some([f'`{title}`' for title in call.titles])}"
        if len(call.way) > 1:
            yield f"the nearest way: {' -> '.join(function.short for function in call.way)}"
    else:
        yield "no route is known to reach it, but an application imports its module"
    if call.cost != hops:
        yield f"the chain counts as {call.cost} calls: those under conditions and in error handling count more"


def _flow(flow: Flow) -> Iterator[str]:
    if flow.source is not None:
        yield f"comes from the request: {flow.source.text}, at {flow.source.scope.module.path}:{flow.source.node.line}"
    for step in flow.steps:
        yield f"{step.path}:{step.span.line}: {step.text}"
    yield f"reaches its end ({flow.kind}) in `{flow.scope.qualname}`; nothing on the way is known to check or clean it"
    if flow.guard:
        yield f"only those who pass `{flow.guard}` can send it"


def _versions(entry: RuleEntry, project: Project) -> Iterator[str]:
    if entry.applies is None:
        return
    package = entry.applies.partition(">")[0].partition("<")[0].partition("=")[0].partition("!")[0].strip()
    targets = project.versions.target(package)
    if not targets:
        yield f"applies to {project.versions_text(entry.applies)}; nothing says which version the project uses"
        return
    span = str(targets[0]) if len(targets) == 1 else f"{targets[0]} to {targets[-1]}"
    yield f"applies to {project.versions_text(entry.applies)}; the project may run on {span}"


def _level(entry: RuleEntry, finding: Finding, level: Level, settings: Settings) -> str:
    if settings.level_of(entry) is not None:
        why = "set in `levels`"
    elif level is entry.level:
        why = "the rule's own"
    elif finding.level is level:
        why = f"the rule's own is {entry.level.label}; the evidence here decides"
    else:
        why = f"the rule's own is {entry.level.label}; not all versions the project may run on are concerned"
    return f"level {level.label}: {why}"


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown
