"""Request data in a command that a shell reads."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Flow, Project
from fastlint.rule import Finding, Level, Rule
from fastlint_rules.security._flows import reaching


class CommandInjection(Rule[Flow]):
    """Request data in a command that a shell reads.

    ## What it does

    Reports `subprocess` calls with `shell=True`, `os.system`, `os.popen`, `create_subprocess_shell` and `["sh", "-c",
    ...]` whose command holds data of the request, also through variables and functions of the project.

    ## Why it matters

    `; rm -rf /` in a parameter runs as a command of its own, with the rights of the server.

    ## Instead

    Hand the program and its arguments over as a list, without a shell. Where a shell is needed, quote each value with
    `shlex.quote`.
    """

    code = "FST521"
    name = "command-injection"
    since = "0.1"
    level = Level.ERROR

    def check(self, flow: Flow, project: Project) -> Iterator[Finding]:
        if flow.kind == "shell" and flow.source is not None:
            yield reaching(flow, f"becomes part of a shell command in `{flow.sink.name}`")
