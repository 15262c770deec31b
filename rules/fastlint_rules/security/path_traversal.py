"""Request data that chooses a file."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Flow, Project
from fastlint.rule import Finding, Level, Rule
from fastlint_rules.security._flows import reaching


class PathTraversal(Rule[Flow]):
    """Request data that chooses a file.

    ## What it does

    Reports `open`, `FileResponse`, `Path.read_text` and the like, and calls that copy or remove files, whose path holds
    data of the request that may contain slashes: query parameters, headers, body fields, `{name:path}` placeholders and
    the file names of uploads.

    Silent where the path is resolved and compared with its folder, where only the last part of a path is taken
    (`Path(name).name`), and for placeholders without `:path`, which hold no slash.

    ## Why it matters

    `../../etc/passwd` leaves the folder, and an absolute path replaces everything that stands before it.

    ## Instead

    Resolve the path, then test `path.is_relative_to(folder)`; or look the name up among those that are allowed.
    """

    code = "FST522"
    name = "path-traversal"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, flow: Flow, project: Project) -> Iterator[Finding]:
        if flow.kind == "path" and flow.source is not None:
            what = f"chooses the file of `{flow.sink.name}`"
            if flow.guard is not None:
                yield reaching(flow, f"{what}, for administrators (`{flow.guard}`)", Level.INFO)
            else:
                yield reaching(flow, what)
