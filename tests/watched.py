"""Runs fastlint in a process in which every import, execution, network access and start of a program is heard.

    python watched.py PROJECT EVENTS ARGUMENTS...

What concerns the project, or reaches out of the process, is written to the file EVENTS, a line each.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

OUTSIDE = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "ctypes.", "pickle.")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def listen(project: str, events: str) -> None:
    out = os.open(events, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        told = None
        if event.startswith(OUTSIDE):
            told = repr(arguments)
        elif event == "exec":
            told = getattr(arguments[0], "co_filename", "")
            told = told if told.startswith(project) else None
        elif event == "import":
            told = next((str(found) for found in arguments[1:2] if str(found).startswith(project)), None)
            entries = arguments[2] if isinstance(arguments[2], list) else []
            if any(os.path.realpath(str(entry)).startswith(project) for entry in entries):
                told = f"{arguments[0]} may be looked for in the project"
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
            path = "" if isinstance(arguments[0], int) else str(arguments[0])  # a handle was heard as it was opened
            told = path if path and os.path.realpath(path).startswith(project) else None
        if told is not None:
            os.write(out, f"{event}\t{told}\n".encode(errors="backslashreplace"))

    sys.addaudithook(heard)


if __name__ == "__main__":
    folder, file, *rest = sys.argv[1:]
    del sys.path[0]  # where this file lies
    listen(str(Path(folder).resolve()), file)
    sys.argv = ["fastlint", *rest]
    runpy.run_module("fastlint", run_name="__main__", alter_sys=True)
