"""A progress bar on standard error, once a run has taken a second."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastlint import progress

PATIENCE = 1.0
"""Seconds before anything is shown."""
PAUSE = 0.1
"""Seconds between two looks."""


class Bar:
    """Drawn by whoever tells it of a step: no thread, so that worker processes can be started meanwhile."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._drawn = 0.0
        self._title = "reading"
        self._total: int | None = None
        self._shown: Any = None
        self._task: Any = None

    def phase(self, title: str, total: int | None) -> None:
        self._title, self._total = title, total
        if self._shown is not None:
            self._shown.remove_task(self._task)
            self._task = self._shown.add_task(title, total=total)
        self._draw(0, now=True)

    def step(self, done: int) -> None:
        self._draw(done)

    def _draw(self, done: int, *, now: bool = False) -> None:
        moment = time.monotonic()
        if moment - self._started < PATIENCE or (moment - self._drawn < PAUSE and not now):
            return
        self._drawn = moment
        shown = self._shown = self._shown or self._begun()
        shown.update(self._task, completed=done)
        shown.refresh()

    def _begun(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        # the stream itself, not what may stand before it to note what is written
        console = Console(file=sys.__stderr__, no_color=bool(os.environ.get("NO_COLOR")))
        columns = (TextColumn("{task.description:<17}"), BarColumn(), MofNCompleteColumn())
        shown = Progress(*columns, console=console, transient=True, auto_refresh=False, redirect_stdout=False)
        self._task = shown.add_task(self._title, total=self._total)
        shown.start()
        return shown

    def end(self) -> None:
        if self._shown is not None:
            self._shown.stop()


@contextmanager
def progress_bar(*, wanted: bool) -> Iterator[None]:
    """Show how far the work below is, when somebody looks at a terminal."""
    stream = sys.__stderr__
    seen = stream is not None and stream.isatty() and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if not (wanted and seen):
        yield
        return
    bar = Bar()
    progress.listener = bar
    try:
        yield
    finally:
        progress.listener = None
        bar.end()
