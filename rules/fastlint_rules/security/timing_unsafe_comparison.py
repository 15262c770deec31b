"""A comparison whose duration gives a secret away."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Module, Project, syntax
from fastlint.project.security.comparisons import unsafe
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule


class TimingUnsafeComparison(Rule[Module]):
    """`==` between what a client sent and a secret.

    ## What it does

    Reports `==` and `!=` between a key, token, password or signature that the application keeps and a value that the
    function was given or read from the request.

    ## Why it matters

    `==` stops at the first character that differs. Measured often enough, the time of the answer tells how many
    characters were right, and the secret can be found one after the other.

    ## Instead

    `secrets.compare_digest(sent.encode(), kept.encode())` always takes the same time.

    ## Fix safety

    `compare_digest` raises `TypeError` for None and for texts that are not ASCII, which a client can send, so the fix
    is unsafe: encode both sides when that can happen.
    """

    code = "FST516"
    name = "timing-unsafe-comparison"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        if module.is_test:
            return
        for function in module.functions():
            for compare, name in unsafe(function, project.constants, project.returns.orm):
                operator = "==" if compare.ops[0] == "Eq" else "!="
                message = f"`{name}` is compared with `{operator}`: the time it takes gives it away"
                yield Finding(module.path, compare.span, message, subject=compare, symbol=function.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        compare: syntax.Compare = finding.subject
        module, imports = edit.add_import(finding.path, "secrets")
        left, right = (edit.text(finding.path, side.span) for side in (compare.left, compare.comparators[0]))
        negation = "not " if compare.ops[0] == "NotEq" else ""
        content = f"{negation}{module}.compare_digest({left}, {right})"
        edits = (edit.replace(finding.path, finding.span, content), *imports)
        return Fix("Compare in constant time", Applicability.UNSAFE, edits)
