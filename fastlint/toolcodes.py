"""What fastlint itself reports: the codes that no rule file holds."""

from __future__ import annotations

from dataclasses import dataclass

from fastlint.registry import Option, RuleEntry
from fastlint.rule import Level


@dataclass(frozen=True)
class BlanketOptions:
    """The options of FST003."""

    require_reason: bool = False


UNREADABLE_FILE = RuleEntry(
    code="FST000",
    name="unreadable-file",
    since="0.1",
    level=Level.ERROR,
    default=True,
    status="stable",
    doc="""\
A file that cannot be read, decoded or parsed.

## What it does

Reports a source file or a manifest that fastlint could not read: missing rights, an unknown encoding, a syntax error,
a size above `max-file-size`. Where a file only needs a newer Python than the one running fastlint, the message says
which.

## Why it matters

Nothing in such a file is checked, and what other files take from it is unknown: a green run would promise too much.

## Instead

Mend the file, or leave it out with `exclude`. It can be ignored by its exact code, not by a prefix.
""",
)

FAILED_RULE = RuleEntry(
    code="FST001",
    name="failed-rule",
    since="0.1",
    level=Level.ERROR,
    default=True,
    status="stable",
    doc="""\
A rule that raised an exception.

## What it does

Reports that a rule failed on a file, with the rule's code and the exception. All other rules still run, and the exit
code is 2.

## Why it matters

The rule may have missed findings. It is a fault of fastlint, never of the code that is checked.

## Instead

Report it with the code that made it fail; until it is mended, leave the rule out with `ignore`.
""",
)

UNUSED_SUPPRESSION = RuleEntry(
    code="FST002",
    name="unused-suppression",
    since="0.1",
    level=Level.WARNING,
    default=True,
    status="stable",
    doc="""\
A suppression comment that silences nothing.

## What it does

Reports `# noqa: FST...` and `# fastlint: ignore[...]` comments whose rules ran and found nothing there. A blanket
`# noqa` is left alone: other tools may need it. So is a code whose rule did not run.

## Why it matters

A comment that outlived its finding hides the next one.

## Instead

Remove the code, or the comment when it names nothing else.

## Fix safety

Safe: only the comment is changed, and only the unused codes in it.
""",
)

BLANKET_SUPPRESSION = RuleEntry(
    code="FST003",
    name="blanket-suppression",
    since="0.1",
    level=Level.WARNING,
    default=False,
    status="stable",
    doc="""\
A suppression comment that names no code.

## What it does

Reports `# noqa`, `# fastlint: ignore`, `# fastlint: ignore-file` and `# flake8: noqa` without a code; with the option
`require-reason` also `# fastlint: ignore[...]` without a reason after the bracket.

## Why it matters

A blanket comment also hides findings that nobody has seen yet.

## Instead

Name the codes: `# fastlint: ignore[FST101] only runs at import`.

## Options

- `require-reason`: a reason must follow the codes of a `# fastlint:` comment. Default `false`.
""",
    options=(Option("require-reason", "require_reason", bool, False),),
)

UNKNOWN_SUPPRESSION = RuleEntry(
    code="FST004",
    name="unknown-suppression",
    since="0.1",
    level=Level.WARNING,
    default=True,
    status="stable",
    doc="""\
A suppression comment that names a rule which does not exist.

## What it does

Reports codes and names in `# fastlint: ignore[...]`, and codes beginning with `FST` in `# noqa`, that no rule has.

## Why it matters

The comment silences nothing, so the finding it was written for is either still shown or was never there.

## Instead

Write the code or the name that `fastlint rule` lists.
""",
)

HIDING_CHANGE = RuleEntry(
    code="FST005",
    name="hiding-change",
    since="0.1",
    level=Level.WARNING,
    default=True,
    status="stable",
    doc="""\
A change that adds something which hides findings.

## What it does

With `--changed-since` or `--staged`, reports what the change adds to silence findings: suppression comments that
silence something, entries of the baseline, and settings such as `ignore`, `per-file-ignores`, `exclude`, a lower level
or a higher `fail-level`. Without these options it reports nothing.

## Why it matters

A gate that shows only what is new can be talked round in the change itself. Whoever reviews it should see that.

## Instead

Mend the finding, or let a reviewer agree to the line that is reported.

## Known gaps

It can be switched off, and its level and `fail-level` be set, only by the settings of the commit that is compared with,
and on the command line. Comments cannot silence it.
""",
)

TOOL_CODES = (
    UNREADABLE_FILE,
    FAILED_RULE,
    UNUSED_SUPPRESSION,
    BLANKET_SUPPRESSION,
    UNKNOWN_SUPPRESSION,
    HIDING_CHANGE,
)
SUPPRESSION_CODES = frozenset(entry.code for entry in TOOL_CODES[2:])
