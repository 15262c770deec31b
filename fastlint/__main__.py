"""Runs fastlint: `fastlint ...` and `python -m fastlint ...`."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # the working directory: a project's `rich.py` must not be imported

import errno
import gc
import io
import os


def main(argv: list[str] | None = None) -> int:
    """Run a command and give its exit code. Bad input ends in one line for people, never in a traceback."""
    try:
        _open_missing_streams()
        if argv is not None:
            return _guarded(argv)
        # a process of its own: what a run makes lives to its end, the collector would search it in vain, also at exit
        gc.disable()
        try:
            return _guarded(sys.argv[1:], own_process=True)
        finally:
            gc.freeze()
    except KeyboardInterrupt:
        return 130


def _guarded(argv: list[str], *, own_process: bool = False) -> int:
    from fastlint.cache.replay import replayed

    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        replay = replayed(argv)
        code = _run(argv) if replay is None else replay
        sys.stdout.flush()
        if replay is not None and own_process:
            sys.stderr.flush()
            os._exit(code)  # nothing was begun that would have to be ended, and taking modules down takes time
        return code
    except BrokenPipeError:
        _forget_output()  # nobody reads any more
        return 1
    except OSError as error:
        _forget_output()
        sys.stderr.write(f"fastlint: error: standard output cannot be written: {error.strerror or error}\n")
        return 2
    except SystemExit as stop:  # argparse has said what is wrong
        return stop.code if isinstance(stop.code, int) else 2


def _open_missing_streams() -> None:
    """Give the process the standard streams that it was started without."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _forget_output() -> None:
    """Keep the interpreter from writing once more at its exit what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(argv: list[str]) -> int:
    from fastlint.faces.cli.arguments import parser
    from fastlint.faces.cli.session import UsageError, complain, version, write_lines

    # the reason is optional, and a path that follows must not be taken for it
    options = parser().parse_args([f"{word}=" if word == "--add-noqa" else word for word in argv])
    if options.version or options.command == "version":
        write_lines([f"fastlint {version()}"], None)
        return 0
    if options.command is None:
        parser().print_help()
        return 2
    from fastlint.cache.keeping import kept
    from fastlint.loader import RuleError
    from fastlint.settings import SettingsError

    try:
        match options.command:
            case "check":
                from fastlint.faces.cli.check import run
            case "baseline":
                from fastlint.faces.cli.baseline import run
            case "rule":
                from fastlint.faces.cli.rule import run
            case "init":
                from fastlint.faces.cli.init import run
            case "completions":
                from fastlint.faces.cli.completions import run
            case "clean":
                from fastlint.faces.cli.clean import run
            case _:
                from fastlint.faces.cli.routes import run
        return kept(argv, options, lambda: run(options))
    except (UsageError, SettingsError, RuleError) as error:
        for problem in error.problems:
            complain(problem)
        return 2
    except (KeyboardInterrupt, BrokenPipeError, SystemExit):
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        complain(_fault(error))
        return 2
    except Exception as error:
        complain(_fault(error))
        return 2


def _fault(error: Exception) -> str:
    if os.environ.get("FASTLINT_TRACEBACK"):
        raise error
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{what} (a fault of fastlint: FASTLINT_TRACEBACK=1 shows where)"


if __name__ == "__main__":
    sys.exit(main())
