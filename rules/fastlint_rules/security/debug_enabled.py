"""Source code as an answer."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Module, Project
from fastlint.project.security.debugging import DebugSwitch, debug_switches
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class DebugEnabled(Rule[Module]):
    """An application in debug mode.

    ## What it does

    Reports `debug=True` of an application, written out or in a constant, `app.debug = True` outside of a condition, and
    as info `uvicorn.run(reload=True)` outside of `if __name__ == "__main__"`.

    ## Why it matters

    In debug mode every failure answers the client with the traceback, lines of source included.

    ## Instead

    Leave `debug` out, or take it from the settings with False as default.

    ## Fix safety

    Failing requests answer another text, so the fix is unsafe.
    """

    code = "FST530"
    name = "debug-enabled"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        if module.is_test:
            return
        for switch in debug_switches(module, project.constants):
            level = Level.INFO if switch.reloads else Level.WARNING
            message = (
                "The server reloads on every change wherever this function is called"
                if switch.reloads
                else "Debug mode sends tracebacks with source code to the client"
            )
            yield Finding(
                module.path, switch.node.span, message, level=level, subject=switch, symbol=switch.scope.qualname
            )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        switch: DebugSwitch = finding.subject
        if switch.call is None:
            edits = (edit.delete_statement(finding.path, finding.span),)
        else:
            edits = (edit.remove_argument(finding.path, switch.call.span, finding.span),)
        return Fix("Switch it off", Applicability.UNSAFE, edits)
