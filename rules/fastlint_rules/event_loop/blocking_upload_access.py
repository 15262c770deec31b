"""The file of an upload read or written on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.project.model import LoopCall, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule
from fastlint_rules.event_loop._blocking import arguments_of, blocking, concerns, movable

ARGUMENTS = {"read": (0, 1), "write": (1, 1), "seek": (1, 1), "close": (0, 0)}
"""How many arguments the methods of an UploadFile take."""
SAME_RESULT = frozenset({"read", "close"})


@dataclass
class BlockingUploadAccess(Rule[LoopCall]):
    """The file of an upload read or written on the event loop.

    ## What it does

    Reports `upload.file.read()`, `write`, `seek`, `shutil.copyfileobj(upload.file, ...)` and the like on the event
    loop, where `upload` is an `UploadFile`, also through helpers of the project.

    ## Why it matters

    `upload.file` is the plain file below the upload. An upload over a megabyte lies on disk, and reading it there
    stops all other requests. The methods of `UploadFile` itself go to a thread when they have to.

    ## Instead

    `await upload.read()`, `await upload.seek(0)`, `await upload.write(...)`. Or make the route a plain `def`.

    ## Fix safety

    Replaces the call by the method of `UploadFile` with the same arguments. Calls whose result `UploadFile` does not
    give (the new position of `seek`, the number of bytes of `write`) are only changed where it is not used.

    ## Options

    - `call-depth`: the longest chain of calls that is reported, 12 by default. A call counts two more for each
      condition it stands under, and four more in an `except`.
    """

    code = "FST109"
    name = "blocking-upload-access"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    call_depth: int = 12

    def check(self, call: LoopCall, project: Project) -> Iterator[Finding]:
        if concerns(call, project, self.call_depth, "upload"):
            yield blocking(call, project, self.level)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        call: LoopCall = finding.subject[0]
        node = movable(call)
        if node is None or not call.direct or node.keywords or node.spread:
            return None
        method = node.func
        if not (isinstance(method, syntax.Attribute) and isinstance(method.value, syntax.Attribute)):
            return None
        if method.value.attr != "file" or method.attr not in ARGUMENTS:
            return None
        fewest, most = ARGUMENTS[method.attr]
        if not fewest <= len(node.args) <= most:
            return None
        discarded = isinstance(call.function.body.parents.get(node), syntax.ExprStmt)
        arguments = arguments_of(node, call.path, edit)
        if arguments is None or not (discarded or method.attr in SAME_RESULT):
            return None
        upload = edit.text(call.path, method.value.value.span)
        content = f"{upload}.{method.attr}({arguments})"
        edits = (edit.awaited(call.path, node.span, content),)
        return Fix(f"Await `{upload}.{method.attr}`", Applicability.SAFE, edits)
