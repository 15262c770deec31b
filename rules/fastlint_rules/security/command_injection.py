"""Request data in a command that a shell reads, or in what is run as code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.project.flows.steps import key
from fastlint.project.model import Flow, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule
from fastlint_rules.security._flows import reaching

PLAIN = re.compile(r"[\w\s./:=@%+,-]*")
"""What a shell takes as it is."""


class CommandInjection(Rule[Flow]):
    """Request data in a command that a shell reads, or in what is run as code.

    ## What it does

    Reports `subprocess` calls with `shell=True`, `os.system`, `os.popen`, `create_subprocess_shell` and `["sh", "-c",
    ...]` whose command holds data of the request, also through variables and functions of the project; commands that
    are run over SSH too. So are `eval`, `exec`, Jinja templates made of text, and `pickle` and YAML loaders that make
    any object. Where only administrators can send the data it is info.

    ## Why it matters

    `; rm -rf /` in a parameter runs as a command of its own, with the rights of the server. A pickle names the function
    that loading it calls, and an expression in a template reaches every module.

    ## Instead

    Hand the program and its arguments over as a list, without a shell. Where a shell is needed, quote each value with
    `shlex.quote`. `ast.literal_eval`, JSON and `yaml.safe_load` read data and run nothing; a template is rendered with
    the data as its context.

    ## Fix safety

    The list is run without a shell: a value that held several words becomes one argument.
    """

    code = "FST521"
    name = "command-injection"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, flow: Flow, project: Project) -> Iterator[Finding]:
        if flow.source is None or flow.kind not in ("shell", "code"):
            return
        what = f"becomes part of a shell command in `{flow.sink.name}`"
        if flow.kind == "code":
            what = f"is run as code by `{flow.sink.name.removeprefix('builtins.')}`"
        if flow.guard is not None:
            yield reaching(flow, f"{what}, for administrators (`{flow.guard}`)", Level.INFO)
        else:
            yield reaching(flow, what)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        flow: Flow = finding.subject
        call = flow.sink.node
        if (
            not isinstance(call, syntax.Call)
            or not flow.sink.name.startswith("subprocess.")
            or flow.sink.expr not in call.args
        ):
            return None
        words = self._words(flow, edit)
        given = sorted([*call.args, *call.keywords], key=lambda node: node.start)
        shell = next((k for k in call.keywords if k.arg == "shell" and isinstance(k.value, syntax.Constant)), None)
        if words is None or shell is None:
            return None
        before = given[given.index(shell) - 1].span
        gap = before._replace(
            line=before.end_line, column=before.end_column, end_line=shell.end_line, end_column=shell.span.end_column
        )
        if "#" in edit.text(flow.path, gap):
            return None
        edits = (
            edit.replace(flow.path, flow.sink.expr.span, f"[{', '.join(words)}]"),
            edit.delete(flow.path, gap),
        )
        return Fix("Run the program without a shell", Applicability.UNSAFE, edits)

    @staticmethod
    def _words(flow: Flow, edit: Edits) -> list[str] | None:
        """The command as a list of arguments: each hole a whole argument of its own."""
        if not isinstance(flow.sink.expr, syntax.FString):
            return None
        words: list[str] = []
        apart = True
        for part in flow.sink.expr.parts:
            if isinstance(part, syntax.Constant) and PLAIN.fullmatch(str(part.value)):
                text = str(part.value)
                if not apart and text[:1].strip():
                    return None
                words += [f'"{word}"' for word in text.split()]
                apart = not text[-1:].strip()
            elif isinstance(part, syntax.Formatted) and apart and part.spec is None and key(part.value) is not None:
                written = edit.text(flow.path, part.value.span)
                if written != key(part.value):
                    return None
                words.append(written)
                apart = False
            else:
                return None
        return words or None
