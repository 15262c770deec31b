"""What the rules on request data share: the finding with its hops."""

from __future__ import annotations

from fastlint.project.model import Flow
from fastlint.rule import Finding, Level, related


def reaching(flow: Flow, what: str, level: Level | None = None) -> Finding:
    """The finding for a flow: `what` says where the source's data gets, as in `reaches a shell`."""
    assert flow.source is not None
    return Finding(
        flow.path,
        flow.span,
        f"{flow.source.text} {what}",
        related=related(flow.places),
        level=level,
        subject=flow,
        symbol=flow.symbol,
    )
