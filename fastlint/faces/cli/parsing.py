"""An argument parser that says in one line what is wrong, and what was probably meant."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from fastlint.registry import did_you_mean
from fastlint.report.terminal import visible

QUOTED = re.compile(r"unrecognized arguments: (.*)", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """Also the class of the parsers of commands, which argparse makes."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As argparse does; what one parser does not know is told with its own options at hand."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            word = next((word for word in unknown if word.startswith("-")), unknown[0])
            option = word.partition("=")[0]
            known = [name for action in self._actions for name in action.option_strings]
            what = "unknown option" if word.startswith("-") else "unexpected argument"
            self.error(f"{what} '{option}'{did_you_mean(option, known)}")
        return found, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        names = [str(choice) for choice in action.choices]
        what = (action.metavar or action.dest).lower() if not action.option_strings else "value"  # type: ignore[union-attr]
        hint = did_you_mean(str(value), names) or f" (one of {', '.join(names)})"
        raise argparse.ArgumentError(action if action.option_strings else None, f"unknown {what} '{value}'{hint}")

    def error(self, message: str) -> NoReturn:
        """One line, and exit code 2."""
        text = message.removeprefix("argument ")
        sys.stderr.write(f"fastlint: error: {visible(text)} (usage: {self.prog} --help)\n")
        sys.exit(2)
